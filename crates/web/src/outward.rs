//! Requests that call somebody outside while a person waits: each holds a thread for as long as the counterpart is silent. Places
//! are counted, so that nobody else's requests, and least of all the rail's notices, ever stand behind a silent counterpart. One that
//! is silent takes the places of the others neither, and nobody takes more than two.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// Places of all counterparts together: so many threads may be held by their silence (`clearway::serve` has them beside the others).
pub const PLACES: usize = PLATFORM + RAIL + MESSENGER;
const PLATFORM: usize = 16;
const RAIL: usize = 16;
/// Everybody signs in once, and on a launch day within minutes.
const MESSENGER: usize = 32;
/// Places of one account.
const OF_ACCOUNT: u8 = 2;
/// How long a request waits for a place before it is asked to come again. It holds no thread meanwhile.
const WAIT: Duration = Duration::from_secs(2);

/// Whom a request calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whom {
    /// The police platform.
    Platform,
    /// The payment rail.
    Rail,
    /// WeChat.
    Messenger,
}

/// All places of this process.
#[derive(Debug)]
pub struct Outward {
    platform: Arc<Semaphore>,
    rail: Arc<Semaphore>,
    messenger: Arc<Semaphore>,
    accounts: Mutex<BTreeMap<u128, u8>>,
}

/// A place that was taken; it is given back when the call is over, whether or not its caller is still there.
#[derive(Debug)]
pub struct Place {
    _free_again: OwnedSemaphorePermit,
    _mine: Option<Mine>,
}

/// What an account holds of its share.
#[derive(Debug)]
struct Mine {
    of: Arc<Outward>,
    account: u128,
}

impl Drop for Mine {
    fn drop(&mut self) {
        if let Entry::Occupied(mut held) = self.of.accounts().entry(self.account) {
            *held.get_mut() -= 1;
            if *held.get() == 0 {
                held.remove();
            }
        }
    }
}

impl Default for Outward {
    fn default() -> Outward {
        let places = |count| Arc::new(Semaphore::new(count));
        Outward {
            platform: places(PLATFORM),
            rail: places(RAIL),
            messenger: places(MESSENGER),
            accounts: Mutex::default(),
        }
    }
}

impl Outward {
    /// A place, waited for a little; `None` when none came free, or when the account has its share already.
    pub async fn take(self: &Arc<Self>, whom: Whom, account: Option<u128>) -> Option<Place> {
        let mine = self.share(account)?;
        let place = timeout(WAIT, Arc::clone(self.of(whom)).acquire_owned()).await.ok()?.ok()?;
        Some(Place { _free_again: place, _mine: mine })
    }

    /// A place, if one is free now.
    pub fn take_now(self: &Arc<Self>, whom: Whom, account: Option<u128>) -> Option<Place> {
        let mine = self.share(account)?;
        let place = Arc::clone(self.of(whom)).try_acquire_owned().ok()?;
        Some(Place { _free_again: place, _mine: mine })
    }

    fn of(&self, whom: Whom) -> &Arc<Semaphore> {
        match whom {
            Whom::Platform => &self.platform,
            Whom::Rail => &self.rail,
            Whom::Messenger => &self.messenger,
        }
    }

    /// One of the account's share, where an account is known.
    fn share(self: &Arc<Self>, account: Option<u128>) -> Option<Option<Mine>> {
        let Some(account) = account else { return Some(None) };
        let mut accounts = self.accounts();
        let held = accounts.entry(account).or_default();
        if *held >= OF_ACCOUNT {
            return None;
        }
        *held += 1;
        Some(Some(Mine { of: Arc::clone(self), account }))
    }

    fn accounts(&self) -> MutexGuard<'_, BTreeMap<u128, u8>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_silent_counterpart_takes_its_own_places_and_an_account_takes_two() {
        let all = Arc::new(Outward::default());
        let one: Vec<Place> = (0..2).filter_map(|_| all.take_now(Whom::Platform, Some(1))).collect();
        assert!(one.len() == 2 && all.take(Whom::Rail, Some(1)).await.is_none(), "its share is one for all");
        let strangers: Vec<Place> =
            (2..PLATFORM).filter_map(|_| all.take_now(Whom::Platform, None)).collect();
        assert!(all.take_now(Whom::Platform, Some(2)).is_none());
        assert!(all.take(Whom::Platform, Some(2)).await.is_none(), "waited for in vain");
        assert!(all.take_now(Whom::Rail, Some(2)).is_some() && all.take_now(Whom::Messenger, None).is_some());
        drop(one);
        assert!(all.take(Whom::Platform, Some(1)).await.is_some());
        drop(strangers);
        assert!(all.accounts().is_empty(), "nobody is remembered who holds nothing");
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_has_the_place_that_comes_free() {
        let all = Arc::new(Outward::default());
        let mut held: Vec<Place> = (0..RAIL).filter_map(|_| all.take_now(Whom::Rail, None)).collect();
        let waiting = tokio::spawn({
            let all = Arc::clone(&all);
            async move { all.take(Whom::Rail, Some(1)).await.is_some() }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        held.pop();
        assert!(waiting.await.unwrap());
    }
}
