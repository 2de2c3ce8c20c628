//! The background verification: four topics, asked in one go while the platform answers. A silent one is asked twice, by
//! itself, so that it does not hold the others.

use std::time::Duration;

use clearway_connect::authority::{Authority, VehicleRecord};
use clearway_connect::{Fault, Pace};
use clearway_domain::{IdNumber, Plate};
use clearway_store::queue::{self, Claimed, Job, NewJob};
use clearway_store::readmodel::KnowledgeRow;
use clearway_store::{StoreError, Tx, account, audit, binding, readmodel};
use serde::Serialize;

use super::Done;
use crate::dossier::Topic;
use crate::licences::{self, ByPlate};
use crate::officer::annul;
use crate::{Error, World};

/// Kind of this job; its key is the topic, or several of them.
pub const REFRESH: &str = "refresh";

/// Kind of the same job when nobody waits for it now: after a decision, so that the next visit finds it done, and about whoever has
/// gone on without it. When its turn comes so late that the next visit would ask again anyway, nothing is asked.
pub const AFTER: &str = "refresh.after";
/// Payload of such a job that was put behind and had a place before.
const KEEPS_PLACE: &str = "{\"place\":true}";
/// What a decision changes: the total of the points, and the list.
const CHANGED: [Topic; 2] = [Topic::Licence, Topic::History];

/// Minutes for which an answer is fresh enough for a programme.
const FRESH_MS: i64 = 10 * 60 * 1000;
/// Milliseconds after which a failed topic is asked again by itself.
const AGAIN_MS: i64 = 60_000;

/// Longest question of a job about several topics: whoever takes longer is asked again by itself.
const TOGETHER: Duration = Duration::from_secs(1);

/// Asks about every topic that has not been answered lately; the workers are woken when there are any.
///
/// # Errors
/// [`Error::Store`].
pub fn ask_if_stale(world: &World, driver: &str) -> Result<(), Error> {
    let now_ms = world.now().as_millisecond();
    // Most look in vain, and a look is no write.
    let is_fresh = world.db.read(|tx| {
        let known = readmodel::known(tx, driver)?;
        is_fresh(tx, driver, &known, now_ms)
    })?;
    if !is_fresh && world.db.write(|tx| enqueue_stale(world, tx, driver))? {
        world.bell.ring();
    }
    Ok(())
}

/// The same in the caller's transaction: whether there was anything to ask.
///
/// # Errors
/// [`Error::Store`].
pub fn enqueue_stale(world: &World, tx: &mut Tx, driver: &str) -> Result<bool, Error> {
    let now_ms = world.now().as_millisecond();
    let known = readmodel::known(tx, driver)?;
    let Wanted { mut topics, behind } = Wanted::of(tx, driver, &known, now_ms)?;
    let anything = !topics.is_empty() || !behind.is_empty();
    // Somebody waits for it now.
    for job in behind {
        if job.payload == KEEPS_PLACE {
            put(tx, &job, REFRESH, "{}")?;
        } else if queue::cancel(tx, driver, AFTER, &job.key)? {
            topics.extend(topics_of(&job.key).unwrap_or_default());
        }
    }
    topics.sort_unstable();
    topics.dedup();
    // One job while answers come quickly; whoever is slow is asked by itself from the start.
    let together = world.authority.pace().is_none_or(Pace::is_quick);
    let size = if together { topics.len().max(1) } else { 1 };
    topics.chunks(size).try_for_each(|topics| enqueue(tx, driver, topics, now_ms))?;
    Ok(anything)
}

/// Whether nothing has to be asked for whoever looks now: everything was answered lately or is being asked about, and not behind
/// everybody else.
///
/// # Errors
/// [`Error::Store`].
pub fn is_fresh(tx: &mut Tx, driver: &str, known: &[KnowledgeRow], now_ms: i64) -> Result<bool, Error> {
    let wanted = Wanted::of(tx, driver, known, now_ms)?;
    Ok(wanted.topics.is_empty() && wanted.behind.is_empty())
}

/// Whether something about a driver is asked behind everybody who waits.
///
/// # Errors
/// Any [`StoreError`].
pub fn is_behind(tx: &mut Tx, driver: &str) -> Result<bool, StoreError> {
    Ok(!open(tx, driver, AFTER)?.is_empty())
}

/// What is still to be asked about a driver who goes on without it goes behind everybody who waits. Whoever looks again has it
/// asked at the place that it had.
///
/// # Errors
/// Any [`StoreError`].
pub fn put_behind(tx: &mut Tx, driver: &str) -> Result<(), StoreError> {
    open(tx, driver, REFRESH)?.iter().try_for_each(|job| put(tx, job, AFTER, KEEPS_PLACE))
}

/// Puts a job that nobody has begun into the other line, at its own place there.
fn put(tx: &mut Tx, job: &Job, kind: &str, payload: &str) -> Result<(), StoreError> {
    if queue::cancel(tx, &job.driver, &job.kind, &job.key)? {
        let there = NewJob { driver: &job.driver, kind, key: &job.key, run_at_ms: job.run_at_ms, payload };
        queue::enqueue_due(tx, &there, job.due_ms)?;
    }
    Ok(())
}

/// Whether one of these jobs asks about a topic.
fn is_asked(jobs: &[Job], topic: Topic) -> bool {
    jobs.iter().any(|job| topics_of(&job.key).is_some_and(|of| of.contains(&topic)))
}

/// Whether nobody has asked about any of these topics for so long that an answer would have been too old by now. Whoever looks later
/// has them asked anew, answered or not: a call now would only keep the platform busy.
fn is_for_nobody(tx: &mut Tx, driver: &str, topics: &[Topic], now_ms: i64) -> Result<bool, StoreError> {
    let known = readmodel::known(tx, driver)?;
    let asked = known.iter().filter(|row| topics.iter().any(|topic| topic.slug() == row.topic));
    Ok(asked.filter_map(|row| row.asked_at_ms).all(|at_ms| at_ms <= now_ms - FRESH_MS))
}

/// The jobs of a kind that nobody has begun.
fn open(tx: &mut Tx, driver: &str, kind: &str) -> Result<Vec<Job>, StoreError> {
    let mut jobs = queue::of_kind(tx, driver, kind)?;
    jobs.retain(|job| job.worker.is_none() && job.buried_at_ms.is_none());
    Ok(jobs)
}

/// What has to be asked for whoever looks now.
struct Wanted {
    /// Not answered lately, and not being asked about.
    topics: Vec<Topic>,
    /// Being asked about, but behind everybody who waits.
    behind: Vec<Job>,
}

impl Wanted {
    fn of(tx: &mut Tx, driver: &str, known: &[KnowledgeRow], now_ms: i64) -> Result<Wanted, Error> {
        let mut topics = stale(known, now_ms);
        // Most have been answered, and no job is looked for.
        if topics.is_empty() && !known.iter().any(is_pending) {
            return Ok(Wanted { topics, behind: Vec::new() });
        }
        let behind = open(tx, driver, AFTER)?;
        let mut asked = queue::of_kind(tx, driver, REFRESH)?;
        asked.retain(|job| job.buried_at_ms.is_none());
        // Asked for by another mixture of topics it would be another job.
        topics.retain(|topic| !is_asked(&asked, *topic) && !is_asked(&behind, *topic));
        Ok(Wanted { topics, behind })
    }
}

fn is_pending(row: &KnowledgeRow) -> bool {
    row.asked_at_ms > row.fetched_at_ms.max(row.failed_at_ms)
}

/// The topics that have not been answered lately and are not being asked about.
#[must_use]
fn stale(known: &[KnowledgeRow], now: i64) -> Vec<Topic> {
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

/// Asks about some topics, in the caller's transaction: one job, whose key is their names.
///
/// # Errors
/// [`Error::Store`].
pub fn enqueue(tx: &mut Tx, driver: &str, topics: &[Topic], now_ms: i64) -> Result<(), Error> {
    if topics.is_empty() {
        return Ok(());
    }
    for topic in topics {
        readmodel::ask(tx, driver, topic.slug(), now_ms)?;
    }
    super::enqueue(tx, driver, REFRESH, &key_of(topics), now_ms)?;
    Ok(())
}

/// The same about what a decision has changed, behind everybody who waits; whoever looks has it asked for at once. What nobody
/// has begun to ask yet will be answered with the decision in it.
///
/// # Errors
/// [`Error::Store`].
pub fn enqueue_after(tx: &mut Tx, driver: &str, now_ms: i64) -> Result<(), Error> {
    let waiting = [open(tx, driver, REFRESH)?, open(tx, driver, AFTER)?].concat();
    // Whoever looks must not take what was known before the decision for the whole.
    CHANGED.iter().try_for_each(|topic| readmodel::ask(tx, driver, topic.slug(), now_ms))?;
    let topics: Vec<Topic> = CHANGED.into_iter().filter(|topic| !is_asked(&waiting, *topic)).collect();
    if !topics.is_empty() {
        super::enqueue(tx, driver, AFTER, &key_of(&topics), now_ms)?;
    }
    Ok(())
}

/// Between the names of topics in a key.
const AND: &str = "+";

fn key_of(topics: &[Topic]) -> String {
    topics.iter().map(|topic| topic.slug()).collect::<Vec<_>>().join(AND)
}

fn topics_of(key: &str) -> Option<Vec<Topic>> {
    key.split(AND).map(Topic::from_slug).collect()
}

/// The body: asks the platform about the topics of one driver, and stores what it told with the end of the job. The first
/// topic that is not answered, and those after it, become jobs of their own: one silent source does not hold the others.
pub(super) fn refresh(world: &World, job: &Claimed) -> Result<Done, Error> {
    let (driver, now_ms) = (job.driver.as_str(), world.now().as_millisecond());
    let Some(topics) = topics_of(&job.key) else {
        return Ok(Done::Never(format!("no topics {}", job.key)));
    };
    if job.kind == REFRESH {
        world.admission.checks.begun(now_ms, job.run_at_ms);
    } else if world.db.read(|tx| is_for_nobody(tx, driver, &topics, now_ms).map_err(Error::from))? {
        return Ok(Done::Yes);
    }
    let account = world.db.read(|tx| account::find(tx, driver).map_err(Error::from))?;
    let Some(id) = account.and_then(|account| account.id_number).and_then(|text| IdNumber::parse(&text).ok())
    else {
        return Ok(Done::Never("the driver has no identity number".to_owned()));
    };
    let brief = if topics.len() > 1 { world.authority.briefly(TOGETHER) } else { None };
    let authority = brief.as_deref().unwrap_or(&*world.authority);
    let asks = Asks { world, authority, driver, id: &id };
    let (mut told, mut alone, mut failed) = (Vec::new(), Vec::new(), None);
    for (at, topic) in topics.iter().enumerate() {
        if asks.learn(*topic, &mut told)?.is_ok() {
            continue;
        }
        if topics.len() > 1 {
            alone = topics.iter().skip(at).copied().collect();
            break;
        }
        failed = asks.learn(*topic, &mut told)?.err().map(|fault| (*topic, fault.to_string()));
    }
    let (driver, kind, now_ms) = (driver.to_owned(), job.kind.clone(), world.now().as_millisecond());
    Ok(Done::Store(Box::new(move |tx| {
        told.iter().try_for_each(|told| told.store(tx, &driver))?;
        for topic in &alone {
            super::enqueue(tx, &driver, &kind, topic.slug(), now_ms)?;
        }
        // The driver is told; asking again is for the next visit, so that an outage is not made worse.
        if let Some((topic, why)) = &failed {
            readmodel::fail(tx, &driver, topic.slug(), why, now_ms)?;
        }
        Ok(())
    })))
}

/// What the platform told, and when.
enum Told {
    /// A whole topic, as JSON.
    Topic { topic: Topic, body: String, at_ms: i64 },
    /// Check digits of the driver's decisions, by number.
    Digits(Vec<(String, String)>, i64),
    /// Numbers of the driver's decisions that are annulled.
    Annulled(Vec<String>, i64),
    /// A vehicle, and its camera records: number, when it happened, whether it is open, the record as JSON. `sold` is one that was
    /// the driver's own and has another owner now.
    Vehicle {
        plate: String,
        vehicle: Option<String>,
        records: Vec<(String, i64, bool, String)>,
        sold: bool,
        at_ms: i64,
    },
}

impl Told {
    fn store(&self, tx: &mut Tx, driver: &str) -> Result<(), Error> {
        match self {
            Self::Topic { topic, body, at_ms } => readmodel::learn(tx, driver, topic.slug(), body, *at_ms)?,
            Self::Digits(digits, at_ms) => super::decide::read_back(tx, driver, digits, *at_ms)?,
            Self::Annulled(numbers, at_ms) => annul::seen(tx, driver, numbers, *at_ms)?,
            Self::Vehicle { plate, vehicle, records, sold, at_ms } => {
                // What it collects from now on is its new owner's, and nobody else's to see.
                if *sold && binding::unbind(tx, driver, plate, *at_ms)? {
                    audit::append(tx, driver, *at_ms, "platform", "vehicle.sold", "{}")?;
                }
                if let Some(body) = vehicle {
                    readmodel::put_vehicle(tx, plate, body, *at_ms)?;
                }
                for (xh, occurred, open, body) in records {
                    readmodel::put_violation(tx, plate, xh, *occurred, *open, body, *at_ms)?;
                }
            }
        }
        Ok(())
    }
}

/// Whom is asked for whom.
struct Asks<'a> {
    world: &'a World,
    authority: &'a dyn Authority,
    driver: &'a str,
    id: &'a IdNumber,
}

impl Asks<'_> {
    /// Asks about one topic. What was told before somebody fell silent stays in `told`.
    fn learn(&self, topic: Topic, told: &mut Vec<Told>) -> Result<Result<(), Fault>, Error> {
        let body = match topic {
            Topic::Licence => self.authority.driver(self.id).map(|answer| json(&answer)),
            Topic::History => self.decisions(told),
            Topic::File => self.authority.driver_file(self.id).map(|answer| json(&answer)),
            Topic::Vehicles => self.vehicles(told)?.map(|decided| json(&decided)),
        };
        match body {
            Ok(body) => {
                told.push(Told::Topic { topic, body: body?, at_ms: self.world.now().as_millisecond() });
                Ok(Ok(()))
            }
            Err(fault) => Ok(Err(fault)),
        }
    }

    /// Asks for the decisions; a check digit that a case waits for comes with them.
    fn decisions(&self, told: &mut Vec<Told>) -> Result<Result<String, Error>, Fault> {
        let decisions = self.authority.decisions(self.id)?;
        let digits: Vec<_> =
            decisions.iter().filter_map(|one| Some((one.number.clone(), one.check_digit.clone()?))).collect();
        if !digits.is_empty() {
            told.push(Told::Digits(digits, self.world.now().as_millisecond()));
        }
        let annulled: Vec<_> =
            decisions.iter().filter(|one| one.is_annulled()).map(|one| one.number.clone()).collect();
        if !annulled.is_empty() {
            told.push(Told::Annulled(annulled, self.world.now().as_millisecond()));
        }
        Ok(json(&decisions))
    }

    /// Asks about the bound vehicles one by one; the decisions on them are what this topic knows.
    fn vehicles(&self, told: &mut Vec<Told>) -> Result<Result<ByPlate, Fault>, Error> {
        let bindings = self.world.db.read(|tx| binding::standing(tx, self.driver).map_err(Error::from))?;
        let mut decided = ByPlate::new();
        let mut silent = None;
        for bound in &bindings {
            let plate = Plate::from_key(&bound.plate)
                .map_err(|_| Error::Broken("a stored plate cannot be read".to_owned()))?;
            match self.vehicle(&plate, bound.own)? {
                Ok(vehicle) => told.push(vehicle),
                Err(fault) => return Ok(Err(fault)),
            }
            match self.authority.decisions_of_vehicle(&plate) {
                Ok(all) => {
                    let kept = self.world.db.read(|tx| licences::kept_of(self.world, tx, &all))?;
                    decided.insert(bound.plate.clone(), kept);
                }
                Err(fault) => silent = Some(fault),
            }
        }
        // The vehicles and records that did come are stored; what was known of the decisions stays.
        Ok(silent.map_or(Ok(decided), Err))
    }

    /// Asks about one vehicle, which is bound as the driver's `own` or as somebody else's, and its camera records.
    fn vehicle(&self, plate: &Plate, own: bool) -> Result<Result<Told, Fault>, Error> {
        let asked =
            self.authority.vehicle(plate).and_then(|vehicle| Ok((vehicle, self.authority.records(plate)?)));
        let (vehicle, records) = match asked {
            Ok(told) => told,
            Err(fault) => return Ok(Err(fault)),
        };
        let records = records
            .iter()
            .map(|record| {
                let open = record.handled != Some(true) && record.removed != Some(true);
                let occurred = record.occurred.map_or(0, jiff::Timestamp::as_millisecond);
                Ok((record.xh.clone(), occurred, open, json(record)?))
            })
            .collect::<Result<Vec<_>, Error>>()?;
        Ok(Ok(Told::Vehicle {
            sold: own && vehicle.as_ref().is_some_and(|told| is_anothers(told, self.id)),
            plate: plate.key(),
            vehicle: vehicle.as_ref().map(json).transpose()?,
            records,
            at_ms: self.world.now().as_millisecond(),
        }))
    }
}

/// Whether the platform tells of another owner. One of whom it tells nothing is no other.
fn is_anothers(vehicle: &VehicleRecord, id: &IdNumber) -> bool {
    vehicle.owner_is_company == Some(true) || vehicle.owner_id.as_ref().is_some_and(|owner| owner != id)
}

pub(crate) fn json<T: Serialize>(value: &T) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::Broken(format!("cannot be written as JSON: {error}")))
}
