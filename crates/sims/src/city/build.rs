//! The workbench on which the city is put together: people, cars, records, decisions.

use std::collections::HashMap;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use super::numbers::{self, Dice};
use super::offences::Offences;
use super::places;
use super::shows::shown;
use super::{Account, Bound, City, Decision, Driver, DriverFile, Office, Plan, Record, Vehicle};
use crate::clock::{self, day_of};

/// A person of the cast: indexes of account, driver and driver file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Who {
    pub(crate) account: usize,
    pub(crate) driver: usize,
    pub(crate) file: usize,
}

/// A car of the cast.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Car(pub(crate) usize);

/// A record of the cast.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rec(pub(crate) usize);

/// Stands for "sum the decisions of the cycle when the city is finished".
const TO_BE_SUMMED: i32 = -1;

/// How a decision stands with the money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Money {
    Paid,
    Unpaid,
    Warned,
}

/// What makes up a persona's page in the picker.
pub(crate) struct Story {
    pub(crate) openid: &'static str,
    pub(crate) name: &'static str,
    pub(crate) group: &'static str,
    pub(crate) zh: &'static str,
    pub(crate) en: &'static str,
    pub(crate) visit: (&'static str, &'static str),
    pub(crate) shows: &'static [&'static str],
}

/// The workbench.
pub(crate) struct Cast {
    pub(crate) city: City,
    pub(crate) dice: Dice,
    pub(crate) table: Offences,
    people: u32,
    plates: usize,
    energy: usize,
    serials: u64,
    numbers: u64,
}

impl Cast {
    pub(crate) fn new(plan: Plan) -> Self {
        let office = Office {
            name_zh: "武汉市".into(),
            name_en: "Wuhan".into(),
            division: "420100".into(),
            office: "420100000400".into(),
            office_name: "武汉市公安局交通管理局".into(),
            issuer: "鄂A".into(),
        };
        let city = City {
            format: 1,
            at: plan.at,
            seed: plan.seed,
            city: office,
            accounts: Vec::new(),
            drivers: Vec::new(),
            vehicles: Vec::new(),
            records: Vec::new(),
            decisions: Vec::new(),
            driver_files: Vec::new(),
        };
        Self {
            city,
            dice: Dice::new(plan.seed),
            table: Offences::load(),
            people: 0,
            plates: 10_000,
            energy: 10_000,
            serials: 4201_0000_0000_0000,
            numbers: 10_000_000,
        }
    }

    /// The city's today.
    pub(crate) fn today(&self) -> Date {
        day_of(self.city.at)
    }

    /// Is the national regime (order 163) in force at the city's instant?
    pub(crate) fn national(&self) -> bool {
        self.today() >= jiff::civil::date(2022, 4, 1)
    }

    /// One of two codes: the one in use before 2022-04-01 and the one after.
    pub(crate) fn by_regime(&self, legacy: &'static str, national: &'static str) -> &'static str {
        if self.national() { national } else { legacy }
    }

    /// Midday-ish, so many days ago, spread over the day.
    pub(crate) fn days_ago(&mut self, days: i64) -> Timestamp {
        let minute = i64::try_from(self.dice.below(13 * 60)).unwrap_or(0);
        let midnight = clock::midnight(self.today());
        midnight - (days * 24).hours() + (7 * 60 + minute).minutes()
    }

    /// A date so many days before today (negative: after).
    pub(crate) fn date_ago(&self, days: i64) -> Date {
        self.today() - days.days()
    }

    /// A bare driver with an eligible past: C1, Wuhan, licensed for seven years, 200 days into the points year.
    pub(crate) fn bare_driver(&mut self, name: &str) -> Driver {
        self.people += 1;
        let first = self.date_ago(200) - 7.years();
        let birth = first - 24.years() - i64::from(self.people % 300).days();
        let sequence = self.people % 997 + 1;
        let district = *self.dice.pick(places::SQUADS);
        let id = numbers::id_number(&district.0[..6], birth, sequence);
        Driver {
            sex: if sequence % 2 == 1 { "male".into() } else { "female".into() },
            phone: format!("1990000{:04}", self.people % 10_000),
            file_number: format!("4201{:08}", self.people),
            id_number: id,
            name: name.to_owned(),
            licence_class: "C1".into(),
            licence_state: "A".into(),
            points: Some(TO_BE_SUMMED),
            first_licence: first,
            valid_from: first + 6.years(),
            valid_until: first + 16.years(),
            review_due: first + 16.years(),
            points_clear_on: self.date_ago(200) + 1.year(),
            probation_until: Some(first + 1.year()),
            issuer: "鄂A".into(),
            office: "420100000400".into(),
            address: format!("武汉市{}{}号", self.dice.pick(places::STREETS), self.people % 180 + 1),
            ..Driver::default()
        }
    }

    /// Adds a driver with an empty file; no account.
    pub(crate) fn add_driver(&mut self, driver: Driver) -> (usize, usize) {
        self.city.driver_files.push(DriverFile {
            id_number: driver.id_number.clone(),
            registered_12123: Some(true),
            ..DriverFile::default()
        });
        self.city.drivers.push(driver);
        (self.city.drivers.len() - 1, self.city.driver_files.len() - 1)
    }

    /// Adds a persona: a verified account of an eligible driver without vehicles.
    pub(crate) fn person(&mut self, story: &Story) -> Who {
        let driver = self.bare_driver(story.name);
        let (id, phone) = (driver.id_number.clone(), driver.phone.clone());
        let (driver, file) = self.add_driver(driver);
        let verified_at = self.days_ago(400);
        let national = self.national();
        self.city.accounts.push(Account {
            openid: story.openid.into(),
            id_number: Some(id),
            phone,
            verified: true,
            verified_at: Some(verified_at),
            persona: story.name.into(),
            group: story.group.into(),
            story_zh: story.zh.into(),
            story_en: story.en.into(),
            visit_zh: story.visit.0.into(),
            visit_en: story.visit.1.into(),
            shows: shown(story.shows, national, false),
            on_the_way: shown(story.shows, national, true),
            ..Account::default()
        });
        Who { account: self.city.accounts.len() - 1, driver, file }
    }

    /// A small blue-plate car of Wuhan, registered four years ago, owned by this driver; not bound to anybody.
    pub(crate) fn plain_car(&mut self, driver: usize) -> Car {
        self.plates += 1;
        let plate = format!("鄂A{}", numbers::plate_serial(self.plates));
        self.vehicle(driver, "02", plate)
    }

    /// A small new-energy car (8 characters).
    pub(crate) fn energy_car(&mut self, driver: usize) -> Car {
        self.energy += 1;
        let plate = format!("鄂A{}", numbers::energy_serial(self.energy));
        self.vehicle(driver, "52", plate)
    }

    /// A vehicle with any plate.
    pub(crate) fn vehicle(&mut self, driver: usize, kind: &str, plate: String) -> Car {
        let registered = self.date_ago(4 * 365 + 30);
        let owner = &self.city.drivers[driver];
        let n = self.city.vehicles.len();
        let vehicle = Vehicle {
            plate_kind: kind.into(),
            plate,
            owner_kind: "person".into(),
            owner_id: owner.id_number.clone(),
            owner_name: owner.name.clone(),
            owner_phone: owner.phone.clone(),
            brand: (*self.dice.pick(places::BRANDS)).into(),
            colour: (*self.dice.pick(places::COLOURS)).into(),
            vehicle_type: "K33".into(),
            use_of: "A".into(),
            vin: format!("LSCSM{:012}", n + 1),
            engine: format!("E{:07}", n + 1),
            first_registered: registered,
            last_changed: registered,
            inspection_until: self.date_ago(-300),
            insurance_until: self.date_ago(-90),
            scrap_on: registered + 30.years(),
            state: "A".into(),
            issuer: "鄂A".into(),
            office: "420100000400".into(),
            ..Vehicle::default()
        };
        self.city.vehicles.push(vehicle);
        Car(n)
    }

    /// Binds a car to an account so many days ago.
    pub(crate) fn bind(&mut self, who: Who, car: Car, days: i64, own: bool) {
        let bound_at = self.days_ago(days);
        let vehicle = &self.city.vehicles[car.0];
        let bound = Bound {
            plate_kind: vehicle.plate_kind.clone(),
            plate: vehicle.plate.clone(),
            bound_at,
            own,
            ended_at: None,
        };
        self.city.accounts[who.account].bound.push(bound);
    }

    /// The usual own car, bound for 380 days.
    pub(crate) fn own_car(&mut self, who: Who) -> Car {
        let car = self.plain_car(who.driver);
        self.bind(who, car, 380, true);
        car
    }

    /// Another person who owns a car; gives the car.
    pub(crate) fn strangers_car(&mut self, name: &str) -> Car {
        let driver = self.bare_driver(name);
        let (driver, _) = self.add_driver(driver);
        self.plain_car(driver)
    }

    /// An open camera record of a car, so many days ago, audited, with photos, of a Wuhan squad.
    pub(crate) fn open(&mut self, car: Car, code: &str, days: i64) -> Rec {
        let at = self.days_ago(days);
        self.open_at(car, code, at)
    }

    /// The same at an instant.
    pub(crate) fn open_at(&mut self, car: Car, code: &str, at: Timestamp) -> Rec {
        self.serials += 1;
        let squad = *self.dice.pick(places::SQUADS);
        let (offence_words, fine, points, speed) = {
            let row = self.table.get(code).expect("personas use codes of the shipped table");
            let words = row.words.trim_end_matches("（旧）").to_owned();
            (words, row.fine_fen(), row.points(day_of(at)), row.category == "speed")
        };
        let entered = (at + 30.hours()).min(self.city.at);
        let vehicle = &self.city.vehicles[car.0];
        let record = Record {
            serial: format!("{:016}", self.serials),
            plate_kind: vehicle.plate_kind.clone(),
            plate: vehicle.plate.clone(),
            at,
            place: format!("{}{}", self.dice.pick(places::STREETS), self.dice.pick(places::CROSSINGS)),
            place_code: self.dice.digits(5),
            road_code: self.dice.digits(4),
            metres: self.dice.digits(3),
            code: code.into(),
            description: offence_words,
            fine_fen: Some(fine),
            points: Some(points),
            measured: if speed { "68".into() } else { String::new() },
            limit: if speed { "60".into() } else { String::new() },
            office: squad.0.into(),
            office_name: squad.1.into(),
            device: (*self.dice.pick(places::DEVICES)).into(),
            entered_at: entered,
            audited: true,
            evidence: "1".into(),
            handled: "0".into(),
            paid: "0".into(),
            notice: format!("420100{:09}", self.serials % 1_000_000_000),
            notified_at: Some((entered + 24.hours()).min(self.city.at)),
            payee: places::CITY_PAYEE.0.into(),
            payee_name: places::CITY_PAYEE.1.into(),
            ..Record::default()
        };
        self.city.records.push(record);
        Rec(self.city.records.len() - 1)
    }

    /// Writes a decision on a record by this driver, so many days before today, and counts its points.
    pub(crate) fn decide(&mut self, driver: usize, rec: Rec, days: i64, money: Money) -> usize {
        self.numbers += 1;
        let number = format!("4201001{:08}", self.numbers);
        let decided = self.days_ago(days).min(self.city.at - 1.hour());
        let warned = money == Money::Warned;
        let paid = match money {
            Money::Paid => "1",
            Money::Unpaid => "0",
            Money::Warned => "9",
        };
        let record = &mut self.city.records[rec.0];
        record.handled = "1".into();
        record.handled_at = Some(decided);
        record.decision.clone_from(&number);
        record.paid = paid.into();
        let by = &self.city.drivers[driver];
        let transaction = if money == Money::Paid { format!("WINDOW{number}") } else { String::new() };
        let decision = Decision {
            check_digit: numbers::check_digit(&number).to_string(),
            number,
            transaction,
            id_number: by.id_number.clone(),
            plate_kind: record.plate_kind.clone(),
            plate: record.plate.clone(),
            at: record.at,
            place: record.place.clone(),
            code: record.code.clone(),
            description: record.description.clone(),
            fine_fen: if warned { 0 } else { record.fine_fen.unwrap_or(0) },
            points: if warned { 0 } else { record.points.unwrap_or(0) },
            penalty: if warned { "warning".into() } else { "fine".into() },
            decided_at: decided,
            served_at: decided,
            paid: paid.into(),
            paid_at: (money == Money::Paid).then(|| (decided + 2.hours()).min(self.city.at)),
            source: "camera".into(),
            record: record.serial.clone(),
            office: record.office.clone(),
            office_name: record.office_name.clone(),
            annulled: Some(false),
            payee: record.payee.clone(),
            payee_name: record.payee_name.clone(),
            licence_class: by.licence_class.clone(),
            name: by.name.clone(),
            ..Decision::default()
        };
        self.city.decisions.push(decision);
        self.city.decisions.len() - 1
    }

    /// A camera record that was decided: record and decision in one.
    pub(crate) fn decided(&mut self, who: Who, car: Car, code: &str, ago: (i64, i64), money: Money) -> usize {
        let rec = self.open(car, code, ago.0);
        self.decide(who.driver, rec, ago.1, money)
    }

    /// A decision made on the street.
    pub(crate) fn on_site(&mut self, who: Who, car: Car, code: &str, days: i64, money: Money) -> usize {
        let rec = self.open(car, code, days);
        let decision = self.decide(who.driver, rec, days, money);
        let at = self.city.records[rec.0].at;
        self.city.records.pop();
        let row = &mut self.city.decisions[decision];
        row.source = "on_site".into();
        row.record = String::new();
        row.decided_at = at;
        row.served_at = at;
        decision
    }

    /// Sums the points of the current cycle for every driver whose points no persona has set, then hands over.
    /// Full points bring the state letter B.
    pub(crate) fn finish(mut self) -> City {
        let mut standing: HashMap<&str, Vec<&Decision>> = HashMap::new();
        for decision in self.city.decisions.iter().filter(|d| d.annulled != Some(true)) {
            standing.entry(decision.id_number.as_str()).or_default().push(decision);
        }
        for driver in &mut self.city.drivers {
            if driver.points != Some(TO_BE_SUMMED) {
                continue;
            }
            let cycle_start = driver.points_clear_on - 1.year();
            let sum: i32 = standing
                .get(driver.id_number.as_str())
                .into_iter()
                .flatten()
                .filter(|d| day_of(d.decided_at) >= cycle_start)
                .map(|d| d.points - d.points_reduced)
                .sum();
            driver.points = Some(sum);
            if sum >= 12 && driver.licence_state == "A" {
                driver.licence_state = "B".into();
            }
        }
        self.city
    }
}
