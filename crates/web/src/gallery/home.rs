//! Samples: the first screen where nothing was read, and where violations are in cases.

use super::first::{card, checks, home, tile};
use super::{Shot, shot};
use crate::citizen::parts::*;
use crate::citizen::violations::{Checks, Records, Violations};

/// Nothing is shown, because nothing was read.
fn unread(checks: Checks, records: Records) -> Violations {
    let tiles = [Programme::First, Programme::Study];
    let state = if checks.finished { TileState::Unknown } else { TileState::Checking };
    Violations {
        checks,
        tiles: tiles.map(|programme| tile(programme, state)).into(),
        total: None,
        groups: vec![],
        bar: None,
        vehicles: vec![],
        as_of: None,
        records,
        ..home()
    }
}

/// Violations in cases, each with its sign.
fn cases() -> Group {
    let in_case =
        |mark, segment| Card { segment, ..card("v9", "不按规定车道行驶", Route::Continue, &[mark]) };
    let cards = vec![
        in_case(Mark::ToPay, Segment::Now),
        in_case(Mark::Paying, Segment::Now),
        in_case(Mark::Handling, Segment::Wait),
        in_case(Mark::Manual, Segment::Wait),
        in_case(Mark::Refunding, Segment::Wait),
    ];
    Group { plate_key: "02:鄂A12345".into(), plate: "鄂A12345".into(), cards }
}

pub(super) fn shots() -> Vec<Shot> {
    vec![
        shot("violations-not-read", unread(checks(1, 4), Records::Checking)),
        shot(
            "violations-failed",
            Violations { stale: true, ..unread(Checks { failed: 4, ..checks(4, 4) }, Records::Failed) },
        ),
        shot("violations-cases", Violations { groups: vec![cases()], ..home() }),
    ]
}
