//! What is counted and judged after the day: waits that were foretold, the order of turns, figures against gate and aim.

/// Tolerance of a foretold wait: this many thousandths of the wait that came, or a minute.
const TOLERANCE_PER_MILLE: i64 = 200;
const TOLERANCE_MS: i64 = 60_000;
/// Two people whose places or turns are nearer than this are not told apart, ms.
const NEAR_MS: i64 = 1_000;

/// One driver's turn, as the database and the police platform have it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turn {
    /// When the place was drawn, ms of the simulated clock.
    pub drawn_ms: i64,
    /// When the platform first heard of it, real ms; `None`: it never did.
    pub called_ms: Option<i64>,
    /// What was told first: when (simulated ms), at least and at most so many ms from then.
    pub told: Option<(i64, i64, i64)>,
    /// When the turn was over, simulated ms.
    pub left_ms: Option<i64>,
}

/// See [`foretold`].
pub type Foretold = (usize, usize, Vec<i64>);

/// How well waits were foretold where the platform was there all the time, and where it was away meanwhile.
pub fn waits(turns: &[Turn], away: Option<(i64, i64)>) -> (Foretold, Foretold) {
    let (others, struck) = apart(turns, away);
    (foretold(&others), foretold(&struck))
}

/// How well waits were foretold: told, near enough, and each one's miss in ms (signed: positive came later).
fn foretold(turns: &[Turn]) -> Foretold {
    let mut misses = Vec::new();
    let mut near = 0;
    for turn in turns {
        let (Some((at, low, high)), Some(left)) = (turn.told, turn.left_ms) else { continue };
        let wait = left - at;
        let miss = wait - (low + high) / 2;
        let tolerance = (wait * TOLERANCE_PER_MILLE / 1_000).max(TOLERANCE_MS);
        near += usize::from(miss.abs() <= tolerance);
        misses.push(miss);
    }
    (misses.len(), near, misses)
}

/// Turns in whose wait the platform was away, from and to in simulated ms, and the others first. Nobody can foretell an outage: those
/// who were told a wait before its end are told of by themselves.
fn apart(turns: &[Turn], away: Option<(i64, i64)>) -> (Vec<Turn>, Vec<Turn>) {
    turns.iter().partition(|turn| match (turn.told, turn.left_ms, away) {
        (Some((at, ..)), Some(left), Some((from, to))) => at >= to || left <= from,
        _ => true,
    })
}

/// People who were overtaken: somebody whose place is more than a second later was called more than a second earlier.
/// Returns how many, and by how many ms at most.
pub fn overtaken(turns: &[Turn]) -> (usize, i64) {
    let mut called: Vec<(i64, i64)> =
        turns.iter().filter_map(|turn| Some((turn.drawn_ms, turn.called_ms?))).collect();
    called.sort_unstable();
    // From the back: the earliest call among everybody drawn more than a second later.
    let (mut later, mut earliest) = (called.len(), i64::MAX);
    let (mut count, mut most) = (0, 0);
    for (drawn, at) in called.iter().rev() {
        while later > 0 && called[later - 1].0 > drawn + NEAR_MS {
            later -= 1;
            earliest = earliest.min(called[later].1);
        }
        let by = at.saturating_sub(earliest);
        if earliest != i64::MAX && by > NEAR_MS {
            count += 1;
            most = most.max(by);
        }
    }
    (count, most)
}

/// How a figure stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// At or under the aim.
    Aim,
    /// At or under the gate.
    Gate,
    /// Above the gate.
    Missed,
    /// It was not measured, or at a size at which it says nothing.
    Unknown,
}

/// Which way a figure is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// The smaller the better.
    Less,
    /// The larger the better.
    More,
}

/// One line of the verdict.
#[derive(Clone, Debug)]
pub struct Figure {
    /// Goal, for example `P-4`.
    pub goal: &'static str,
    /// What it is.
    pub name: String,
    /// The figure; `None`: not measured.
    pub value: Option<f64>,
    /// Unit behind the figure.
    pub unit: &'static str,
    /// Gate and aim.
    pub bounds: (f64, f64),
    /// Which way it is good.
    pub better: Better,
    /// Why it was not measured, or what it was made of.
    pub remark: String,
}

impl Figure {
    /// A figure that must be zero.
    pub fn zero(goal: &'static str, name: &str, value: u64, remark: impl Into<String>) -> Figure {
        #[expect(clippy::cast_precision_loss, reason = "a count for a table")]
        let value = Some(value as f64);
        let (name, remark) = (name.to_owned(), remark.into());
        Figure { goal, name, value, unit: "", bounds: (0.0, 0.0), better: Better::Less, remark }
    }

    /// A figure that should be small.
    pub fn less(
        goal: &'static str,
        name: &str,
        value: Option<f64>,
        unit: &'static str,
        bounds: (f64, f64),
    ) -> Figure {
        Figure {
            goal,
            name: name.to_owned(),
            value,
            unit,
            bounds,
            better: Better::Less,
            remark: String::new(),
        }
    }

    /// A figure that should be large.
    pub fn more(
        goal: &'static str,
        name: &str,
        value: Option<f64>,
        unit: &'static str,
        bounds: (f64, f64),
    ) -> Figure {
        Figure { better: Better::More, ..Figure::less(goal, name, value, unit, bounds) }
    }

    /// With words beside it.
    pub fn because(mut self, remark: impl Into<String>) -> Figure {
        self.remark = remark.into();
        self
    }

    /// How it stands.
    pub fn mark(&self) -> Mark {
        let Some(value) = self.value else { return Mark::Unknown };
        let within = |bound: f64| match self.better {
            Better::Less => value <= bound,
            Better::More => value >= bound,
        };
        match (within(self.bounds.1), within(self.bounds.0)) {
            (true, _) => Mark::Aim,
            (false, true) => Mark::Gate,
            (false, false) => Mark::Missed,
        }
    }
}

/// The value under which `per_mille` thousandths of sorted values lie.
pub fn quantile(sorted: &[i64], per_mille: usize) -> Option<i64> {
    let want = (sorted.len() * per_mille).div_ceil(1_000).max(1);
    sorted.get(want - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(drawn_ms: i64, called_ms: i64) -> Turn {
        Turn { drawn_ms, called_ms: Some(called_ms), ..Turn::default() }
    }

    #[test]
    fn only_who_is_overtaken_by_more_than_a_second_counts() {
        assert_eq!(overtaken(&[]), (0, 0));
        assert_eq!(overtaken(&[turn(0, 9_000), turn(900, 1_000)]), (0, 0), "places within a second");
        assert_eq!(overtaken(&[turn(0, 9_000), turn(5_000, 8_500)]), (0, 0), "turns within a second");
        assert_eq!(overtaken(&[turn(0, 9_000), turn(5_000, 3_000), turn(9_000, 20_000)]), (1, 6_000));
        let line: Vec<Turn> = (0..500).map(|n| turn(n * 40, n * 70)).collect();
        assert_eq!(overtaken(&line), (0, 0));
        let never = Turn { called_ms: None, ..turn(0, 0) };
        assert_eq!(overtaken(&[never, turn(5_000, 1)]), (0, 0));
    }

    #[test]
    fn a_wait_is_foretold_within_a_fifth_or_a_minute() {
        let told =
            |left_ms| Turn { told: Some((0, 800_000, 1_200_000)), left_ms: Some(left_ms), ..Turn::default() };
        let turns = [told(1_000_000), told(1_249_000), told(1_260_000), told(600_000), Turn::default()];
        let (count, near, misses) = foretold(&turns);
        assert_eq!((count, near), (4, 2));
        assert_eq!(misses, [0, 249_000, 260_000, -400_000]);
        let (others, struck) = apart(&turns, Some((1_100_000, 1_200_000)));
        assert_eq!(
            (others.len(), struck),
            (3, vec![turns[1], turns[2]]),
            "told before it and over after it began"
        );
        assert_eq!(apart(&turns, None).0.len(), 5);
        let short = Turn { told: Some((0, 0, 10_000)), left_ms: Some(60_000), ..Turn::default() };
        assert_eq!(foretold(&[short]).1, 1, "55 s off is within a minute");
    }

    #[test]
    fn figures_are_held_against_gate_and_aim() {
        let less = |value| Figure::less("P", "x", value, "", (6.0, 4.0)).mark();
        assert_eq!(
            [less(Some(4.0)), less(Some(5.0)), less(Some(6.1)), less(None)],
            [Mark::Aim, Mark::Gate, Mark::Missed, Mark::Unknown]
        );
        assert_eq!(Figure::more("P", "x", Some(95.0), "%", (90.0, 97.0)).mark(), Mark::Gate);
        assert_eq!(Figure::zero("P", "x", 1, "").mark(), Mark::Missed);
        assert_eq!(quantile(&[1, 2, 3, 4], 500), Some(2));
        assert_eq!(quantile(&[], 500), None);
    }
}
