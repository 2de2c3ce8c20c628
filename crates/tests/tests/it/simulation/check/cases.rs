//! Invariants 2 to 5, 7 and 8: one decision a violation, what the programmes allow, what a decision stands on.

use std::collections::{BTreeMap, BTreeSet};

use clearway_connect::authority::Paid;
use clearway_domain::case::{CaseState, OrderState};
use clearway_domain::{civil, civil_date, world::instant};
use jiff::Timestamp;

use super::super::books::Case;
use super::super::world::authority::Kept;
use super::Look;

/// Checks every case against the platform, and the platform against the cases.
pub fn check(look: &Look<'_>) {
    let files = look.stage.sim.authority.files();
    for case in look.books.cases.values() {
        snapshot(look, case);
        work(look, case);
        if case.is_decided() {
            match case.decision.as_ref().and_then(|number| files.decisions.get(number)) {
                None => {
                    look.wrong(2, format!("case {} is decided and the platform knows nothing of it", case.id))
                }
                Some(kept) => decided(look, case, kept),
            }
        }
    }
    let mut effective: BTreeMap<&str, u32> = BTreeMap::new();
    for kept in files.decisions.values().filter(|kept| kept.is_effective()) {
        if let Some(record) = &kept.record.record {
            *effective.entry(record).or_insert(0) += 1;
        }
        ours(look, kept);
    }
    for (record, count) in effective.into_iter().filter(|(_, count)| *count > 1) {
        look.wrong(2, format!("record {record} has {count} decisions"));
    }
    for what in &files.wrongs {
        look.wrong(2, what);
    }
    once(look);
    claims(look);
    uses(look);
}

/// Invariant 5: no case without the verdict and the pack that it was opened under.
fn snapshot(look: &Look<'_>, case: &Case) {
    if case.verdict_length < 20 || case.pack_hash.is_empty() {
        look.wrong(5, format!("case {} has no verdict or no pack", case.id));
    }
}

/// Invariant 9 for cases.
fn work(look: &Look<'_>, case: &Case) {
    let kind = match case.state {
        CaseState::Deciding => "case.decide",
        CaseState::Written => "case.check-digit",
        CaseState::Manual => "case.manual",
        _ => return,
    };
    if !look.books.works_on(kind, &case.id) {
        let job = look.books.jobs.iter().find(|job| job.key == case.id && job.kind == kind);
        let why = job.and_then(|job| job.last_error.clone()).unwrap_or_default();
        look.wrong(9, format!("nobody works on case {}, which is {:?}: {why}", case.id, case.state));
    }
}

/// Invariants 2 and 8: the decision is the one that the driver was shown, confirmed and paid.
fn decided(look: &Look<'_>, case: &Case, kept: &Kept) {
    let told = &kept.record;
    let ticket = kept.case.is_empty();
    if !ticket && kept.case != case.id {
        look.wrong(2, format!("case {} stands on the decision of case {}", case.id, kept.case));
    }
    let warned = case.route == "first";
    let penalty = if warned { "1" } else { "2" };
    let same = told.fine.map(|fine| fine.0) == Some(if warned { 0 } else { case.fine_fen })
        && told.points.map(i64::from) == Some(case.points_given)
        && told.penalty.as_deref() == Some(penalty);
    if !same {
        look.wrong(8, format!("case {} was decided otherwise than shown", case.id));
    }
    if case.state == CaseState::Decided && case.check_digit.is_some() && case.check_digit != told.check_digit
    {
        look.wrong(2, format!("case {} has another check digit than the platform", case.id));
    }
    let Some(order) = case.order.as_ref().and_then(|id| look.books.orders.get(id)) else {
        if !warned {
            look.wrong(2, format!("case {} was decided without an order", case.id));
        }
        return;
    };
    let paid = !order.state.is_open() && order.state != OrderState::Closed;
    let mine = order.transaction.clone().unwrap_or_default();
    if !paid || told.paid != Some(Paid::Yes) || !kept.transaction.starts_with(&mine) {
        let there = &kept.transaction;
        let what = format!("marked with {there:?} there, paid with {mine:?} here ({:?})", order.state);
        look.wrong(2, format!("case {} was decided without its money: {what}", case.id));
    }
    if !ticket && kept.written_ms < runs_ms(order.created_ms) {
        look.wrong(12, format!("case {} was placed at night and decided before the opening", case.id));
    }
    let leg = look.books.legs_of(&order.id).find(|leg| leg.case == case.id);
    if leg.is_none_or(|leg| leg.fine_fen != case.fine_fen) {
        look.wrong(8, format!("case {} was paid with another sum than it was decided with", case.id));
    }
}

/// When what was placed at this instant may be done: at once within the hours, else at the next opening.
fn runs_ms(placed_ms: i64) -> i64 {
    let Ok(placed) = Timestamp::from_millisecond(placed_ms) else { return placed_ms };
    let at = civil(placed);
    let opening = |date: jiff::civil::Date| instant(date.at(6, 0, 0, 0)).as_millisecond();
    match at.hour() {
        0..6 => opening(at.date()),
        22.. => opening(at.date().tomorrow().unwrap_or(at.date())),
        _ => placed_ms,
    }
}

/// A decision that was written for one of our cases finds that case on its way to it, never ended otherwise.
fn ours(look: &Look<'_>, kept: &Kept) {
    if kept.case.is_empty() {
        return;
    }
    let Some(case) = look.books.cases.get(&kept.case) else {
        return look.wrong(2, format!("decision {} was written for no case", kept.record.number));
    };
    let refusal = case.refusal.as_deref();
    // On the last day a person looks, because nobody could see meanwhile whether it stands; three working days later it is
    // looked for once more (ADR 0011).
    let in_doubt = case.state == CaseState::Manual && refusal == Some("the platform did not take it in time");
    let fits =
        case.is_decided() || case.state == CaseState::Deciding || refusal == Some("annulled") || in_doubt;
    if !fits {
        look.wrong(2, format!("case {} is {:?} ({refusal:?}) and its decision stands", case.id, case.state));
    }
}

/// Invariant 2: one effective decision and one effective settlement a violation.
fn once(look: &Look<'_>) {
    let mut seen = BTreeSet::new();
    for case in look.books.cases.values().filter(|case| case.is_decided()) {
        if !seen.insert((&case.plate, &case.violation)) {
            look.wrong(2, format!("violation {} is decided twice", case.violation));
        }
    }
}

/// A violation is claimed exactly by the case that holds it.
fn claims(look: &Look<'_>) {
    let held: BTreeSet<[String; 4]> = look
        .books
        .cases
        .values()
        // An annulled decision frees its violation at once, while its money is still on the way back.
        .filter(|case| case.state.holds_violation() && case.refusal.as_deref() != Some("annulled"))
        .map(|case| [case.plate.clone(), case.violation.clone(), case.driver.clone(), case.id.clone()])
        .collect();
    let claimed: BTreeSet<[String; 4]> = look.books.claims.iter().cloned().collect();
    if claimed.len() != look.books.claims.len() {
        look.wrong(2, "a case claims its violation twice");
    }
    for [_, violation, _, case] in held.symmetric_difference(&claimed) {
        look.wrong(2, format!("case {case} and the claim on {violation} do not agree"));
    }
    let violations: BTreeSet<(&str, &str)> =
        look.books.claims.iter().map(|[plate, violation, ..]| (plate.as_str(), violation.as_str())).collect();
    if violations.len() != look.books.claims.len() {
        look.wrong(2, "a violation is claimed by two cases");
    }
}

/// Invariants 3 and 4: one warning and one study credit a driver within a points year and within a calendar year.
fn uses(look: &Look<'_>) {
    let uses = &look.books.uses;
    for (at, used) in uses.iter().enumerate() {
        let before =
            uses[..at].iter().rfind(|one| one.driver == used.driver && one.programme == used.programme);
        if let Some(before) = before
            && !a_year_begins(look, &used.driver, before.used_ms, used.used_ms)
        {
            look.wrong(4, format!("programme {} was used twice by one driver", used.programme));
        }
        let case = look.books.cases.get(&used.case);
        if case.is_none_or(|case| !case.is_decided() || case.route != used.programme) {
            look.wrong(3, format!("a use of {} without its decision", used.programme));
        }
    }
    for case in look.books.cases.values().filter(|case| case.is_decided() && case.route != "pay") {
        if !uses.iter().any(|used| used.case == case.id) {
            look.wrong(3, format!("case {} used a programme and nobody counted it", case.id));
        }
    }
}

/// Whether a points year or a calendar year begins between two instants.
fn a_year_begins(look: &Look<'_>, driver: &str, from_ms: i64, to_ms: i64) -> bool {
    let date = |ms| Timestamp::from_millisecond(ms).map(civil_date).ok();
    let (Some(from), Some(to)) = (date(from_ms), date(to_ms)) else { return false };
    let world = look.stage.sim.world();
    let town = &look.stage.sim.town;
    let cleared = town
        .accounts
        .iter()
        .find(|account| world.driver_of(&account.openid) == driver)
        .and_then(|account| {
            town.drivers.iter().find(|one| Some(&one.id_number) == account.id_number.as_ref())
        })
        .map(|driver| driver.points_clear_on);
    from.year() != to.year() || cleared.is_some_and(|cleared| from < cleared && cleared <= to)
}
