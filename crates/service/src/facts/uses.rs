//! What a driver has used of the two programmes: as the platform tells it, as this service noted it, and what is about to be noted.

use clearway_connect::authority::{Programme, ProgrammeUse};
use clearway_domain::civil_date;
use clearway_domain::facts::{Programme as UseOf, ProgrammeUseFact};

use super::{Setting, in_flight};
use crate::dossier::{Dossier, Violation, instant};

/// All uses, as far as they are known; `except` is the violation that is asked about, whose own case is not held against it.
pub(super) fn of(
    dossier: &Dossier,
    except: Option<&Violation>,
    setting: Setting<'_>,
) -> Option<Vec<ProgrammeUseFact>> {
    let told = dossier.file.as_ref()?.programme_uses.as_ref()?;
    // Two regimes that are never mixed (`domain.md` §1.2): points taken off by the national study are no use of a city's credit, and a
    // city's credit is none of the points that the national study may take off.
    let of_regime =
        |used: &&ProgrammeUse| !(setting.credit.is_some() && used.programme == Programme::StudyPoints);
    let counted = |points: Option<i64>, national: bool| {
        if national || setting.credit.is_some() { points } else { Some(0) }
    };
    // Annulled here, or shown as annulled by the platform itself: a use of it counts for nothing.
    let was_annulled = |number: Option<&str>| {
        number.is_some_and(|number| {
            let mut told = dossier.decisions.iter().flatten();
            let mut ours = dossier.cases.iter().filter(|case| in_flight::is_annulled(case));
            told.any(|told| told.is_annulled() && told.number == number)
                || ours.any(|case| case.decision_number.as_deref() == Some(number))
        })
    };
    let decision_of = |case_id: &str| {
        let case = dossier.cases.iter().find(|case| case.case_id == case_id);
        case.and_then(|case| case.decision_number.as_deref())
    };
    let mut uses: Vec<ProgrammeUseFact> = told
        .iter()
        .filter(of_regime)
        .map(|used| ProgrammeUseFact {
            programme: Some(match used.programme {
                Programme::First => UseOf::First,
                Programme::Study | Programme::StudyPoints => UseOf::Study,
            }),
            date: Some(civil_date(used.used)),
            used: Some(true),
            used_on: Some(civil_date(used.used)),
            // Not told is not known (`readings.md` A12); what was annulled here counts for nothing.
            annulled: if was_annulled(used.decision.as_deref()) { Some(true) } else { used.annulled },
            points: counted(used.points.map(i64::from), used.programme == Programme::StudyPoints),
        })
        .collect();
    uses.extend(dossier.uses.iter().map(|used| ProgrammeUseFact {
        programme: Some(if used.programme == "first" { UseOf::First } else { UseOf::Study }),
        date: Some(civil_date(instant(used.used_at_ms))),
        used: Some(true),
        used_on: Some(civil_date(instant(used.used_at_ms))),
        annulled: Some(used.annulled_at_ms.is_some() || was_annulled(decision_of(&used.case_id))),
        points: counted(Some(used.points_granted), false),
    }));
    uses.extend(in_flight::uses(dossier, except, civil_date(setting.now)));
    Some(uses)
}
