//! The waiting room: a node's heart, the ceiling, a wait that is told.

use clearway_service::admission::ceiling;
use clearway_service::admission::node::Node;
use clearway_service::citizen::turn as page;
use clearway_service::jobs::decide::DECIDE;
use clearway_service::{Error, World};
use clearway_store::turn;

use super::super::town::Town;
use super::people;

/// Strangers who come before the driver.
const BEFORE: usize = 30;
/// Those of them who are served on the path.
const SERVED: usize = 5;

fn stranger(n: usize) -> String {
    format!("stranger-{n}")
}

/// Some wait, and then the driver.
pub fn in_a_queue(town: &Town) {
    people::somebody(town);
    let come = |driver: &str| {
        let now = town.world().now().as_millisecond();
        town.world().db.write(|tx| turn::draw(tx, driver, now)).expect("a place");
        town.sim.life.pass(1_000);
    };
    (0..BEFORE).for_each(|n| come(&stranger(n)));
    come(&town.who().driver);
}

fn served(world: &World, driver: &str) -> Result<(), Error> {
    let now = world.now().as_millisecond();
    let day = world.today().to_string();
    world.db.write(|tx| {
        if let Some(held) = turn::hold(tx, driver)? {
            turn::settle(tx, driver, DECIDE, &held, now, &day)?;
        }
        Ok::<_, Error>(())
    })
}

/// The driver looks once the pace was measured, and is told a wait.
pub fn told_a_wait(town: &Town) -> Result<(), Error> {
    let world = town.world();
    world.admission.lobby.look(world)?;
    for n in 0..SERVED {
        town.sim.life.pass(15_000);
        served(world, &stranger(n))?;
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
