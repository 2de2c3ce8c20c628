//! How values of the service are shown: acts, vehicles, articles, reasons in the words of `reasons.ftl`.

use std::fmt::Display;

use clearway_domain::Plate;
use clearway_domain::refusal::{Layer, NextStep, Refusal};
use clearway_domain::rules::{Confidence, Cure, Outcome, Pack, Reason};
use clearway_domain::states::{Deed, State, StateTable};
use clearway_service::World;
use clearway_service::assess::Line;
use clearway_service::dossier::Violation;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::citizen::parts::Link;
use crate::citizen::reasons::{About, CureKind, CureView, FactShown, Place, ReasonView};
use crate::ctx::Ctx;
use crate::text;

/// What was done, in plain words: the table's in the page's language, else the platform's own.
pub fn act(world: &World, c: &Ctx, code: Option<&str>, told: Option<&str>) -> String {
    let row = code.and_then(|code| world.offences.lookup(code));
    let words = match (c.english(), row, told) {
        (true, Some(row), _) => row.en.clone(),
        (false, _, Some(told)) => told.to_owned(),
        (false, Some(row), None) => row.zh.clone(),
        (true, None, Some(told)) => told.to_owned(),
        (_, None, None) => code.unwrap_or_default().to_owned(),
    };
    if words.is_empty() { c.t("act-unknown").into_owned() } else { words }
}

/// The act of a violation.
pub fn act_of(world: &World, c: &Ctx, violation: &Violation) -> String {
    let told = violation.record.as_ref().and_then(|record| record.text.as_deref());
    act(world, c, violation.code(), told)
}

/// A violation in a line.
pub fn about(world: &World, c: &Ctx, line: &Line) -> About {
    About {
        fine_fen: line.fine.map_or(0, |fine| fine.0),
        points: points(line.points),
        ..about_violation(world, c, &line.violation)
    }
}

/// A violation in a line, without a judgement of its fine and points.
pub fn about_violation(world: &World, c: &Ctx, violation: &Violation) -> About {
    let record = violation.record.as_ref();
    let decision = violation.decision.as_ref();
    About {
        id: violation.id.clone(),
        act: act_of(world, c, violation),
        at: violation.occurred().unwrap_or(violation.fetched),
        place: violation.place().map_or_else(|| c.t("place-unknown").into_owned(), str::to_owned),
        fine_fen: record
            .and_then(|record| record.fine)
            .or_else(|| decision.and_then(|decision| decision.fine))
            .map_or(0, |fine| fine.0),
        points: record
            .and_then(|record| record.points)
            .or_else(|| decision.and_then(|d| d.points))
            .unwrap_or(0),
    }
}

/// Points as the pages write them.
pub fn points(points: Option<i64>) -> i32 {
    points.and_then(|points| i32::try_from(points).ok()).unwrap_or(0)
}

/// The name of a kind of plate (GA/T 16.7), or its code where we have no name.
pub fn plate_kind(c: &Ctx, code: &str) -> String {
    let key = format!("plate-kind-{code}");
    if text::has(c.lang, &key) {
        c.t(&key).into_owned()
    } else {
        c.ta("plate-kind-other", &[("code", &code)])
    }
}

/// The number and the kind of a plate from its key.
pub fn plate_of_key(c: &Ctx, key: &str) -> (String, String) {
    match Plate::from_key(key) {
        Ok(plate) => (plate.number().to_owned(), plate_kind(c, plate.kind().code())),
        Err(_) => (key.to_owned(), String::new()),
    }
}

/// An article in the page's language, from its key in the pack.
pub fn article(c: &Ctx, pack: Option<&Pack>, key: &str) -> String {
    match pack.and_then(|pack| pack.article(key)) {
        Some(article) if c.english() => article.name.en.clone(),
        Some(article) => article.name.zh.clone(),
        None => key.to_owned(),
    }
}

/// A value of a reason as people write it: days become days, everything else stays.
fn shown(c: &Ctx, value: Option<&str>) -> String {
    let Some(value) = value else { return c.t("value-unknown").into_owned() };
    if let Ok(date) = value.parse::<Date>() {
        return c.full_day(&date);
    }
    if let Ok(at) = value.parse::<Timestamp>() {
        return c.day_clock(&at);
    }
    value.to_owned()
}

/// The table of the letters that a reason shows, if it shows some.
fn states_of(refusal: Refusal) -> Option<&'static StateTable> {
    match refusal {
        Refusal::DState => Some(StateTable::licences()),
        Refusal::VehState => Some(StateTable::vehicles()),
        _ => None,
    }
}

/// The names of the states that stand in the way, or of all where none does by the table; letters say nothing to a driver, but
/// are better than nothing where the table has no name.
fn states(c: &Ctx, table: &StateTable, letters: &str) -> String {
    let read = table.read(letters);
    let mut named: Vec<&State> = read.blocking(Deed::Handling).collect();
    if named.is_empty() {
        named.clone_from(&read.known);
    }
    if named.is_empty() {
        return letters.to_owned();
    }
    // What older lists called it stands in brackets.
    let name = |state: &&State| match c.english() {
        true => state.name_en.split(" (").next().unwrap_or_default().to_owned(),
        false => state.name_zh.clone(),
    };
    named.iter().map(name).collect::<Vec<_>>().join(if c.english() { ", " } else { "、" })
}

/// A value of a reason in words: letters of a state by their names, everything else as [`shown`].
fn word(c: &Ctx, reason: &Reason, name: &str, value: Option<&str>) -> String {
    match (states_of(reason.refusal), name, value) {
        (Some(table), "state", Some(letters)) => states(c, table, letters),
        _ => shown(c, value),
    }
}

/// The key of a reason's messages.
fn key_of(reason: &Reason) -> String {
    format!("reason-{}", reason.refusal.code().to_ascii_lowercase().replace('_', "-"))
}

/// The title of a [`reason`], which is all that a list shows of it.
pub fn reason_title(c: &Ctx, reason: &Reason) -> String {
    let key = key_of(reason);
    let names = text::keys(c.lang).get(&key).into_iter().flatten();
    let value = |name: &str| match reason.facts.iter().find(|fact| *fact.name == *name) {
        Some(fact) => word(c, reason, name, fact.value.as_deref()),
        None if name == "n" => reason.missing.len().to_string(),
        None => c.t("value-unknown").into_owned(),
    };
    let values: Vec<(&str, String)> = names.map(|name| (name.as_str(), value(name))).collect();
    let args: Vec<(&str, &dyn Display)> =
        values.iter().map(|(name, value)| (*name, value as &dyn Display)).collect();
    let own = text::has(c.lang, &key).then(|| c.ta(&key, &args));
    let title = own.unwrap_or_else(|| c.t("reason-unexplained").into_owned());
    if reason.outcome == Outcome::Unknown && reason.refusal.layer() != Layer::Service {
        c.ta("reason-unknown-title", &[("title", &title)])
    } else {
        title
    }
}

/// A reason in full.
pub fn reason(world: &World, c: &Ctx, reason: &Reason, about: Option<&str>) -> ReasonView {
    let pack = world.pack_at(world.now()).ok();
    let key = key_of(reason);
    let mut values: Vec<(&str, String)> = reason
        .facts
        .iter()
        .map(|fact| (&*fact.name, word(c, reason, &fact.name, fact.value.as_deref())))
        .collect();
    // A check that could not be made knows how many facts it missed.
    if !values.iter().any(|(name, _)| *name == "n") {
        values.push(("n", reason.missing.len().to_string()));
    }
    for name in text::keys(c.lang).range(key.clone()..format!("{key}.~")).flat_map(|(_, names)| names) {
        if !values.iter().any(|(known, _)| known == name) {
            values.push((name, c.t("value-unknown").into_owned()));
        }
    }
    let args: Vec<(&str, &dyn Display)> =
        values.iter().map(|(name, value)| (*name, value as &dyn Display)).collect();
    let part = |suffix: &str| {
        let key = format!("{key}{suffix}");
        text::has(c.lang, &key).then(|| c.ta(&key, &args))
    };
    let unknown = reason.outcome == Outcome::Unknown;
    ReasonView {
        code: reason.refusal.code().to_owned(),
        // A silent platform refuses nothing: it only could not be asked.
        unknown: unknown || reason.refusal == Refusal::SvcUpstreamDown,
        title: reason_title(c, reason),
        seen: if unknown { Some(missing(c, reason)) } else { part(".fact") },
        facts: reason
            .facts
            .iter()
            .filter_map(|fact| Some(FactShown { name: fact.name.to_string(), value: fact.value.clone()? }))
            .collect(),
        limit: reason.threshold.clone(),
        article: article(c, pack, &reason.article),
        weak_source: reason.confidence != Confidence::S,
        cure: cure(world, c, reason, part(".do").unwrap_or_default(), about),
    }
}

/// What is missing when a check could not be made.
fn missing(c: &Ctx, reason: &Reason) -> String {
    c.ta("reason-missing", &[("n", &reason.missing.len())])
}

fn cure(world: &World, c: &Ctx, reason: &Reason, text: String, about: Option<&str>) -> CureView {
    let (kind, step) = match reason.cure {
        Cure::Now(step) => (CureKind::Now, step),
        Cure::Date(_) => (CureKind::Date, NextStep::Wait),
        Cure::Later(step) => (CureKind::Date, step),
        Cure::Elsewhere(step) => (CureKind::Elsewhere, step),
        Cure::Never(step) => (CureKind::Never, step),
    };
    let date = match reason.cure {
        Cure::Date(date) => Some(date),
        _ => reason.turns_on,
    };
    let at_window =
        matches!(step, NextStep::Window | NextStep::Objection | NextStep::Statement | NextStep::Evidence);
    let place = (at_window && kind == CureKind::Elsewhere).then(|| world.site.windows.first()).flatten();
    CureView {
        kind,
        text: if reason.outcome == Outcome::Unknown { c.t("reason-unknown-do").into_owned() } else { text },
        action: action(step, about),
        date,
        place: place.map(|window| Place {
            name: window.name.clone(),
            address: window.address.clone(),
            hours: window.hours.clone(),
            papers: window.papers.clone(),
        }),
    }
}

/// Where a next step can be taken, if here.
fn action(step: NextStep, about: Option<&str>) -> Option<Link> {
    let link = |key: &str, href: String| Some(Link { key: key.to_owned(), href });
    match step {
        NextStep::Verify => link("go-identity", "/identity".into()),
        NextStep::Bind => link("nav-vehicles", "/vehicles".into()),
        NextStep::Statement
        | NextStep::Objection
        | NextStep::Evidence
        | NextStep::Extend
        | NextStep::Reconsider => link("go-help", "/help".into()),
        NextStep::Pay | NextStep::Online => {
            about.and_then(|id| link("go-options", format!("/violations/{id}")))
        }
        NextStep::First => {
            about.and_then(|id| link("list-btn-first", format!("/violations/{id}/start?programme=first")))
        }
        NextStep::Study => link("go-home", "/violations".into()),
        NextStep::Wait
        | NextStep::Retry
        | NextStep::Window
        | NextStep::Nothing
        | NextStep::Receipt
        | NextStep::App12123 => None,
    }
}

/// An instant from the milliseconds that the store keeps.
pub fn instant(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// A day's clock time as pages write it, `6:00`.
pub fn clock(time: jiff::civil::Time) -> String {
    format!("{}:{:02}", time.hour(), time.minute())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gallery::ctx;
    use crate::text::Lang;

    #[test]
    fn a_state_is_named_and_not_spelled() {
        let (zh, en) = (ctx(Lang::Zh), ctx(Lang::En));
        assert_eq!(states(&zh, StateTable::licences(), "M"), "逾期未换证");
        assert_eq!(states(&en, StateTable::licences(), "M"), "renewal overdue");
        // What blocks nothing is not named as the reason.
        assert_eq!(states(&zh, StateTable::licences(), "HBD"), "超分、暂扣");
        assert_eq!(states(&en, StateTable::licences(), "K"), "seized");
        assert_eq!(states(&zh, StateTable::vehicles(), "GM"), "达到报废标准");
        assert_eq!(states(&zh, StateTable::vehicles(), "Z"), "Z");
    }
}
