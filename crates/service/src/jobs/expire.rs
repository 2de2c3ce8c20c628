//! A case that nobody goes on with lets its violation go, so that another who may handle it is not kept waiting.

use clearway_domain::case::CaseEvent;
use clearway_store::case_file;

use super::Done;
use crate::dossier::state_of;
use crate::{Error, World, money};

/// Gives an idle case up; its key is the case.
pub const EXPIRE: &str = "case.expire";

/// Milliseconds without a step after which a case is given up: earned study is usable for a day.
pub const IDLE_MS: i64 = 24 * 3600 * 1000;

/// The body of [`EXPIRE`]. Nothing in which money may have moved is ever given up here.
pub(super) fn expire(world: &World, driver: &str, key: &str) -> Result<Done, Error> {
    let now_ms = world.now().as_millisecond();
    world.db.write(|tx| {
        let Some(mut case) = case_file::find(tx, driver, key)? else { return Ok(Done::Yes) };
        let state = state_of(&case)?;
        if state.is_final() || !state.holds_violation() {
            return Ok(Done::Yes);
        }
        let idle_ms = now_ms - case.changed_at_ms;
        if !state.can_abandon() || idle_ms < IDLE_MS {
            return Ok(Done::Later(Some((IDLE_MS - idle_ms).max(3_600_000)), "still in use".to_owned()));
        }
        money::advance(tx, &mut case, CaseEvent::Abandon, "system", "{}", now_ms)?;
        Ok(Done::Yes)
    })
}
