//! Ring: simulation. The whole service in a pretended world, from seeds.

pub mod world;

#[cfg(test)]
mod tests;
