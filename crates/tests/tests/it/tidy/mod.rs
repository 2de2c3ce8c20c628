//! Ring: tidy.
