//! What the driver left unfinished: a step of a case, or a payment that nobody has begun to make.

use clearway_domain::case::OrderState;
use clearway_service::World;
use clearway_service::citizen::order;
use clearway_service::citizen::start_case::{self, Place};
use clearway_service::dossier::Dossier;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::parts::Step;
use crate::ctx::Ctx;
use crate::shown;

/// Something that was left unfinished.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Resume {
    /// The case.
    pub case_id: String,
    /// The violation's act; of several in one payment, how many they are.
    pub act: String,
    /// The step where it stopped.
    pub step: Step,
    /// The payment that waits to be made, if it has come that far.
    pub order: Option<String>,
    /// When it can be made, where that is still to come.
    pub opens_at: Option<Timestamp>,
}

impl Resume {
    /// Where it goes on.
    pub fn href(&self) -> String {
        match &self.order {
            Some(order) => format!("/orders/{order}"),
            None => format!("/cases/{}", self.case_id),
        }
    }

    /// The line.
    pub fn sentence(&self, c: &Ctx) -> String {
        match (&self.order, &self.opens_at) {
            (Some(_), Some(at)) => c.ta("home-kept", &[("time", &c.moment(at))]),
            (Some(_), None) => c.t("home-unpaid").into_owned(),
            (None, _) => c.ta("home-resume", &[("step", &c.t(self.step.key()))]),
        }
    }
}

/// Everything that a driver left unfinished: payments first, because they are kept for a while only.
pub(super) fn unfinished(world: &World, c: &Ctx, dossier: &Dossier) -> Vec<Resume> {
    let payments = dossier.orders.iter().filter_map(|order| {
        // Once somebody was handed the sheet the page says that it is being confirmed.
        let open = OrderState::from_slug(&order.state).is_some_and(OrderState::is_open);
        if !open || order.sent_to_pay_at_ms.is_some() {
            return None;
        }
        let mut cases = dossier.cases.iter().filter(|case| case.order_id.as_ref() == Some(&order.order_id));
        let first = cases.next()?;
        let more = cases.count();
        let act = match dossier.violation(&first.violation) {
            Some(violation) if more == 0 => shown::act_of(world, c, violation),
            _ => c.ta("count-violations", &[("n", &(more + 1))]),
        };
        Some(Resume {
            case_id: first.case_id.clone(),
            act,
            step: Step::Pay,
            order: Some(order.order_id.clone()),
            // What was placed outside the hours is kept until the opening.
            opens_at: order::opens(world, order).ok().flatten(),
        })
    });
    let steps = dossier.cases.iter().filter_map(|case| {
        let step = match start_case::place_of(case).ok()? {
            Place::Study => Step::Study,
            Place::Quiz => Step::Quiz,
            Place::Confirm => Step::Confirm,
            Place::Quote => Step::Pay,
            Place::Order(_) | Place::Result => return None,
        };
        let act = shown::act_of(world, c, dossier.violation(&case.violation)?);
        Some(Resume { case_id: case.case_id.clone(), act, step, order: None, opens_at: None })
    });
    payments.chain(steps).collect()
}
