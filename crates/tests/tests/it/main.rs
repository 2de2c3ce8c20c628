//! One test binary for the rings: contract, journeys, faults, simulation, tidy.
mod contract;
mod faults;
mod journeys;
mod simulation;
mod tidy;
