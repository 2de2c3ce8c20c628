//! The background verification: four topics, each asked by itself, so that one silent source does not hold the others.

use clearway_connect::Fault;
use clearway_domain::{IdNumber, Plate};
use clearway_store::readmodel::KnowledgeRow;
use clearway_store::{Tx, account, binding, readmodel};
use serde::Serialize;

use super::Done;
use crate::dossier::Topic;
use crate::licences::{self, ByPlate};
use crate::{Error, World};

/// Kind of this job; its key is the topic.
pub const REFRESH: &str = "refresh";

/// Minutes for which an answer is fresh enough for a programme.
const FRESH_MS: i64 = 10 * 60 * 1000;
/// Milliseconds after which a failed topic is asked again by itself.
const AGAIN_MS: i64 = 60_000;
/// Tries within one round before the driver is told that it could not be checked.
const TRIES: usize = 2;

/// Asks about every topic that has not been answered lately.
///
/// # Errors
/// [`Error::Store`].
pub fn ask_if_stale(world: &World, driver: &str) -> Result<(), Error> {
    let known = world.db.read(|tx| readmodel::knowledge(tx, driver).map_err(Error::from))?;
    ask(world, driver, &stale(&known, world.now().as_millisecond()))
}

/// The topics that have not been answered lately and are not being asked about.
#[must_use]
pub fn stale(known: &[KnowledgeRow], now: i64) -> Vec<Topic> {
    Topic::ALL
        .into_iter()
        .filter(|topic| {
            known.iter().find(|row| row.topic == topic.slug()).is_none_or(|row| {
                let fresh = row.fetched_at_ms.is_some_and(|at| at > now - FRESH_MS);
                let pending = row.asked_at_ms.is_some_and(|at| {
                    at > now - AGAIN_MS
                        && row.fetched_at_ms.is_none_or(|done| done < at)
                        && row.failed_at_ms.is_none_or(|failed| failed < at)
                });
                let failed_lately = row.failed_at_ms.is_some_and(|at| at > now - AGAIN_MS)
                    && row.failed_at_ms >= row.fetched_at_ms;
                !fresh && !pending && !failed_lately
            })
        })
        .collect()
}

/// Asks about these topics; the workers are woken when there are any.
fn ask(world: &World, driver: &str, stale: &[Topic]) -> Result<(), Error> {
    let now = world.now().as_millisecond();
    if stale.is_empty() {
        return Ok(());
    }
    world.db.write(|tx| stale.iter().try_for_each(|topic| enqueue(tx, driver, *topic, now)))?;
    world.bell.ring();
    Ok(())
}

/// Asks about all topics, in the caller's transaction.
///
/// # Errors
/// [`Error::Store`].
pub fn enqueue_driver(tx: &mut Tx, driver: &str, now_ms: i64) -> Result<(), Error> {
    Topic::ALL.into_iter().try_for_each(|topic| enqueue(tx, driver, topic, now_ms))
}

/// Asks about one topic, in the caller's transaction.
///
/// # Errors
/// [`Error::Store`].
pub fn enqueue(tx: &mut Tx, driver: &str, topic: Topic, now_ms: i64) -> Result<(), Error> {
    readmodel::ask(tx, driver, topic.slug(), now_ms)?;
    super::enqueue(tx, driver, REFRESH, topic.slug(), now_ms)?;
    Ok(())
}

/// The body: asks the platform about one topic of one driver and stores the answer or that there was none.
pub(super) fn refresh(world: &World, driver: &str, key: &str) -> Result<Done, Error> {
    let Some(topic) = Topic::from_slug(key) else {
        return Ok(Done::Never(format!("no topic {key}")));
    };
    let account = world.db.read(|tx| account::find(tx, driver).map_err(Error::from))?;
    let Some(id) = account.and_then(|account| account.id_number).and_then(|text| IdNumber::parse(&text).ok())
    else {
        return Ok(Done::Never("the driver has no identity number".to_owned()));
    };
    let mut failure = None;
    for _ in 0..TRIES {
        match learn(world, driver, &id, topic) {
            Ok(()) => return Ok(Done::Yes),
            Err(Learning::Fault(fault)) => failure = Some(fault),
            Err(Learning::Error(error)) => return Err(error),
        }
    }
    let why = failure.map_or_else(|| "no answer".to_owned(), |fault| fault.to_string());
    let now = world.now().as_millisecond();
    world.db.write(|tx| readmodel::fail(tx, driver, topic.slug(), &why, now).map_err(Error::from))?;
    // The driver has been told; asking again is for the next visit, so that an outage is not made worse.
    Ok(Done::Yes)
}

enum Learning {
    Fault(Fault),
    Error(Error),
}

impl From<Fault> for Learning {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Error> for Learning {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

fn learn(world: &World, driver: &str, id: &IdNumber, topic: Topic) -> Result<(), Learning> {
    match topic {
        Topic::Licence => store(world, driver, topic, &world.authority.driver(id)?),
        Topic::History => store(world, driver, topic, &world.authority.decisions(id)?),
        Topic::File => store(world, driver, topic, &world.authority.driver_file(id)?),
        Topic::Vehicles => vehicles(world, driver),
    }
}

fn store<T: Serialize>(world: &World, driver: &str, topic: Topic, answer: &T) -> Result<(), Learning> {
    let body = json(answer)?;
    let now = world.now().as_millisecond();
    world
        .db
        .write(|tx| readmodel::learn(tx, driver, topic.slug(), &body, now).map_err(Error::from))
        .map_err(Learning::Error)
}

fn vehicles(world: &World, driver: &str) -> Result<(), Learning> {
    let bindings =
        world.db.read(|tx| binding::standing(tx, driver).map_err(Error::from)).map_err(Learning::Error)?;
    let mut decided = ByPlate::new();
    let mut silent = None;
    for bound in &bindings {
        let plate = Plate::from_key(&bound.plate)
            .map_err(|_| Learning::Error(Error::Broken("a stored plate cannot be read".to_owned())))?;
        vehicle(world, &plate)?;
        match world.authority.decisions_of_vehicle(&plate) {
            Ok(told) => {
                let kept = world.db.read(|tx| licences::kept_of(world, tx, &told))?;
                decided.insert(bound.plate.clone(), kept);
            }
            Err(fault) => silent = Some(fault),
        }
    }
    match silent {
        // The vehicles and records that did come are stored by now; what was known of the decisions stays.
        Some(fault) => Err(fault.into()),
        None => store(world, driver, Topic::Vehicles, &decided),
    }
}

/// Asks about one vehicle and its camera records and stores both.
fn vehicle(world: &World, plate: &Plate) -> Result<(), Learning> {
    let record = world.authority.vehicle(plate)?;
    let records = world.authority.records(plate)?;
    put_vehicle(world, plate, record.as_ref(), &records).map_err(Learning::Error)
}

/// Stores what the platform told about a vehicle.
///
/// # Errors
/// [`Error::Store`].
pub fn put_vehicle(
    world: &World,
    plate: &Plate,
    vehicle: Option<&clearway_connect::authority::VehicleRecord>,
    records: &[clearway_connect::authority::CameraRecord],
) -> Result<(), Error> {
    let now = world.now().as_millisecond();
    let vehicle = vehicle.map(json).transpose()?;
    let rows = records
        .iter()
        .map(|record| {
            let open = record.handled != Some(true) && record.removed != Some(true);
            let occurred = record.occurred.map_or(0, jiff::Timestamp::as_millisecond);
            Ok((record.xh.clone(), occurred, open, json(record)?))
        })
        .collect::<Result<Vec<_>, Error>>()?;
    world.db.write(|tx| {
        if let Some(body) = &vehicle {
            readmodel::put_vehicle(tx, &plate.key(), body, now)?;
        }
        for (xh, occurred, open, body) in &rows {
            readmodel::put_violation(tx, &plate.key(), xh, *occurred, *open, body, now)?;
        }
        Ok(())
    })
}

pub(crate) fn json<T: Serialize>(value: &T) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::Broken(format!("cannot be written as JSON: {error}")))
}
