//! Chance from a seed. A run with the same seed kills after the same waits and has its drivers do the same; what the
//! machine makes of it in between is its own.

use std::sync::atomic::{AtomicU64, Ordering};

/// SplitMix64, to be shared between threads.
#[derive(Debug)]
pub struct Rng(AtomicU64);

impl Rng {
    /// The row of numbers of a seed.
    pub fn new(seed: u64) -> Rng {
        Rng(AtomicU64::new(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15)))
    }

    /// A number from 0 up to, but not including, `below`.
    pub fn below(&self, below: u64) -> u64 {
        let step = 0x9E37_79B9_7F4A_7C15;
        let mut z = self.0.fetch_add(step, Ordering::Relaxed).wrapping_add(step);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % below.max(1)
    }
}
