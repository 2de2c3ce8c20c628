//! Derived facts: from what is known, the parameters of the pack, the moment and the calendar.
//!
//! Everything here answers "unknown" rather than guess. Amounts that are negative and days outside 1900 to 2199 are treated as
//! unknown: they come from a broken record.

mod classes;
mod history;
mod person;
mod record;
mod study;

use jiff::civil::{Date, DateTime};
use jiff::{Span, Timestamp};

use super::catalogue::Fact;
use super::flat::Facts;
use super::params::Params;
use super::value::{Truth, Val};
use crate::calendar::Calendar;
use crate::facts::RawFacts;
use crate::points::{Cycle, cycle_of};
use crate::world::{civil, civil_date};

/// Derives every fact of the catalogue.
pub fn derive<'a>(raw: &'a RawFacts, params: &Params, at: Timestamp, calendar: &Calendar) -> Facts<'a> {
    let now = civil(at);
    let today = now.date();
    let first = raw.driver.first_licence.and_then(sane).filter(|_| sane(today).is_some());
    let cycle = first.map(|first| cycle_of(first, today));
    let day = day_of(raw.violation.occurred_at);
    let known = Known { raw, params, at, now, today, day, cycle, calendar };
    let mut facts = Facts::unknown();
    facts.set(Fact::Today, Val::Day(today));
    known.service(&mut facts);
    known.identity(&mut facts);
    known.violation(&mut facts);
    known.terms(&mut facts);
    known.vehicle(&mut facts);
    known.relation(&mut facts);
    known.driver(&mut facts);
    known.history(&mut facts);
    known.open_records(&mut facts);
    known.cycle(&mut facts);
    known.study(&mut facts);
    known.steps(&mut facts);
    known.payment(&mut facts);
    facts
}

/// What the derivations read.
struct Known<'a, 'p> {
    raw: &'a RawFacts,
    params: &'p Params,
    at: Timestamp,
    /// The same moment on China's clock.
    now: DateTime,
    today: Date,
    /// Day of the violation.
    day: Option<Date>,
    cycle: Option<Cycle>,
    calendar: &'p Calendar,
}

impl Known<'_, '_> {
    /// Whether a day lies in the present points year.
    fn in_year(&self, day: Option<Date>) -> Truth {
        match (self.cycle, day.and_then(sane)) {
            (Some(cycle), Some(day)) => cycle.contains(day).into(),
            _ => Truth::Unknown,
        }
    }

    /// Whether a day lies in the points years from `back` before the present one up to and without `end`.
    fn in_years(&self, day: Option<Date>, back: i64, current_too: bool) -> Truth {
        let (Some(cycle), Some(day)) = (self.cycle, day.and_then(sane)) else { return Truth::Unknown };
        let start = cycle.nth_previous(small(back)).start;
        let end = if current_too { cycle.end_exclusive } else { cycle.start };
        (start..end).contains(&day).into()
    }

    /// First day of the points year that lies `years` after the one of `day`.
    fn year_after(&self, day: Date, years: i64) -> Option<Date> {
        let first = self.raw.driver.first_licence.and_then(sane)?;
        let mut cycle = cycle_of(first, day);
        for _ in 0..small(years) {
            cycle = cycle.next();
        }
        Some(cycle.start)
    }
}

/// A day that can belong to a record; anything else is unknown.
fn sane(day: Date) -> Option<Date> {
    (1900..2200).contains(&day.year()).then_some(day)
}

/// The civil day of an instant, when it can belong to a record.
fn day_of(at: Option<Timestamp>) -> Option<Date> {
    at.map(civil_date).and_then(sane)
}

/// An amount that is not negative; a negative one is unknown.
fn amount<'v>(number: Option<i64>) -> Val<'v> {
    Val::int(number.filter(|number| *number >= 0))
}

/// A small number of years or cycles, from a parameter that the loader has bounded.
fn small(number: i64) -> u8 {
    u8::try_from(number.clamp(0, 20)).unwrap_or(20)
}

/// The corresponding day some months on: 29 February and 12 months is 28 February (reading A6).
fn months_after(day: Date, months: i64) -> Option<Date> {
    day.checked_add(Span::new().months(months.clamp(-1200, 1200))).ok()
}

/// Counts what holds: an exact number when every entry is decided, otherwise a lower bound. Keeps the latest sure day.
#[derive(Debug, Default)]
struct Tally {
    sure: i64,
    open: bool,
    latest: Option<Date>,
}

impl Tally {
    /// Of a list; one that is unknown as a whole leaves everything open.
    fn list<T>(list: Option<&[T]>, holds: impl Fn(&T) -> (Truth, Option<Date>)) -> Tally {
        let mut tally = Tally { open: list.is_none(), ..Tally::default() };
        for one in list.unwrap_or_default() {
            let (truth, day) = holds(one);
            tally.add(truth, day);
        }
        tally
    }

    fn add(&mut self, truth: Truth, day: Option<Date>) {
        match truth {
            Truth::True => {
                self.sure += 1;
                self.latest = self.latest.max(day);
            }
            Truth::Unknown => self.open = true,
            Truth::False => {}
        }
    }

    fn count<'v>(&self) -> Val<'v> {
        if self.open { Val::AtLeast(self.sure) } else { Val::Int(self.sure) }
    }
}

/// Counts in a list of which no day matters.
fn tally_list<'v, T>(list: Option<&[T]>, holds: impl Fn(&T) -> Truth) -> Val<'v> {
    Tally::list(list, |one| (holds(one), None)).count()
}

impl Known<'_, '_> {
    fn service(&self, facts: &mut Facts<'_>) {
        let service = &self.raw.service;
        let (opens, closes) = (
            self.params.clock(super::params::Param::ServiceOpens),
            self.params.clock(super::params::Param::ServiceCloses),
        );
        // What was confirmed within the hours is finished after them.
        let confirmed = service.confirmed_at.filter(|confirmed| *confirmed <= self.at);
        let within = (opens..closes).contains(&confirmed.map_or(self.now, civil).time());
        facts.set(Fact::ServiceOpen, Val::truth(Truth::from(within).and(Truth::of(service.available))));
        let next = if self.now.time() < closes { Some(self.today) } else { self.today.tomorrow().ok() };
        facts.set(Fact::ServiceOpensOn, Val::day(next.filter(|_| service.available != Some(false))));
        facts.set(Fact::QuotaReached, Val::flag(service.quota_reached));
        let down = service.upstream.map(|upstream| upstream == crate::facts::Upstream::Down);
        facts.set(Fact::UpstreamDown, Val::flag(down));
        facts.set(Fact::Checking, Val::flag(service.checking));
    }

    fn identity(&self, facts: &mut Facts<'_>) {
        let identity = &self.raw.identity;
        facts.set(Fact::Verified, Val::flag(identity.verified));
        facts.set(Fact::Registered12123, Val::flag(identity.registered_12123));
        let failed = identity.face.map(|face| face == crate::facts::FaceOutcome::Failed);
        facts.set(Fact::FaceFailed, Val::flag(failed));
        facts.set(Fact::OwnerPhoneVerified, Val::flag(identity.owner_phone_verified));
        facts.set(Fact::LicenceBoundElsewhere, Val::flag(identity.licence_bound_elsewhere));
        facts.set(Fact::UnderReview, Val::flag(identity.under_review));
    }
}
