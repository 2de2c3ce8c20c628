//! "About N minutes" is computed, never written (`ux.md` §2.15), and so is the chance to pass by guessing.

use super::{bank::Question, settings::StudySettings};

/// Human pause for one question: read, choose, confirm, next. Seconds.
pub const QUESTION_S: u32 = 14;
/// Everything else of a handling without money: first screen, choosing, confirming, page changes. Seconds.
pub const AROUND_S: u32 = 35;
/// Payment and its confirmation, seconds.
pub const PAYING_S: u32 = 13;

/// Seconds that a handling takes with this study and quiz.
#[must_use]
pub fn estimate_seconds(settings: &StudySettings, paying: bool) -> u32 {
    let money = if paying { PAYING_S } else { 0 };
    settings.study_s + u32::from(settings.questions) * QUESTION_S + AROUND_S + money
}

/// The N of "about N minutes": whole minutes, rounded up.
#[must_use]
pub fn estimate_minutes(settings: &StudySettings, paying: bool) -> u32 {
    estimate_seconds(settings, paying).div_ceil(60)
}

/// Whether a pack may advertise this many minutes: never less than the computed time.
#[must_use]
pub fn advertised_ok(minutes: u32, settings: &StudySettings, paying: bool) -> bool {
    u64::from(minutes) * 60 >= u64::from(estimate_seconds(settings, paying))
}

/// One in full, for chances: parts per 10^12, so that no float is needed.
const ONE: u128 = 1_000_000_000_000;

/// The chance, in parts per million, that somebody who only guesses gets at least `pass` of these questions right.
///
/// A guess at a question of several answers is any set of two or more options.
#[must_use]
pub fn guess_pass_ppm(questions: &[&Question], pass: usize) -> u32 {
    let mut by_right = vec![0_u128; questions.len() + 1];
    by_right[0] = ONE;
    for (asked, question) in questions.iter().enumerate() {
        let ways = u128::from(question.guesses());
        for right in (0..=asked).rev() {
            let here = by_right[right];
            by_right[right + 1] += here / ways;
            by_right[right] = here - here / ways;
        }
    }
    let chance: u128 = by_right.iter().skip(pass).sum();
    u32::try_from(chance / 1_000_000).unwrap_or(1_000_000)
}
