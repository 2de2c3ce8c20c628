//! The n-th fault loops: every path on which the service writes is gone while its n-th call to the outside acts and is
//! never answered, and while its n-th call to the disk fails, for n = 1, 2, 3 … until it completes untouched. After each
//! run the path is gone to its end by the driver's own second try and the real jobs, and everything stands as if nothing
//! had happened. The list of the places that write is read from the sources: one that no path comes past fails the test.

mod disk;
mod paths;
mod sites;
mod town;
mod wire;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use clearway::serve::Workers;
use clearway_service::jobs::own::OWN;
use clearway_service::{Error, jobs, verify};
use clearway_store::{queue, turn};
use tempfile::TempDir;

use crate::simulation::world::SimWorld;
use crate::simulation::world::network::{Call, Fate};
use paths::{PATHS, Path, cases, money};
use town::{Moment, Town};

/// More calls than any path makes.
const N_MAX: i64 = 5_000;
/// Tries of a driver who does not give up.
const TRIES: usize = 6;

/// A town for the paths, and the moments before and after the feed was loaded.
struct Begun {
    town: Town,
    empty: Moment,
    fed: Moment,
}

impl Begun {
    fn new(folder: &std::path::Path) -> Begun {
        let mut town = Town::new(paths::SEED, folder);
        let empty = town.keep();
        town.feed().expect("a fed read model");
        let fed = town.keep();
        Begun { town, empty, fed }
    }

    /// The town at the beginning of a path.
    fn of(&mut self, path: &Path) -> &mut Town {
        self.town.put_back(if path.unfed { &self.empty } else { &self.fed });
        (path.before)(&self.town);
        &mut self.town
    }
}

/// Goes the path to its end: the driver tries again until it is done, and time passes. Where everything stands then.
fn to_the_end(town: &Town, path: &Path, first: Result<(), Error>) -> Result<Vec<String>, String> {
    let mut ended = first;
    for _ in 0..TRIES {
        if ended.is_ok() {
            break;
        }
        town.pass_a_lease();
        ended = (path.run)(town);
    }
    ended.map_err(|error| format!("it cannot be done any more: {error}"))?;
    town.pass(path.hours);
    whole(town)?;
    Ok(town.standing())
}

/// The twelve sentences hold.
fn whole(town: &Town) -> Result<(), String> {
    let report = verify::whole(town.world()).map_err(|error| format!("not verified: {error}"))?;
    if report.breaches.is_empty() { Ok(()) } else { Err(format!("{:#?}", report.breaches)) }
}

/// What stands otherwise than in the untouched run.
fn compare(untouched: &[String], standing: &[String]) -> Result<(), String> {
    let (ones, others): (BTreeSet<_>, BTreeSet<_>) = (untouched.iter().collect(), standing.iter().collect());
    let lost = ones.difference(&others).map(|line| format!("- {line}"));
    let more = others.difference(&ones).map(|line| format!("+ {line}"));
    let differs: Vec<String> = lost.chain(more).collect();
    if differs.is_empty() && untouched.len() == standing.len() { Ok(()) } else { Err(differs.join("\n")) }
}

/// A folder for databases. What is flushed does not matter here, so one in memory is as good where there is one.
fn folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a folder")
}

/// Set to `all` for every call and every way of failing.
const DOSE: &str = "CLEARWAY_NTH";

/// Whether every call is to fail, and not only some of them.
fn whole_dose() -> bool {
    std::env::var(DOSE).is_ok_and(|dose| dose == "all")
}

/// Of so many calls to the outside one fails, in the small dose.
const STRIDE: usize = 3;

#[test]
fn every_place_that_writes_lies_on_a_path() {
    let folder = folder();
    let mut begun = Begun::new(folder.path());
    let mut passed = BTreeSet::new();
    for path in PATHS {
        let town = begun.of(path);
        let (ended, sites) = sites::passed(|| {
            let first = (path.run)(town);
            first.map_err(|error| error.to_string())?;
            to_the_end(town, path, Ok(()))
        });
        assert!(ended.is_ok(), "{}: {ended:?}", path.name);
        passed.extend(sites);
    }
    let all = sites::all();
    assert!(all.len() > 40, "only {} places found: looking in the wrong place", all.len());
    let unseen: Vec<&String> = all.difference(&passed).collect();
    assert!(unseen.is_empty(), "these write and no path comes past them: {unseen:#?}");
    let unknown: Vec<&String> = passed.difference(&all).collect();
    assert!(unknown.is_empty(), "these write and the list does not hold them: {unknown:#?}");
}

/// The platform has no answer about one record, again and again, and answers about every other. Whoever is behind it is decided
/// meanwhile, and it is tried on.
#[test]
fn a_record_at_which_the_platform_hangs_holds_nobody_up() {
    let folder = folder();
    let mut begun = Begun::new(folder.path());
    let town = begun.of(PATHS.iter().find(|path| path.name == "confirm a warning").expect("a path"));
    let first = (town.noted("who"), town.noted("case"));
    money::handed_over(town);
    let second = town.noted("who");
    assert_ne!(first.0, second, "another person");
    let hangs = || town.sim.network.plan(Call::Records, Fate::LostBefore);
    hangs();
    hangs();
    town.note("who", first.0.as_str());
    cases::confirm(town).expect("confirmed");
    town.note("who", second.as_str());
    hangs();
    money::pay_and_ask(town).expect("paid");
    town.work();
    town.pass(1);
    let [first, second] = [first.0, second].map(|who| {
        let turn = town.world().db.read(|tx| turn::of(tx, &who)).expect("the turns").expect("a turn");
        (turn.drawn_at_ms, turn.left_at_ms.expect("it is over"))
    });
    assert!(first.0 < second.0, "the first came first: {first:?} {second:?}");
    assert!(second.1 < first.1, "the second is decided while the first is tried on: {first:?} {second:?}");
}

/// A rail that takes an order and never says so is asked less and less often, and not by everybody every second.
#[test]
fn a_silent_rail_is_asked_less_and_less() {
    let folder = folder();
    let mut begun = Begun::new(folder.path());
    let town = begun.of(PATHS.iter().find(|path| path.name == "placed, and no answer").expect("a path"));
    for _ in 0..200 {
        town.sim.network.plan(Call::Prepay, Fate::ActedNoReply);
    }
    let lost = || town.sim.network.counts().get(&("rail", Fate::ActedNoReply.slug())).copied().unwrap_or(0);
    let before = lost();
    town.work();
    for _ in 0..300 {
        town.sim.life.pass(1_000);
        town.work();
    }
    let asked = lost() - before;
    assert!((6..=20).contains(&asked), "{asked} times in five minutes");
}

/// A job that panics takes no worker with it, and is done a while later.
#[test]
fn a_worker_outlives_a_job_that_panics() {
    let sim = SimWorld::new(paths::SEED);
    let (world, who) = (sim.world(), sim.who(0));
    let asked = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&asked);
    sim.network.set_meanwhile(Some(Arc::new(move |_| {
        assert!(counted.fetch_add(1, Ordering::SeqCst) > 0, "a fault of the program");
    })));
    let job = |driver: &str| world.db.read(|tx| queue::find(tx, driver, OWN, OWN)).expect("the queue");
    let workers = Workers::start(&world, "panics", 1);
    let wanted = world.now().as_millisecond();
    world.db.write(|tx| jobs::enqueue(tx, &who.driver, OWN, OWN, wanted)).expect("stored");
    let until = |what: &str, is: &dyn Fn(Option<queue::Job>) -> bool| {
        for _ in 0..400 {
            world.bell.ring();
            if is(job(&who.driver)) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        panic!("{what}: {:?}", job(&who.driver));
    };
    until("laid down", &|job| job.is_some_and(|job| job.worker.is_none() && job.attempts == 1));
    assert!(job(&who.driver).expect("a job").due_ms > wanted + 30_000, "not at once");
    sim.advance(120_000);
    until("done by the same worker", &|job| job.is_none());
    assert!(asked.load(Ordering::SeqCst) > 1);
    workers.stop();
}

#[test]
fn every_call_of_every_path_acts_once_and_is_never_answered() {
    let folder = folder();
    let mut begun = Begun::new(folder.path());
    let (mut calls, mut wrong) = (0, Vec::new());
    let step = if whole_dose() { 1 } else { STRIDE };
    for (at, path) in PATHS.iter().enumerate() {
        let town = begun.of(path);
        let beginning = town.keep();
        let first = (path.run)(town);
        let untouched = to_the_end(town, path, first).unwrap_or_else(|why| panic!("{}: {why}", path.name));
        for n in
            (1 + at % step..).step_by(step).filter_map(|n| i64::try_from(n).ok()).take_while(|n| *n < N_MAX)
        {
            town.put_back(&beginning);
            town.aim.at(n);
            let first = (path.run)(town);
            let half = whole(town);
            let standing = to_the_end(town, path, first);
            let hit = town.aim.rest();
            let ended = half.and(standing).and_then(|standing| compare(&untouched, &standing));
            wrong.extend(ended.err().map(|why| format!("{}, call {n} was never answered: {why}", path.name)));
            if !hit {
                break;
            }
            calls += 1;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!("{} paths, {calls} calls that were never answered: nothing lost, nothing doubled", PATHS.len());
    assert!(calls > PATHS.len() / 2, "only {calls} calls");
}
