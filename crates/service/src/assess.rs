//! The judgement of a dossier: every violation with its four verdicts, its marks, its best lawful route; and the two
//! programmes as the driver sees them. Pure: a dossier, the law and an instant go in, values come out.

mod due;
mod programme;
mod spared;

use std::collections::BTreeMap;
use std::sync::Arc;

use clearway_domain::case::{CaseState, Route};
use clearway_domain::facts::{RawFacts, Upstream};
use clearway_domain::refusal::{NextStep, Question, Refusal};
use clearway_domain::rules::{Cure, Fact, Hearing, Outcome, Pack, Reason, Record, Val, Verdict};
use clearway_domain::{Fen, civil_date};
use clearway_store::case_file::CaseFile;
use jiff::Timestamp;

pub use due::{Due, DueKind};
use due::{due, surcharge_of};
use programme::{programme, total_savings};
use spared::Spared;

use crate::World;
use crate::dossier::{Dossier, Topic, Violation};
use crate::facts::{self, OfVehicle, Setting};
use crate::law;

/// A judged violation.
#[derive(Debug, Clone)]
pub struct Line {
    /// The violation.
    pub violation: Arc<Violation>,
    /// The facts that were judged.
    pub facts: RawFacts,
    /// May it be handled online?
    pub handle: Verdict,
    /// May it be paid online?
    pub pay: Verdict,
    /// May the warning be used on it?
    pub first: Verdict,
    /// May the study credit be used on it?
    pub study: Verdict,
    /// May it be handled online with the points that a programme leaves, where that is another answer?
    spared: Spared,
    /// Fine.
    pub fine: Option<Fen>,
    /// Points that handling gives, by the lighter of the two scales (Administrative Penalty Law art. 37).
    pub points: Option<i64>,
    /// Points that are left with the study credit.
    pub points_with_study: Option<i64>,
    /// By when.
    pub due: Option<Due>,
    /// Surcharge so far.
    pub surcharge: Fen,
    /// The own case that holds it.
    pub own_case: Option<(String, CaseState, Route)>,
    /// What the one button does.
    pub best: Best,
    /// Under which heading it stands.
    pub segment: Segment,
    /// Who receives the fine: id and name.
    pub payee: Option<(String, String)>,
}

impl Line {
    /// May it be handled online on a route? As [`Line::handle`], but the limits of points count what that route gives.
    #[must_use]
    pub fn handle_on(&self, route: Route) -> &Verdict {
        self.spared.on(route, &self.handle)
    }
}

/// What the one button of a violation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Best {
    /// Goes on with an open case.
    Continue,
    /// Uses the warning.
    First,
    /// Uses the study credit.
    Study,
    /// Pays.
    Pay,
    /// Explains.
    Why,
}

/// Under which heading a violation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Segment {
    /// 现在能办.
    Now,
    /// 需要等.
    Wait,
    /// 不能在这里办.
    Not,
}

/// State of a programme as its icon shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProgrammeState {
    /// Still being verified.
    Checking,
    /// Usable on at least one violation.
    Usable,
    /// Not usable, with reasons.
    NotUsable,
    /// Used in this points year.
    Used,
    /// Could not be verified; says nothing about eligibility.
    CouldNotCheck,
}

/// One programme for one driver.
#[derive(Debug, Clone)]
pub struct Programme {
    /// Which.
    pub question: Question,
    /// What the icon shows.
    pub state: ProgrammeState,
    /// Violation on which it saves most, when usable: its index in [`Assessment::lines`].
    pub best_line: Option<usize>,
    /// What it saves there: fine and points.
    pub saves: (Fen, i64),
    /// Why not, for the violation that comes closest, in order of precedence.
    pub reasons: Vec<Reason>,
    /// Topics that could not be verified.
    pub failed: Vec<Topic>,
}

/// A judged dossier.
#[derive(Debug, Clone)]
pub struct Assessment {
    /// What was judged.
    pub dossier: Dossier,
    /// Id of the pack in force.
    pub pack_id: String,
    /// Open violations, oldest first.
    pub lines: Vec<Line>,
    /// 首违警告.
    pub first: Programme,
    /// 学习减分.
    pub study: Programme,
    /// Most that the programmes can save together: fine and points.
    pub saves: (Fen, i64),
    /// Whether actions are possible at this instant.
    pub open_now: bool,
    /// The instant of the judgement.
    pub at: Timestamp,
}

/// Whether a verdict allows, but for the service being closed at this moment.
#[must_use]
pub fn allowed_when_open(verdict: &Verdict) -> bool {
    verdict.is_allowed()
        || (verdict.outcome == Outcome::Refused
            && verdict
                .reasons
                .iter()
                .all(|reason| reason.outcome == Outcome::Refused && reason.refusal == Refusal::SvcClosed))
}

/// Judges a dossier under the pack in force now.
///
/// # Errors
/// [`crate::Error::Broken`] when no pack is in force.
pub fn assess(world: &World, dossier: Dossier) -> Result<Assessment, crate::Error> {
    let now = world.now();
    let pack = world.pack_at(now)?;
    let setting = setting(world, pack, now);
    let mut vehicles = BTreeMap::new();
    let lines: Vec<Line> = dossier
        .violations
        .iter()
        .filter(|violation| match dossier.open_case(violation) {
            Some(case) => is_unfinished(case),
            None => !violation.is_settled(),
        })
        .map(|violation| {
            let known = vehicles
                .entry(violation.plate_key())
                .or_insert_with_key(|plate| facts::of_vehicle(&dossier, plate, setting));
            line(world, pack, &dossier, violation, known, setting)
        })
        .collect();
    let first = programme(world, pack, &dossier, &lines, Question::First);
    let study = programme(world, pack, &dossier, &lines, Question::Study);
    let saves = total_savings(&first, &study);
    Ok(Assessment {
        pack_id: pack.id().to_string(),
        open_now: law::is_open(pack, now),
        lines,
        first,
        study,
        saves,
        at: now,
        dossier,
    })
}

fn is_unfinished(case: &CaseFile) -> bool {
    CaseState::from_slug(&case.state)
        .is_some_and(|state| !state.is_final() && !matches!(state, CaseState::Written))
}

fn setting<'a>(world: &'a World, pack: &Pack, now: Timestamp) -> Setting<'a> {
    let credit = law::study_credit(pack, civil_date(now));
    Setting { site: &world.site, offences: &world.offences, now, credit }
}

/// Judges one violation; `known` is what is told of its vehicle.
fn line(
    world: &World,
    pack: &Pack,
    dossier: &Dossier,
    violation: &Arc<Violation>,
    known: &OfVehicle,
    setting: Setting<'_>,
) -> Line {
    let now = setting.now;
    let facts = facts::of(dossier, violation, known, setting);
    let mut hearing = pack.hear(&facts, now, &world.calendar);
    let mut ask = |question| {
        let verified = Verified::of(pack, dossier, question, now);
        verified.tell(&mut hearing);
        let judgement = hearing.judge(question);
        hearing.verdict(&judgement)
    };
    let (handle, pay) = (ask(Question::Handle), ask(Question::Pay));
    let (first, study) = (ask(Question::First), ask(Question::Study));
    let fine = facts.violation.fine_fen.map(Fen);
    let points = law::points_of(&facts, now);
    let credit = setting.credit.unwrap_or(0);
    let with_study = points.map(|points| (points - credit).max(0));
    let spared = Spared::of(&handle, [points.map(|_| 0), with_study], |given| {
        hearing.set(Fact::ViolationPoints, Val::Int(given));
        Verified::of(pack, dossier, Question::Handle, now).tell(&mut hearing);
        let judgement = hearing.judge(Question::Handle);
        hearing.verdict(&judgement)
    });
    let own_case = dossier.open_case(violation).and_then(|case| {
        Some((case.case_id.clone(), CaseState::from_slug(&case.state)?, Route::from_slug(&case.route)?))
    });
    let checking = dossier.is_checking();
    let hosted = (!checking, !checking && credit > 0);
    let best = best(
        own_case.as_ref(),
        hosted,
        [
            (&handle, &pay),
            (spared.on(Route::First, &handle), &first),
            (spared.on(Route::Study, &handle), &study),
        ],
        violation.decision.is_some(),
    );
    let due = due(world, violation, civil_date(now));
    Line {
        surcharge: surcharge_of(violation, fine, due, civil_date(now)),
        segment: segment(best, own_case.as_ref(), &handle, &pay, violation.decision.is_some()),
        points_with_study: with_study,
        payee: payee(world, violation),
        violation: Arc::clone(violation),
        facts,
        handle,
        pay,
        first,
        study,
        spared,
        fine,
        points,
        due,
        own_case,
        best,
    }
}

/// What a question waits for besides the facts of the violation. A programme is not judged before everything that it
/// needs is verified; handling and paying do not wait for that.
#[derive(Clone, Copy)]
struct Verified {
    checking: bool,
    down: bool,
    /// A face check that a pack asks for and nobody has made is unknown, and unknown is never allowed.
    face_unknown: bool,
}

impl Verified {
    fn of(pack: &Pack, dossier: &Dossier, question: Question, now: Timestamp) -> Verified {
        if matches!(question, Question::Handle | Question::Pay) {
            return Verified { checking: false, down: false, face_unknown: false };
        }
        Verified {
            checking: dossier.is_checking(),
            down: dossier.failed_topics().next().is_some(),
            face_unknown: law::programme(pack, question, civil_date(now))
                .is_some_and(|settings| settings.face_check),
        }
    }

    /// Tells it to a hearing of the violation's facts. The same as [`Verified::add`], but nothing is derived again.
    fn tell(self, hearing: &mut Hearing<'_, '_>) {
        hearing.set(Fact::Checking, Val::Flag(self.checking));
        hearing.set(Fact::UpstreamDown, Val::Flag(self.down));
        hearing.set(Fact::FaceFailed, if self.face_unknown { Val::Unknown } else { Val::Flag(false) });
    }

    /// Adds it to the facts of a violation.
    fn add(self, facts: &mut RawFacts) {
        facts.service.checking = Some(self.checking);
        facts.service.upstream = Some(if self.down { Upstream::Down } else { Upstream::Up });
        if self.face_unknown {
            facts.identity.face = None;
        }
    }
}

/// The verdict of a line with every condition, as it is kept with a case and shown to whoever wants to know everything.
///
/// # Errors
/// [`crate::Error::Broken`] when no pack is in force.
pub fn record(
    world: &World,
    dossier: &Dossier,
    line: &Line,
    question: Question,
) -> Result<Record, crate::Error> {
    let at = line.handle.at;
    let pack = world.pack_at(at)?;
    let mut facts = line.facts.clone();
    Verified::of(pack, dossier, question, at).add(&mut facts);
    Ok(pack.record(question, &facts, at, &world.calendar))
}

/// Who receives the fine: what the platform tells, else what the site says about the recording office.
fn payee(world: &World, violation: &Violation) -> Option<(String, String)> {
    let told = match (&violation.record, &violation.decision) {
        (Some(record), _) => record.payee.clone().zip(record.payee_name.clone()),
        (None, Some(decision)) => decision.payee.clone().zip(decision.payee_name.clone()),
        (None, None) => None,
    };
    told.or_else(|| {
        world.site.payee_of(violation.office()).map(|payee| (payee.id.clone(), payee.name.clone()))
    })
}

/// The line of a violation: an open one from the assessment, or one that is over, judged for the sake of its reasons.
///
/// # Errors
/// [`crate::Error::NotFound`] for a violation that is not among the driver's.
pub fn line_of(world: &World, assessment: &Assessment, id: &str) -> Result<Line, crate::Error> {
    if let Some(line) = assessment.lines.iter().find(|line| line.violation.id == id) {
        return Ok(line.clone());
    }
    let violation = assessment.dossier.shared(id).ok_or(crate::Error::NotFound("violation"))?;
    let (dossier, at) = (&assessment.dossier, assessment.at);
    let pack = world.pack_at(at)?;
    let setting = setting(world, pack, at);
    let known = facts::of_vehicle(dossier, violation.plate_key(), setting);
    Ok(line(world, pack, dossier, violation, &known, setting))
}

/// Whether the plain route is open for a violation: a decision that exists is only paid, everything else is handled.
#[must_use]
pub fn payable(line: &Line) -> bool {
    line.own_case.as_ref().is_none_or(|(_, state, route)| {
        *route == Route::Pay && matches!(state, CaseState::Ready | CaseState::Confirmed)
    }) && if line.violation.decision.is_some() {
        allowed_when_open(&line.pay)
    } else {
        allowed_when_open(&line.handle) && allowed_when_open(&line.pay)
    }
}

/// `plain`, `first` and `study` each with what handling says on that route.
fn best(
    own: Option<&(String, CaseState, Route)>,
    (first_hosted, study_hosted): (bool, bool),
    [plain, first, study]: [(&Verdict, &Verdict); 3],
    decided: bool,
) -> Best {
    let open = |(handle, route): (&Verdict, &Verdict)| allowed_when_open(handle) && allowed_when_open(route);
    if own.is_some() {
        Best::Continue
    } else if decided {
        if allowed_when_open(plain.1) { Best::Pay } else { Best::Why }
    } else if first_hosted && open(first) {
        Best::First
    } else if study_hosted && open(study) {
        Best::Study
    } else if open(plain) {
        Best::Pay
    } else {
        Best::Why
    }
}

fn segment(
    best: Best,
    own: Option<&(String, CaseState, Route)>,
    handle: &Verdict,
    pay: &Verdict,
    decided: bool,
) -> Segment {
    // From here on others act: the driver has nothing to do but to wait.
    let others = [CaseState::Paid, CaseState::Deciding, CaseState::Manual, CaseState::Refunding];
    if own.is_some_and(|(_, state, _)| others.contains(state)) {
        return Segment::Wait;
    }
    if best != Best::Why {
        return Segment::Now;
    }
    let verdict = if decided { pay } else { handle };
    let waits = verdict.reasons.iter().all(|reason| {
        reason.outcome == Outcome::Unknown
            || matches!(
                reason.cure,
                Cure::Date(_) | Cure::Later(_) | Cure::Now(NextStep::Wait | NextStep::Retry)
            )
    });
    if waits { Segment::Wait } else { Segment::Not }
}
