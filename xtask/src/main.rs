//! cargo x demo | test | ci | gen | bench.
fn main() {}
