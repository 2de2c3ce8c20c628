//! The law and the money: pure, no IO, no clock, no chance.

pub mod case;
pub mod facts;
pub mod ids;
pub mod money;
pub mod world;

pub use facts::RawFacts;
pub use ids::{IdNumber, PersonName, Phone, Plate, PlateKind};
pub use money::Fen;
pub use world::{CHINA, Chance, Clock};
