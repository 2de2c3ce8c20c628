//! Binding the vehicles that are registered in a driver's own name, until the platform has told of them.

use super::Done;
use crate::citizen::{Who, vehicles};
use crate::{Error, World};

/// Binds a driver's own vehicles; its key is this very word.
pub const OWN: &str = "vehicle.bind-own";

/// The body of [`OWN`].
pub(super) fn own(world: &World, driver: &str) -> Result<Done, Error> {
    match vehicles::bind_own(world, &Who { driver: driver.to_owned() }) {
        Ok(_) => Ok(Done::Yes),
        Err(Error::Unavailable { fault, .. }) => Ok(Done::Later(None, fault.to_string())),
        Err(Error::NotVerified | Error::NotSignedIn) => {
            Ok(Done::Never("the driver is not verified".to_owned()))
        }
        Err(other) => Err(other),
    }
}
