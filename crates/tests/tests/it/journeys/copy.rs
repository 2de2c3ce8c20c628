//! A city that grows: the database of one engine is copied into one of the other, and the service goes on there.

use std::sync::Arc;

use clearway::clock::{SystemChance, SystemClock};
use clearway::config::Config;
use clearway_service::citizen::{Who, order};
use clearway_service::{World, dossier, installation, verify};
use clearway_store::{account, payment};

use super::stack::{Engine, Stack, on_both_engines};
use super::verify::healthy;
use crate::contract::engines::Fresh;

on_both_engines!(
    a_city_goes_on_in_the_other_engine,
    what_stands_in_the_way_is_said_before_anything_is_written
);

/// The stack's own configuration, and one that names an empty database of the other engine.
fn configs(stack: &Stack, engine: Engine) -> (Config, Config, Fresh) {
    let read = || Config::read(&stack.folder().join("site.toml")).expect("a configuration");
    let fresh = match engine {
        Engine::Sqlite => Fresh::postgres(),
        Engine::Postgres => Fresh::file(),
    };
    let mut new = read();
    new.server.database.clone_from(&fresh.url);
    (read(), new, fresh)
}

fn a_city_goes_on_in_the_other_engine(engine: Engine) {
    let stack = healthy(engine);
    let (own, new, _fresh) = configs(&stack, engine);
    clearway::copy::run(&own, &new).expect("copied");
    let clock = SystemClock::following(Some(stack.folder().join("clock")));
    let there = clearway::build_with(&new, Arc::new(clock), Arc::new(SystemChance)).expect("a world");
    assert!(installation::check(&there).expect("of the same secret"), "and it knows");
    let report = verify::whole(&there).expect("verified");
    assert!(report.breaches.is_empty() && report.checked.iter().sum::<u64>() > 100, "{report:?}");
    assert_ne!(there.db.engine(), stack.world.db.engine());
    let drivers = |world: &World| world.db.read(|tx| account::drivers(tx, "", 100_000)).expect("people");
    let people = drivers(&there);
    assert!(people.len() > 20 && people == drivers(&stack.world), "{} people", people.len());
    for driver in &people {
        let known = |world| format!("{:?}", dossier::load(world, driver).expect("a dossier"));
        assert_eq!(known(&there), known(&stack.world), "of {driver} the same is known");
    }

    // An order that was open when the city moved is given up there.
    let who = Who { driver: there.driver_of("demo-li-study") };
    let orders = |world: &World| {
        let orders = world.db.read(|tx| payment::of_driver(tx, &who.driver)).expect("orders");
        orders.into_iter().map(|order| (order.order_id, order.state)).collect::<Vec<_>>()
    };
    let open = orders(&there).first().expect("an open order").0.clone();
    order::give_up(&there, &who, &open).expect("given up");
    assert_ne!(orders(&there), orders(&stack.world), "what happens there happens there alone");

    let again = format!("{:#}", clearway::copy::run(&own, &new).expect_err("it is not empty any more"));
    assert!(again.contains("the new database is not empty"), "{again}");
}

fn what_stands_in_the_way_is_said_before_anything_is_written(engine: Engine) {
    let stack = Stack::new(engine);
    let (own, mut new, fresh) = configs(&stack, engine);
    let refusal =
        |from: &Config, to: &Config| format!("{:#}", clearway::copy::run(from, to).expect_err("refused"));
    assert!(refusal(&own, &own).contains("the same database"));
    let right = std::mem::replace(&mut new.server.secret_file, stack.folder().join("elsewhere.hex"));
    let said = refusal(&own, &new);
    assert!(said.contains("elsewhere.hex is missing"), "{said}");
    std::fs::write(&new.server.secret_file, "5".repeat(64)).expect("another secret");
    let said = refusal(&own, &new);
    assert!(said.contains("elsewhere.hex is not the secret"), "{said}");
    new.server.secret_file = right;
    let there = fresh.ready().read(|tx| account::drivers(tx, "", 10)).expect("read");
    assert!(there.is_empty(), "nothing was written");
}
