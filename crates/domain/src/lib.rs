//! The law and the money: pure, no IO, no clock, no chance.

pub mod admission;
pub mod calendar;
pub mod case;
pub mod deadlines;
pub mod facts;
pub mod ids;
pub mod ledger;
pub mod money;
pub mod offences;
pub mod points;
#[cfg(test)]
mod readings;
pub mod reconcile;
pub mod refusal;
pub mod rules;
pub mod states;
pub mod study;
pub mod surcharge;
pub mod world;

pub use calendar::Calendar;
pub use facts::RawFacts;
pub use ids::{IdNumber, PersonName, Phone, Plate, PlateKind};
pub use money::Fen;
pub use offences::OffenceTable;
pub use points::{Cycle, Points, cycle_of};
pub use refusal::{Question, Refusal};
pub use surcharge::surcharge;
pub use world::{CHINA, Chance, Clock, civil, civil_date, day_over, instant, midnight};
