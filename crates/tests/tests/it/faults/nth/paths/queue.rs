//! The waiting room: a node's heart, the ceiling, a wait that is told.

use clearway_service::Error;
use clearway_service::admission::ceiling;
use clearway_service::admission::node::Node;
use clearway_service::citizen::turn as page;
use clearway_service::jobs::{self, decide::DECIDE};
use clearway_store::queue::{self, NewJob};
use clearway_store::turn;

use super::super::town::Town;
use super::{cases, people};

/// Strangers who come before the driver.
const BEFORE: usize = 30;
/// Those of them who are served on the path.
const SERVED: usize = 20;
/// Between two looks at the queue, ms.
const PAUSE_MS: i64 = 15_000;
/// Longer than the path.
const LONG_MS: i64 = 864_000_000;

/// Somebody comes with an intent that is due after so long, ms. What is behind the strangers' intents is nobody's.
fn come(town: &Town, driver: &str, after_ms: i64) {
    let now = town.world().now().as_millisecond();
    let stored = town.world().db.write(|tx| {
        let run_at_ms = turn::draw(tx, driver, now, now)?.run_at_ms;
        let job = NewJob { driver, kind: DECIDE, key: "nobodys", run_at_ms, payload: "{}" };
        queue::enqueue_due(tx, &job, now + after_ms)
    });
    stored.expect("a place");
    town.sim.life.pass(1_000);
}

/// Some wait, and then the driver.
pub fn in_a_queue(town: &Town) {
    people::somebody(town);
    for n in 0..BEFORE {
        come(town, &format!("stranger-{n}"), if n < SERVED { 60_000 + step(n) * PAUSE_MS } else { LONG_MS });
    }
    come(town, &town.who().driver, LONG_MS);
}

/// The same, and nobody's intent is due while the path is gone.
pub fn in_a_still_queue(town: &Town) {
    people::somebody(town);
    (0..BEFORE).for_each(|n| come(town, &format!("stranger-{n}"), LONG_MS));
}

fn step(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(0)
}

/// A stranger's older intent sleeps behind one that is long over, and the driver is about to confirm.
pub fn a_sleeper_before(town: &Town) {
    cases::passed(town);
    let now = town.world().now().as_millisecond();
    come(town, "a-stranger", 0);
    let slept = town.world().db.write(|tx| {
        let claimed = queue::claim(tx, now, "one that is gone", &[queue::Kind::in_line(DECIDE, 60_000)], 1)?;
        claimed.iter().try_for_each(|job| {
            queue::put_back(tx, job, now + LONG_MS, &format!("{}somebody", queue::BEHIND))
        })
    });
    slept.expect("it sleeps");
}

/// The driver confirms; the sleeper is woken, goes first, and holds nobody up.
pub fn wake_the_sleeper(town: &Town) -> Result<(), Error> {
    cases::confirm(town)?;
    for _ in 0..4 {
        town.work();
        town.sim.life.pass(1_000);
    }
    Ok(())
}

/// The worker holds a stranger's intent and does not know it: the answer to its claim was lost.
pub fn held_unknowingly(town: &Town) {
    people::somebody(town);
    let now = town.world().now().as_millisecond();
    come(town, "a-stranger", 0);
    let held =
        town.world().db.write(|tx| queue::claim(tx, now, "nth", &[queue::Kind::in_line(DECIDE, 60_000)], 1));
    assert_eq!(held.expect("claimed").len(), 1);
}

/// The store does not answer the worker; afterwards it lets go of what it holds, and finds it again.
pub fn found_again(town: &Town) -> Result<(), Error> {
    let world = town.world();
    // Whoever is in the middle of looking gets no answer.
    drop(world.db.read(|_| jobs::run_one(world, "nth")));
    town.work();
    Ok(())
}

/// The driver looks once the pace was measured, and is told a wait.
pub fn told_a_wait(town: &Town) -> Result<(), Error> {
    let world = town.world();
    world.admission.lobby.look(world)?;
    for _ in 0..SERVED + 4 {
        town.sim.life.pass(PAUSE_MS);
        town.work();
        world.admission.lobby.look(world)?;
    }
    page::page(world, &town.who()).map(|_| ())
}

/// A node comes, beats, folds and goes; the ceiling is set meanwhile.
pub fn a_node(town: &Town) -> Result<(), Error> {
    let world = town.world();
    let mut node = Node::new(world, "a");
    for _ in 0..31 {
        node.tick(world)?;
    }
    if ceiling::read(world)?.per_second != 40 {
        ceiling::set(world, 40, "王警官", "平台变慢")?;
    }
    node.leave(world)
}

/// The worker panicked in the middle of what it holds; a while later it is done.
pub fn came_apart(town: &Town) -> Result<(), Error> {
    jobs::came_apart(town.world(), "nth")?;
    town.sim.life.pass(61_000);
    town.work();
    Ok(())
}
