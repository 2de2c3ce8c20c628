//! Ring: tidy. The rules of the house that no compiler checks: who may depend on whom, how long a file
//! may be, what must never be written, and that both languages say the same things.

mod arrows;
mod deeds;
mod documents;
mod locales;
mod reference;
mod sources;
pub mod tree;
