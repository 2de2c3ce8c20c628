//! Ring: simulation. The whole service in a pretended world, from seeds.

pub mod acts;
pub mod books;
pub mod check;
pub mod plants;
pub mod run;
pub mod stage;
pub mod tally;
pub mod world;

#[cfg(test)]
mod tests;
