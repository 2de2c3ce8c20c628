//! Ring: contract.
