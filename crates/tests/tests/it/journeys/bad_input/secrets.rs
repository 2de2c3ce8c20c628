//! A secret that is not the one with which the database was begun: a second node without a copy, or a command in the wrong folder.

use clearway::config::Config;
use clearway_service::installation;
use clearway_store::{Db, account};

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
    // Nor does a node that lost it: the database knows one, and another in its place would be wrong for ever.
    let lost = clearway::build(&other).err().map_or_else(String::new, |error| format!("{error:#}"));
    assert!(lost.contains("elsewhere.hex is missing: it belongs to the database"), "{lost}");
    assert!(!other.server.secret_file.exists(), "nothing is written");
    std::fs::write(&other.server.secret_file, "5e".repeat(32)).expect("written");
    let stranger = clearway::build(&other).expect("a world with the secret of another folder");
    assert!(installation::recognise(&stranger).is_err(), "seen before the schema is touched");
    installation::recognise(&stack.world).expect("its own");
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
    assert!(!installation::is_begun(&own.world.db).expect("laid out, and nobody's"));
    assert!(!installation::is_begun(&Db::open("sqlite::memory:").expect("one")).expect("not even laid out"));
    for (hall, driver) in [(&own, own.world.driver_of("openid-li")), (&other, "f".repeat(32))] {
        let stored = hall.world.db.write(|tx| account::ensure(tx, &driver, "openid-li", hall.now_ms()));
        stored.expect("stored");
    }
    assert!(!installation::check(&own.world).expect("it is theirs, and not written down yet"));
    assert!(installation::is_begun(&own.world.db).expect("somebody is there"), "its secret must be found");
    installation::begin(&own.world).expect("theirs");
    assert!(installation::check(&own.world).expect("theirs"), "written down");
    installation::begin(&other.world).expect_err("somebody else's");
}

/// What is wrong with the files is said with their places, and never with what stands there.
#[test]
fn a_mistake_in_the_configuration_tells_no_password() {
    let stack = Stack::new(Engine::Sqlite);
    let (site, keys) =
        (stack.folder().join("site.toml"), stack.folder().join("counterparts/counterparts.toml"));
    let text = std::fs::read_to_string(&site).expect("read");
    let said = |text: &str| {
        std::fs::write(&site, text).expect("written");
        format!("{:#}", Config::read(&site).expect_err("a mistake"))
    };
    let unclosed = said(&text.replacen("database = \"", "database = \"postgres://u:hunter2@h/x\" \"", 1));
    assert!(unclosed.contains("site.toml:") && !unclosed.contains("hunter2"), "{unclosed}");
    let two =
        said(&text.replacen("workers = 16", "workers = 0", 1).replacen("legs_max = 10", "legs_max = 0", 1));
    assert!(
        two.contains("server.workers = 0: ") && two.contains("site.legs_max = 0: "),
        "both at once: {two}"
    );
    std::fs::write(&site, text).expect("written");
    let own = config(&stack);
    let right = std::fs::read_to_string(&keys).expect("read");
    for wrong in [
        format!("{right}\nkey = \"hunter2"),
        format!("hunter2 = hunter2\n{right}"),
        format!("pay = \"hunter2\"\n{right}"),
    ] {
        std::fs::write(&keys, &wrong).expect("written");
        let said = clearway::build(&own).err().map_or_else(String::new, |error| format!("{error:#}"));
        assert!(said.contains("counterparts.toml:") && !said.contains("\"hunter2"), "{said}");
        assert!(!said.contains(" | "), "no excerpt: {said}");
    }
}
