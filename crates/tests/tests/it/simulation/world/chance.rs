//! Time and chance of a simulated world, and the death of its process.
//!
//! The product reads the clock and draws chance between any two of its transactions, and calls the outside only in
//! between too. So each of these is a place at which the process may die: a countdown unwinds out of the one it ends at.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use clearway_domain::{Chance, Clock};
use clearway_sims::city::numbers::Dice;
use jiff::Timestamp;

/// What unwinds when the process dies. Nobody but the step boundary catches it.
#[derive(Debug)]
pub struct Died;

/// Time, chance and life of one simulated process.
#[derive(Debug)]
pub struct Life {
    now_ms: AtomicI64,
    dice: Mutex<Dice>,
    /// Seams until the process dies; below 0: never.
    dies_in: AtomicI64,
    dead: AtomicBool,
}

impl Life {
    /// A life that begins at an instant, its chance drawn from a seed.
    pub fn new(at: Timestamp, seed: u64) -> Arc<Life> {
        Arc::new(Life {
            now_ms: AtomicI64::new(at.as_millisecond()),
            dice: Mutex::new(Dice::new(seed ^ 0x5EED_0F11_FE00_0001)),
            dies_in: AtomicI64::new(-1),
            dead: AtomicBool::new(false),
        })
    }

    /// What o'clock it is, for everybody but the product: reading it is no seam.
    pub fn ms(&self) -> i64 {
        self.now_ms.load(Ordering::Relaxed)
    }

    /// The same as an instant.
    pub fn at(&self) -> Timestamp {
        Timestamp::from_millisecond(self.ms()).expect("a simulated instant")
    }

    /// Moves the clock; time only goes on, except by [`Life::set_ms`].
    pub fn pass(&self, ms: i64) {
        self.now_ms.fetch_add(ms.max(0), Ordering::Relaxed);
    }

    /// Sets the clock, backwards too.
    pub fn set_ms(&self, ms: i64) {
        self.now_ms.store(ms, Ordering::Relaxed);
    }

    /// Lets the process die at the `seams`-th seam from now: 0 is the next one.
    pub fn die_in(&self, seams: i64) {
        self.dies_in.store(seams, Ordering::Relaxed);
    }

    /// Nobody dies any more, until told again.
    pub fn spare(&self) {
        self.dies_in.store(-1, Ordering::Relaxed);
    }

    /// Whether the process has died; the answer is forgotten, because a new one begins.
    pub fn take_death(&self) -> bool {
        self.spare();
        self.dead.swap(false, Ordering::Relaxed)
    }

    /// A place at which the process may die. After a death nothing of the old process gets past one.
    pub fn seam(&self) {
        if self.dead.load(Ordering::Relaxed) {
            resume_unwind(Box::new(Died));
        }
        let left = self.dies_in.load(Ordering::Relaxed);
        if left < 0 {
            return;
        }
        self.dies_in.store(left - 1, Ordering::Relaxed);
        if left == 0 {
            self.die();
        }
    }

    /// Dies here and now.
    pub fn die(&self) -> ! {
        self.dead.store(true, Ordering::Relaxed);
        self.spare();
        resume_unwind(Box::new(Died))
    }
}

impl Clock for Life {
    fn now(&self) -> Timestamp {
        self.seam();
        self.at()
    }
}

impl Chance for Life {
    fn fill(&self, bytes: &mut [u8]) {
        self.seam();
        let mut dice = self.dice.lock().unwrap_or_else(PoisonError::into_inner);
        for part in bytes.chunks_mut(8) {
            let bits = dice.bits().to_le_bytes();
            part.copy_from_slice(&bits[..part.len()]);
        }
    }
}
