//! Samples: the queue in every state, and a case that waits in it.

use super::{Shot, at, shot};
use crate::citizen::turn::{Foretold, PlaceView, Turn, WaitWord};

/// A place with so many people ahead.
pub(super) fn place(ahead: u64, wait: WaitWord, low_s: Option<i64>, high_s: Option<i64>) -> PlaceView {
    PlaceView {
        ticket: "0101".repeat(15) + "01",
        number: 90_000 + ahead,
        settled: true,
        ahead,
        wait,
        low_s,
        high_s,
        late: false,
        late_in_s: high_s,
        queue: ahead > 0,
        halted: false,
        opens_at: None,
        again_s: 30,
    }
}

fn turn(place: Option<PlaceView>) -> Turn {
    Turn { place, result: None, waiting: 48_211, yesterday: None }
}

pub(super) fn shots() -> Vec<Shot> {
    use WaitWord::{Between, Turn as Now, Unknown};
    let yesterday = Some(Foretold { told: 1_284, within: 1_251, mean_s: 21, worst_s: 412 });
    vec![
        shot("queue", turn(Some(place(12_408, Between, Some(610), Some(790))))),
        shot("queue-short", turn(Some(place(150, Between, Some(14), Some(21))))),
        shot("queue-open-ended", turn(Some(place(900, Between, Some(610), None)))),
        shot("queue-unknown", turn(Some(place(900, Unknown, None, None)))),
        shot(
            "queue-late",
            Turn {
                yesterday,
                ..turn(Some(PlaceView { late: true, ..place(310, Between, Some(240), Some(400)) }))
            },
        ),
        shot("queue-halted", turn(Some(PlaceView { halted: true, ..place(0, Unknown, None, None) }))),
        shot(
            "queue-halted-behind",
            turn(Some(PlaceView { halted: true, ..place(310, Unknown, None, None) })),
        ),
        shot(
            "queue-at-opening",
            turn(Some(PlaceView {
                opens_at: Some(at("2020-04-06T06:00:00+08:00")),
                queue: false,
                ..place(310, Unknown, None, None)
            })),
        ),
        shot(
            "queue-turn",
            Turn { result: Some("/cases/c1".into()), ..turn(Some(place(0, Now, None, None))) },
        ),
        shot("queue-over", Turn { result: Some("/orders/o1".into()), ..turn(None) }),
        shot("queue-none", Turn { yesterday, ..turn(None) }),
    ]
}
