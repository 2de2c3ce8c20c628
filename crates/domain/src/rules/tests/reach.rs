//! Every reason can be reached: one change to the clean driver gives exactly this reason and no other.

use serde_json::{Value as Json, json};

use super::laws::{facts, pack};
use crate::Calendar;
use crate::offences::OffenceTable;
use crate::refusal::{Question, Refusal};
use crate::rules::{Pack, SHIPPED, Verdict};
use Question::{First, Handle, Pay, Study};
use Refusal as R;

type Row = (Refusal, usize, Question, Json);

const MOMENTS: [&str; 3] = ["2018-04-05T10:00+08:00", "2020-04-05T10:00+08:00", "2026-11-23T10:00+08:00"];

fn service_and_identity() -> Vec<Row> {
    vec![
        (R::SvcClosed, 1, Handle, json!({"service": {"available": false}})),
        (R::SvcQuota, 1, Handle, json!({"service": {"quota_reached": true}})),
        (R::SvcUpstreamDown, 1, Pay, json!({"service": {"upstream": "down"}})),
        (R::SvcChecking, 1, First, json!({"service": {"checking": true}})),
        (R::IdNotVerified, 1, Pay, json!({"identity": {"verified": false}})),
        (R::IdNo12123, 1, First, json!({"identity": {"registered_12123": false}})),
        (R::IdFaceFail, 1, Study, json!({"identity": {"face": "failed"}})),
        (R::IdOwnerPhone, 1, First, json!({"identity": {"owner_phone_verified": false}})),
        (R::IdLicenceBoundElsewhere, 1, Handle, json!({"identity": {"licence_bound_elsewhere": true}})),
        (R::IdUnderReview, 1, Handle, json!({"identity": {"under_review": true}})),
    ]
}

fn record() -> Vec<Row> {
    let other_city = json!({"violation": {"recorded_city": "420500"}});
    vec![
        (R::VAlreadyHandled, 1, Handle, json!({"violation": {"handled": true}})),
        (R::VAlreadyPaid, 1, Pay, json!({"violation": {"paid": true}})),
        (R::VInOtherChannel, 1, Pay, json!({"violation": {"in_other_channel": true}})),
        (R::VNoEvidenceYet, 1, Handle, json!({"violation": {"evidence_present": false}})),
        (R::VNotAudited, 1, Handle, json!({"violation": {"audited": false}})),
        (R::VDisputePending, 1, Pay, json!({"violation": {"dispute_pending": true}})),
        (R::VToBeRemoved, 1, Handle, json!({"violation": {"to_be_removed": true}})),
        (R::VOldLaw, 2, Handle, json!({"violation": {"occurred_at": "2022-03-31T10:00:00+08:00"}})),
        (R::VNoticeExpired, 1, Handle, json!({"violation": {"notice_date": "2020-03-05"}})),
        (R::VOnSiteTicket, 1, Handle, json!({"violation": {"on_site_ticket": true}})),
        (R::VFineOver200, 1, Handle, json!({"violation": {"fine_fen": 20_001}})),
        (R::VPointsOverLimit, 1, Handle, json!({"violation": {"points_then": 12}})),
        (R::VTwelve, 1, Handle, json!({"violation": {"points_then": 12}})),
        (R::VNeedsSuspension, 1, Handle, json!({"violation": {"suspension_possible": true}})),
        (R::VDetentionPossible, 1, Handle, json!({"violation": {"detention_possible": true}})),
        (R::VCompulsoryMeasure, 1, Handle, json!({"violation": {"compulsory_measure": true}})),
        (R::VZeroFine, 1, Pay, json!({"violation": {"fine_fen": 0}})),
        (R::VOutOfScopeCode, 1, Handle, json!({"violation": {"code": "1712"}})),
        (R::VOtherCityOwnProvince, 1, Handle, other_city.clone()),
        (R::VHighwayCorps, 1, Handle, json!({"violation": {"highway_corps": true}})),
        (R::VNotCityRecord, 1, First, other_city),
        (R::VBeforeLicence, 1, Handle, json!({"driver": {"first_licence": "2020-04-02"}})),
    ]
}

fn vehicle_and_relation() -> Vec<Row> {
    let others = |patch: Json| {
        let mut tree = json!({"vehicle": {"owner_is_driver": false}});
        crate::facts::merge_json(&mut tree, patch);
        tree
    };
    vec![
        (R::VehCompany, 1, Handle, json!({"vehicle": {"company_owned": true}})),
        (R::VehClassMismatch, 1, Handle, json!({"vehicle": {"needed_class": "A1"}})),
        (R::VehState, 1, Handle, json!({"vehicle": {"states": "AL"}})),
        (R::VehNotLocal, 1, Handle, json!({"vehicle": {"home_province": "430000"}})),
        (R::VehNotLocal, 1, First, json!({"vehicle": {"home_city": "420500"}})),
        (R::VehNew, 1, First, json!({"vehicle": {"last_changed": "2019-04-06"}})),
        (R::VehKeyWatch, 1, Handle, json!({"vehicle": {"key_watch": true}})),
        (R::VehNotBound, 1, Handle, json!({"relation": {"bound": false}})),
        (R::VehNotOwned, 1, First, json!({"vehicle": {"owner_is_driver": false}})),
        (R::VehBoundAfter, 1, Handle, others(json!({"relation": {"bound_at": "2020-04-02T00:00:00+08:00"}}))),
        (R::VehBindLimitUser, 1, Handle, others(json!({"relation": {"others_bound_now": 4}}))),
        (R::VehBindLimitHistory, 1, Handle, others(json!({"relation": {"others_bound_ever": 6}}))),
        (R::VehBindLimitVehicle, 1, Handle, others(json!({"vehicle": {"other_users": 4}}))),
        (
            R::Veh3PerCycle,
            1,
            Handle,
            json!({"batch": {"vehicles": ["02:鄂B11111", "02:鄂B22222", "02:鄂B33333"]}}),
        ),
        (R::Veh3Licences, 1, Handle, json!({"vehicle": {"licences_this_cycle": 3}})),
    ]
}

fn driver_and_total() -> Vec<Row> {
    let decision = |points: i64, paid: bool| {
        json!({"history": {"decisions": [{"code": "1039", "occurred_at": "2019-01-01T08:00:00+08:00",
            "decided": "2019-07-01", "served": "2019-07-01", "annulled": false, "paid": paid, "points": points}]}})
    };
    vec![
        (R::DNoLicence, 1, Handle, json!({"driver": {"has_licence": false}})),
        (R::DState, 1, Handle, json!({"driver": {"states": "HL"}})),
        (R::DNotLocal, 1, Handle, json!({"driver": {"issue_province": "430000"}})),
        (R::DUnpaidOld, 1, Handle, decision(0, false)),
        (R::DProbation, 2, Study, json!({"driver": {"probation_end": "2026-11-24"}})),
        (R::DUnder1418, 1, Handle, json!({"driver": {"born": "2002-04-06"}})),
        (R::DPoints12, 1, Handle, json!({"driver": {"points": 9}})),
        (
            R::DOtherVehicleFull,
            2,
            Handle,
            json!({"violation": {"points_now": 0}, "driver": {"points": 3},
                "batch": {"points": 9, "vehicles": ["02:鄂B11111"]}}),
        ),
        (R::D24PerCycle, 1, Handle, decision(22, true)),
    ]
}

fn first() -> Vec<Row> {
    let used = |programme: &str| {
        json!({"history": {"programme_uses": [{"programme": programme, "date": "2019-09-01", "used": true,
            "annulled": false, "points": 4}]}})
    };
    let red_light = json!({"history": {"decisions": [{"code": "1625", "occurred_at": "2018-01-01T08:00:00+08:00",
        "decided": "2018-01-05", "annulled": false, "paid": true, "points": 6}]}});
    let decided = json!({"history": {"decisions": [{"code": "1039", "occurred_at": "2019-08-01T08:00:00+08:00",
        "decided": "2019-08-05", "annulled": false, "paid": true, "points": 0}]}});
    let done = |patch: Json| {
        let mut tree = json!({"step": {"asking": "decide", "study_seconds": 30, "quiz": "passed"}});
        crate::facts::merge_json(&mut tree, patch);
        tree
    };
    vec![
        (R::FCode, 1, First, json!({"violation": {"code": "1018"}})),
        (R::FNotFirst, 1, First, json!({"violation": {"occurred_at": "2019-06-14T08:00:00+08:00"}})),
        (R::FHasRecord, 1, First, decided),
        (R::FSerious2y, 1, First, red_light),
        (R::FAccident, 1, First, json!({"history": {"crashes": [{"date": "2019-08-01"}]}})),
        (R::FAccident, 1, First, json!({"violation": {"caused_crash": true}})),
        (R::FUsed, 1, First, used("first")),
        (R::FStudyUsed, 1, First, used("study")),
        (R::FFinePoints, 1, First, json!({"violation": {"points_then": 6}})),
        (R::FQuiz, 1, First, done(json!({"step": {"quiz": "failed"}}))),
        (R::FReview, 0, First, done(json!({"step": {"review": "pending"}}))),
        (R::FUnusedReminder, 1, Pay, json!({})),
        (R::FNotCamera, 1, First, json!({"violation": {"recorded_by": "public_report"}})),
    ]
}

fn study() -> Vec<Row> {
    let drink = json!({"history": {"decisions": [{"code": "1712", "occurred_at": "2025-01-01T08:00:00+08:00",
        "decided": "2025-01-05", "annulled": false, "paid": true, "points": 12}]}});
    let six = json!({"history": {"programme_uses": [{"programme": "study", "date": "2026-07-01", "annulled": false, "points": 6}]}});
    let credit = json!({"history": {"programme_uses": [{"programme": "study", "date": "2019-09-01", "used": true,
        "annulled": false, "points": 4}]}});
    let open =
        json!({"history": {"open_records": [{"id": "x", "occurred_at": "2026-11-01T08:00:00+08:00"}]}});
    let overdue = json!({"history": {"own_vehicles": [{"inspection_valid_until": "2026-11-22", "deregistration_due": false}]}});
    let done = |patch: Json| {
        let mut tree = json!({"step": {"asking": "decide", "study_seconds": 1800, "quiz": "passed",
            "study_finished": "2026-11-20"}, "violation": {"paid": true}});
        crate::facts::merge_json(&mut tree, patch);
        tree
    };
    vec![
        (R::SNoPoints, 1, Study, json!({"violation": {"points_then": 0}})),
        (R::SNoPoints, 2, Study, json!({"driver": {"points": 0}})),
        (R::SFull, 2, Study, json!({"driver": {"points": 12}})),
        (R::SCap, 2, Study, six),
        (
            R::SFullmarkTwice,
            2,
            Study,
            json!({"history": {"full_mark_studies": ["2026-07-01", "2026-09-01"]}}),
        ),
        (R::SSerious3c, 2, Study, drink),
        (R::SReviewOverdue, 2, Study, json!({"driver": {"states": "AS"}})),
        (R::SLicenceHeld, 2, Study, json!({"driver": {"states": "D"}})),
        (R::SVehicleOverdue, 2, Study, overdue),
        (R::SCheated, 2, Study, json!({"history": {"study_cheating": ["2025-01-01"]}})),
        (R::STime, 2, Study, done(json!({"step": {"study_seconds": 1799}}))),
        (R::SExamWindow, 2, Study, done(json!({"step": {"study_finished": "2026-11-11"}}))),
        (R::SExamFail, 2, Study, done(json!({"step": {"quiz": "failed"}}))),
        (R::SFace, 2, Study, done(json!({"step": {"study_face_failed": true}}))),
        (R::SLegacyLimit, 1, Study, json!({"violation": {"points_then": 5}})),
        (R::SLegacyPayFirst, 1, Study, done(json!({"violation": {"paid": false}}))),
        (R::SOpenRecords, 2, Study, open),
        (R::SCreditUsed, 1, Study, credit),
    ]
}

fn payment_and_rights() -> Vec<Row> {
    let served = |day: &str| json!({"violation": {"decision_served": day}});
    vec![
        (R::PPending, 1, Pay, json!({"payment": {"pending": true}})),
        (R::PFailed, 1, Pay, json!({"payment": {"last_failed": true}})),
        (R::PAmountChanged, 1, Pay, json!({"payment": {"amount_changed": true}})),
        (R::PBatchPartial, 1, Pay, json!({"payment": {"batch_blocked": true}})),
        (R::POverdue, 1, Pay, served("2020-03-01")),
        (R::PDefer, 1, Pay, json!({"driver": {"hardship": true}})),
        (R::RObject, 1, Handle, json!({})),
        (R::RStatement, 1, First, json!({})),
        (R::RReconsider, 1, Pay, served("2020-03-01")),
        (R::RExtension, 1, Handle, json!({"violation": {"notice_date": "2020-04-03"}})),
    ]
}

/// What comes together by the law itself: twelve points are over the limit of one record and over the total.
fn comes_along(refusal: Refusal) -> &'static [Refusal] {
    match refusal {
        R::VPointsOverLimit | R::VTwelve => &[R::VPointsOverLimit, R::VTwelve, R::DPoints12],
        R::DOtherVehicleFull => &[R::DPoints12, R::DOtherVehicleFull],
        _ => &[],
    }
}

fn check(pack: &Pack, row: &Row) -> Verdict {
    let (refusal, number, question, patch) = row;
    let at = MOMENTS[*number].parse().unwrap();
    let verdict = pack.evaluate(*question, &facts(pack, patch.clone()), at, &Calendar::builtin());
    let given: Vec<Refusal> = verdict.refused().collect();
    if refusal.is_note() {
        assert_eq!(given, [], "{refusal} {question:?}: a note must not refuse");
        assert!(
            verdict.notes.iter().any(|note| note.refusal == *refusal),
            "{refusal} is not among the notes"
        );
    } else {
        let alone = [*refusal];
        let along = comes_along(*refusal);
        let expected: &[Refusal] = if along.is_empty() { &alone } else { along };
        assert_eq!(given, expected, "{refusal} {question:?}");
    }
    verdict
}

#[test]
fn one_change_gives_exactly_its_reason_and_every_reason_has_its_change() {
    let packs = [pack(0), pack(1), pack(2)];
    let rows: Vec<Row> = [
        service_and_identity(),
        record(),
        vehicle_and_relation(),
        driver_and_total(),
        first(),
        study(),
        payment_and_rights(),
    ]
    .concat();
    for row in &rows {
        check(&packs[row.1], row);
    }
    // The first three are switched on by other cities (laws.rs, below); the last is given for whatever is unknown (holes.rs).
    let elsewhere = [R::FOpenOld, R::FJam, R::FNotCleanMonths, R::FNotEnabled, R::SvcCannotDetermine];
    for refusal in Refusal::ALL.iter().filter(|refusal| !elsewhere.contains(refusal)) {
        assert!(rows.iter().any(|row| row.0 == *refusal), "{refusal} has no change that gives it");
    }
}

#[test]
fn a_city_that_does_not_offer_the_warning_says_so() {
    let text =
        SHIPPED[1].text.replace("\"first.enabled\" = { value = true", "\"first.enabled\" = { value = false");
    let pack = Pack::parse("off.toml", &text, &OffenceTable::builtin()).unwrap();
    check(&pack, &(R::FNotEnabled, 1, First, json!({})));
}
