//! Ring: journeys.
