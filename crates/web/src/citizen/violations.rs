//! 我的违法: what can be used now, then every open violation.

mod checks;
mod records;
mod resume;

use axum::extract::{Query, State};
use clearway_domain::case::{self, CaseState, OrderState};
use clearway_domain::refusal::Question;
use clearway_service::World;
use clearway_service::assess::{
    Assessment, Best, DueKind, Line, Programme as ProgrammeFound, ProgrammeState, Segment as Heap,
    allowed_when_open, payable,
};
use clearway_service::citizen::violations;
use clearway_service::dossier::{Dossier, Progress, Topic};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

pub use checks::*;
pub use records::Records;
pub use resume::Resume;

use super::parts::{Bar, Card, Due, DueFor, Group, Mark, Programme, Route, Saving, Segment, Tile, TileState};
use crate::ctx::{Ctx, Cx};
use crate::page::{Page, view};
use crate::private::Private;
use crate::problem::{Problem, ProblemView};
use crate::shown;
use crate::web::{Driver, Web};

/// A vehicle on the first screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct VehicleCard {
    /// Where its violations are.
    pub href: Private,
    /// Plate.
    pub plate: Private,
    /// Kind of vehicle in words.
    pub kind: String,
    /// Whether it is somebody else's.
    pub foreign: bool,
    /// Open violations.
    pub open: usize,
    /// Of these, how many can be handled now.
    pub now: usize,
}

/// What could be saved in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct SavingSum {
    /// Fines waived, fen.
    pub fine_fen: i64,
    /// Points fewer.
    pub points: i32,
}

impl SavingSum {
    /// The sentence: only what there is to save is named.
    pub fn sentence(&self, c: &Ctx) -> String {
        let yuan = c.yuan(&self.fine_fen);
        match (self.fine_fen > 0, self.points > 0) {
            (true, true) => c.ta("panel-total", &[("yuan", &yuan), ("n", &self.points)]),
            (true, false) => c.ta("panel-total-yuan", &[("yuan", &yuan)]),
            (false, _) => c.ta("panel-total-points", &[("n", &self.points)]),
        }
    }
}

/// The first screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Violations {
    /// Cases and payments that were left unfinished.
    pub resume: Vec<Resume>,
    /// A payment that is being confirmed: its order.
    pub open_order: Option<String>,
    /// The background verification.
    pub checks: Checks,
    /// Both programmes.
    pub tiles: Vec<Tile>,
    /// What could be saved in all, when something can be used.
    pub total: Option<SavingSum>,
    /// Whether to advise the warning before the study reduction.
    pub warning_first: bool,
    /// Vehicles.
    pub vehicles: Vec<VehicleCard>,
    /// Violations by vehicle: filled when they are few, when there is one vehicle, or when all were asked for.
    pub groups: Vec<Group>,
    /// The pay bar, when something in the groups can be paid.
    pub bar: Option<Bar>,
    /// When the records were read; nothing where they never were.
    pub as_of: Option<Timestamp>,
    /// Whether they are older than they should be.
    pub stale: bool,
    /// Whether they were read at all: what an empty page says.
    #[serde(skip)]
    pub records: Records,
    /// Working days after which a new violation usually shows.
    pub appears_after_days: u32,
}

impl Violations {
    /// Open violations over all vehicles.
    pub fn open(&self) -> usize {
        self.vehicles.iter().map(|vehicle| vehicle.open).sum()
    }

    /// What is said where nothing can be used and no check is running. A check that could not be made refuses nothing.
    pub fn nothing_usable(&self) -> Option<&'static str> {
        let any = |state| self.tiles.iter().any(|tile| tile.state == state);
        if !self.checks.finished || self.total.is_some() || any(TileState::Usable) {
            return None;
        }
        Some(if any(TileState::Unknown) { "panel-not-known" } else { "panel-none" })
    }

    /// The outcome in a sentence, for whoever hears the page and does not see it change.
    pub fn said(&self, c: &Ctx) -> String {
        match (&self.total, self.nothing_usable()) {
            _ if !self.checks.finished => String::new(),
            (Some(total), _) => total.sentence(c),
            (None, Some(key)) => c.t(key).into_owned(),
            (None, None) => String::new(),
        }
    }

    /// The heaps of the list, with the messages of their headings.
    pub fn segments(&self) -> [(Segment, &'static str); 3] {
        SEGMENTS
    }
}

/// The heaps of a list, with the messages of their headings.
pub const SEGMENTS: [(Segment, &str); 3] =
    [(Segment::Now, "list-seg-now"), (Segment::Wait, "list-seg-wait"), (Segment::NotHere, "list-seg-no")];

view!(Violations, "citizen/violations.html");

/// Which part of the list is asked for.
#[derive(Debug, Clone, Deserialize, IntoParams)]
pub struct ListQuery {
    /// `all`: the violations of all vehicles on one page.
    view: Option<String>,
}

/// 我的违法: everything at once, from our own data.
///
/// # Errors
/// Without a session or before verification.
#[utoipa::path(get, path = "/violations", tag = "violations", params(ListQuery),
    responses((status = 200, body = Violations), (status = "default", body = ProblemView)))]
pub async fn show(
    State(web): State<Web>,
    cx: Cx,
    driver: Driver,
    Query(query): Query<ListQuery>,
) -> Result<Page<Violations>, Problem> {
    let all = query.view.as_deref() == Some("all");
    let cookie = driver.clone();
    let fresh = web.look(&cx, move |world, cx| {
        Ok(violations::fresh_home_of(world, cookie.cookie())?.map(|home| model(world, cx, &home, all)))
    });
    let view = match fresh.await? {
        Some(view) => view,
        // Somebody has to be asked first, and that is a write.
        None => {
            web.ask(&cx, driver, move |world, cx, who, _| {
                Ok(model(world, cx, &violations::asked_home(world, who)?, all))
            })
            .await?
        }
    };
    Ok(Page::new(cx, view))
}

/// Up to so many violations of several vehicles stand on the first screen itself; more are a tap away.
const SHORT: usize = 10;

fn model(world: &World, c: &Ctx, assessment: &Assessment, all: bool) -> Violations {
    let dossier = &assessment.dossier;
    let mut groups: Vec<Group> = Vec::new();
    for line in &assessment.lines {
        let card = card(world, c, assessment, line);
        let key = line.violation.plate_key();
        match groups.iter_mut().find(|group| group.plate_key.0 == key) {
            Some(group) => group.cards.push(card),
            None => {
                groups.push(Group { plate: card.plate.clone(), plate_key: key.into(), cards: vec![card] })
            }
        }
    }
    let vehicles = vehicle_cards(c, assessment, &groups);
    let whole = all || vehicles.len() <= 1 || assessment.lines.len() <= SHORT;
    let (fine, points) = assessment.saves;
    let usable = assessment.first.best_line.is_some() || assessment.study.best_line.is_some();
    Violations {
        resume: resume::unfinished(world, c, dossier),
        open_order: dossier
            .orders
            .iter()
            .find(|order| {
                order.sent_to_pay_at_ms.is_some()
                    && OrderState::from_slug(&order.state).is_some_and(OrderState::is_open)
            })
            .map(|order| order.order_id.clone()),
        checks: checks(world, &dossier.standing),
        tiles: vec![
            tile(world, c, assessment, &assessment.first),
            tile(world, c, assessment, &assessment.study),
        ],
        total: (usable && (fine.0 > 0 || points > 0) && !dossier.is_checking())
            .then(|| SavingSum { fine_fen: fine.0, points: shown::points(Some(points)) }),
        warning_first: assessment.first.best_line.is_some() && assessment.study.best_line.is_some(),
        bar: if whole { Bar::of(groups.iter().flat_map(|group| &group.cards)) } else { None },
        groups: if whole { groups } else { Vec::new() },
        vehicles,
        as_of: as_of(assessment),
        stale: dossier.failed_topics().any(|topic| topic == Topic::Vehicles),
        records: Records::of(dossier),
        appears_after_days: 3,
    }
}

fn vehicle_cards(c: &Ctx, assessment: &Assessment, groups: &[Group]) -> Vec<VehicleCard> {
    let counted = |key: &str, href: String, foreign: bool| {
        let (plate, kind) = shown::plate_of_key(c, key);
        let cards =
            groups.iter().find(|group| group.plate_key.0 == key).map_or(&[][..], |group| &group.cards);
        VehicleCard {
            href: href.into(),
            plate: plate.into(),
            kind,
            foreign,
            open: cards.len(),
            now: cards.iter().filter(|card| card.segment == Segment::Now).count(),
        }
    };
    let bound = &assessment.dossier.bindings;
    let mut cards: Vec<VehicleCard> =
        bound.iter().map(|one| counted(&one.plate, format!("/vehicles/{}", one.plate), !one.own)).collect();
    // A ticket given on the road may be on a vehicle that nobody bound.
    let unbound = groups.iter().filter(|group| !bound.iter().any(|one| one.plate == group.plate_key.0));
    cards.extend(unbound.map(|group| counted(&group.plate_key.0, "/violations?view=all".to_owned(), true)));
    cards
}

/// When the oldest of the shown records was read. A question that was not answered has read nothing.
pub(super) fn as_of(assessment: &Assessment) -> Option<Timestamp> {
    let read = || match assessment.dossier.standing.progress(Topic::Vehicles) {
        Progress::Done(at) => Some(at),
        _ => None,
    };
    let records = assessment.lines.iter().map(|line| line.violation.fetched).min();
    records.or_else(read)
}

fn tile(world: &World, c: &Ctx, assessment: &Assessment, programme: &ProgrammeFound) -> Tile {
    let which = if programme.question == Question::First { Programme::First } else { Programme::Study };
    let best = programme.best_line.and_then(|index| assessment.lines.get(index));
    let state = state_of(programme.state);
    let (fine, points) = programme.saves;
    let href = match (state, best) {
        (TileState::Usable, Some(line)) => start_href(&line.violation.id, which),
        _ => format!("/programmes/{}/reasons", which.word()),
    };
    let again = programme.reasons.iter().find_map(|reason| reason.turns_on);
    Tile {
        programme: which,
        state,
        saving: best.filter(|_| state == TileState::Usable).map(|line| Saving {
            violation: line.violation.id.clone(),
            act: shown::act_of(world, c, &line.violation),
            at: line.violation.occurred().unwrap_or(line.violation.fetched),
            fine_fen: fine.0,
            points: shown::points(Some(points)),
        }),
        again_from: again.filter(|_| state == TileState::Used),
        credit: None,
        href,
    }
}

/// The icon's state.
pub(super) fn state_of(state: ProgrammeState) -> TileState {
    match state {
        ProgrammeState::Checking => TileState::Checking,
        ProgrammeState::Usable => TileState::Usable,
        ProgrammeState::NotUsable => TileState::Blocked,
        ProgrammeState::Used => TileState::Used,
        ProgrammeState::CouldNotCheck => TileState::Unknown,
    }
}

/// Where a programme is started for a violation.
pub(super) fn start_href(violation: &str, programme: Programme) -> String {
    format!("/violations/{violation}/start?programme={}", programme.word())
}

/// A judged violation as its card.
pub(super) fn card(world: &World, c: &Ctx, assessment: &Assessment, line: &Line) -> Card {
    let about = shown::about(world, c, line);
    let decided = line.violation.decision.is_some();
    let free = line.own_case.is_none()
        && !decided
        && !assessment.dossier.is_checking()
        && allowed_when_open(line.handle_on(case::Route::First))
        && allowed_when_open(&line.first);
    let (route, href) = match (line.best, &line.own_case) {
        (Best::Continue, Some((case, ..))) => (Route::Continue, format!("/cases/{case}")),
        (Best::First, _) => (Route::First, start_href(&about.id, Programme::First)),
        (Best::Study, _) => (Route::Study, start_href(&about.id, Programme::Study)),
        (Best::Pay, _) => (Route::Pay, "/quotes".to_owned()),
        (Best::Why | Best::Continue, _) => (Route::Why, format!("/violations/{}/reasons", about.id)),
    };
    let verdict = if decided { &line.pay } else { &line.handle };
    let why = verdict.reasons.first().filter(|_| route == Route::Why);
    Card {
        id: about.id,
        act: about.act,
        code: line.violation.code().unwrap_or_default().to_owned(),
        at: about.at,
        place: about.place,
        plate: line.violation.plate.number().into(),
        fine_fen: about.fine_fen,
        points: about.points,
        due: line.due.map(|due| Due {
            due_for: match due.kind {
                DueKind::Pay => DueFor::Pay,
                DueKind::Handle => DueFor::Handle,
            },
            date: due.date,
            days_left: due.days_left,
            surcharge_fen: line.surcharge.0,
        }),
        marks: marks(assessment, line, free),
        route,
        href,
        payable: payable(line),
        free,
        total_fen: about.fine_fen + line.surcharge.0,
        segment: match line.segment {
            Heap::Now => Segment::Now,
            Heap::Wait => Segment::Wait,
            Heap::Not => Segment::NotHere,
        },
        why: why.map(|reason| shown::reason_title(c, reason)),
    }
}

/// The sign of a violation that is in a case.
fn mark_of(dossier: &Dossier, case: &str, state: CaseState) -> Mark {
    match state {
        CaseState::Paying => {
            let order = dossier.cases.iter().find(|one| one.case_id == case).and_then(|one| {
                dossier.orders.iter().find(|order| one.order_id.as_ref() == Some(&order.order_id))
            });
            // While nobody was handed the sheet no money can have moved, and there is nothing to confirm.
            let sent = order.is_none_or(|order| order.sent_to_pay_at_ms.is_some());
            if sent { Mark::Paying } else { Mark::ToPay }
        }
        CaseState::Paid | CaseState::Deciding => Mark::Handling,
        CaseState::Manual => Mark::Manual,
        CaseState::Refunding => Mark::Refunding,
        _ => Mark::InProgress,
    }
}

fn marks(assessment: &Assessment, line: &Line, free: bool) -> Vec<Mark> {
    if let Some((case, state, _)) = &line.own_case {
        return vec![mark_of(&assessment.dossier, case, *state)];
    }
    let record = line.violation.record.as_ref();
    let handled = line.violation.decision.is_some();
    let open = !handled && allowed_when_open(&line.handle);
    let spared = line.handle_on(case::Route::Study);
    let study = !handled && allowed_when_open(spared) && allowed_when_open(&line.study);
    let checking = assessment.dossier.is_checking();
    let all = [
        (handled, Mark::Decided),
        (record.and_then(|record| record.dispute_pending) == Some(true), Mark::Disputed),
        (record.and_then(|record| record.audited) == Some(false), Mark::Evidence),
        (open && checking, Mark::Checking),
        (free, Mark::First),
        (study && !checking, Mark::Study),
    ];
    all.into_iter().filter_map(|(there, mark)| there.then_some(mark)).collect()
}
