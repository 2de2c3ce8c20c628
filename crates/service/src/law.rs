//! What the pages and use cases ask of a pack beside verdicts: settings of study, opening hours, points of a decision.

use clearway_domain::facts::RawFacts;
use clearway_domain::refusal::Question;
use clearway_domain::rules::{Pack, Param, ProgrammeSettings};
use clearway_domain::study::{Retake, StudySettings};
use clearway_domain::{civil, civil_date};
use jiff::Timestamp;
use jiff::civil::{Date, Time};

use crate::World;

/// Programme settings of a pack on a day; `None` where the city does not offer the programme.
#[must_use]
pub fn programme(pack: &Pack, question: Question, day: Date) -> Option<ProgrammeSettings> {
    Some(pack.programme(question, day)).filter(|settings| settings.enabled)
}

/// Study and quiz of a programme that is hosted here: the warning, and the study credit of the city regime. The national
/// online exam is held on the police's own platform (order 163 art. 19; domain.md §2.2), so it has none.
#[must_use]
pub fn study_settings(pack: &Pack, question: Question, day: Date) -> Option<StudySettings> {
    let settings = programme(pack, question, day)?;
    if question == Question::Study && !settings.credit {
        return None;
    }
    let small = |number: i64| u8::try_from(number).unwrap_or(u8::MAX);
    let long = |number: i64| u32::try_from(number).unwrap_or(u32::MAX);
    Some(StudySettings {
        study_s: long(settings.study_seconds),
        cards: 3,
        card_cap_s: 20,
        questions: small(settings.questions),
        pass: small(settings.pass_mark),
        tries_per_day: small(settings.tries),
        cooldown_s: long(settings.cooldown_seconds),
        per_question_s: None,
        wrong_limit: None,
        one_tap: true,
        retake: Retake::MissedTopics,
        study_valid_s: 86_400,
        pass_valid_s: 86_400,
    })
}

/// Points of the study credit, in the city regime.
#[must_use]
pub fn study_credit(pack: &Pack, day: Date) -> Option<i64> {
    programme(pack, Question::Study, day).filter(|settings| settings.credit).map(|settings| settings.points)
}

/// Whether the service is open at an instant; the closing moment itself is closed (`readings.md` A34).
#[must_use]
pub fn is_open(pack: &Pack, at: Timestamp) -> bool {
    let (opens, closes) = pack.hours(civil_date(at));
    let time = civil(at).time();
    time >= opens && time < closes
}

/// Opening and closing hour on the day of an instant.
#[must_use]
pub fn hours(pack: &Pack, at: Timestamp) -> (Time, Time) {
    pack.hours(civil_date(at))
}

/// The next instant at which the service opens; the present one when it is open.
#[must_use]
pub fn opens_next(pack: &Pack, at: Timestamp) -> Timestamp {
    if is_open(pack, at) {
        return at;
    }
    let day = civil_date(at);
    let (opens, _) = pack.hours(day);
    let day = if civil(at).time() < opens { day } else { day.saturating_add(jiff::Span::new().days(1)) };
    clearway_domain::instant(day.to_datetime(pack.hours(day).0))
}

/// Points that a decision of this violation gives now: the lighter scale for an old violation (Administrative Penalty Law
/// art. 37), or what the platform told where the table does not know the code.
#[must_use]
pub fn points_of(world: &World, facts: &RawFacts, now: Timestamp) -> Option<i64> {
    let violation = &facts.violation;
    let told = violation.points_now.or(violation.points_then);
    let (Some(code), Some(occurred)) = (violation.code.as_deref(), violation.occurred_at) else {
        return told;
    };
    world
        .offences
        .lighter(code, civil_date(occurred), civil_date(now), violation.road_class)
        .points
        .map(i64::from)
        .or(told)
}

/// How many other people's vehicles may be bound (`domain.md` §2.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BindingLimits {
    /// At a time.
    pub others_now: i64,
    /// Ever.
    pub others_ever: i64,
    /// Users of one vehicle besides its owner.
    pub users_of_vehicle: i64,
}

/// The binding limits of a pack on a day.
#[must_use]
pub fn binding_limits(pack: &Pack, day: Date) -> BindingLimits {
    let params = pack.params(day);
    BindingLimits {
        others_now: params.int(Param::MaxOthersNow),
        others_ever: params.int(Param::MaxOthersEver),
        users_of_vehicle: params.int(Param::MaxUsers),
    }
}
