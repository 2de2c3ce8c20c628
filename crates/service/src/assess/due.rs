//! By when something has to happen about a violation, and what it costs when it did not.

use clearway_domain::surcharge::surcharge;
use clearway_domain::{Fen, civil_date};
use jiff::civil::Date;

use crate::World;
use crate::dossier::Violation;

/// By when something has to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// Last day.
    pub date: Date,
    /// Calendar days from today; negative when over.
    pub days_left: i32,
    /// What has to happen.
    pub kind: DueKind,
}

/// What has to happen by a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DueKind {
    /// A decision was served: the fine is due 15 calendar days after it was received (Administrative Penalty Law art. 67).
    Pay,
    /// A notice was given: 30 calendar days to come in (order 157 art. 20).
    Handle,
}

pub(super) fn due(world: &World, violation: &Violation, today: Date) -> Option<Due> {
    let (date, kind) = match &violation.decision {
        Some(decision) => (world.calendar.payment_due(civil_date(decision.served_on()?)), DueKind::Pay),
        None => {
            let notice = violation.record.as_ref()?.noticed?;
            (civil_date(notice).checked_add(jiff::Span::new().days(30)).ok()?, DueKind::Handle)
        }
    };
    let days_left = today.until(date).ok()?.get_days();
    Some(Due { date, days_left, kind })
}

pub(super) fn surcharge_of(violation: &Violation, fine: Option<Fen>, due: Option<Due>, today: Date) -> Fen {
    match (violation.decision.as_ref(), fine, due) {
        (Some(_), Some(fine), Some(due)) if due.kind == DueKind::Pay => {
            surcharge(fine, due.date, today, &[], &[])
        }
        _ => Fen(0),
    }
}
