//! Latencies in buckets of about three per cent, so that millions cost a few kilobytes.

/// Buckets of one doubling.
const FINE: u64 = 32;
/// Doublings above the first `FINE` values: up to about an hour in microseconds.
const DOUBLINGS: u64 = 28;

/// A histogram of microseconds.
#[derive(Clone, Debug)]
pub struct Hist {
    counts: Vec<u64>,
    n: u64,
    sum: u64,
    most: u64,
}

impl Default for Hist {
    fn default() -> Self {
        let len = usize::try_from(FINE * (DOUBLINGS + 1)).unwrap_or(0);
        Self { counts: vec![0; len], n: 0, sum: 0, most: 0 }
    }
}

fn place(us: u64) -> usize {
    if us < FINE {
        return usize::try_from(us).unwrap_or(0);
    }
    // The doubling in which the value lies, and its fine place there.
    let doubling = u64::from(us.ilog2()) - 5;
    let fine = (us >> doubling) - FINE;
    usize::try_from(FINE + doubling * FINE + fine).unwrap_or(usize::MAX)
}

/// The largest value of a bucket.
fn top(place: usize) -> u64 {
    let place = u64::try_from(place).unwrap_or(0);
    if place < FINE {
        return place;
    }
    let (doubling, fine) = ((place - FINE) / FINE, (place - FINE) % FINE);
    ((FINE + fine + 1) << doubling) - 1
}

impl Hist {
    /// Notes one value, microseconds.
    pub fn note(&mut self, us: u64) {
        let last = self.counts.len() - 1;
        self.counts[place(us).min(last)] += 1;
        self.n += 1;
        self.sum += us;
        self.most = self.most.max(us);
    }

    /// How many.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.n
    }

    /// The value under which `per_mille` thousandths lie, microseconds; 0 when there is none.
    #[must_use]
    pub fn quantile(&self, per_mille: u64) -> u64 {
        let want = (self.n * per_mille).div_ceil(1_000).max(1);
        let mut seen = 0;
        for (at, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= want && *count > 0 {
                return top(at).min(self.most);
            }
        }
        0
    }

    /// The figures of a report, microseconds.
    #[must_use]
    pub fn figures(&self) -> serde_json::Value {
        serde_json::json!({
            "n": self.n, "mean": self.sum.checked_div(self.n).unwrap_or(0), "p50": self.quantile(500),
            "p90": self.quantile(900), "p99": self.quantile(990), "p999": self.quantile(999), "max": self.most,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_within_a_bucket() {
        let mut hist = Hist::default();
        assert_eq!(hist.quantile(990), 0);
        for us in 1..=100_000 {
            hist.note(us);
        }
        for (per_mille, want) in [(500, 50_000_u64), (900, 90_000), (990, 99_000), (1_000, 100_000)] {
            let have = hist.quantile(per_mille);
            assert!(have >= want && have - want <= want / 30, "{per_mille}: {have}");
        }
        hist.note(u64::from(u32::MAX) * 4);
        assert_eq!(hist.count(), 100_001);
    }

    #[test]
    fn every_value_lies_in_its_bucket() {
        for us in [0, 1, 31, 32, 33, 63, 64, 65, 1_000, 123_456, 1 << 30] {
            let at = place(us);
            assert!(us <= top(at) && (at == 0 || us > top(at - 1)), "{us}");
        }
    }
}
