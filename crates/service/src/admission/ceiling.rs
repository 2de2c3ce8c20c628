//! The ceiling of calls to the police platform, set live by an officer: with a reason, in the audit.

use clearway_store::{audit, node};
use jiff::Timestamp;

use crate::dossier::instant;
use crate::reconcile::CHAIN;
use crate::{Error, World, officer};

/// The ceiling as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ceiling {
    /// Calls a second that all nodes together make at most.
    pub per_second: u32,
    /// What the site agreed with the platform: nothing above it can be set.
    pub agreed: u32,
    /// Who set it, why, and when; absent while it is as configured.
    pub set: Option<(String, String, Timestamp)>,
}

/// Thousandths of a call in a call.
const MILLI: u32 = 1_000;

/// What the site agreed with the platform, thousandths of a call a second. Without a pace on the wire there is no limit.
pub(super) fn agreed(world: &World) -> u32 {
    world.authority.pace().map_or(u32::MAX, clearway_connect::Pace::agreed)
}

/// The ceiling that holds for what officers have set, thousandths of a call a second.
pub(super) fn holds(world: &World, set: &node::Ceiling) -> u32 {
    let agreed = agreed(world);
    set.ceiling.and_then(|ceiling| u32::try_from(ceiling).ok()).map_or(agreed, |ceiling| ceiling.min(agreed))
}

/// The ceiling as it stands.
///
/// # Errors
/// [`Error::Store`].
pub fn read(world: &World) -> Result<Ceiling, Error> {
    let set = world.db.read(|tx| node::ceiling(tx).map_err(Error::from))?;
    let per_second = holds(world, &set) / MILLI;
    let set = match (set.set_by, set.why, set.set_at_ms) {
        (Some(by), Some(why), Some(at)) => Some((by, why, instant(at))),
        _ => None,
    };
    Ok(Ceiling { per_second, agreed: agreed(world) / MILLI, set })
}

/// Sets the ceiling, calls a second; 0 lets nobody through until another one is set. Every node follows at its next
/// heartbeat.
///
/// # Errors
/// [`Error::BadInput`] for a name or a reason that is none, or for more than the site agreed with the platform.
pub fn set(world: &World, per_second: u32, by: &str, why: &str) -> Result<Ceiling, Error> {
    let (by, why) = (officer::name(by)?, officer::reason("why", why)?);
    let ceiling = per_second.saturating_mul(MILLI);
    if ceiling > agreed(world) {
        let value = per_second.to_string();
        return Err(Error::BadInput { field: "ceiling", value, fix: "ceiling-agreed" });
    }
    let now_ms = world.now().as_millisecond();
    world.db.write(|tx| {
        let before = holds(world, &node::hold(tx)?) / MILLI;
        node::set_ceiling(tx, i64::from(ceiling), by, why, now_ms)?;
        let detail = serde_json::json!({ "from": before, "to": per_second, "why": why });
        audit::append(tx, CHAIN, now_ms, by, "admission.ceiling", &detail.to_string())?;
        Ok::<_, Error>(())
    })?;
    read(world)
}
