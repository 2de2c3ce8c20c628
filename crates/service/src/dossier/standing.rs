//! How far the background verification of a driver is, and what has moved since: all that whoever looks on needs, without
//! reading what was told.

use clearway_store::Tx;
use clearway_store::readmodel::{self, KnowledgeRow, Moves};
use jiff::Timestamp;

use super::{Progress, Topic, instant};
use crate::Error;

/// How far asking has come, and what changes the driver's page besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// In the order of [`Topic::ALL`].
    progress: [Progress; Topic::ALL.len()],
    /// Records, cases and orders.
    pub moves: Moves,
}

impl Standing {
    /// Reads it.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn load(tx: &mut Tx, driver: &str) -> Result<Standing, Error> {
        let known = readmodel::known(tx, driver)?;
        Ok(Standing::of(&known, readmodel::moves(tx, driver)?))
    }

    /// From what was read.
    pub(super) fn of(known: &[KnowledgeRow], moves: Moves) -> Standing {
        Standing { progress: Topic::ALL.map(|topic| progress(known, topic)), moves }
    }

    /// How far each topic has come.
    pub fn topics(&self) -> impl Iterator<Item = (Topic, Progress)> {
        Topic::ALL.into_iter().zip(self.progress)
    }

    /// How far a topic has come.
    #[must_use]
    pub fn progress(&self, topic: Topic) -> Progress {
        self.topics().find(|(one, _)| *one == topic).map_or(Progress::NotAsked, |(_, progress)| progress)
    }

    /// Since when the platform owes an answer, while a verification is running.
    #[must_use]
    pub fn asked_since(&self) -> Option<Timestamp> {
        let asked = self.progress.iter().filter_map(|progress| match progress {
            Progress::Pending(asked) => Some(*asked),
            _ => None,
        });
        asked.min()
    }

    /// Topics that were asked about in vain.
    pub fn failed_topics(&self) -> impl Iterator<Item = Topic> {
        let failed = self.topics().filter(|(_, progress)| matches!(progress, Progress::Failed(_)));
        failed.map(|(topic, _)| topic)
    }
}

fn progress(known: &[KnowledgeRow], topic: Topic) -> Progress {
    let Some(row) = known.iter().find(|row| row.topic == topic.slug()) else {
        return Progress::NotAsked;
    };
    let answered = row.fetched_at_ms.unwrap_or(i64::MIN);
    let failed = row.failed_at_ms.unwrap_or(i64::MIN);
    let asked = row.asked_at_ms.unwrap_or(i64::MIN);
    if asked > answered && asked > failed {
        Progress::Pending(instant(asked))
    } else if failed > answered {
        Progress::Failed(instant(failed))
    } else {
        Progress::Done(instant(answered))
    }
}
