//! When a page that waits asks again: soon while the answer may come any moment, later the longer it has waited, and not
//! before the end of a wait that was foretold.

use super::Wait;

/// Shortest time between two looks, ms: most answers come within a second or two.
const SOON_MS: i64 = 1_000;
/// Longest time between two looks, ms: of whoever has waited for a minute or two, and of whoever waits for very long. In between a
/// tenth of what was waited: nobody's wait becomes longer by more than that for not having looked.
const LATE_MS: (i64, i64) = (10_000, 60_000);
/// Longest time between two looks of somebody whose wait is foretold, ms: at first, of whoever has waited as long, and of whoever has
/// waited four times as long. A line may become quicker.
const FORETOLD_MS: [i64; 3] = [60_000, 120_000, 300_000];

/// Milliseconds after which somebody who has waited for `waited_ms` looks again. Half of the time that was waited, ten seconds at
/// first and a tenth of it later, so that a wait of minutes costs a dozen looks instead of hundreds; the shortest wait that is
/// foretold, where that is later, but for no longer than was waited already, two minutes at most, or a quarter of it, five at
/// most: what was foretold in an outage is wrong as soon as it is over.
#[must_use]
pub fn again_ms(waited_ms: i64, foretold: Wait) -> u32 {
    let ahead_ms = foretold.least_ms();
    let [first_ms, then_ms, most_ms] = FORETOLD_MS;
    let foretold_ms = ahead_ms.min(waited_ms.clamp(first_ms, (waited_ms / 4).clamp(then_ms, most_ms)));
    let late_ms = (waited_ms / 10).clamp(LATE_MS.0, LATE_MS.1);
    let pause_ms = (waited_ms / 2).clamp(SOON_MS, late_ms).max(foretold_ms);
    u32::try_from(pause_ms).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The looks of somebody who waits for so long, ms from the beginning; the last one sees the answer.
    fn looks(wait_ms: i64) -> Vec<i64> {
        let (mut at, mut looks) = (0, Vec::new());
        while at < wait_ms {
            at += i64::from(again_ms(at, Wait::Unknown));
            looks.push(at);
        }
        looks
    }

    #[test]
    fn soon_at_first_and_then_rarely() {
        assert_eq!(looks(2_000), [1_000, 2_000]);
        assert_eq!(looks(10_000), [1_000, 2_000, 3_000, 4_500, 6_750, 10_125]);
        assert_eq!(looks(60_000).len(), 12);
        for wait_ms in (1_000..900_000).step_by(370) {
            let late_ms = looks(wait_ms).last().expect("a look") - wait_ms;
            let most_ms = SOON_MS.max(wait_ms / 2).min(LATE_MS.0.max(wait_ms / 10));
            assert!(late_ms <= most_ms, "{wait_ms}: {late_ms} too late");
        }
        // An outage of ten minutes, and of two hours.
        assert_eq!([600_000, 7_200_000].map(|wait_ms| looks(wait_ms).len()), [35, 145]);
    }

    #[test]
    fn nobody_looks_before_a_wait_that_was_foretold_is_over() {
        let after_ms = |waited_ms, low_ms| again_ms(waited_ms, Wait::Between { low_ms, high_ms: None });
        let in_ms = |low_ms| after_ms(0, low_ms);
        assert_eq!([in_ms(0), in_ms(1_500), in_ms(7_000), in_ms(90_000)], [1_000, 1_500, 7_000, 60_000]);
        let long_ms = [
            (100_000, 80_000),
            (100_000, 200_000),
            (400_000, 400_000),
            (800_000, 800_000),
            (7_200_000, 7_200_000),
        ];
        assert_eq!(
            long_ms.map(|(waited_ms, low_ms)| after_ms(waited_ms, low_ms)),
            [80_000, 100_000, 120_000, 200_000, 300_000],
            "no longer than was waited; two minutes, or a quarter of it, never more than five"
        );
        assert_eq!(after_ms(20_000, i64::MAX), 60_000, "an outage makes every wait endless");
        // A clock that stepped back.
        assert_eq!((again_ms(-5_000, Wait::Turn), again_ms(i64::MAX, Wait::Unknown)), (1_000, 60_000));
    }
}
