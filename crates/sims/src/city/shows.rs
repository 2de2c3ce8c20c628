//! What a persona exists to show, sorted: what a first look at the page shows under the regime of the instant, and
//! what is met only on the way.

/// Only under the national regime.
const NATIONAL: [&str; 13] = [
    "D_OTHER_VEHICLE_FULL",
    "D_PROBATION",
    "S_CAP",
    "S_CHEATED",
    "S_EXAM_WINDOW",
    "S_FULL",
    "S_FULLMARK_TWICE",
    "S_LICENCE_HELD",
    "S_OPEN_RECORDS",
    "S_REVIEW_OVERDUE",
    "S_SERIOUS_3C",
    "S_VEHICLE_OVERDUE",
    "V_OLD_LAW",
];

/// Only under the legacy regime.
const LEGACY: [&str; 2] = ["S_CREDIT_USED", "S_LEGACY_LIMIT"];

/// Met while binding, studying, paying or waiting, or only where another city's pack asks for it.
const ON_THE_WAY: [&str; 15] = [
    "F_JAM",
    "F_NOT_CLEAN_MONTHS",
    "F_OPEN_OLD",
    "P_AMOUNT_CHANGED",
    "P_BATCH_PARTIAL",
    "P_FAILED",
    "P_PENDING",
    "S_EXAM_FAIL",
    "S_EXAM_WINDOW",
    "S_FACE",
    "S_TIME",
    "SVC_CHECKING",
    "VEH_BIND_LIMIT_HISTORY",
    "VEH_BIND_LIMIT_USER",
    "VEH_BIND_LIMIT_VEHICLE",
];

/// The entries for one of the two lists. An entry may begin with `legacy `, `national ` or `later `.
pub(crate) fn shown(entries: &[&str], national: bool, on_the_way: bool) -> Vec<String> {
    let keep = |entry: &&str| {
        let (mark, what) = entry.split_once(' ').unwrap_or(("", entry));
        let only = match mark {
            "legacy" => Some(false),
            "national" => Some(true),
            _ if NATIONAL.contains(&what) => Some(true),
            _ if LEGACY.contains(&what) => Some(false),
            _ => None,
        };
        let later = mark == "later" || ON_THE_WAY.contains(&what);
        (later == on_the_way && only.is_none_or(|wanted| wanted == national)).then(|| what.to_owned())
    };
    entries.iter().filter_map(keep).collect()
}
