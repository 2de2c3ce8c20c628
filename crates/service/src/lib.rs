//! Use cases: load, decide, save; job bodies.
