//! Tests of the rules as a whole: the shipped packs, the case files, problems with lines, and the compiled form.

mod compiled;
mod holes;
mod laws;
mod messages;
mod packs;
mod problems;
mod reach;
mod reference;
mod shape;
