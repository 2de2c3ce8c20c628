//! The few people of one simulated city, with fresh violations to handle.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use clearway_sims::city::numbers::Dice;
use clearway_sims::city::{self, Account, Bound, City, Decision, Plan, Record};
use jiff::{Timestamp, ToSpan};

/// Whom and what to draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draw {
    /// Drivers with an account.
    pub drivers: usize,
    /// Fresh open records a car, at most.
    pub records_max: usize,
    /// Whether the second driver uses the first one's car too.
    pub shared_car: bool,
    /// Whether some have a decision that only waits for its money.
    pub tickets: bool,
}

impl Default for Draw {
    fn default() -> Self {
        Draw { drivers: 4, records_max: 3, shared_car: true, tickets: true }
    }
}

/// The whole city as of an instant, made once a process.
fn whole(at: Timestamp) -> Arc<City> {
    static MADE: Mutex<BTreeMap<i64, Arc<City>>> = Mutex::new(BTreeMap::new());
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    let make = || Arc::new(city::make(Plan { at, seed: 1, drivers: 60, violations: 160 }));
    Arc::clone(made.entry(at.as_millisecond()).or_insert_with(make))
}

/// Draws a small town out of the city as of an instant.
pub fn draw(at: Timestamp, seed: u64, draw: Draw) -> City {
    let whole = whole(at);
    let mut dice = Dice::new(seed ^ 0x7040_0F11_FE00_0003);
    let mut town = City { seed, accounts: Vec::new(), ..whole.as_ref().clone() };
    town.accounts = people(&whole, &mut dice, draw);
    keep_only(&mut town);
    let fresh = fresh_records(&whole, &town, &mut dice, draw);
    town.records.extend(fresh);
    if draw.tickets {
        let tickets = tickets(&whole, &town, &mut dice);
        town.decisions.extend(tickets);
    }
    town
}

/// Ordinary verified people with one or two cars whom the platform answers for, and now and then a persona.
fn people(whole: &City, dice: &mut Dice, draw: Draw) -> Vec<Account> {
    let usable = |account: &&Account| {
        account.verified
            && !account.snapshot
            && (1..=2).contains(&account.bound.len())
            && answers(whole, account)
    };
    let (crowd, personas): (Vec<&Account>, Vec<&Account>) =
        whole.accounts.iter().filter(usable).partition(|account| account.persona.is_empty());
    let mut chosen: Vec<Account> = Vec::new();
    for _ in 0..200 {
        if chosen.len() == draw.drivers {
            break;
        }
        let from = if dice.chance(15) { &personas } else { &crowd };
        let one = *dice.pick(from);
        let known = chosen.iter().any(|known| known.openid == one.openid || shares_a_car(known, one));
        if !known {
            chosen.push(one.clone());
        }
    }
    if draw.shared_car && chosen.len() > 1 {
        let bound = Bound { own: false, ..chosen[0].bound[0].clone() };
        chosen[1].bound.push(bound);
    }
    chosen
}

fn answers(whole: &City, account: &Account) -> bool {
    let driver = whole.drivers.iter().find(|driver| Some(&driver.id_number) == account.id_number.as_ref());
    let bound = |bound: &Bound| {
        let car = whole.vehicles.iter().find(|car| car.plate == bound.plate);
        bound.ended_at.is_none() && car.is_some_and(|car| car.unavailable.is_empty())
    };
    driver.is_some_and(|driver| driver.unavailable.is_empty() && !driver.no_licence)
        && account.bound.iter().all(bound)
}

fn shares_a_car(one: &Account, other: &Account) -> bool {
    one.bound.iter().any(|mine| other.bound.iter().any(|theirs| mine.plate == theirs.plate))
}

/// Drops everybody and everything that has nothing to do with the accounts.
fn keep_only(town: &mut City) {
    let plates: BTreeSet<&str> =
        town.accounts.iter().flat_map(|account| &account.bound).map(|bound| bound.plate.as_str()).collect();
    let mut ids: BTreeSet<&str> =
        town.accounts.iter().filter_map(|account| account.id_number.as_deref()).collect();
    let vehicles: Vec<_> =
        town.vehicles.iter().filter(|car| plates.contains(car.plate.as_str())).cloned().collect();
    ids.extend(vehicles.iter().map(|car| car.owner_id.as_str()));
    let records =
        town.records.iter().filter(|record| plates.contains(record.plate.as_str())).cloned().collect();
    let decisions: Vec<Decision> = town
        .decisions
        .iter()
        .filter(|decision| {
            ids.contains(decision.id_number.as_str()) || plates.contains(decision.plate.as_str())
        })
        .cloned()
        .collect();
    let drivers =
        town.drivers.iter().filter(|driver| ids.contains(driver.id_number.as_str())).cloned().collect();
    let files =
        town.driver_files.iter().filter(|file| ids.contains(file.id_number.as_str())).cloned().collect();
    town.vehicles = vehicles;
    town.records = records;
    town.decisions = decisions;
    town.drivers = drivers;
    town.driver_files = files;
}

/// New open records on every car, each after the pattern of one that the city has.
fn fresh_records(whole: &City, town: &City, dice: &mut Dice, draw: Draw) -> Vec<Record> {
    let plain = |record: &&Record| {
        record.handled == "0"
            && record.audited
            && record.evidence == "1"
            && !record.dispute
            && !record.crash
            && record.other_channel.is_empty()
            && record.compulsory.is_empty()
            && record.fine_fen.is_some_and(|fen| fen > 0)
    };
    let patterns: Vec<&Record> = whole.records.iter().filter(plain).collect();
    // Parking: what cameras see most, and what the warning is for.
    let parking: Vec<&Record> = patterns.iter().copied().filter(|record| record.code == "1039").collect();
    let mut fresh = Vec::new();
    for car in &town.vehicles {
        for _ in 0..=dice.below(draw.records_max) {
            let patterns = if dice.chance(50) { &parking } else { &patterns };
            let pattern = *dice.pick(patterns);
            let minutes = i64::try_from(dice.below(50 * 24 * 60)).unwrap_or(0) + 4 * 24 * 60;
            let at = town.at - minutes.minutes();
            let serial = 4299_0000_0000_0000_u64 + u64::try_from(fresh.len()).unwrap_or(0);
            fresh.push(Record {
                serial: format!("{serial:016}"),
                plate_kind: car.plate_kind.clone(),
                plate: car.plate.clone(),
                at,
                entered_at: at + 30.hours(),
                notified_at: Some(at + 54.hours()),
                ..pattern.clone()
            });
        }
    }
    fresh
}

/// A decision from the street that waits for its money, for some of the people.
fn tickets(whole: &City, town: &City, dice: &mut Dice) -> Vec<Decision> {
    let fined = |decision: &&Decision| decision.penalty == "fine" && decision.fine_fen > 0;
    let patterns: Vec<&Decision> = whole.decisions.iter().filter(fined).collect();
    let mut tickets = Vec::new();
    for account in &town.accounts {
        let Some(driver) =
            town.drivers.iter().find(|driver| Some(&driver.id_number) == account.id_number.as_ref())
        else {
            continue;
        };
        if !dice.chance(35) {
            continue;
        }
        let pattern = *dice.pick(&patterns);
        let days = i64::try_from(dice.below(20)).unwrap_or(0) + 1;
        let at = town.at - (days * 24).hours();
        let number = format!("4299001{:08}", tickets.len());
        tickets.push(Decision {
            number,
            id_number: driver.id_number.clone(),
            name: driver.name.clone(),
            licence_class: driver.licence_class.clone(),
            plate_kind: account.bound[0].plate_kind.clone(),
            plate: account.bound[0].plate.clone(),
            at,
            decided_at: at,
            served_at: at,
            paid: "0".into(),
            paid_at: None,
            source: "on_site".into(),
            record: String::new(),
            programme: String::new(),
            points_reduced: 0,
            points: 0,
            annulled: Some(false),
            transaction: String::new(),
            ..pattern.clone()
        });
    }
    tickets
}
