//! Study: the server is the clock; earned time is never taken away.

use clearway_domain::case::CaseState;
use clearway_domain::civil_date;
use clearway_domain::refusal::Question;
use clearway_domain::study::{Beat, BeatOutcome, Card, Sitting, StudyAsk, StudyClock, StudySettings};
use clearway_store::case_file::{self, CaseFile};

use super::{Who, found, moved};
use crate::dossier::{Dossier, instant, route_of, state_of};
use crate::error::Conflict;
use crate::jobs::refresh::json;
use crate::{Error, World, law};

/// The study page.
#[derive(Debug, Clone)]
pub struct StudyPage {
    /// The case.
    pub case: CaseFile,
    /// Offence codes of the case: the topics of its own.
    pub codes: Vec<String>,
    /// Cards, the violation's own topics first.
    pub cards: Vec<Card>,
    /// The clock as it stands.
    pub clock: StudyClock,
    /// This showing of the page.
    pub sitting: Sitting,
    /// Settings of the pack under which the case was opened.
    pub settings: StudySettings,
}

/// Settings of the programme of a case, from the pack under which it was opened.
pub(super) fn settings_of(world: &World, case: &CaseFile) -> Result<StudySettings, Error> {
    let question = match case.route.as_str() {
        "first" => Question::First,
        _ => Question::Study,
    };
    world
        .packs
        .by_id(&case.pack_id)
        .and_then(|pack| law::study_settings(pack, question, civil_date(instant(case.opened_at_ms))))
        .ok_or_else(|| Error::Broken(format!("pack {} sets no study for {}", case.pack_id, case.route)))
}

pub(super) fn clock_of(case: &CaseFile) -> Result<StudyClock, Error> {
    case.study
        .as_deref()
        .and_then(|text| serde_json::from_str(text).ok())
        .ok_or_else(|| Error::Broken(format!("case {} has no study clock", case.case_id)))
}

/// Offence codes and licence class of a case, for choosing cards and questions.
pub(super) fn codes_of(dossier: &Dossier, case: &CaseFile) -> (Vec<String>, Option<String>) {
    let code = dossier.violation(&case.violation).and_then(|violation| violation.code().map(str::to_owned));
    let class = dossier.licence.as_ref().and_then(|licence| licence.classes.clone());
    (code.into_iter().collect(), class.map(|classes| classes.chars().take(2).collect()))
}

/// Serves the study page; a new showing replaces an older one, so two phones cannot earn side by side.
///
/// # Errors
/// [`Conflict::CaseMoved`] when the case is past studying.
pub fn page(world: &World, who: &Who, case_id: &str) -> Result<StudyPage, Error> {
    let now = world.now();
    let dossier = crate::dossier::load(world, &who.driver)?;
    let (case, clock, sitting) = world.db.write(|tx| {
        let mut case = found(case_file::find(tx, &who.driver, case_id)?, "case")?;
        if state_of(&case)? != CaseState::Learning || !route_of(&case).studies() {
            return Err(Error::Conflict(Conflict::CaseMoved));
        }
        let settings = settings_of(world, &case)?;
        let mut clock = clock_of(&case)?;
        if !clock.is_earned() && clock.lapsed(now) {
            clock = StudyClock::start(&settings, now);
        }
        let sitting = clock.open_page(now);
        put(tx, &mut case, &clock, now.as_millisecond())?;
        Ok((case, clock, sitting))
    })?;
    let settings = settings_of(world, &case)?;
    let (codes, class) = codes_of(&dossier, &case);
    let asked: Vec<&str> = codes.iter().map(String::as_str).collect();
    let ask = StudyAsk { codes: &asked, class: class.as_deref(), on: world.today() };
    let cards = world.bank.study_cards(&ask, usize::from(settings.cards)).into_iter().cloned().collect();
    Ok(StudyPage { case, codes, cards, clock, sitting, settings })
}

/// A beat of the page's script.
///
/// # Errors
/// [`Conflict::CaseMoved`] when the case is past studying.
pub fn beat(world: &World, who: &Who, case_id: &str, beat: Beat) -> Result<BeatOutcome, Error> {
    change(world, who, case_id, |clock, _, now| clock.heartbeat(beat, now))
}

/// The "continue" of the page: closes this showing; without script it earns the time since the page was served.
///
/// # Errors
/// [`Conflict::CaseMoved`] when the case is past studying.
pub fn go_on(world: &World, who: &Who, case_id: &str, sitting: Sitting) -> Result<BeatOutcome, Error> {
    change(world, who, case_id, |clock, settings, now| {
        // Without script the whole page is one showing of all its cards.
        let cap = settings.card_cap_s.saturating_mul(u32::from(settings.cards.max(1)));
        clock.finish_page(sitting, cap, now)
    })
}

fn change(
    world: &World,
    who: &Who,
    case_id: &str,
    act: impl Fn(&mut StudyClock, &StudySettings, jiff::Timestamp) -> BeatOutcome + Sync,
) -> Result<BeatOutcome, Error> {
    let now = world.now();
    world.db.write(|tx| {
        let mut case = found(case_file::find(tx, &who.driver, case_id)?, "case")?;
        if state_of(&case)? != CaseState::Learning {
            return Err(Error::Conflict(Conflict::CaseMoved));
        }
        let settings = settings_of(world, &case)?;
        let mut clock = clock_of(&case)?;
        let before = clock.is_earned();
        let outcome = act(&mut clock, &settings, now);
        if clock.is_earned() && !before {
            case_file::step(tx, &case, "driver", "studied", "{}", now.as_millisecond())?;
        }
        put(tx, &mut case, &clock, now.as_millisecond())?;
        Ok(outcome)
    })
}

fn put(
    tx: &mut clearway_store::Tx,
    case: &mut CaseFile,
    clock: &StudyClock,
    now_ms: i64,
) -> Result<(), Error> {
    case.study = Some(json(clock)?);
    case.changed_at_ms = now_ms;
    case_file::save(tx, case, true).map_err(moved)
}
