//! Handling with fewer points than the violation has: a warning gives none (order 163 art. 28), a study credit takes some off. What
//! limits points counts what the decision gives; everything else is about the violation as it is.

use clearway_domain::case::Route;
use clearway_domain::refusal::Refusal;
use clearway_domain::rules::{Outcome, Verdict};

/// What handling says on the routes that give fewer points, where that is not what it says anyway.
#[derive(Debug, Clone)]
pub(super) struct Spared {
    first: Option<Verdict>,
    study: Option<Verdict>,
}

impl Spared {
    /// Asks again with the points of the warning and of the study credit, where points are what stands in the way.
    pub(super) fn of(
        handle: &Verdict,
        [first, study]: [Option<i64>; 2],
        mut again: impl FnMut(i64) -> Verdict,
    ) -> Self {
        let in_the_way = handle.reasons.iter().any(|reason| counts_points(reason.refusal));
        let mut ask =
            |given: Option<i64>| given.filter(|_| in_the_way).map(|given| spare(handle, &again(given)));
        Self { first: ask(first), study: ask(study) }
    }

    /// What handling says on a route; `handle` is what it says with all points.
    pub(super) fn on<'a>(&'a self, route: Route, handle: &'a Verdict) -> &'a Verdict {
        let spared = match route {
            Route::First => self.first.as_ref(),
            Route::Study => self.study.as_ref(),
            Route::Pay => None,
        };
        spared.unwrap_or(handle)
    }
}

/// Whether a refusal counts the points that a decision would give.
fn counts_points(refusal: Refusal) -> bool {
    matches!(refusal, Refusal::DPoints12 | Refusal::D24PerCycle)
}

/// The verdict without the limits of points that `fewer` does not refuse.
fn spare(handle: &Verdict, fewer: &Verdict) -> Verdict {
    let still = |refusal| fewer.reasons.iter().any(|reason| reason.refusal == refusal);
    let mut spared = handle.clone();
    spared.reasons.retain(|reason| !counts_points(reason.refusal) || still(reason.refusal));
    let refused = spared.reasons.iter().any(|reason| reason.outcome == Outcome::Refused);
    spared.outcome = match (refused, spared.reasons.is_empty()) {
        (true, _) => Outcome::Refused,
        (false, false) => Outcome::Unknown,
        (false, true) => Outcome::Allowed,
    };
    spared
}
