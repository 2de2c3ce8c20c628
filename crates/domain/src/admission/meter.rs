//! How fast turns end, measured, and what that means for somebody who waits.

use std::collections::VecDeque;

use super::balance::KNOWLEDGE_PART;
use super::beside::Checks;

/// Milliseconds of one window of measuring.
const WINDOW_MS: i64 = 10_000;
/// Windows that are kept: five minutes.
const WINDOWS_MAX: usize = 30;
/// Windows without which nothing is known: a minute. On a rehearsed day with 150,000 people the pace of the first half minute was a third less than
/// that of the next, and looked as steady.
const WINDOWS_MIN: usize = 6;
/// Turns that must have ended in all of them: fewer tell of chance and not of a pace.
const ENDED_MIN: u64 = 10;
/// Milliseconds without a look after which what was measured is forgotten: the clock stepped, or nobody was here.
const GAP_MS: i64 = 60_000;

/// How fast turns end, and what else the platform does meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rates {
    /// Turns ended in a slow window (one of five is slower), thousandths a second. Zero when nothing ended in it.
    pub slow: u64,
    /// The same in a quick window (one of five is quicker).
    pub fast: u64,
    /// Checks that wait beside the turns: as many turns as the platform could end instead of them.
    pub beside: u64,
    /// By how much those become fewer: turns, thousandths a second, that end more once there are none.
    pub more: u64,
}

impl Rates {
    /// Turns that end a minute, in a slow and in a quick window: whole numbers, for people and phones.
    #[must_use]
    pub const fn per_minute(self) -> (u64, u64) {
        (self.slow * 60 / 1_000, self.fast * 60 / 1_000)
    }

    /// Turns that end more a minute once no checks wait beside them.
    #[must_use]
    pub const fn more_per_minute(self) -> u64 {
        self.more * 60 / 1_000
    }

    /// The same with checks that wait beside the turns; the calls of one check would end `worth` thousandths of a turn. `None` while they
    /// become fewer much faster than the platform makes them: people go on without theirs, and nobody can say how many stay.
    #[must_use]
    pub fn beside(self, checks: Checks, worth: u64) -> Option<Rates> {
        let turns = |checks: u64| checks.saturating_mul(worth) / 1_000;
        // While both wait checks have so many calls for each of a turn.
        let made = (self.slow + self.fast) / 2 * KNOWLEDGE_PART;
        let fewer = turns(checks.drained);
        (fewer <= made * 2).then_some(Rates { beside: turns(checks.waiting), more: fewer.min(made), ..self })
    }
}

/// How long somebody waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// Nobody is ahead: no time, and no minimum either.
    Turn,
    /// Not measured long enough, or nothing ends at present.
    Unknown,
    /// Between these many ms; without an upper end while there were windows in which nothing ended.
    Between {
        /// At least, ms.
        low_ms: i64,
        /// At most, ms.
        high_ms: Option<i64>,
    },
}

impl Wait {
    /// What it takes at least, ms; nothing where nobody can say.
    #[must_use]
    pub const fn least_ms(self) -> i64 {
        match self {
            Self::Between { low_ms, .. } => low_ms,
            Self::Turn | Self::Unknown => 0,
        }
    }
}

/// Looks at the count of ended turns from time to time and remembers windows in which somebody waited: while nobody
/// does, the rate tells how many came and not how many could be served.
#[derive(Debug, Clone, Default)]
pub struct Meter {
    last_ms: i64,
    open: Option<(i64, u64)>,
    /// Thousandths a second, one a window, the newest last.
    windows: VecDeque<u64>,
}

impl Meter {
    /// A look: at `at_ms`, `gone` turns were over and `waiting` people waited.
    pub fn look(&mut self, at_ms: i64, gone: u64, waiting: u64) {
        let step = at_ms - self.last_ms;
        if !(0..=GAP_MS).contains(&step) {
            *self = Self::default();
        }
        self.last_ms = at_ms;
        match self.open {
            _ if waiting == 0 => self.open = None,
            None => self.open = Some((at_ms, gone)),
            Some((since, before)) if at_ms - since >= WINDOW_MS => {
                let took = u64::try_from(at_ms - since).unwrap_or(1);
                self.windows.push_back(gone.saturating_sub(before) * 1_000_000 / took);
                if self.windows.len() > WINDOWS_MAX {
                    self.windows.pop_front();
                }
                self.forget_before_a_rise();
                self.open = Some((at_ms, gone));
            }
            Some(_) => {}
        }
    }

    /// A minute after the doors opened, or after an outage, less ends than in the next one: what was measured before a rise says nothing
    /// about the waits of those who come, and they are told no number until the pace is steady.
    fn forget_before_a_rise(&mut self) {
        let newest: Vec<u64> = self.newest().collect();
        let half = newest.len() / 2;
        if half > 0 && is_rise(ended(&newest[newest.len() - half..]), ended(&newest[..half])) {
            self.windows.drain(..self.windows.len() - half);
        }
    }

    /// The windows of the last minute, the newest first.
    fn newest(&self) -> impl Iterator<Item = u64> {
        self.windows.iter().rev().take(6).copied()
    }

    /// What was measured; `None` while it is too little.
    #[must_use]
    pub fn rates(&self) -> Option<Rates> {
        let mut sorted: Vec<u64> = self.windows.iter().copied().collect();
        if sorted.len() < WINDOWS_MIN || ended(&sorted) < ENDED_MIN {
            return None;
        }
        // A rate that has changed shows in the newest windows: the older half only widens the band.
        let newest: Vec<u64> = self.newest().collect();
        let mean = newest.iter().sum::<u64>() / newest.len() as u64;
        sorted.sort_unstable();
        let last = sorted.len() - 1;
        let (slow, fast) = (sorted[last / 5], sorted[last - last / 5]);
        Some(Rates {
            slow: slow.min(mean * 9 / 10).max(mean * 2 / 3),
            fast: fast.max(mean * 11 / 10).min(mean * 3 / 2),
            ..Rates::default()
        })
    }
}

/// Turns that ended in some windows.
fn ended(windows: &[u64]) -> u64 {
    windows.iter().sum::<u64>() * WINDOW_MS.unsigned_abs() / 1_000_000
}

/// Whether more turns ended now than before, by more than a quarter, and by more than chance makes of a steady pace: three standard
/// deviations of the difference of two counts.
fn is_rise(before: u64, now: u64) -> bool {
    let more = now.saturating_sub(before);
    more * 4 > before && more * more > 9 * (now + before)
}

impl Rates {
    /// The wait behind `ahead` people: they end at the pace that was measured, until the checks that wait beside them are made and the
    /// platform has only turns to end. Whichever comes first: all of them at today's pace, or they and the checks at that of both.
    #[must_use]
    pub fn wait(self, ahead: u64) -> Wait {
        if ahead == 0 {
            return Wait::Turn;
        }
        if self.fast == 0 {
            return Wait::Unknown;
        }
        let span = |turns: u64, rate: u64| u128::from(turns) * 1_000_000 / u128::from(rate);
        let ms = |rate: u64| {
            let both = span(ahead.saturating_add(self.beside), rate.saturating_add(self.more));
            i64::try_from(span(ahead, rate).min(both)).ok()
        };
        let Some(low_ms) = ms(self.fast) else { return Wait::Unknown };
        Wait::Between { low_ms, high_ms: if self.slow == 0 { None } else { ms(self.slow) } }
    }
}

/// The wait behind `ahead` people where perhaps nothing was measured.
#[must_use]
pub fn wait(rates: Option<Rates>, ahead: u64) -> Wait {
    match rates {
        _ if ahead == 0 => Wait::Turn,
        Some(rates) => rates.wait(ahead),
        None => Wait::Unknown,
    }
}

/// What was told to somebody about the wait, ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// When it was told.
    pub at_ms: i64,
    /// At least so long from then.
    pub low_ms: i64,
    /// At most so long from then.
    pub high_ms: i64,
}

impl Told {
    /// Whether the upper end has passed: then it is corrected in words.
    #[must_use]
    pub const fn is_late(self, now_ms: i64) -> bool {
        now_ms > self.at_ms.saturating_add(self.high_ms)
    }

    /// By how much the middle of the band missed a turn that ended at `left_ms`, ms without sign, and whether that is
    /// within a fifth of the wait or a minute, the larger of both.
    #[must_use]
    pub fn missed(self, left_ms: i64) -> (i64, bool) {
        let took = left_ms.saturating_sub(self.at_ms).max(0);
        let missed = (took - (self.low_ms + self.high_ms) / 2).abs();
        (missed, missed <= (took / 5).max(60_000))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::admission::Beside;

    /// A minute and more of turns ending at a steady pace, looked at every second.
    fn steady(per_second: u64, seconds: i64) -> Meter {
        let mut meter = Meter::default();
        for second in 0..seconds {
            meter.look(1_000_000 + second * 1_000, per_second * second.unsigned_abs(), 1_000);
        }
        meter
    }

    #[test]
    fn nothing_is_known_before_it_was_measured() {
        assert_eq!(steady(10, 55).rates(), None);
        assert_eq!(wait(None, 50), Wait::Unknown);
        assert_eq!(wait(None, 0), Wait::Turn, "whose turn it is needs no estimate");
    }

    #[test]
    fn a_steady_pace_gives_a_narrow_band_around_the_truth() {
        let rates = steady(100, 120).rates().expect("measured");
        let Wait::Between { low_ms, high_ms: Some(high_ms) } = rates.wait(6_000) else { panic!("a band") };
        assert!(low_ms <= 60_000 && 60_000 <= high_ms, "{low_ms}..{high_ms}");
        assert!(low_ms >= 50_000 && high_ms <= 70_000, "{low_ms}..{high_ms}");
    }

    #[test]
    fn nobody_is_told_a_minimum() {
        let rates = steady(100, 120).rates().expect("measured");
        assert_eq!(rates.wait(0), Wait::Turn);
        assert!(matches!(rates.wait(1), Wait::Between { low_ms: 0..=10, high_ms: Some(0..=12) }));
    }

    #[test]
    fn in_an_outage_the_wait_becomes_unknown_and_is_known_again_after_it() {
        let mut meter = steady(100, 120);
        let mut gone = 11_900;
        for second in 120..300 {
            meter.look(1_000_000 + second * 1_000, gone, 1_000);
        }
        assert_eq!(wait(meter.rates(), 500), Wait::Unknown);
        for second in 300..380 {
            gone += 100;
            meter.look(1_000_000 + second * 1_000, gone, 1_000);
        }
        let Wait::Between { low_ms, .. } = wait(meter.rates(), 6_000) else { panic!("known again") };
        assert!((40_000..=60_000).contains(&low_ms), "{low_ms}");
    }

    /// Looks every second at a pace that changes from window to window.
    fn paced(per_second: &[u64], mut look: impl FnMut(usize, Option<Rates>)) {
        let (mut meter, mut gone) = (Meter::default(), 0);
        for second in 0..per_second.len() * 10 {
            meter.look(1_000_000 + i64::try_from(second).unwrap() * 1_000, gone, 90_000);
            gone += per_second[second / 10];
            look(second, meter.rates());
        }
    }

    /// The first minutes of a rehearsed day with 150,000 people: 29,000 were told a wait that was a quarter too long, because the pace
    /// was still rising while it was measured.
    #[test]
    fn while_the_pace_rises_the_wait_is_unknown_and_then_it_is_right() {
        let doors =
            [12, 30, 18, 28, 24, 35, 49, 32, 36, 37, 42, 38, 33, 45, 38, 43, 40, 38, 44, 41, 42, 36, 42, 40];
        let mut told = 0;
        paced(&doors, |second, rates| {
            let Wait::Between { low_ms, high_ms: Some(high_ms) } = wait(rates, 36_000) else { return };
            let middle = (low_ms + high_ms) / 2;
            assert!((middle - 900_000).abs() <= 180_000, "{second} s: {middle} ms for 900,000");
            told += 1;
        });
        assert!(told >= 50, "known for {told} seconds");
    }

    /// What ends while the platform only wakes up is no pace: 204 people were told that they would wait for a week.
    #[test]
    fn a_handful_of_turns_after_an_outage_is_no_pace() {
        let outage = [vec![40; 6], vec![0; 30]].concat();
        let trickle = [outage.clone(), vec![0, 0, 0]].concat();
        let (mut meter, mut gone) = (Meter::default(), 0);
        for second in 0..trickle.len() * 10 {
            meter.look(1_000_000 + i64::try_from(second).unwrap() * 1_000, gone, 67_000);
            gone += trickle[second / 10] + u64::from(second >= outage.len() * 10 && second % 6 == 0);
            if second >= outage.len() * 10 {
                assert_eq!(wait(meter.rates(), 67_000), Wait::Unknown, "{second} s");
            }
        }
    }

    /// A day on a platform of 200 calls a second: a turn takes four, a check one, and checks have three quarters while both wait.
    /// Everybody comes at once; every second whoever stands last, in the middle and near the front is told a wait, and it is held against what came.
    /// So many checks come more each second, and in the first two minutes so many people's go away with them.
    /// What is told counts until that second.
    fn foretold(turns: u64, checks: u64, come: u64, go: u64, until: i64) -> (usize, usize) {
        let (mut meter, mut beside) = (Meter::default(), Beside::default());
        let (mut gone_quarters, mut left) = (0_u64, checks);
        let (mut told, mut ended) = (Vec::new(), vec![0_i64; usize::try_from(turns).unwrap() + 1]);
        for second in 0.. {
            let (at_ms, gone) = (1_000_000 + second * 1_000, gone_quarters / 4);
            if gone >= turns {
                break;
            }
            meter.look(at_ms, gone, turns - gone);
            if second % 15 == 0 {
                beside.count(at_ms, left);
            }
            let rates = meter.rates().and_then(|rates| rates.beside(beside.now(at_ms), 250));
            for ahead in [turns - gone, (turns - gone) / 2, (turns - gone) / 10] {
                if let Wait::Between { low_ms, high_ms: Some(high_ms) } = wait(rates, ahead)
                    && second < until
                {
                    told.push((gone + ahead, Told { at_ms, low_ms, high_ms }));
                }
            }
            let made = left.min(150);
            let away = if second < 120 { go } else { 0 };
            left = (left - made).saturating_sub(away) + come;
            gone_quarters += 200 - made;
            let over = (gone_quarters / 4).min(turns);
            (gone..over).for_each(|turn| ended[usize::try_from(turn).unwrap()] = at_ms);
        }
        let near = |(turn, told): &(u64, Told)| {
            let left_ms = ended[usize::try_from(*turn).unwrap().saturating_sub(1)];
            told.missed(left_ms).1
        };
        (told.iter().filter(|one| near(one)).count(), told.len())
    }

    /// Without knowing of the checks whoever stands last would be told up to twice what it takes.
    #[test]
    fn checks_that_wait_beside_the_turns_are_reckoned_with() {
        for (turns, checks, come, go, until) in [
            (60_000, 0, 0, 0, i64::MAX),
            (60_000, 100_000, 0, 0, i64::MAX),
            (30_000, 400_000, 0, 0, i64::MAX),
            (60_000, 30_000, 10, 0, i64::MAX),
            (20_000, 0, 90, 0, i64::MAX),
            // A rehearsed day: most pay in the first minutes and go on without their checks.
            (36_000, 270_000, 0, 1_000, 300),
        ] {
            let (near, told) = foretold(turns, checks, come, go, until);
            let day = format!("{turns} turns, {checks} checks, {come} more and {go} fewer a second");
            assert!(told >= 200, "{day}: {told} were told");
            assert!(near * 100 >= told * 98, "{day}: {near} of {told}");
        }
    }

    #[test]
    fn chance_is_not_taken_for_a_rise() {
        // Ten turns a window, some more and some fewer.
        let mut known = 0;
        paced(&[1, 1, 1, 2, 1, 1, 1, 1, 2, 1, 1, 1, 1, 1, 2, 1], |_, rates| {
            known += usize::from(rates.is_some())
        });
        assert!(known >= 95, "{known} of 160 seconds");
    }

    #[test]
    fn an_idle_hour_is_not_taken_for_a_slow_one() {
        let mut meter = steady(100, 120);
        for second in 120..180 {
            meter.look(1_000_000 + second * 1_000, 11_900, 0);
        }
        assert_eq!(meter.rates(), steady(100, 120).rates());
    }

    #[test]
    fn a_clock_that_steps_makes_it_forget_and_never_lie() {
        for step in [-7_200_000, 7_200_000, 400 * 86_400_000] {
            let mut meter = steady(100, 120);
            meter.look(1_120_000 + step, 12_000, 1_000);
            assert_eq!(meter.rates(), None, "{step}");
        }
    }

    #[test]
    fn what_was_told_is_held_against_what_came() {
        let told = Told { at_ms: 1_000, low_ms: 300_000, high_ms: 420_000 };
        assert!(!told.is_late(421_000) && told.is_late(421_001));
        assert_eq!(told.missed(1_000 + 400_000), (40_000, true));
        assert_eq!(told.missed(1_000 + 600_000), (240_000, false));
    }

    proptest! {
        #[test]
        fn a_longer_queue_never_waits_less(
            slow in 0_u64..1_000_000, more in 0_u64..1_000_000, ahead in 1_u64..1_000_000,
            beside in 0_u64..1_000_000, quicker in 0_u64..1_000_000,
        ) {
            let rates = Rates { slow, fast: slow + more, beside, more: quicker };
            match (rates.wait(ahead), rates.wait(ahead + 1)) {
                (Wait::Between { low_ms, high_ms }, Wait::Between { low_ms: low, high_ms: high }) => {
                    prop_assert!(low >= low_ms && high >= high_ms);
                    prop_assert!(high_ms.is_none_or(|high_ms| low_ms <= high_ms));
                }
                (one, other) => prop_assert_eq!(one, other),
            }
        }

        #[test]
        fn the_band_holds_the_rate_of_the_last_minute_since_it_rose(rates in prop::collection::vec(1_u64..400, 40)) {
            let mut meter = Meter::default();
            let mut gone = 0;
            for (window, rate) in rates.iter().enumerate() {
                for second in 0..10 {
                    let at = i64::try_from(window * 10 + second).unwrap();
                    meter.look(1_000_000 + at * 1_000, gone, 9);
                    gone += rate;
                }
            }
            let Some(band) = meter.rates() else {
                prop_assert!(meter.windows.len() < WINDOWS_MIN, "only a rise makes a steady minute unknown");
                return Ok(());
            };
            let newest: Vec<u64> = rates.iter().rev().skip(1).take(meter.windows.len().min(6)).copied().collect();
            let mean = newest.iter().sum::<u64>() * 1_000 / newest.len() as u64;
            prop_assert!(band.slow <= mean && mean <= band.fast, "{mean} is not within {band:?}");
        }
    }
}
