//! What may be written to the police platform: the decision on a camera record, and its payment.

use jiff::Timestamp;
use jiff::civil::DateTime;

use super::codec::Reply;
use crate::city::{Decision, Driver, Record, numbers};
use crate::clock::{civil_text, instant};
use crate::live::Live;
use crate::xml::Node;

/// Fields of 04C54 without which this platform refuses a decision, and the record's serial.
const NEEDED: [&str; 16] = [
    "xh", "jszh", "dabh", "fzjg", "zjcx", "dsr", "hpzl", "hphm", "wfsj", "wfdz", "wfxw", "cfzl", "fkje",
    "zqmj", "jkbj", "clsj",
];

/// The answer to a second write of the same thing.
const DUPLICATE: &str = "重复录入：该违法记录已处理";

/// Yuan text to fen.
fn fen(text: &str) -> Option<i64> {
    let (yuan, cents) = text.split_once('.').unwrap_or((text, ""));
    let cents: i64 = format!("{cents:0<2}").get(..2)?.parse().ok()?;
    Some(yuan.parse::<i64>().ok()? * 100 + cents)
}

/// Civil time with or without seconds.
fn time(text: &str) -> Option<Timestamp> {
    let civil = DateTime::strptime("%Y-%m-%d %H:%M:%S", text)
        .or_else(|_| DateTime::strptime("%Y-%m-%d %H:%M", text))
        .ok()?;
    Some(instant(civil))
}

/// 04Z01, of the site: decide a camera record. Shape of 04C54 plus `xh` and `wfjfs`.
pub fn decide(live: &mut Live, fields: &Node, now: Timestamp) -> Reply {
    if let Some(missing) = NEEDED.iter().find(|name| fields.value(name).is_empty()) {
        return Reply::refused(format!("缺少必填项：{missing}"));
    }
    let decision = match checked(live, fields, now) {
        Ok(decision) => decision,
        Err(why) => return Reply::refused(why),
    };
    let number = decision.number.clone();
    live.add_decision(decision, now);
    let mut reply = Reply::found("violation", vec![Node::new("row").with(Node::leaf("jdsbh", number))]);
    reply.message = "数据写入成功！".into();
    reply
}

/// The record that the decision speaks of, when what is said of it fits.
fn record_of(live: &Live, fields: &Node) -> Result<Record, &'static str> {
    let record = live.record(fields.value("xh")).cloned().ok_or("违法记录不存在")?;
    let minute = |at: Timestamp| at.as_second() / 60;
    if record.handled == "1" {
        Err(DUPLICATE)
    } else if record.handled == "2" {
        Err("该违法记录已消除")
    } else if record.plate != fields.value("hphm") || record.plate_kind != fields.value("hpzl") {
        Err("号牌与违法记录不一致")
    } else if record.code != fields.value("wfxw") {
        Err("违法行为与违法记录不一致")
    } else if time(fields.value("wfsj")).map(minute) != Some(minute(record.at)) {
        Err("违法时间与违法记录不一致")
    } else {
        Ok(record)
    }
}

/// The licence of the party, when name and file number fit.
fn party_of(live: &Live, fields: &Node) -> Result<Driver, &'static str> {
    let driver =
        live.driver(fields.value("jszh")).filter(|d| !d.no_licence).cloned().ok_or("驾驶证不存在")?;
    if driver.name == fields.value("dsr") && driver.file_number == fields.value("dabh") {
        Ok(driver)
    } else {
        Err("当事人与驾驶证不一致")
    }
}

/// Kind of penalty and fine in fen. A warning has no fine and nothing to pay.
fn penalty_of(fields: &Node) -> Result<(&'static str, i64), &'static str> {
    let fine = fen(fields.value("fkje")).ok_or("罚款金额不正确")?;
    match (fields.value("cfzl"), fine, fields.value("jkbj")) {
        ("1", 0, "9") => Ok(("warning", 0)),
        ("2", 1..=20_000, "0" | "1") => Ok(("fine", fine)),
        ("2", 20_001.., _) => Err("超出简易程序罚款限额"),
        _ => Err("处罚种类与罚款金额、交款标记不一致"),
    }
}

/// The number: the caller's own of 15 digits, or the platform's next.
fn number_of(live: &mut Live, fields: &Node) -> Result<String, &'static str> {
    let number = match fields.value("jdsbh") {
        "" => live.next_number(),
        given if given.len() == 15 && given.bytes().all(|b| b.is_ascii_digit()) => given.to_owned(),
        _ => return Err("决定书编号应为15位数字"),
    };
    if live.decision(&number).is_some() { Err("重复录入：决定书编号已存在") } else { Ok(number) }
}

/// The decision, or why the platform refuses it.
fn checked(live: &mut Live, fields: &Node, now: Timestamp) -> Result<Decision, &'static str> {
    let record = record_of(live, fields)?;
    let driver = party_of(live, fields)?;
    let (penalty, fine_fen) = penalty_of(fields)?;
    let points = points(fields, record.points).ok_or("记分数不正确")?;
    if penalty == "warning" && points != 0 {
        return Err("警告不记分");
    }
    let number = number_of(live, fields)?;
    let paid = fields.value("jkbj").to_owned();
    let full = record.points.unwrap_or(0);
    Ok(Decision {
        check_digit: numbers::check_digit(&number).to_string(),
        number,
        id_number: driver.id_number,
        plate_kind: record.plate_kind,
        plate: record.plate,
        at: record.at,
        place: record.place,
        code: record.code,
        description: record.description,
        fine_fen,
        points,
        penalty: penalty.into(),
        decided_at: time(fields.value("clsj")).unwrap_or(now),
        served_at: now,
        paid_at: (paid == "1").then_some(now),
        paid,
        source: "camera".into(),
        record: record.serial,
        office: record.office,
        office_name: record.office_name,
        programme: programme(penalty, points, full).into(),
        annulled: Some(false),
        payee: record.payee,
        payee_name: record.payee_name,
        licence_class: driver.licence_class,
        name: driver.name,
        remark: fields.value("bz").to_owned(),
        ..Decision::default()
    })
}

/// Points of the decision: as written, else those of the record; never more than the record carries, never below 0.
fn points(fields: &Node, record: Option<i32>) -> Option<i32> {
    let full = record.unwrap_or(0);
    match fields.value("wfjfs") {
        "" if fields.value("cfzl") == "1" => Some(0),
        "" => Some(full),
        text => text.parse().ok().filter(|p| (0..=full.max(12)).contains(p)),
    }
}

fn programme(penalty: &str, points: i32, full: i32) -> &'static str {
    if penalty == "warning" {
        "first_warning"
    } else if points < full {
        "study"
    } else {
        ""
    }
}

/// 04Z02, of the site: mark a decision paid. The same transaction twice is harmless.
pub fn mark_paid(live: &mut Live, fields: &Node, now: Timestamp) -> Reply {
    let number = fields.value("jdsbh").to_owned();
    let transaction = fields.value("jylsh").to_owned();
    if transaction.is_empty() {
        return Reply::refused("缺少必填项：jylsh");
    }
    let Some(decision) = live.decision_mut(number.get(..15).unwrap_or(&number)) else {
        return Reply::refused("查无此决定书");
    };
    if decision.penalty == "warning" {
        return Reply::refused("警告决定无需交款");
    }
    if fen(fields.value("fkje")) != Some(decision.fine_fen) {
        return Reply::refused("罚款金额与决定书不一致");
    }
    // Decided "already paid" carries no transaction yet: the first mark fills it in.
    let other = !decision.transaction.is_empty() && decision.transaction != transaction;
    if decision.paid == "1" && other {
        return Reply::refused("重复录入：该决定书已交款");
    }
    decision.paid = "1".into();
    decision.paid_at = time(fields.value("jkrq")).or(Some(now));
    decision.transaction = transaction;
    let serial = decision.record.clone();
    if let Some(record) = live.record_mut(&serial) {
        record.paid = "1".into();
    }
    Reply { code: "1", message: format!("数据写入成功！{}", civil_text(now)), records: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_text_is_read_exactly() {
        assert_eq!(fen("200"), Some(20_000));
        assert_eq!(fen("200.5"), Some(20_050));
        assert_eq!(fen("100.00"), Some(10_000));
        assert_eq!(fen("2e2"), None);
    }
}
