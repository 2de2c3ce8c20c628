//! The law and the money: pure, no IO, no clock, no chance.

pub mod case;
