//! Ring: faults.
