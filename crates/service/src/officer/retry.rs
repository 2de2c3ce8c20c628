//! An officer cleared what stood in the way: the decision of a paid case is tried again.

use crate::{Error, World, jobs};

/// Tries again. No second person: nothing is given or taken that was not promised already.
///
/// # Errors
/// [`Error::BadInput`] for a name or a reason that is none; [`Error::NotFound`]; [`crate::error::Conflict::CaseMoved`] when
/// the case does not wait for a person.
pub fn retry(world: &World, case_id: &str, by: &str, why: &str) -> Result<(), Error> {
    let (by, why) = (super::name(by)?, super::reason("why", why)?);
    let now_ms = world.now().as_millisecond();
    world.db.write(|tx| {
        let mut case = super::case(tx, case_id)?;
        jobs::manual::again(tx, &mut case, by, why, now_ms)
    })?;
    world.bell.ring();
    Ok(())
}
