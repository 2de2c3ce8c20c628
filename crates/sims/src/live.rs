//! The city while it runs: indexes, and the changes that writes make.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::city::{Account, City, Decision, Driver, DriverFile, Record, Vehicle};

/// A city with its indexes.
#[derive(Debug)]
pub struct Live {
    /// The data.
    pub city: City,
    accounts: HashMap<String, usize>,
    drivers: HashMap<String, usize>,
    files: HashMap<String, usize>,
    vehicles: HashMap<String, usize>,
    owned: HashMap<String, Vec<usize>>,
    records: HashMap<String, usize>,
    by_plate: HashMap<String, Vec<usize>>,
    decisions: HashMap<String, usize>,
    by_driver: HashMap<String, Vec<usize>>,
    by_vehicle: HashMap<String, Vec<usize>>,
    next_number: u64,
}

/// Key of a plate: kind, colon, full number.
#[must_use]
pub fn plate_key(kind: &str, plate: &str) -> String {
    format!("{kind}:{plate}")
}

impl Live {
    /// Indexes a city.
    #[must_use]
    pub fn new(city: City) -> Self {
        let mut live = Self {
            accounts: HashMap::new(),
            drivers: HashMap::new(),
            files: HashMap::new(),
            vehicles: HashMap::new(),
            owned: HashMap::new(),
            records: HashMap::new(),
            by_plate: HashMap::new(),
            decisions: HashMap::new(),
            by_driver: HashMap::new(),
            by_vehicle: HashMap::new(),
            next_number: 60_000_000,
            city,
        };
        for (i, a) in live.city.accounts.iter().enumerate() {
            live.accounts.insert(a.openid.clone(), i);
        }
        for (i, d) in live.city.drivers.iter().enumerate() {
            live.drivers.insert(d.id_number.clone(), i);
        }
        for (i, f) in live.city.driver_files.iter().enumerate() {
            live.files.insert(f.id_number.clone(), i);
        }
        for (i, v) in live.city.vehicles.iter().enumerate() {
            live.vehicles.insert(plate_key(&v.plate_kind, &v.plate), i);
            live.owned.entry(v.owner_id.clone()).or_default().push(i);
        }
        for (i, r) in live.city.records.iter().enumerate() {
            live.records.insert(r.serial.clone(), i);
            live.by_plate.entry(plate_key(&r.plate_kind, &r.plate)).or_default().push(i);
        }
        for (i, d) in live.city.decisions.iter().enumerate() {
            live.decisions.insert(d.number.clone(), i);
            live.by_driver.entry(d.id_number.clone()).or_default().push(i);
            live.by_vehicle.entry(plate_key(&d.plate_kind, &d.plate)).or_default().push(i);
        }
        live
    }

    /// An account by openid.
    #[must_use]
    pub fn account(&self, openid: &str) -> Option<&Account> {
        self.city.accounts.get(*self.accounts.get(openid)?)
    }

    /// A driver by identity number.
    #[must_use]
    pub fn driver(&self, id: &str) -> Option<&Driver> {
        self.city.drivers.get(*self.drivers.get(id)?)
    }

    /// A driver to be changed.
    pub fn driver_mut(&mut self, id: &str) -> Option<&mut Driver> {
        self.city.drivers.get_mut(*self.drivers.get(id)?)
    }

    /// A driver file.
    #[must_use]
    pub fn file(&self, id: &str) -> Option<&DriverFile> {
        self.city.driver_files.get(*self.files.get(id)?)
    }

    /// A driver file to be changed.
    pub fn file_mut(&mut self, id: &str) -> Option<&mut DriverFile> {
        self.city.driver_files.get_mut(*self.files.get(id)?)
    }

    /// A vehicle by plate key.
    #[must_use]
    pub fn vehicle(&self, key: &str) -> Option<&Vehicle> {
        self.city.vehicles.get(*self.vehicles.get(key)?)
    }

    /// A vehicle to be changed.
    pub fn vehicle_mut(&mut self, key: &str) -> Option<&mut Vehicle> {
        self.city.vehicles.get_mut(*self.vehicles.get(key)?)
    }

    /// Vehicles that a person owns.
    #[must_use]
    pub fn owned(&self, id: &str) -> Vec<&Vehicle> {
        self.owned
            .get(id)
            .map(|list| list.iter().map(|i| &self.city.vehicles[*i]).collect())
            .unwrap_or_default()
    }

    /// A record by serial.
    #[must_use]
    pub fn record(&self, serial: &str) -> Option<&Record> {
        self.city.records.get(*self.records.get(serial)?)
    }

    /// A record to be changed.
    pub fn record_mut(&mut self, serial: &str) -> Option<&mut Record> {
        self.city.records.get_mut(*self.records.get(serial)?)
    }

    /// Records of a vehicle.
    #[must_use]
    pub fn records_of(&self, key: &str) -> Vec<&Record> {
        self.by_plate
            .get(key)
            .map(|list| list.iter().map(|i| &self.city.records[*i]).collect())
            .unwrap_or_default()
    }

    /// A decision by number.
    #[must_use]
    pub fn decision(&self, number: &str) -> Option<&Decision> {
        self.city.decisions.get(*self.decisions.get(number)?)
    }

    /// A decision to be changed.
    pub fn decision_mut(&mut self, number: &str) -> Option<&mut Decision> {
        self.city.decisions.get_mut(*self.decisions.get(number)?)
    }

    /// Decisions of a driver.
    #[must_use]
    pub fn decisions_of(&self, id: &str) -> Vec<&Decision> {
        self.by_driver
            .get(id)
            .map(|list| list.iter().map(|i| &self.city.decisions[*i]).collect())
            .unwrap_or_default()
    }

    /// Decisions on violations of a vehicle.
    #[must_use]
    pub fn decisions_on(&self, key: &str) -> Vec<&Decision> {
        self.by_vehicle
            .get(key)
            .map(|list| list.iter().map(|i| &self.city.decisions[*i]).collect())
            .unwrap_or_default()
    }

    /// The next decision number that the platform gives itself: 7 fixed and 8 running digits.
    pub fn next_number(&mut self) -> String {
        self.next_number += 1;
        format!("4201002{:08}", self.next_number)
    }

    /// Adds a new camera record (tests and the control page).
    pub fn add_record(&mut self, record: Record) {
        let index = self.city.records.len();
        self.records.insert(record.serial.clone(), index);
        self.by_plate.entry(plate_key(&record.plate_kind, &record.plate)).or_default().push(index);
        self.city.records.push(record);
    }

    /// Files a decision: the record becomes handled, the driver's points grow.
    pub fn add_decision(&mut self, decision: Decision, at: Timestamp) {
        if let Some(record) = self.record_mut(&decision.record) {
            record.handled = "1".into();
            record.handled_at = Some(at);
            record.decision.clone_from(&decision.number);
            record.paid.clone_from(&decision.paid);
        }
        if let Some(driver) = self.driver_mut(&decision.id_number)
            && let Some(points) = &mut driver.points
        {
            *points += decision.points;
        }
        let index = self.city.decisions.len();
        self.decisions.insert(decision.number.clone(), index);
        self.by_driver.entry(decision.id_number.clone()).or_default().push(index);
        self.by_vehicle.entry(plate_key(&decision.plate_kind, &decision.plate)).or_default().push(index);
        self.city.decisions.push(decision);
    }
}
