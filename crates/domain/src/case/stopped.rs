//! Why a case ended, or waits for a person, before anything was decided: what the driver reads of it.

/// What stopped a case. Words of the platform's own are none of these: they are shown as they came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stopped {
    /// Its payment was not completed.
    Unpaid,
    /// The platform did not record the decision by the last day.
    NotInTime,
    /// An objection to the record was not answered by the last day.
    Objection,
    /// The record lacks something that a decision is made from.
    Missing,
    /// The record is not what the driver confirmed.
    Differs,
    /// The rail says that its money went back.
    WentBack,
}

impl Stopped {
    /// Every one.
    pub const ALL: [Self; 6] =
        [Self::Unpaid, Self::NotInTime, Self::Objection, Self::Missing, Self::Differs, Self::WentBack];

    /// Stable word, in the store and in message keys (`stopped-<slug>`).
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Unpaid => "unpaid",
            Self::NotInTime => "not-in-time",
            Self::Objection => "objection",
            Self::Missing => "missing",
            Self::Differs => "differs",
            Self::WentBack => "went-back",
        }
    }

    /// What a stored word means. Cases that stopped before there were slugs have a sentence, which is read as well.
    #[must_use]
    pub fn from_stored(word: &str) -> Option<Self> {
        match word {
            "the platform did not take it in time" => Some(Self::NotInTime),
            "an objection was not answered in time" => Some(Self::Objection),
            "the offence code is another one now" | "the fine is another one now" => Some(Self::Differs),
            word if word.starts_with("missing: ") => Some(Self::Missing),
            word => Self::ALL.into_iter().find(|stopped| stopped.slug() == word),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Why;
    use super::*;

    #[test]
    fn a_stored_word_means_one_thing() {
        for stopped in Stopped::ALL {
            assert_eq!(Stopped::from_stored(stopped.slug()), Some(stopped));
            assert_eq!(Why::from_slug(stopped.slug()), None, "money that goes back has its own words");
        }
        for why in Why::ALL {
            assert_eq!(Stopped::from_stored(why.slug()), None);
        }
        assert_eq!(Stopped::from_stored("missing: file number"), Some(Stopped::Missing));
        assert_eq!(Stopped::from_stored("B04: 记录已锁定"), None, "the platform's own words");
    }
}
