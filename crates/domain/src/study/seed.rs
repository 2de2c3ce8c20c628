//! Chance from seed bytes: SHA-256 in counter mode. The same seed draws the same quiz, so a draw can be replayed.

use sha2::{Digest, Sha256};

/// A stream of unbiased numbers made from seed bytes.
pub(super) struct SeedStream {
    seed: [u8; 32],
    counter: u64,
    block: [u8; 32],
    used: usize,
}

impl SeedStream {
    /// Starts the stream; seeds of any length are taken, the caller decides how much chance they hold.
    pub(super) fn new(seed: &[u8]) -> Self {
        Self { seed: Sha256::digest(seed).into(), counter: 0, block: [0; 32], used: 32 }
    }

    fn word(&mut self) -> u32 {
        if self.used == 32 {
            let mut hash = Sha256::new();
            hash.update(self.seed);
            hash.update(self.counter.to_be_bytes());
            self.block = hash.finalize().into();
            self.counter += 1;
            self.used = 0;
        }
        let at = self.used;
        self.used += 4;
        u32::from_be_bytes([self.block[at], self.block[at + 1], self.block[at + 2], self.block[at + 3]])
    }

    /// A number below `bound`, every one equally likely (values of the uneven tail are thrown away).
    pub(super) fn below(&mut self, bound: usize) -> usize {
        let bound = u32::try_from(bound.max(1)).unwrap_or(u32::MAX);
        let tail = u32::MAX - (u32::MAX % bound);
        loop {
            let word = self.word();
            if word < tail {
                return (word % bound) as usize;
            }
        }
    }

    /// Fisher and Yates.
    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        for end in (1..items.len()).rev() {
            let other = self.below(end + 1);
            items.swap(end, other);
        }
    }
}
