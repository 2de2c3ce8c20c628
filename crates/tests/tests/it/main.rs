//! One test binary for the rings: contract, journeys, faults, matrix, simulation, tidy.
mod contract;
mod faults;
mod journeys;
mod matrix;
mod simulation;
mod tidy;
