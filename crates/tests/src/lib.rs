//! One test binary for all four rings lives in `tests/it`.
