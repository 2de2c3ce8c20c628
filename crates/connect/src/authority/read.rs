//! From the platform's fields to our records.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clearway_domain::{IdNumber, Plate};

use super::encoding::unpercent;
use super::fields::Fields;
use super::profile::AuthorityProfile;
use super::records::{CameraRecord, DecisionRecord, DriverRecord, Picture, Programme, VehicleRecord};
use crate::Fault;

pub(crate) fn driver(mut fields: Fields) -> DriverRecord {
    let mut record = DriverRecord {
        name: fields.name("xm"),
        id: fields.id("sfzmhm"),
        file_number: fields.text("dabh"),
        classes: fields.text("zjcx"),
        states: fields.text("zt"),
        points: fields.points("ljjf"),
        first_licence: fields.date("cclzrq"),
        valid_until: fields.date("yxqz"),
        review_due: fields.date("syrq"),
        points_cleared_on: fields.date("qfrq"),
        issuing_office: fields.text("fzjg"),
        phone: fields.phone("sjhm"),
        probation_until: fields.date("sxqz"),
        oddities: Vec::new(),
    };
    record.oddities = fields.oddities();
    record
}

pub(crate) fn vehicle(profile: &AuthorityProfile, mut fields: Fields) -> Result<VehicleRecord, Fault> {
    // Tables of vehicles leave the province character out; the issuing office carries it.
    let issuer =
        fields.text("fzjg").and_then(|office| office.chars().next()).filter(|first| !first.is_ascii());
    let province = issuer.map_or_else(|| profile.province.clone(), String::from);
    let plate =
        fields.plate(&province).ok_or_else(|| Fault::garbled("a vehicle without a readable plate"))?;
    let owner_is_company = fields.read("sfzmmc", |kind| {
        let company = profile.company_documents.iter().any(|known| known == kind);
        let person = profile.person_documents.iter().any(|known| known == kind);
        (company != person).then_some(company)
    });
    let mut record = VehicleRecord {
        plate,
        owner_name: fields.name("syr"),
        owner_id: if owner_is_company == Some(true) { None } else { fields.id("sfzmhm") },
        owner_is_company,
        kind: fields.text("cllx"),
        use_code: fields.text("syxz"),
        first_registered: fields.date("ccdjrq"),
        last_registered: fields.date("djrq"),
        inspected_until: fields.date("yxqz"),
        states: fields.text("zt"),
        issuing_office: fields.text("fzjg"),
        phone: fields.phone("sjhm"),
        key_watch: fields.flag("zdbj"),
        oddities: Vec::new(),
    };
    record.oddities = fields.oddities();
    Ok(record)
}

pub(crate) fn camera(
    profile: &AuthorityProfile,
    asked: &Plate,
    mut fields: Fields,
) -> Result<CameraRecord, Fault> {
    let xh = fields.text("xh").ok_or_else(|| Fault::garbled("a camera record without a number"))?;
    // A record that names no plate is one of the vehicle asked for; one that names another is not ours to show.
    let named = fields.text("hphm").is_some();
    let plate = if named { fields.plate(&profile.province) } else { Some(asked.clone()) };
    if plate.as_ref() != Some(asked) {
        return Err(Fault::garbled("a camera record of another vehicle"));
    }
    let mark = fields.read("clbj", |mark| matches!(mark, "0" | "1" | "2").then(|| mark.to_owned()));
    let mut record = CameraRecord {
        xh,
        plate: asked.clone(),
        occurred: fields.instant("wfsj"),
        place: fields.text("wfdz"),
        place_code: fields.text("wfdd"),
        road_section: fields.text("lddm"),
        metres: fields.text("ddms"),
        code: fields.text("wfxw"),
        text: fields.first(&["wfxwms", "wfms"]),
        fine: fields.yuan("fkje"),
        points: fields.points("wfjfs"),
        measured: fields.whole("scz"),
        limit: fields.whole("bzz"),
        office: fields.text("cjjg"),
        office_name: fields.text("cjjgmc"),
        collected_by: fields.text("cjfs"),
        device: fields.text("sbbh"),
        handled: mark.as_deref().map(|mark| mark == "1"),
        removed: mark.as_deref().map(|mark| mark == "2"),
        paid: fields.paid("jkbj"),
        entered: fields.instant("lrsj"),
        noticed: fields.instant("tzrq"),
        other_channel: fields.text("blqd"),
        payee: fields.text("skdw"),
        payee_name: fields.text("skdwmc"),
        dispute_pending: fields.flag("yybj"),
        picture_state: fields.text("zpzt"),
        audited: fields.flag("shbj"),
        crash: fields.flag("sgbj"),
        jam: fields.flag("ydbj"),
        measure_voucher: fields.text("pzbh"),
        decision_number: fields.text("jdsbh"),
        decision_check: fields.text("wsjyw"),
        document_class: fields.text("jdslb"),
        source: fields.text("xxly"),
        home: fields.text("cldxbj"),
        oddities: Vec::new(),
    };
    record.oddities = fields.oddities();
    Ok(record)
}

pub(crate) fn decision(profile: &AuthorityProfile, mut fields: Fields) -> Result<DecisionRecord, Fault> {
    let number = fields.text("jdsbh").ok_or_else(|| Fault::garbled("a decision without a number"))?;
    let mut record = DecisionRecord {
        number,
        check_digit: fields.text("wsjyw"),
        violation: fields.text("wfbh"),
        record: fields.text("xh"),
        document_class: fields.text("jdslb"),
        party: fields.name("dsr"),
        licence: fields.id("jszh"),
        file_number: fields.text("dabh"),
        plate: fields.plate(&profile.province),
        occurred: fields.instant("wfsj"),
        place: fields.text("wfdz"),
        code: fields.text("wfxw"),
        points: fields.points("wfjfs"),
        fine: fields.yuan("fkje"),
        surcharge: fields.yuan("znj"),
        measured: fields.whole("scz"),
        limit: fields.whole("bzz"),
        penalty: fields.text("cfzl"),
        decided: fields.instant("clsj"),
        served: fields.instant("sdsj"),
        annulled: fields.flag("cxbj"),
        programme: fields.read("xmbh", programme),
        points_reduced: fields.points("jjfs"),
        payee: fields.text("skdw"),
        payee_name: fields.text("skdwmc"),
        office: fields.text("cljg"),
        office_name: fields.text("cljgmc"),
        paid: fields.paid("jkbj"),
        paid_at: fields.instant("jkrq"),
        source: fields.text("xxly"),
        crash_grade: fields.text("sgdj"),
        remark: fields.text("bz"),
        oddities: Vec::new(),
    };
    record.oddities = fields.oddities();
    Ok(record)
}

/// A decision of an answer about one vehicle. One that names no plate is about the vehicle asked for, as in
/// [`camera`].
pub(crate) fn decision_of_vehicle(
    profile: &AuthorityProfile,
    asked: &Plate,
    fields: Fields,
) -> Result<DecisionRecord, Fault> {
    let named = fields.text("hphm").is_some();
    let mut record = decision(profile, fields)?;
    if named && record.plate.as_ref() != Some(asked) {
        return Err(Fault::garbled("a decision on another vehicle"));
    }
    record.plate = Some(asked.clone());
    Ok(record)
}

pub(crate) fn programme(text: &str) -> Option<Programme> {
    match text {
        "1" => Some(Programme::First),
        "2" => Some(Programme::Study),
        "3" => Some(Programme::StudyPoints),
        _ => None,
    }
}

/// Pictures: base64, on some sites percent-encoded, with line breaks, or with spaces where a plus was lost.
pub(crate) fn pictures(fields: &Fields) -> Result<Vec<Picture>, Fault> {
    let mut found = Vec::new();
    for ordinal in 1..=3_u8 {
        let Some(text) = fields.text(&format!("zpstr{ordinal}")) else { continue };
        let text = if text.contains('%') {
            String::from_utf8(unpercent(&text.replace('+', "%2B"))?)
                .map_err(|_| Fault::garbled("a picture that is not base64"))?
        } else {
            text
        };
        let text: String = text.replace(' ', "+").split_whitespace().collect();
        let bytes = STANDARD.decode(text).map_err(|_| Fault::garbled("a picture that is not base64"))?;
        let media_type = media_type(&bytes).ok_or_else(|| Fault::garbled("a picture of an unknown kind"))?;
        found.push(Picture { ordinal, media_type, bytes });
    }
    Ok(found)
}

fn media_type(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [0x89, b'P', b'N', b'G', ..] => Some("image/png"),
        [b'B', b'M', ..] => Some("image/bmp"),
        _ => None,
    }
}

/// The person asked for must be the person answered.
pub(crate) fn same_person(asked: &IdNumber, told: Option<&IdNumber>) -> Result<(), Fault> {
    match told {
        Some(told) if told != asked => Err(Fault::garbled("a record of another person")),
        _ => Ok(()),
    }
}
