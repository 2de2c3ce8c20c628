//! A secret that is not the one with which the database was begun: a second node without a copy, or a command in the wrong folder.

use clearway::config::Config;
use clearway_service::installation;
use clearway_store::account;

use super::super::stack::{Engine, Stack, on_both_engines};
use super::super::waiting_room::Hall;

on_both_engines!(another_secret_is_refused_before_anybody_is_a_stranger_to_their_cases);

/// The stack's own configuration, as a command reads it.
fn config(stack: &Stack) -> Config {
    Config::read(&stack.folder().join("site.toml")).expect("a configuration")
}

/// What opening says.
fn refusal(config: &Config) -> String {
    clearway::open(config).err().map_or_else(String::new, |error| format!("{error:#}"))
}

fn another_secret_is_refused_before_anybody_is_a_stranger_to_their_cases(engine: Engine) {
    let stack = Stack::new(engine);
    let own = config(&stack);
    assert_eq!(refusal(&own), "");
    // Made by a command in another folder, as an empty one has it.
    let mut other = config(&stack);
    other.server.secret_file = stack.folder().join("elsewhere.hex");
    let said = refusal(&other);
    assert!(said.contains("elsewhere.hex is missing"), "{said}");
    assert!(!other.server.secret_file.exists(), "a command that only comes by makes none");
    let stranger = clearway::build(&other).expect("a world, whose secret is made with it");
    let people = || stack.world.db.read(|tx| account::drivers(tx, "", 100_000)).expect("read").len();
    let before = people();
    for said in [refusal(&other), format!("{:#}", installation::begin(&stranger).expect_err("a node"))] {
        assert!(said.contains("not the secret with which this database was begun"), "{said}");
    }
    let city =
        clearway_service::feed::read(&serde_json::to_string(&stack.city).expect("JSON")).expect("a feed");
    assert!(clearway_service::feed::load(&stranger, &city).is_err());
    assert_eq!(people(), before, "nobody was stored a second time");

    assert_eq!(refusal(&own), "", "and the own one is as good as before");
}

/// A database of an earlier build does not know with which secret it was begun: the people in it say so.
#[test]
fn the_people_of_an_earlier_build_say_whose_database_it_is() {
    let (own, other) = (Hall::new(), Hall::new());
    assert!(!installation::check(&own.world).expect("nobody is there yet"));
    for (hall, driver) in [(&own, own.world.driver_of("openid-li")), (&other, "f".repeat(32))] {
        let stored = hall.world.db.write(|tx| account::ensure(tx, &driver, "openid-li", hall.now_ms()));
        stored.expect("stored");
    }
    assert!(!installation::check(&own.world).expect("it is theirs, and not written down yet"));
    installation::begin(&own.world).expect("theirs");
    assert!(installation::check(&own.world).expect("theirs"), "written down");
    installation::begin(&other.world).expect_err("somebody else's");
}
