//! What must hold after every step, judged from outside: the database on one side, the omniscient counterparts on the
//! other. The numbers are those of the twelve invariants.

mod cases;
mod chain;
mod ending;
mod money;

use std::collections::BTreeMap;

use clearway_domain::case::{CaseState, ORDER_MOVES, OrderState};

use super::books::Books;
use super::stage::Stage;

pub use ending::at_the_end;

/// What was seen at the step before, so that moves can be judged and nothing is read twice.
#[derive(Debug, Default)]
pub struct Checker {
    orders: BTreeMap<String, OrderState>,
    cases: BTreeMap<String, (i64, CaseState)>,
    heads: BTreeMap<String, (i64, String)>,
    /// Entries of the audit by driver and case: how many speak of it.
    entries: BTreeMap<String, i64>,
    last_ms: i64,
    members: u64,
    outside: u64,
}

/// Everything that is looked at together.
pub struct Look<'a> {
    /// The stage.
    pub stage: &'a Stage,
    /// The database.
    pub books: &'a Books,
    /// The instant.
    pub now_ms: i64,
}

impl Look<'_> {
    /// Something is wrong: number of the invariant and what.
    pub fn wrong(&self, invariant: u8, what: impl AsRef<str>) {
        self.stage.broken(format!("invariant {invariant}: {}", what.as_ref()));
    }
}

impl Checker {
    /// A checker before the first step.
    pub fn new(stage: &Stage) -> Checker {
        Checker { last_ms: stage.sim.life.ms(), ..Checker::default() }
    }

    /// Checks everything that must hold at any time. Reads nothing when nothing was written here or over there.
    pub fn check(&mut self, stage: &Stage) {
        let world = stage.sim.world();
        let members = world.db.stats().members;
        let outside = stage.sim.authority.files().changes() + stage.sim.rail.till().changes();
        if (members, outside) == (self.members, self.outside) {
            return;
        }
        (self.members, self.outside) = (members, outside);
        let books = match Books::read(&world.db) {
            Ok(books) => books,
            Err(error) => return stage.broken(format!("the books cannot be read: {error}")),
        };
        let look = Look { stage, books: &books, now_ms: stage.sim.life.ms() };
        money::check(&look);
        cases::check(&look);
        self.moves(&look);
        chain::check(&look, &world.db, self);
        self.last_ms = look.now_ms;
    }

    /// Invariant 6: what was seen before and what is seen now are joined by legal moves.
    fn moves(&mut self, look: &Look<'_>) {
        for order in look.books.orders.values() {
            let before = self.orders.insert(order.id.clone(), order.state).unwrap_or(OrderState::Created);
            if !reaches(before, order.state) {
                look.wrong(6, format!("order {} went from {before:?} to {:?}", order.id, order.state));
            }
        }
        if self.orders.len() != look.books.orders.len() {
            look.wrong(6, "an order is gone");
        }
        for case in look.books.cases.values() {
            let now = (case.version, case.state);
            let before = self.cases.insert(case.id.clone(), now);
            if before == Some(now) {
                continue;
            }
            if before.is_some_and(|(version, _)| version >= case.version) {
                look.wrong(6, format!("case {} changed without a new version", case.id));
            }
            chain::replay(look, case);
        }
        if self.cases.len() != look.books.cases.len() {
            look.wrong(6, "a case is gone");
        }
    }
}

/// Whether legal moves lead from one state of an order to another.
fn reaches(from: OrderState, to: OrderState) -> bool {
    let mut seen = vec![from];
    let mut at = 0;
    while at < seen.len() {
        let here = seen[at];
        if here == to {
            return true;
        }
        for (_, _, next) in ORDER_MOVES.iter().filter(|(start, ..)| *start == here) {
            if !seen.contains(next) {
                seen.push(*next);
            }
        }
        at += 1;
    }
    false
}
