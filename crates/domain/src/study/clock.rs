//! The study clock. The server is the clock: the page only says "I am here and visible", and what is credited is
//! always the server's own elapsed time, each instant at most once.
//!
//! With script the page beats every 5 seconds; without script the "continue" post of a card earns the time since the
//! card was served, up to a cap. Nothing that was earned is ever taken away.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::settings::StudySettings;

/// The page beats this often, seconds.
pub const BEAT_S: u32 = 5;
/// The longest silence that is still credited when the page was visible before and after it, milliseconds.
pub const GAP_MS: u64 = 30_000;
/// How many beats a page may be ahead of one a second before a sequence number counts as made up.
const SEQUENCE_SLACK: u64 = 8;

/// One showing of the study page. A newer one replaces it: two phones cannot earn side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sitting(pub u32);

/// What the page sends. It carries no time: times of the page are not believed.
///
/// A page that is being hidden sends one visible beat and then one hidden beat, so that no visible second is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Beat {
    /// The sitting that the page was given when it was served.
    pub sitting: Sitting,
    /// 1, 2, 3 … within the sitting.
    pub seq: u32,
    /// Whether the page is visible now.
    pub visible: bool,
}

/// What became of the time before a beat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Credit {
    /// Credited in full.
    Counted,
    /// The page was hidden before or after: not credited.
    Hidden,
    /// Silent for longer than the gap allows: not credited, what was earned before stays.
    TooLong,
    /// A sequence number already seen, or a page already finished: nothing changes.
    Replayed,
    /// A sequence number that this page cannot have reached: nothing is credited.
    FromFuture,
    /// A page that a newer one has replaced: nothing changes.
    OldPage,
    /// The server's clock stands before the last credited instant: nothing is credited.
    ClockBack,
    /// The study lapsed before this beat (`study_valid_s`): nothing is credited, a new study begins.
    Lapsed,
}

/// The answer to a beat or to a card's "continue".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BeatOutcome {
    /// What was decided.
    pub credit: Credit,
    /// Milliseconds credited by this beat.
    pub credited_ms: u64,
    /// Milliseconds earned in all.
    pub done_ms: u64,
    /// Milliseconds still to earn.
    pub left_ms: u64,
}

/// The state of one driver's study, stored as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StudyClock {
    required_s: u32,
    valid_s: u32,
    credited_ms: u64,
    started: Timestamp,
    sitting: Sitting,
    /// Everything before this instant has been decided, credited or not.
    decided_until: Timestamp,
    last_seq: u32,
    visible: bool,
    page_open: bool,
}

impl StudyClock {
    /// A study begins; no page is open yet.
    #[must_use]
    pub fn start(settings: &StudySettings, now: Timestamp) -> Self {
        Self {
            required_s: settings.study_s,
            valid_s: settings.study_valid_s,
            credited_ms: 0,
            started: now,
            sitting: Sitting(0),
            decided_until: now,
            last_seq: 0,
            visible: false,
            page_open: false,
        }
    }

    /// A study page (or a card of it) is served. The sitting goes into the page; older pages no longer count.
    pub fn open_page(&mut self, now: Timestamp) -> Sitting {
        self.sitting = Sitting(self.sitting.0.saturating_add(1));
        self.decided_until = self.decided_until.max(now);
        self.last_seq = 0;
        self.visible = true;
        self.page_open = true;
        self.sitting
    }

    /// A beat arrived.
    pub fn heartbeat(&mut self, beat: Beat, now: Timestamp) -> BeatOutcome {
        if let Some(credit) = self.refuse(beat.sitting, now) {
            return self.outcome(credit, 0);
        }
        if beat.seq <= self.last_seq {
            return self.outcome(Credit::Replayed, 0);
        }
        let since = elapsed_ms(self.decided_until, now);
        let reachable = u64::from(self.last_seq) + since / 1000 + SEQUENCE_SLACK;
        if u64::from(beat.seq) > reachable {
            // Not believed for earning, but "hidden" is taken at its word: that can only cost the liar.
            self.visible &= beat.visible;
            return self.outcome(Credit::FromFuture, 0);
        }
        self.last_seq = beat.seq;
        let credit = match (self.visible && beat.visible, since > GAP_MS) {
            (false, _) => Credit::Hidden,
            (true, true) => Credit::TooLong,
            (true, false) => Credit::Counted,
        };
        self.visible = beat.visible;
        self.decide(credit, since, now)
    }

    /// The "continue" of a served card was posted. A page whose script has been beating earns by the rules of a beat;
    /// a page without script earns the time since it was served, at most `cap_s`. Each showing earns once.
    pub fn finish_page(&mut self, sitting: Sitting, cap_s: u32, now: Timestamp) -> BeatOutcome {
        if let Some(credit) = self.refuse(sitting, now) {
            return self.outcome(credit, 0);
        }
        self.page_open = false;
        let since = elapsed_ms(self.decided_until, now);
        let scripted = self.last_seq > 0 || !self.visible;
        let credit = match (scripted, self.visible, since > GAP_MS) {
            (false, _, _) => Credit::Counted,
            (true, false, _) => Credit::Hidden,
            (true, true, true) => Credit::TooLong,
            (true, true, false) => Credit::Counted,
        };
        // The page is gone: late beats of it find it closed.
        self.visible = false;
        let capped = if scripted { since } else { since.min(u64::from(cap_s) * 1000) };
        self.decide(credit, capped, now)
    }

    fn refuse(&self, sitting: Sitting, now: Timestamp) -> Option<Credit> {
        if sitting != self.sitting || sitting == Sitting(0) {
            return Some(Credit::OldPage);
        }
        if !self.page_open {
            return Some(Credit::Replayed);
        }
        if now < self.decided_until {
            return Some(Credit::ClockBack);
        }
        // What has been earned in full stays earned; only unfinished study can lapse.
        (!self.is_earned() && self.lapsed(now)).then_some(Credit::Lapsed)
    }

    fn decide(&mut self, credit: Credit, ms: u64, now: Timestamp) -> BeatOutcome {
        self.decided_until = now;
        let ms = if credit == Credit::Counted { ms } else { 0 };
        self.credited_ms = self.credited_ms.saturating_add(ms);
        self.outcome(credit, ms)
    }

    fn outcome(&self, credit: Credit, credited_ms: u64) -> BeatOutcome {
        BeatOutcome { credit, credited_ms, done_ms: self.credited_ms, left_ms: self.left_ms() }
    }

    fn required_ms(&self) -> u64 {
        u64::from(self.required_s) * 1000
    }

    fn left_ms(&self) -> u64 {
        self.required_ms().saturating_sub(self.credited_ms)
    }

    /// Whether the required study is earned. Only what was credited counts.
    #[must_use]
    pub fn is_earned(&self) -> bool {
        self.left_ms() == 0
    }

    /// Milliseconds earned so far; may exceed what is required.
    #[must_use]
    pub fn done_ms(&self) -> u64 {
        self.credited_ms
    }

    /// Seconds that the pack requires.
    #[must_use]
    pub fn required_s(&self) -> u32 {
        self.required_s
    }

    /// When the study began.
    #[must_use]
    pub fn started(&self) -> Timestamp {
        self.started
    }

    /// The sitting that beats must carry; `Sitting(0)` before any page was served.
    #[must_use]
    pub fn sitting(&self) -> Sitting {
        self.sitting
    }

    /// What the page should show as still to go: as if a visible beat came now. For showing only; the quiz opens on
    /// [`is_earned`](Self::is_earned).
    #[must_use]
    pub fn remaining(&self, now: Timestamp) -> SignedDuration {
        let since = elapsed_ms(self.decided_until, now);
        let running = self.visible && since <= GAP_MS;
        let left = self.left_ms().saturating_sub(if running { since } else { 0 });
        SignedDuration::from_millis(i64::try_from(left).unwrap_or(i64::MAX))
    }

    /// Whether the study was begun too long ago to go on with (`study_valid_s`).
    #[must_use]
    pub fn lapsed(&self, now: Timestamp) -> bool {
        now.duration_since(self.started) > SignedDuration::from_secs(i64::from(self.valid_s))
    }
}

fn elapsed_ms(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.duration_since(from).as_millis()).unwrap_or(0)
}
