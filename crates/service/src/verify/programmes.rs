//! 3 and 4: how often a programme was used within a points year.

use std::collections::BTreeMap;

use clearway_domain::civil_date;
use clearway_domain::points::cycle_of;
use clearway_domain::rules::Param;
use clearway_store::Tx;
use jiff::civil::Date;

use super::{File, Report};
use crate::dossier::{Dossier, instant};
use crate::{Error, World};

/// The sentences about the programmes' uses of one driver. A points year begins on the day of the first licence (order 163,
/// art. 4); where the platform never told that day nothing can be said, and nothing can have been granted.
pub(super) fn check(world: &World, tx: &mut Tx, file: &File, report: &mut Report) -> Result<(), Error> {
    let dossier = Dossier::load(tx, &file.driver)?;
    let uses: Vec<_> = dossier.uses.iter().filter(|used| used.annulled_at_ms.is_none()).collect();
    if uses.is_empty() {
        return Ok(());
    }
    let Some(first) = dossier.licence.as_ref().and_then(|licence| licence.first_licence) else {
        report.breach(
            3,
            &file.driver,
            "programme",
            "a programme was used, but no first licence date is known",
        );
        return Ok(());
    };
    let mut years: BTreeMap<(&str, Date), (i64, i64)> = BTreeMap::new();
    for used in &uses {
        let day = civil_date(instant(used.used_at_ms));
        let year = years.entry((used.programme.as_str(), cycle_of(first, day).start)).or_default();
        year.0 += 1;
        year.1 += used.points_granted;
    }
    for ((programme, since), (count, points)) in years {
        let Some(pack) = world.packs.in_force(clearway_domain::midnight(since)) else { continue };
        // The pack of the year's last use decides: a pack that came within the year may allow more.
        let last = uses
            .iter()
            .filter(|used| used.programme == programme)
            .map(|used| civil_date(instant(used.used_at_ms)))
            .filter(|day| cycle_of(first, *day).start == since)
            .max()
            .unwrap_or(since);
        let pack = world.packs.in_force(clearway_domain::midnight(last)).unwrap_or(pack);
        let params = pack.params(last);
        let (invariant, limit) = match programme {
            "first" => (4, params.int(Param::FirstUses)),
            _ => (3, params.int(Param::StudyUses)),
        };
        report.count(invariant);
        if count > limit {
            let what = format!("{count} uses in the points year from {since}, {limit} are allowed");
            report.breach(invariant, &file.driver, programme, what);
        }
        let cap = params.int(Param::StudyCap);
        if invariant == 3 && cap > 0 && points > cap {
            let what = format!("{points} points taken off in the points year from {since}, at most {cap}");
            report.breach(3, &file.driver, programme, what);
        }
    }
    Ok(())
}
