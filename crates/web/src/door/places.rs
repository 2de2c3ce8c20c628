//! The places of all connections, and who goes when they are all taken.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;
use tokio::time::Instant;

/// When every place is taken one of so many is freed: looking for the most silent ones costs a look at all.
const FREED_OF: usize = 64;
/// Whoever came within so many milliseconds is about to ask something, and whoever asked then is about to go on.
const YOUNG_MS: u64 = 5_000;

/// All connections that are there.
pub(super) struct Places {
    most: usize,
    since: Instant,
    taken: Mutex<(u64, HashMap<u64, Arc<Place>>)>,
    full: AtomicBool,
}

/// A connection's place; given back when it is dropped.
pub(super) struct Taken(pub Arc<Place>);

/// A place.
pub(super) struct Place {
    places: Arc<Places>,
    number: u64,
    /// When it came, or was last answered, ms since the first, the latter with [`ANSWERED`] on top; [`BUSY`] while it is being
    /// answered.
    heard_ms: AtomicU64,
    /// It is asked to leave.
    pub asked_to_leave: Notify,
}

const BUSY: u64 = u64::MAX;
/// Whoever has asked something before.
const ANSWERED: u64 = 1 << 62;

impl Places {
    pub fn new(most: usize) -> Places {
        Places { most, since: Instant::now(), taken: Mutex::default(), full: AtomicBool::new(false) }
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.since.elapsed().as_millis()).unwrap_or(ANSWERED - 1)
    }

    /// A place; `None` when all are busy.
    pub fn take(self: &Arc<Self>) -> Option<Taken> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.1.len() >= self.most {
            free(&mut taken.1, self.now_ms());
        }
        let full = taken.1.len() >= self.most;
        if full != self.full.swap(full, Ordering::Relaxed) && full {
            tracing::warn!(
                places = self.most,
                "every connection is being answered: newcomers are turned away"
            );
        }
        if full {
            return None;
        }
        let number = taken.0;
        taken.0 += 1;
        let place = Arc::new(Place {
            places: Arc::clone(self),
            number,
            heard_ms: AtomicU64::new(self.now_ms()),
            asked_to_leave: Notify::new(),
        });
        taken.1.insert(number, Arc::clone(&place));
        Some(Taken(place))
    }

    /// Frees some places: the system has no room for as many connections as this process would take.
    pub fn make_room(&self) {
        free(&mut self.taken.lock().unwrap_or_else(PoisonError::into_inner).1, self.now_ms());
    }
}

/// Asks the most silent ones to leave: who said nothing for seconds after they came, then who asked longest ago, then who has just
/// come, and whoever asked something within seconds last.
fn free(taken: &mut HashMap<u64, Arc<Place>>, now_ms: u64) {
    let turn = |heard_ms: u64| {
        let (at_ms, answered) = (heard_ms & !ANSWERED, heard_ms & ANSWERED != 0);
        let young = now_ms.saturating_sub(at_ms) < YOUNG_MS;
        (young, answered, at_ms)
    };
    let mut silent: Vec<_> = taken
        .iter()
        .map(|(number, place)| (place.heard_ms.load(Ordering::Relaxed), *number))
        .filter(|(heard_ms, _)| *heard_ms != BUSY)
        .map(|(heard_ms, number)| (turn(heard_ms), number))
        .collect();
    if silent.is_empty() {
        return;
    }
    let count = (silent.len() / FREED_OF).max(1);
    silent.select_nth_unstable(count - 1);
    for (_, number) in silent.iter().take(count) {
        if let Some(place) = taken.remove(number) {
            place.asked_to_leave.notify_one();
        }
    }
}

impl Place {
    pub fn is_busy(&self) -> bool {
        self.heard_ms.load(Ordering::Relaxed) == BUSY
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let place = &self.0;
        place.places.taken.lock().unwrap_or_else(PoisonError::into_inner).1.remove(&place.number);
    }
}

/// A request that is there as a whole and is being answered: nobody is asked to leave in the middle of it.
pub struct Answering(Arc<Place>);

impl Answering {
    pub(super) fn new(place: &Arc<Place>) -> Answering {
        place.heard_ms.store(BUSY, Ordering::Relaxed);
        Answering(Arc::clone(place))
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.heard_ms.store(ANSWERED | self.0.places.now_ms(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::advance;

    use super::*;

    fn numbers(places: &Places) -> Vec<u64> {
        let mut numbers: Vec<u64> = places.taken.lock().unwrap().1.keys().copied().collect();
        numbers.sort_unstable();
        numbers
    }

    async fn three(places: &Arc<Places>) -> Vec<Taken> {
        let mut all = Vec::new();
        for _ in 0..3 {
            all.push(places.take().expect("a place"));
            advance(Duration::from_secs(1)).await;
        }
        all
    }

    #[tokio::test(start_paused = true)]
    async fn when_all_places_are_taken_the_most_silent_one_leaves_and_nobody_who_is_being_answered() {
        let places = Arc::new(Places::new(3));
        let all = three(&places).await;
        let busy = Answering::new(&all[0].0);
        let fourth = places.take().expect("somebody else's");
        assert_eq!(numbers(&places), [0, 2, 3], "the second was silent for longest");
        drop(busy);
        advance(Duration::from_secs(9)).await;
        // The first was heard last, longer ago than the others came: it is somebody all the same.
        let fifth = places.take().expect("a place");
        assert_eq!(numbers(&places), [0, 3, 4]);
        let busy = [&all[0], &fourth, &fifth].map(|taken| Answering::new(&taken.0));
        assert!(places.take().is_none(), "everybody is being answered");
        drop(busy);
        drop(all);
        assert_eq!(numbers(&places), [3, 4], "whoever goes gives the place back");
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_has_just_come_does_not_go_before_those_who_asked_long_ago() {
        let places = Arc::new(Places::new(3));
        let all = three(&places).await;
        all.iter().for_each(|taken| drop(Answering::new(&taken.0)));
        advance(Duration::from_secs(60)).await;
        let young = places.take().expect("a place");
        assert!(!numbers(&places).contains(&0) && numbers(&places).contains(&3));
        let next = places.take().expect("a place");
        assert_eq!(numbers(&places), [2, 3, 4], "not the one whose first request is on its way");
        advance(Duration::from_secs(6)).await;
        let last = places.take().expect("a place");
        assert_eq!(numbers(&places), [2, 4, 5], "but by now it has said nothing for long");
        drop((young, next, last));
    }
}
