//! The `clearway-sims` binary.
fn main() {}
