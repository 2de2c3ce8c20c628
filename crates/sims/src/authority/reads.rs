//! What the police platform answers to queries.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use jiff::civil::Date;

use super::codec::Reply;
use super::picture;
use crate::city::{Decision, Driver, DriverFile, Record, Vehicle};
use crate::clock::civil_text;
use crate::live::{Live, plate_key};
use crate::xml::Node;

const NOTHING: &str = "查无此数据";

/// A record from names and values.
fn row(fields: Vec<(&str, String)>) -> Node {
    fields.into_iter().fold(Node::new("row"), |node, (name, value)| node.with(Node::leaf(name, value)))
}

fn day(date: Date) -> String {
    date.to_string()
}

/// The old driver table writes midnight and a fraction.
fn long_day(date: Date) -> String {
    format!("{date} 00:00:00.0")
}

fn optional(at: Option<Timestamp>) -> String {
    at.map(civil_text).unwrap_or_default()
}

/// Fen as yuan, without a fraction when there is none.
#[must_use]
pub fn yuan(fen: i64) -> String {
    if fen % 100 == 0 { (fen / 100).to_string() } else { format!("{}.{:02}", fen / 100, fen % 100) }
}

fn flag(yes: bool) -> String {
    if yes { "1".into() } else { "0".into() }
}

/// A plate as asked: without its province character for local queries, full elsewhere.
#[must_use]
pub fn full_plate(asked: &str, province: &str) -> String {
    let asked = asked.trim();
    if asked.chars().next().is_some_and(|c| c.is_ascii()) {
        format!("{province}{asked}")
    } else {
        asked.to_owned()
    }
}

/// 02C06.
#[must_use]
pub fn driver(live: &Live, condition: &Node) -> Reply {
    match live.driver(condition.value("sfzmhm")).filter(|d| !d.no_licence) {
        Some(found) => Reply::found("DrvPerson", vec![driver_row(found)]),
        None => Reply::refused(NOTHING),
    }
}

fn driver_row(d: &Driver) -> Node {
    row(vec![
        ("sfzmhm", d.id_number.clone()),
        ("sfzmmc", "A".into()),
        ("dabh", d.file_number.clone()),
        ("xm", d.name.clone()),
        ("xb", if d.sex == "male" { "1".into() } else { "2".into() }),
        ("csrq", birth(&d.id_number)),
        ("gj", "156".into()),
        ("zsxxdz", d.address.clone()),
        ("sjhm", d.phone.clone()),
        ("lxdh", d.phone.clone()),
        ("fzjg", d.issuer.clone()),
        ("zjcx", d.licence_class.clone()),
        ("zt", d.licence_state.clone()),
        ("ljjf", d.points.map(|p| p.to_string()).unwrap_or_default()),
        ("cclzrq", long_day(d.first_licence)),
        ("jzqx", "2".into()),
        ("yxqs", day(d.valid_from)),
        ("yxqz", day(d.valid_until)),
        ("syrq", day(d.review_due)),
        ("qfrq", long_day(d.points_clear_on)),
        ("sxqz", d.probation_until.map(day).unwrap_or_default()),
        ("glbm", d.office.clone()),
    ])
}

fn birth(id: &str) -> String {
    match (id.get(6..10), id.get(10..12), id.get(12..14)) {
        (Some(y), Some(m), Some(d)) => format!("{y}-{m}-{d} 00:00:00.0"),
        _ => String::new(),
    }
}

/// 01C21 (this province) and 01C49 (others, with `sf`). Nothing found is success without records.
#[must_use]
pub fn vehicle(live: &Live, condition: &Node, other_province: bool) -> Reply {
    let province = if other_province { condition.value("sf") } else { "鄂" };
    let plate = full_plate(condition.value("hphm"), province);
    let local = plate.starts_with('鄂');
    let found = live.vehicle(&plate_key(condition.value("hpzl"), &plate)).filter(|_| local != other_province);
    Reply::found("veh", found.map(vehicle_row).into_iter().collect())
}

/// 01Z01, of the site: vehicles of an owner.
#[must_use]
pub fn vehicles_of(live: &Live, condition: &Node) -> Reply {
    Reply::found("veh", live.owned(condition.value("sfzmhm")).into_iter().map(vehicle_row).collect())
}

fn vehicle_row(v: &Vehicle) -> Node {
    row(vec![
        ("xh", v.vin.clone()),
        ("hpzl", v.plate_kind.clone()),
        // The vehicle table holds plates without the province character; `fzjg` carries it.
        ("hphm", v.plate.chars().skip(1).collect()),
        ("clpp1", v.brand.clone()),
        ("syr", v.owner_name.clone()),
        ("sfzmhm", v.owner_id.clone()),
        ("sfzmmc", if v.owner_kind == "company" { "B".into() } else { "A".into() }),
        ("clsbdh", v.vin.clone()),
        ("fdjh", v.engine.clone()),
        ("cllx", v.vehicle_type.clone()),
        ("csys", v.colour.clone()),
        ("syxz", v.use_of.clone()),
        ("sjhm", v.owner_phone.clone()),
        ("ccdjrq", day(v.first_registered)),
        ("djrq", day(v.last_changed)),
        ("yxqz", day(v.inspection_until)),
        ("qzbfqz", day(v.scrap_on)),
        ("bxzzrq", day(v.insurance_until)),
        ("fzjg", v.issuer.clone()),
        ("glbm", v.office.clone()),
        ("zt", v.state.clone()),
        ("dybj", "0".into()),
        ("zdbj", flag(v.key_watch)),
    ])
}

/// 04C03: camera records of a vehicle, or one by serial; `clbj` narrows.
#[must_use]
pub fn records(live: &Live, condition: &Node) -> Reply {
    let serial = condition.value("xh");
    let wanted = condition.value("clbj");
    let found = if serial.is_empty() {
        let plate = full_plate(condition.value("hphm"), "鄂");
        live.records_of(&plate_key(condition.value("hpzl"), &plate))
    } else {
        live.record(serial).into_iter().collect()
    };
    let rows = found
        .into_iter()
        .filter(|r| !r.hidden && (wanted.is_empty() || r.handled == wanted))
        .map(|r| record_row(live, r))
        .collect();
    Reply::found("viosurveil", rows)
}

fn record_row(live: &Live, r: &Record) -> Node {
    let vehicle = live.vehicle(&plate_key(&r.plate_kind, &r.plate));
    let of_vehicle = |get: fn(&Vehicle) -> &String| vehicle.map(get).cloned().unwrap_or_default();
    let home = match r.office.get(..4) {
        Some("4201") => "0",
        Some(office) if office.starts_with("42") => "1",
        _ => "2",
    };
    row(vec![
        ("xh", r.serial.clone()),
        ("cjjg", r.office.clone()),
        ("cjjgmc", r.office_name.clone()),
        ("clfl", "3".into()),
        ("hpzl", r.plate_kind.clone()),
        ("hphm", r.plate.clone()),
        ("jdcsyr", of_vehicle(|v| &v.owner_name)),
        ("syxz", of_vehicle(|v| &v.use_of)),
        ("fzjg", of_vehicle(|v| &v.issuer)),
        ("tzsh", r.notice.clone()),
        ("tzbj", flag(r.notified_at.is_some())),
        ("tzrq", optional(r.notified_at)),
        ("cjfs", r.device.clone()),
        ("wfsj", civil_text(r.at)),
        ("wfdd", r.place_code.clone()),
        ("lddm", r.road_code.clone()),
        ("ddms", r.metres.clone()),
        ("wfdz", r.place.clone()),
        ("wfxw", r.code.clone()),
        ("wfms", r.description.clone()),
        ("fkje", r.fine_fen.map(yuan).unwrap_or_default()),
        ("wfjfs", r.points.map(|p| p.to_string()).unwrap_or_default()),
        ("scz", r.measured.clone()),
        ("bzz", r.limit.clone()),
        ("clsj", optional(r.handled_at)),
        ("clbj", r.handled.clone()),
        ("jkbj", r.paid.clone()),
        ("jdsbh", r.decision.clone()),
        ("pzbh", r.compulsory.clone()),
        ("xxly", "2".into()),
        ("cldxbj", home.into()),
        ("lrsj", civil_text(r.entered_at)),
        ("gxsj", civil_text(r.handled_at.unwrap_or(r.entered_at))),
        ("shbj", flag(r.audited)),
        ("zpzt", r.evidence.clone()),
        ("yybj", flag(r.dispute)),
        ("sgbj", flag(r.crash)),
        ("ydbj", flag(r.jam)),
        ("blqd", r.other_channel.clone()),
        ("skdw", r.payee.clone()),
        ("skdwmc", r.payee_name.clone()),
    ])
}

/// 04C04: pictures of a record; none while they have not arrived.
#[must_use]
pub fn pictures(live: &Live, condition: &Node) -> Reply {
    let Some(record) = live.record(condition.value("xh")) else { return Reply::refused(NOTHING) };
    if record.evidence != "1" {
        return Reply::found("viojdczp", Vec::new());
    }
    let picture = |ordinal| BASE64.encode(picture::draw(&record.serial, ordinal));
    let fields = vec![
        ("xh", record.serial.clone()),
        ("zpstr1", picture(0)),
        ("zpstr2", picture(1)),
        ("zpstr3", String::new()),
    ];
    Reply::found("viojdczp", vec![row(fields)])
}

/// 04C01: decisions of a driver (`jszh`), or one by number (`jdsbh`); `jkbj` narrows.
#[must_use]
pub fn decisions(live: &Live, condition: &Node) -> Reply {
    let number = condition.value("jdsbh");
    let wanted = condition.value("jkbj");
    let found = if number.is_empty() {
        live.decisions_of(condition.value("jszh"))
    } else {
        live.decision(number.get(..15).unwrap_or(number)).into_iter().collect()
    };
    let rows: Vec<Node> = found
        .into_iter()
        .filter(|d| !d.hidden && (wanted.is_empty() || d.paid == wanted))
        .map(|d| decision_row(live, d))
        .collect();
    if rows.is_empty() && number.is_empty() && live.driver(condition.value("jszh")).is_none() {
        return Reply::refused(NOTHING);
    }
    Reply::found("violation", rows)
}

/// 04C06: decisions on violations of a vehicle, whoever the driver was; `jkbj` narrows.
#[must_use]
pub fn decisions_of_vehicle(live: &Live, condition: &Node) -> Reply {
    let plate = full_plate(condition.value("hphm"), "鄂");
    let wanted = condition.value("jkbj");
    let rows = live
        .decisions_on(&plate_key(condition.value("hpzl"), &plate))
        .into_iter()
        .filter(|d| !d.hidden && (wanted.is_empty() || d.paid == wanted))
        .map(|d| decision_row(live, d))
        .collect();
    Reply::found("violation", rows)
}

fn decision_row(live: &Live, d: &Decision) -> Node {
    let driver = live.driver(&d.id_number);
    let of_driver = |get: fn(&Driver) -> &String| driver.map(get).cloned().unwrap_or_default();
    let annulled = d.annulled.map(flag).unwrap_or_default();
    row(vec![
        ("wfbh", format!("V{}", d.number)),
        ("jdslb", "1".into()),
        ("jdsbh", d.number.clone()),
        ("wsjyw", d.check_digit.clone()),
        ("ryfl", "4".into()),
        ("jszh", d.id_number.clone()),
        ("dabh", of_driver(|d| &d.file_number)),
        ("fzjg", of_driver(|d| &d.issuer)),
        ("zjcx", d.licence_class.clone()),
        ("dsr", d.name.clone()),
        ("clfl", "3".into()),
        ("hpzl", d.plate_kind.clone()),
        ("hphm", d.plate.clone()),
        ("wfsj", civil_text(d.at)),
        ("wfdz", d.place.clone()),
        ("wfxw", d.code.clone()),
        ("wfms", d.description.clone()),
        ("wfjfs", d.points.to_string()),
        ("fkje", yuan(d.fine_fen)),
        ("cfzl", if d.penalty == "warning" { "1".into() } else { "2".into() }),
        ("clsj", civil_text(d.decided_at)),
        ("cljg", d.office.clone()),
        ("cljgmc", d.office_name.clone()),
        ("jkbj", d.paid.clone()),
        ("jkrq", optional(d.paid_at)),
        ("xxly", if d.source == "camera" { "2".into() } else { "1".into() }),
        ("sgdj", if d.crash { "1".into() } else { String::new() }),
        ("xh", d.record.clone()),
        ("sdsj", civil_text(d.served_at)),
        ("xmbh", programme_code(&d.programme).into()),
        ("jjfs", d.points_reduced.to_string()),
        ("cxbj", annulled),
        ("skdw", d.payee.clone()),
        ("skdwmc", d.payee_name.clone()),
        ("bz", d.remark.clone()),
    ])
}

fn programme_code(programme: &str) -> &'static str {
    match programme {
        "first_warning" => "1",
        "study" => "2",
        "study_points" => "3",
        _ => "",
    }
}

/// 02Z01, of the site: what else is on file about a driver. Lists inside one record.
#[must_use]
pub fn driver_file(live: &Live, condition: &Node) -> Reply {
    match live.file(condition.value("sfzmhm")) {
        Some(file) => Reply::found("drvfile", vec![file_row(file)]),
        None => Reply::refused(NOTHING),
    }
}

fn file_row(file: &DriverFile) -> Node {
    let list = |name: &str, item: &str, rows: Vec<Node>| {
        rows.into_iter().fold(Node::new(name), |list, mut row| {
            item.clone_into(&mut row.name);
            list.with(row)
        })
    };
    let crashes = file
        .crashes
        .iter()
        .map(|c| {
            let grade = match c.grade.as_str() {
                "death" => "3",
                "injury" => "2",
                _ => "1",
            };
            row(vec![
                ("sgsj", civil_text(c.at)),
                ("hpzl", "02".into()),
                ("hphm", c.plate.clone()),
                ("sgdj", grade.into()),
            ])
        })
        .collect();
    let studies = file.full_mark_studies.iter().map(|d| row(vec![("xxrq", day(*d))])).collect();
    let cheating = file.study_cheating.iter().map(|d| row(vec![("rdrq", day(*d))])).collect();
    let uses = file
        .programme_uses
        .iter()
        .map(|u| {
            row(vec![
                ("xmbh", programme_code(&u.programme).into()),
                ("sysj", civil_text(u.used_at)),
                ("jfs", u.points.to_string()),
                ("syqd", u.channel.clone()),
                ("jdsbh", u.decision.clone()),
                ("cxbj", u.annulled.map(flag).unwrap_or_default()),
            ])
        })
        .collect();
    let black = file
        .blacklist
        .iter()
        .map(|b| row(vec![("qsrq", day(b.from)), ("jzrq", day(b.until)), ("yy", b.why.clone())]))
        .collect();
    row(vec![
        ("sfzmhm", file.id_number.clone()),
        ("zcbj", file.registered_12123.map(flag).unwrap_or_default()),
    ])
    .with(list("sglb", "sg", crashes))
    .with(list("mflb", "mf", studies))
    .with(list("zblb", "zb", cheating))
    .with(list("xmlb", "xm", uses))
    .with(list("hmdlb", "hmd", black))
}
