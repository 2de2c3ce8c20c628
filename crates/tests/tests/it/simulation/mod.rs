//! Ring: simulation.
