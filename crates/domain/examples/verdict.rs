//! Nanoseconds per verdict of 首违警告 (pack wuhan-2019) from the compiled pack and from the same conditions
//! written by hand, round by round: `cargo run --release -p clearway-domain --example verdict -- ROUNDS`.
//!
//! Before anything is timed both must say the same of every condition, for facts that allow the warning,
//! facts that refuse it, and facts with holes.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clearway_domain::facts::{
    BatchFacts, CrashFact, DecisionFact, DriverFacts, FaceOutcome, HistoryFacts, IdentityFacts,
    OpenRecordFact, Programme, ProgrammeUseFact, RawFacts, RecordedBy, RelationFacts, ServiceFacts, Upstream,
    VehicleFacts, ViolationFacts,
};
use clearway_domain::rules::{Outcome, Pack, Packs};
use clearway_domain::world::{civil, civil_date};
use clearway_domain::{Calendar, Cycle, OffenceTable, Plate, Question, Refusal, cycle_of};
use jiff::civil::{Date, date};
use jiff::{Span, Timestamp};

/// Time given to one side of one round.
const ROUND: Duration = Duration::from_millis(300);

fn main() {
    let rounds: u32 = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(7);
    let offences = OffenceTable::builtin();
    let packs = Packs::shipped(&offences);
    let pack = packs.by_id("wuhan-2019").expect("the pack ships with the program");
    let calendar = Calendar::builtin();
    let at: Timestamp = "2020-04-05T10:00:00+08:00".parse().expect("an instant");
    same_answers(pack, &calendar, at);
    let facts = eligible();
    for _ in 0..rounds {
        let ours = nanos(|| {
            black_box(pack.evaluate(Question::First, black_box(&facts), at, &calendar));
        });
        let floor = nanos(|| {
            black_box(by_hand(black_box(&facts), at));
        });
        println!("{ours:.1} {floor:.1}");
    }
}

/// Nanoseconds per call, over [`ROUND`].
#[expect(clippy::disallowed_methods, reason = "a bench measures real time")]
fn nanos(mut call: impl FnMut()) -> f64 {
    let (start, mut calls) = (Instant::now(), 0_u32);
    loop {
        for _ in 0..100 {
            call();
        }
        calls += 100;
        let spent = start.elapsed();
        if spent >= ROUND {
            return spent.as_secs_f64() * 1e9 / f64::from(calls);
        }
    }
}

/// Fails unless both sides say the same of every condition, for many facts.
fn same_answers(pack: &Pack, calendar: &Calendar, at: Timestamp) {
    let mut kinds = [false; 3];
    for (name, facts) in variants() {
        let record = pack.record(Question::First, &facts, at, calendar);
        let mut theirs: Vec<_> = record.findings.iter().map(|one| (one.refusal, one.outcome)).collect();
        let mut ours: Vec<_> =
            by_hand(&facts, at).into_iter().map(|(refusal, holds)| (refusal, outcome(holds))).collect();
        // The notes are no conditions; both sides list the conditions of one reason in any order.
        theirs.retain(|(refusal, _)| ours.iter().any(|(other, _)| other == refusal));
        let order = |one: &(Refusal, Outcome)| (one.0, one.1 as u8);
        theirs.sort_by_key(order);
        ours.sort_by_key(order);
        assert_eq!(theirs, ours, "{name}: the pack and the hand-written rules differ");
        kinds[record.verdict.outcome as usize] = true;
    }
    assert_eq!(kinds, [true; 3], "allowed, refused and undecided must all have been compared");
}

fn outcome(holds: Option<bool>) -> Outcome {
    match holds {
        Some(true) => Outcome::Allowed,
        Some(false) => Outcome::Refused,
        None => Outcome::Unknown,
    }
}

/// The conditions of the question `first` of wuhan-2019, each with whether it holds; `None`: cannot be known.
type Findings = Vec<(Refusal, Option<bool>)>;

/// What a programmer writes who knows this one pack, has no rules engine, and must still answer every
/// condition and never guess.
fn by_hand(facts: &RawFacts, at: Timestamp) -> Findings {
    let now = civil(at);
    let today = now.date();
    let year = facts.driver.first_licence.map(|first| cycle_of(first, today));
    let mut found = Vec::with_capacity(56);
    service_and_person(facts, now.hour(), &mut found);
    record(facts, &mut found);
    vehicle(facts, year, today, &mut found);
    programme(facts, year, &mut found);
    past(facts, year, &mut found);
    found
}

fn not(flag: Option<bool>) -> Option<bool> {
    flag.map(|flag| !flag)
}

fn and(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    match (one, other) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

fn or(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    not(and(not(one), not(other)))
}

fn day(at: Option<Timestamp>) -> Option<Date> {
    at.map(civil_date)
}

/// Whether no element of a list is as described; unknown without a list, or when an open one could be.
fn none<T>(list: Option<&[T]>, is: impl Fn(&T) -> Option<bool>) -> Option<bool> {
    let mut answer = list.map(|_| true);
    for one in list.unwrap_or_default() {
        answer = and(answer, not(is(one)));
        if answer == Some(false) {
            return answer;
        }
    }
    answer
}

fn letters(states: Option<&str>, blocking: &str, known: &str) -> Option<bool> {
    let states = states.map(str::trim).filter(|states| !states.is_empty())?;
    let mut clear = Some(true);
    for letter in states.chars() {
        clear = and(
            clear,
            if blocking.contains(letter) { Some(false) } else { known.contains(letter).then_some(true) },
        );
    }
    clear
}

fn service_and_person(facts: &RawFacts, hour: i8, found: &mut Findings) {
    let (service, identity, driver) = (&facts.service, &facts.identity, &facts.driver);
    found.extend([
        (Refusal::SvcClosed, and(Some((6..22).contains(&hour)), service.available)),
        (Refusal::SvcQuota, not(service.quota_reached)),
        (Refusal::SvcUpstreamDown, service.upstream.map(|upstream| upstream == Upstream::Up)),
        (Refusal::SvcChecking, not(service.checking)),
        (Refusal::IdNotVerified, identity.verified),
        (Refusal::IdNo12123, identity.registered_12123),
        (Refusal::IdFaceFail, identity.face.map(|face| face != FaceOutcome::Failed)),
        (Refusal::IdOwnerPhone, identity.owner_phone_verified),
        (Refusal::IdLicenceBoundElsewhere, not(identity.licence_bound_elsewhere)),
        (Refusal::IdUnderReview, not(identity.under_review)),
        (Refusal::DNoLicence, driver.has_licence),
        (Refusal::DState, letters(driver.states.as_deref(), "BDEFGIJKLMRU", "ABCDEFGHIJKLMNPRSTU")),
        (Refusal::DNotLocal, driver.issue_city.as_deref().map(|city| city == "420100")),
    ]);
}

fn record(facts: &RawFacts, found: &mut Findings) {
    let record = &facts.violation;
    let here = record.recorded_city.as_deref().map(|city| city == "420100");
    let licensed = match (day(record.occurred_at), facts.driver.first_licence) {
        (Some(then), Some(first)) => Some(then >= first),
        _ => None,
    };
    found.extend([
        (Refusal::VAlreadyHandled, not(record.handled)),
        (Refusal::VInOtherChannel, not(record.in_other_channel)),
        (Refusal::VNoEvidenceYet, record.evidence_present),
        (Refusal::VNotAudited, record.audited),
        (Refusal::VDisputePending, not(record.dispute_pending)),
        (Refusal::VToBeRemoved, not(record.to_be_removed)),
        (Refusal::VOnSiteTicket, not(record.on_site_ticket)),
        (Refusal::VNeedsSuspension, not(record.suspension_possible)),
        (Refusal::VDetentionPossible, not(record.detention_possible)),
        (Refusal::VCompulsoryMeasure, not(record.compulsory_measure)),
        (Refusal::VNotCityRecord, and(here, not(record.highway_corps))),
        (Refusal::VBeforeLicence, licensed),
    ]);
}

fn covers(classes: Option<&str>, needed: Option<&str>) -> Option<bool> {
    match (classes?, needed?) {
        ("A1" | "A2" | "A3" | "B1" | "B2" | "C1", "C1")
        | ("A1" | "A2" | "A3" | "B1" | "B2" | "C1" | "C2", "C2") => Some(true),
        ("C2" | "C3" | "C4", "C1") => Some(false),
        _ => None,
    }
}

fn vehicle(facts: &RawFacts, year: Option<Cycle>, today: Date, found: &mut Findings) {
    let vehicle = &facts.vehicle;
    let old_enough =
        |from: Option<Date>| from.map(|from| today >= from.saturating_add(Span::new().months(12)));
    let owned_then = match (vehicle.owner_since, day(facts.violation.occurred_at)) {
        (Some(since), Some(then)) => Some(since <= then),
        _ => None,
    };
    let few = vehicle.licences_this_cycle.map(|licences| licences < 3);
    found.extend([
        (Refusal::VehCompany, not(vehicle.company_owned)),
        (Refusal::VehClassMismatch, covers(facts.driver.classes.as_deref(), vehicle.needed_class.as_deref())),
        (Refusal::VehState, letters(vehicle.states.as_deref(), "CEJLMNOP", "ABCDEGHIJKLMNOPQ")),
        (Refusal::VehNotLocal, vehicle.home_city.as_deref().map(|city| city == "420100")),
        (Refusal::VehNew, and(old_enough(vehicle.registered), old_enough(vehicle.last_changed))),
        (Refusal::VehKeyWatch, not(vehicle.key_watch)),
        (Refusal::VehNotBound, facts.relation.bound),
        (Refusal::VehNotOwned, and(vehicle.owner_is_driver, and(vehicle.owner_is_driver, owned_then))),
        (Refusal::Veh3PerCycle, few_vehicles(facts, year)),
        (Refusal::Veh3Licences, or(vehicle.driver_among_licences, few)),
    ]);
}

/// Handled in this cycle: this vehicle among others, or fewer than three.
fn few_vehicles(facts: &RawFacts, year: Option<Cycle>) -> Option<bool> {
    let (decisions, batch) = (facts.history.decisions.as_deref()?, facts.batch.vehicles.as_deref()?);
    let year = year?;
    let mut seen: Vec<&Plate> = batch.iter().collect();
    for decision in decisions {
        if !decision.annulled? && year.contains(decision.decided?) {
            seen.extend(decision.plate.as_ref());
        }
    }
    seen.sort();
    seen.dedup();
    let this = facts.vehicle.plate.as_ref();
    or(this.map(|this| seen.contains(&this)), Some(seen.len() < 3))
}

fn programme(facts: &RawFacts, year: Option<Cycle>, found: &mut Findings) {
    let record = &facts.violation;
    let code = record.code.as_deref();
    let listed = code.map(|code| LISTED.contains(&code.get(..4).unwrap_or(code)));
    let speed = match (code, record.speed_measured, record.speed_limit) {
        (Some("1130" | "6093" | "6094" | "1352" | "6050"), Some(was), Some(limit))
            if limit > 0 && was > limit =>
        {
            Some((was - limit) * 100 / limit < 20)
        }
        (Some("1130" | "6093" | "6094" | "1352" | "6050") | None, ..) => None,
        _ => Some(true),
    };
    let load = match code {
        Some("1126") => and(record.overload_percent.map(|percent| percent < 10), record.unloaded_at_once),
        Some(_) => Some(true),
        None => None,
    };
    let fine = record.fine_fen.map(|fine| fine <= 20_000);
    let points = record.points_then.map(|points| points < 6);
    let this_year = year.zip(day(record.occurred_at)).map(|(year, then)| year.contains(then));
    found.extend([
        (Refusal::FNotEnabled, Some(true)),
        (Refusal::FCode, listed),
        (Refusal::FCode, speed),
        (Refusal::FCode, load),
        (Refusal::FNotFirst, this_year),
        (Refusal::FAccident, not(record.caused_crash)),
        (Refusal::FFinePoints, and(fine, points)),
        (Refusal::FNotCamera, record.recorded_by.map(|by| by == RecordedBy::Camera)),
        // Not asked in this pack, or only at the decision.
        (Refusal::FJam, Some(true)),
        (Refusal::FOpenOld, Some(true)),
        (Refusal::FNotCleanMonths, Some(true)),
        (Refusal::FQuiz, Some(true)),
        (Refusal::FQuiz, Some(true)),
        (Refusal::FReview, Some(true)),
    ]);
}

fn past(facts: &RawFacts, year: Option<Cycle>, found: &mut Findings) {
    let history = &facts.history;
    let decisions = history.decisions.as_deref();
    let in_year = |then: Option<Date>| year.zip(then).map(|(year, then)| year.contains(then));
    let stands = |decision: &DecisionFact| not(decision.annulled);
    let decided = |one: &DecisionFact| and(stands(one), in_year(day(one.occurred_at)));
    let earlier = |then: Option<Date>| {
        year.zip(then).map(|(year, then)| (year.nth_previous(2).start..year.start).contains(&then))
    };
    let is_serious =
        |one: &DecisionFact| one.code.as_deref().map(|code| SERIOUS.contains(&code.get(..4).unwrap_or(code)));
    let serious = |one: &DecisionFact| and(and(stands(one), is_serious(one)), earlier(day(one.occurred_at)));
    let older = |one: &OpenRecordFact| {
        if one.id.is_some() && one.id == facts.violation.id {
            return Some(false);
        }
        one.occurred_at.zip(facts.violation.occurred_at).map(|(other, own)| other < own)
    };
    let older_this_year = |one: &OpenRecordFact| and(older(one), in_year(day(one.occurred_at)));
    let uses = history.programme_uses.as_deref();
    let warned = |one: &ProgrammeUseFact| {
        let first = one.programme.map(|programme| programme == Programme::First);
        and(and(first, not(one.annulled)), in_year(one.date))
    };
    let studied = |one: &ProgrammeUseFact| {
        let study = one.programme.map(|programme| programme == Programme::Study);
        and(and(and(study, one.used), not(one.annulled)), in_year(one.used_on.or(one.date)))
    };
    found.extend([
        (Refusal::FNotFirst, none(history.open_records.as_deref(), older_this_year)),
        (Refusal::FHasRecord, none(decisions, decided)),
        (Refusal::FSerious2y, none(decisions, serious)),
        (Refusal::FAccident, none(history.crashes.as_deref(), |crash: &CrashFact| in_year(crash.date))),
        (Refusal::FUsed, none(uses, warned)),
        (Refusal::FStudyUsed, none(uses, studied)),
    ]);
}

const LISTED: [&str; 23] = [
    "1039", "1048", "6090", "1211", "1130", "6093", "6094", "1352", "6050", "1126", "4005", "4010", "1120",
    "1101", "6011", "6023", "1042", "1025", "1072", "1083", "1091", "6095", "1208",
];
const SERIOUS: [&str; 23] = [
    "1625", "1303", "1352", "1603", "1636", "1721", "1130", "1369", "1632", "1649", "1650", "4610", "4616",
    "4714", "6046", "6050", "6093", "6094", "1301", "1373", "1734", "4702", "1712",
];

/// A driver with an ordinary past whose parking violation can be a warning.
fn eligible() -> RawFacts {
    let plate = |number: &str| Plate::from_key(number).expect("a plate");
    let then = |text: &str| text.parse::<Timestamp>().expect("an instant");
    let decision = |number: &str, code: &str, occurred: &str, decided: Date| DecisionFact {
        number: Some(number.to_owned()),
        code: Some(code.to_owned()),
        occurred_at: Some(then(occurred)),
        decided: Some(decided),
        served: Some(decided),
        points: Some(3),
        fine_fen: Some(10_000),
        paid: Some(true),
        annulled: Some(false),
        plate: Some(plate("02:鄂A12345")),
        ..DecisionFact::default()
    };
    let open = |id: &str, at: &str| OpenRecordFact {
        id: Some(id.to_owned()),
        code: Some("1039".to_owned()),
        occurred_at: Some(then(at)),
        plate: Some(plate("02:鄂A12345")),
    };
    let mut facts = RawFacts {
        service: ServiceFacts {
            available: Some(true),
            quota_reached: Some(false),
            upstream: Some(Upstream::Up),
            checking: Some(false),
            ..ServiceFacts::default()
        },
        history: Arc::new(HistoryFacts {
            decisions: Some(vec![
                decision("1", "1039", "2015-03-02T08:00:00+08:00", date(2015, 3, 9)),
                decision("2", "1345", "2018-11-20T17:00:00+08:00", date(2018, 12, 1)),
            ]),
            open_records: Some(vec![
                open("v1", "2020-03-20T08:12:00+08:00"),
                open("v2", "2020-03-28T18:40:00+08:00"),
            ]),
            crashes: Some(vec![CrashFact { date: Some(date(2017, 6, 1)) }]),
            programme_uses: Some(vec![]),
            ..HistoryFacts::default()
        }),
        batch: BatchFacts { points: Some(0), vehicles: Some(vec![]) },
        relation: RelationFacts { bound: Some(true), ..RelationFacts::default() },
        ..RawFacts::default()
    };
    facts.identity = person();
    facts.violation = parking(then("2020-03-20T08:12:00+08:00"));
    facts.vehicle = Arc::new(car(plate("02:鄂A12345")));
    facts.driver = Arc::new(DriverFacts {
        has_licence: Some(true),
        classes: Some("C1".to_owned()),
        states: Some("A".to_owned()),
        first_licence: Some(date(2010, 6, 15)),
        issue_city: Some("420100".to_owned()),
        born: Some(date(1988, 9, 17)),
        points: Some(0),
        ..DriverFacts::default()
    });
    facts
}

fn driver(facts: &mut RawFacts) -> &mut DriverFacts {
    Arc::make_mut(&mut facts.driver)
}

fn person() -> IdentityFacts {
    IdentityFacts {
        verified: Some(true),
        registered_12123: Some(true),
        face: Some(FaceOutcome::NotRequired),
        owner_phone_verified: Some(true),
        licence_bound_elsewhere: Some(false),
        under_review: Some(false),
    }
}

fn parking(at: Timestamp) -> ViolationFacts {
    let no = Some(false);
    ViolationFacts {
        id: Some("v1".to_owned()),
        code: Some("1039".to_owned()),
        occurred_at: Some(at),
        recorded_city: Some("420100".to_owned()),
        recorded_province: Some("420000".to_owned()),
        highway_corps: no,
        recorded_by: Some(RecordedBy::Camera),
        fine_fen: Some(10_000),
        points_now: Some(0),
        points_then: Some(0),
        handled: no,
        in_other_channel: no,
        dispute_pending: no,
        audited: Some(true),
        evidence_present: Some(true),
        to_be_removed: no,
        on_site_ticket: no,
        compulsory_measure: no,
        suspension_possible: no,
        detention_possible: no,
        caused_crash: no,
        caused_jam: no,
        ..ViolationFacts::default()
    }
}

fn car(plate: Plate) -> VehicleFacts {
    VehicleFacts {
        plate: Some(plate),
        states: Some("A".to_owned()),
        home_city: Some("420100".to_owned()),
        registered: Some(date(2016, 2, 29)),
        last_changed: Some(date(2018, 1, 5)),
        company_owned: Some(false),
        owner_is_driver: Some(true),
        owner_since: Some(date(2016, 2, 29)),
        key_watch: Some(false),
        needed_class: Some("C1".to_owned()),
        licences_this_cycle: Some(1),
        driver_among_licences: Some(true),
        ..VehicleFacts::default()
    }
}

/// Facts that allow, refuse for one reason or several, and leave open.
fn variants() -> Vec<(&'static str, RawFacts)> {
    type Change = fn(&mut RawFacts);
    let changes: [(&str, Change); 14] = [
        ("as it is", |_| ()),
        ("speeding by a third", |facts| {
            facts.violation.code = Some("1352".to_owned());
            (facts.violation.speed_measured, facts.violation.speed_limit) = (Some(80), Some(60));
        }),
        ("speeding, unknown by how much", |facts| facts.violation.code = Some("1130".to_owned())),
        ("six points", |facts| facts.violation.points_then = Some(6)),
        ("fine unknown", |facts| facts.violation.fine_fen = None),
        ("an older one is open", |facts| facts.violation.id = Some("v2".to_owned())),
        ("licence in an unknown state", |facts| driver(facts).states = Some("AQ".to_owned())),
        ("licence expired", |facts| driver(facts).states = Some("HM".to_owned())),
        ("first licence unknown", |facts| driver(facts).first_licence = None),
        ("no list of decisions", |facts| Arc::make_mut(&mut facts.history).decisions = None),
        ("a red light last year", |facts| {
            if let Some(decision) = Arc::make_mut(&mut facts.history).decisions.iter_mut().flatten().last() {
                decision.code = Some("1625".to_owned());
            }
        }),
        ("car registered this year", |facts| {
            Arc::make_mut(&mut facts.vehicle).registered = Some(date(2019, 12, 1))
        }),
        ("warned already", |facts| {
            Arc::make_mut(&mut facts.history).programme_uses = Some(vec![ProgrammeUseFact {
                programme: Some(Programme::First),
                date: Some(date(2019, 9, 1)),
                annulled: Some(false),
                ..ProgrammeUseFact::default()
            }]);
        }),
        ("nothing is known", |facts| *facts = RawFacts::default()),
    ];
    changes
        .into_iter()
        .map(|(name, change)| {
            let mut facts = eligible();
            change(&mut facts);
            (name, facts)
        })
        .collect()
}
