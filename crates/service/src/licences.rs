//! Against which licences the violations of a vehicle were decided (04C06): at most so many licences may be used on one
//! vehicle in a points year. Other people's numbers are not kept: a keyed hash tells two licences apart just as well.

use std::collections::{BTreeMap, BTreeSet};

use clearway_connect::authority::DecisionRecord;
use clearway_domain::civil_date;
use clearway_store::{Tx, licence};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::dossier::{Dossier, instant};
use crate::{Error, World};

/// One decision on a violation of a vehicle, as far as counting licences needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// Keyed hash of the licence; `None` where the platform's answer does not let it be told.
    pub licence: Option<String>,
    /// Id of the driver whose account here holds that licence.
    pub holder: Option<String>,
    /// Day of the decision.
    pub decided: Option<Date>,
    /// Whether it was annulled; `None` where the site does not tell, which is taken for a decision that stands.
    pub annulled: Option<bool>,
}

/// The decisions on the violations of each bound vehicle, by plate key. A vehicle that is absent was not answered for.
pub type ByPlate = BTreeMap<String, Vec<Decided>>;

/// Reads what is stored of the answer about the vehicles; an earlier build stored a list of plate keys alone.
///
/// # Errors
/// [`Error::Broken`] for anything else.
pub(crate) fn stored(body: Option<&str>) -> Result<ByPlate, Error> {
    let Some(text) = body else { return Ok(ByPlate::new()) };
    let told = if text.trim_start().starts_with('[') {
        serde_json::from_str::<Vec<IgnoredAny>>(text).map(|_| ByPlate::new())
    } else {
        serde_json::from_str(text)
    };
    told.map_err(|error| Error::Broken(format!("stored decisions of vehicles cannot be read: {error}")))
}

/// What is kept of a decision. A licence whose number is no identity number is told apart by its file number.
#[must_use]
pub fn kept(world: &World, decision: &DecisionRecord, holder: Option<String>) -> Decided {
    let number = decision.licence.as_ref().map(clearway_domain::IdNumber::reveal);
    let number = number.or(decision.file_number.as_deref());
    Decided {
        licence: number.map(|number| world.keyed("licence", number)),
        holder,
        decided: decision.decided.map(civil_date),
        annulled: decision.annulled,
    }
}

/// What is kept of an answer about one vehicle, with the accounts that hold the licences.
///
/// # Errors
/// [`Error::Store`].
pub fn kept_of(world: &World, tx: &mut Tx, decisions: &[DecisionRecord]) -> Result<Vec<Decided>, Error> {
    decisions
        .iter()
        .map(|decision| {
            let holder = match &decision.licence {
                Some(number) => licence::holder(tx, number.reveal())?,
                None => None,
            };
            Ok(kept(world, decision, holder))
        })
        .collect()
}

/// How many licences were used on a vehicle in the driver's present points year, and whether the driver's is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Used {
    /// Different licences.
    pub licences: Option<i64>,
    /// This driver's is among them.
    pub driver_among: Option<bool>,
}

/// Counts the licences: those of the platform's decisions that stand, and those with a case here. A vehicle for which
/// the platform did not answer is counted by the cases here and the driver's own decisions alone: the topic is then
/// shown as failed. What may or may not lie in the points year makes the count unknown.
#[must_use]
pub fn used(dossier: &Dossier, plate: &str, now: Timestamp) -> Used {
    let year = crate::facts::points_year(dossier, now);
    let mut tally = Tally::default();
    let mut take = |who: Option<&str>, day: Option<Date>| {
        let within = year.as_ref().and_then(|year| Some(year.contains(day?)));
        tally.take(who.map(str::to_owned), within);
    };
    let own = dossier.account.driver.as_str();
    for claim in dossier.claims.iter().filter(|claim| claim.plate == plate) {
        take(Some(&claim.driver), Some(civil_date(instant(claim.since_ms))));
    }
    let on_it =
        |decision: &&DecisionRecord| decision.plate.as_ref().is_some_and(|told| told.as_key() == plate);
    for decision in dossier.decisions.iter().flatten().filter(on_it) {
        if !decision.is_annulled() {
            take(Some(own), decision.decided.map(civil_date));
        }
    }
    for decided in dossier.decided.get(plate).into_iter().flatten() {
        if decided.annulled != Some(true) {
            take(decided.holder.as_deref().or(decided.licence.as_deref()), decided.decided);
        }
    }
    tally.used(own)
}

/// Licences by what is known of them: an account here, or a keyed hash.
#[derive(Default)]
struct Tally {
    sure: BTreeSet<String>,
    doubtful: BTreeSet<String>,
    nameless: bool,
}

impl Tally {
    fn take(&mut self, who: Option<String>, within: Option<bool>) {
        match (who, within) {
            (_, Some(false)) => {}
            (Some(who), Some(true)) => {
                self.sure.insert(who);
            }
            (Some(who), None) => {
                self.doubtful.insert(who);
            }
            (None, _) => self.nameless = true,
        }
    }

    fn used(&self, own: &str) -> Used {
        let doubt = self.nameless || !self.doubtful.is_subset(&self.sure);
        let driver_among = if self.sure.contains(own) {
            Some(true)
        } else if self.nameless || self.doubtful.contains(own) {
            None
        } else {
            Some(false)
        };
        Used { licences: if doubt { None } else { i64::try_from(self.sure.len()).ok() }, driver_among }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(seen: &[(Option<&str>, Option<bool>)]) -> Used {
        let mut tally = Tally::default();
        for (who, within) in seen {
            tally.take(who.map(str::to_owned), *within);
        }
        tally.used("me")
    }

    #[test]
    fn a_licence_counts_once_and_only_within_the_year() {
        let seen = [
            (Some("a"), Some(true)),
            (Some("a"), Some(true)),
            (Some("a"), None),
            (Some("b"), Some(true)),
            (Some("c"), Some(false)),
        ];
        assert_eq!(tally(&seen), Used { licences: Some(2), driver_among: Some(false) });
        assert_eq!(tally(&[]), Used { licences: Some(0), driver_among: Some(false) });
        assert_eq!(tally(&[(Some("me"), Some(true))]), Used { licences: Some(1), driver_among: Some(true) });
    }

    #[test]
    fn what_may_lie_in_the_year_or_be_anybodys_is_unknown_and_never_none() {
        let sure = (Some("a"), Some(true));
        assert_eq!(tally(&[sure, (Some("b"), None)]), Used { licences: None, driver_among: Some(false) });
        assert_eq!(tally(&[sure, (Some("me"), None)]), Used { licences: None, driver_among: None });
        assert_eq!(tally(&[sure, (None, Some(true))]), Used { licences: None, driver_among: None });
        let own = (Some("me"), Some(true));
        assert_eq!(tally(&[own, (None, None)]), Used { licences: None, driver_among: Some(true) });
    }

    #[test]
    fn both_stored_shapes_are_read_and_no_other() {
        let read = |text: &str| stored(Some(text));
        assert!(read(r#"["02:鄂A12345"]"#).is_ok_and(|told| told.is_empty()));
        assert!(stored(None).is_ok_and(|told| told.is_empty()));
        let told = ByPlate::from([(
            "02:鄂A12345".to_owned(),
            vec![Decided {
                licence: Some("ab".to_owned()),
                holder: None,
                decided: Some(jiff::civil::date(2020, 1, 2)),
                annulled: None,
            }],
        )]);
        let text = serde_json::to_string(&told).expect("JSON");
        assert_eq!(read(&text).ok(), Some(told));
        assert!(read(r#"{"02:鄂A12345":[{}]}"#).is_ok_and(|told| told["02:鄂A12345"][0].licence.is_none()));
        for broken in ["7", "null", "", "[", "{"] {
            assert!(matches!(read(broken), Err(Error::Broken(_))), "{broken}");
        }
    }
}
