//! The police feed: vehicles, records, decisions and the accounts of a former platform, loaded in bulk into the read
//! model before the doors open. Format: `docs/reference/pretend-city.md`. Loading it twice changes nothing.

mod convert;
mod file;

use std::collections::{BTreeMap, BTreeSet};

use clearway_domain::{IdNumber, PersonName, Phone};
use clearway_store::binding::{self, Binding};
use clearway_store::{Tx, account, licence, readmodel};

pub use file::City;

use crate::dossier::Topic;
use crate::jobs::refresh::json;
use crate::licences::{self, ByPlate};
use crate::{Error, World, installation};
use file::{Account, Driver};

/// Rows written in one transaction.
const BATCH: usize = 200;
/// Milliseconds by which a nightly feed is older than the moment it is loaded at.
const AGE_MS: i64 = 6 * 3600 * 1000;

/// What was loaded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Loaded {
    /// Accounts.
    pub accounts: usize,
    /// Vehicles.
    pub vehicles: usize,
    /// Camera records.
    pub records: usize,
}

/// Reads a feed.
///
/// # Errors
/// [`Error::BadInput`] with the place at which the file stops making sense.
pub fn read(text: &str) -> Result<City, Error> {
    serde_json::from_str(text).map_err(|error| Error::BadInput {
        field: "feed",
        value: error.to_string(),
        fix: "feed-format",
    })
}

/// Loads a feed.
///
/// # Errors
/// [`Error::Store`]; [`Error::BadInput`] for a plate or number that fails its check, before anything is written.
pub fn load(world: &World, city: &City) -> Result<Loaded, Error> {
    installation::begin(world)?;
    let told_ms = city.at.as_millisecond() - AGE_MS;
    let silent: BTreeSet<String> = city
        .vehicles
        .iter()
        .filter(|vehicle| !vehicle.unavailable.is_empty())
        .map(|vehicle| format!("{}:{}", vehicle.plate_kind, vehicle.plate))
        .collect();
    let vehicles = city
        .vehicles
        .iter()
        .map(|vehicle| {
            let record = convert::vehicle(vehicle)?;
            Ok((record.plate.key(), json(&record)?))
        })
        .collect::<Result<Vec<_>, Error>>()?;
    let records = city.records.iter().map(convert::record).collect::<Result<Vec<_>, Error>>()?;
    for batch in vehicles.chunks(BATCH) {
        world.db.write(|tx| {
            batch
                .iter()
                .filter(|(key, _)| !silent.contains(key))
                .try_for_each(|(key, body)| readmodel::put_vehicle(tx, key, body, told_ms))
                .map_err(Error::from)
        })?;
    }
    for batch in records.chunks(BATCH) {
        world.db.write(|tx| {
            for record in batch {
                let open = record.handled != Some(true) && record.removed != Some(true);
                let occurred = record.occurred.map_or(0, jiff::Timestamp::as_millisecond);
                readmodel::put_violation(
                    tx,
                    record.plate.as_key(),
                    &record.xh,
                    occurred,
                    open,
                    &json(record)?,
                    told_ms,
                )?;
            }
            Ok::<_, Error>(())
        })?;
    }
    let known = Known::of(world, city, silent);
    for batch in city.accounts.chunks(BATCH) {
        world.db.write(|tx| {
            batch.iter().try_for_each(|person| put_account(world, tx, &known, person, told_ms))
        })?;
    }
    Ok(Loaded { accounts: city.accounts.len(), vehicles: vehicles.len(), records: records.len() })
}

/// The feed by identity number and by plate key.
struct Known<'c> {
    drivers: BTreeMap<&'c str, &'c Driver>,
    decisions: BTreeMap<&'c str, Vec<&'c file::Decision>>,
    /// Decisions on each vehicle.
    of_vehicle: BTreeMap<String, Vec<&'c file::Decision>>,
    /// Vehicles that the platform does not answer for.
    silent: BTreeSet<String>,
    /// Driver ids of the accounts that hold a licence.
    holders: BTreeMap<&'c str, String>,
    files: BTreeMap<&'c str, &'c file::DriverFile>,
    owner_phones: BTreeMap<String, String>,
}

impl<'c> Known<'c> {
    fn of(world: &World, city: &'c City, silent: BTreeSet<String>) -> Self {
        let mut decisions: BTreeMap<&str, Vec<&file::Decision>> = BTreeMap::new();
        let mut of_vehicle: BTreeMap<String, Vec<&file::Decision>> = BTreeMap::new();
        for decision in &city.decisions {
            decisions.entry(decision.id_number.as_str()).or_default().push(decision);
            let vehicle = format!("{}:{}", decision.plate_kind, decision.plate);
            of_vehicle.entry(vehicle).or_default().push(decision);
        }
        let verified = |account: &&Account| account.verified;
        let holder =
            |account: &'c Account| Some((account.id_number.as_deref()?, world.driver_of(&account.openid)));
        Self {
            holders: city.accounts.iter().filter(verified).filter_map(holder).collect(),
            of_vehicle,
            silent,
            drivers: city.drivers.iter().map(|driver| (driver.id_number.as_str(), driver)).collect(),
            files: city.driver_files.iter().map(|file| (file.id_number.as_str(), file)).collect(),
            owner_phones: city
                .vehicles
                .iter()
                .map(|vehicle| {
                    (format!("{}:{}", vehicle.plate_kind, vehicle.plate), vehicle.owner_phone.clone())
                })
                .collect(),
            decisions,
        }
    }
}

fn put_account(
    world: &World,
    tx: &mut Tx,
    known: &Known<'_>,
    person: &Account,
    told_ms: i64,
) -> Result<(), Error> {
    // Who never said who they are comes to us as anybody would: by signing in.
    let Some(id_text) = person.id_number.as_deref().filter(|_| person.verified) else { return Ok(()) };
    let bad = |field| Error::BadInput { field, value: person.persona.clone(), fix: "feed-format" };
    let id = IdNumber::parse(id_text).map_err(|_| bad("id_number"))?;
    let driver_row = known.drivers.get(id_text);
    let name = driver_row.map_or("", |driver| driver.name.as_str());
    let name = PersonName::parse(name).map_err(|_| bad("name"))?;
    let phone = driver_row.map_or(person.phone.as_str(), |driver| driver.phone.as_str());
    let phone = Phone::parse(phone).map_err(|_| bad("phone"))?;
    let driver = world.driver_of(&person.openid);
    let since = person.verified_at.map_or(told_ms, jiff::Timestamp::as_millisecond);
    account::ensure(tx, &driver, &person.openid, since)?;
    account::set_person(tx, &driver, id.reveal(), name.reveal(), phone.reveal())?;
    // Whom a code has shown to be somebody else stays that person.
    if !account::verify(tx, &driver, id.reveal(), since)? {
        return Err(bad("id_number"));
    }
    licence::claim(tx, id.reveal(), &driver, since)?;
    account::set_under_review(tx, &driver, Some(since).filter(|_| person.under_review))?;
    account::acknowledge(tx, &driver, &world.site.notice_version, since, None, None)?;
    for bound in &person.bound {
        let plate = convert::plate(&bound.plate_kind, &bound.plate)?;
        let at_ms = bound.bound_at.as_millisecond();
        binding::insert(
            tx,
            &driver,
            &Binding {
                plate: plate.key(),
                own: bound.own,
                // Somebody else's vehicle was bound with a code to its owner; one's own when the owner's phone on file
                // is the verified one.
                owner_phone_at_ms: Some(at_ms).filter(|_| {
                    !bound.own
                        || known.owner_phones.get(plate.as_key()).map(String::as_str) == Some(phone.reveal())
                }),
                bound_at_ms: at_ms,
            },
        )?;
        if let Some(ended) = bound.ended_at {
            binding::unbind(tx, &driver, plate.as_key(), ended.as_millisecond())?;
        }
    }
    put_knowledge(tx, known, &driver, id_text, told_ms)?;
    put_decided(world, tx, known, person, &driver, told_ms)
}

/// The decisions on the bound vehicles, whoever drove, as the platform would have told them (04C06).
fn put_decided(
    world: &World,
    tx: &mut Tx,
    known: &Known<'_>,
    person: &Account,
    driver: &str,
    told_ms: i64,
) -> Result<(), Error> {
    let mut decided = ByPlate::new();
    for bound in person.bound.iter().filter(|bound| bound.ended_at.is_none()) {
        let key = convert::plate(&bound.plate_kind, &bound.plate)?.key();
        if known.silent.contains(&key) {
            continue;
        }
        let told = known.of_vehicle.get(&key).map(Vec::as_slice).unwrap_or_default();
        let kept = told
            .iter()
            .map(|told| {
                let holder = known.holders.get(told.id_number.as_str()).cloned();
                Ok(licences::kept(world, &convert::decision(told)?, holder))
            })
            .collect::<Result<Vec<_>, Error>>()?;
        decided.insert(key, kept);
    }
    readmodel::learn(tx, driver, Topic::Vehicles.slug(), &json(&decided)?, told_ms)?;
    Ok(())
}

fn put_knowledge(tx: &mut Tx, known: &Known<'_>, driver: &str, id: &str, told_ms: i64) -> Result<(), Error> {
    let row = known.drivers.get(id);
    let silent = |call: &str| row.is_some_and(|driver| driver.unavailable.iter().any(|known| known == call));
    if !silent("driver") {
        let licence =
            row.filter(|driver| !driver.no_licence).map(|driver| convert::driver(driver)).transpose()?;
        readmodel::learn(tx, driver, Topic::Licence.slug(), &json(&licence)?, told_ms)?;
    }
    if !silent("decisions") {
        let list = known.decisions.get(id).map(Vec::as_slice).unwrap_or_default();
        let list =
            list.iter().map(|decision| convert::decision(decision)).collect::<Result<Vec<_>, Error>>()?;
        readmodel::learn(tx, driver, Topic::History.slug(), &json(&list)?, told_ms)?;
    }
    if let Some(file) = known.files.get(id).filter(|_| !silent("driver_file")) {
        readmodel::learn(tx, driver, Topic::File.slug(), &json(&convert::driver_file(file)?)?, told_ms)?;
    }
    Ok(())
}
