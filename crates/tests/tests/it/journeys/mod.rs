//! Ring: journeys. The driver's deeds over real HTTP against the pretend counterparts.

mod reachable;
mod stack;
