//! What happens: drivers' deeds, the rest of the world, and who is next.

pub mod around;
pub mod driver;
pub mod learner;
pub mod next;
pub mod officer;
