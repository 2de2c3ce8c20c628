//! The same troubles on the real wire: what the client makes of them is what the matrix pretends.

use clearway_connect::Fault;
use clearway_connect::authority::Authority;
use serde_json::json;

use crate::faults::stage::{Stage, id_of, plate_of};

/// What the client may make of a trouble.
type Makes = fn(&Fault) -> bool;

/// Faults of the pretend platform, what they are of the matrix, and what the client must make of them: never an answer with
/// a hole, never a half-read one.
const ON_THE_WIRE: [(&str, &str, Makes); 9] = [
    ("truncated", "partial page", |fault| matches!(fault, Fault::TimedOut | Fault::Garbled(_))),
    ("html", "changed schema", |fault| matches!(fault, Fault::Garbled(_))),
    ("garbled", "changed schema", |fault| matches!(fault, Fault::Garbled(_))),
    ("entities", "changed schema", |fault| matches!(fault, Fault::Garbled(_))),
    ("empty", "changed schema", |fault| matches!(fault, Fault::Garbled(_))),
    ("dollar", "contradictory", |fault| !matches!(fault, Fault::Unreachable)),
    ("acted_no_reply", "acts then times out", Fault::may_have_acted),
    ("late:3000", "slow", Fault::may_have_acted),
    ("refuse:系统维护", "refuses", |fault| matches!(fault, Fault::Refused { .. })),
];

#[test]
fn the_client_makes_of_every_trouble_what_the_matrix_pretends() {
    let stage = Stage::new();
    let (driver, vehicle, _) = stage.case();
    let authority = stage.authority();
    let (id, plate) = (id_of(driver), plate_of(vehicle));
    let mut count = 0;
    for (fault, trouble, makes) in ON_THE_WIRE {
        for call in ["driver", "records", "decisions"] {
            stage.fault(call, fault, 1);
            let answer = match call {
                "driver" => authority.driver(&id).map(|_| ()),
                "records" => authority.records(&plate).map(|_| ()),
                _ => authority.decisions(&id).map(|_| ()),
            };
            let told = answer.expect_err(trouble);
            assert!(makes(&told), "{trouble} ({fault}) at {call}: {told:?}");
            count += 1;
        }
    }
    println!("upstream on the wire: {count} combinations, 0 half-read answers");
    stage.set("driver", &driver.id_number, json!({}));
    assert!(authority.driver(&id).is_ok(), "and without trouble it answers");
}
