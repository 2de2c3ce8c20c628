//! The pretend police platform in this process: one decision a record, refusals as the real one gives them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use clearway_connect::Fault;
use clearway_connect::authority::{
    Authority, CameraRecord, DUPLICATE, Decided, DecisionRecord, DecisionWrite, DriverFile, DriverRecord,
    Paid, PaidMark, Penalty, Picture, VehicleRecord,
};
use clearway_domain::{Fen, IdNumber, Plate, civil};
use clearway_sims::city::numbers::Dice;
use clearway_sims::city::{City, Decision};
use jiff::{SignedDuration, Timestamp};

use super::chance::Life;
use super::convert;
use super::network::{Call, Network};

/// What the platform does with writes between 22:00 and 06:00.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Night {
    /// Takes them.
    Open,
    /// Is not there.
    Away,
    /// Refuses them.
    Refuses,
}

/// A decision as the platform keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// What it tells.
    pub record: DecisionRecord,
    /// The case that it was written for; empty when another channel decided.
    pub case: String,
    /// The payment that it was marked with; empty while unpaid.
    pub transaction: String,
    /// When the check digit can be read.
    pub digit_from_ms: i64,
    /// When it was written.
    pub written_ms: i64,
}

impl Kept {
    /// Whether it counts.
    pub fn is_effective(&self) -> bool {
        self.record.annulled != Some(true)
    }
}

/// Everything that the platform holds.
#[derive(Debug, Clone)]
pub struct Files {
    /// Drivers by identity number.
    pub drivers: BTreeMap<String, DriverRecord>,
    /// What other systems know, by identity number.
    pub files: BTreeMap<String, DriverFile>,
    /// Vehicles by key of the plate.
    pub vehicles: BTreeMap<String, VehicleRecord>,
    /// Camera records by number.
    pub records: BTreeMap<String, CameraRecord>,
    /// Decisions by number.
    pub decisions: BTreeMap<String, Kept>,
    /// What the service should never have asked for.
    pub wrongs: Vec<String>,
    /// Writes of decisions that came here.
    pub writes: usize,
    /// Records decided by us and not looked at since: the case, and how deep the write lay.
    unseen: BTreeMap<String, (String, u32)>,
    /// Writes that nobody waits for any more, and when they are carried out, ms.
    late: Vec<(i64, DecisionWrite)>,
    /// Records told to be under objection: how deep the reading lay.
    objected: BTreeMap<String, u32>,
    /// Whether it tells the remark of a decision.
    tells_marks: bool,
    changes: u64,
    numbers: u64,
    dice: Dice,
    night: Night,
}

impl Files {
    fn of(city: &City, seed: u64, night: Night) -> Files {
        let kept = |decision: &Decision| Kept {
            record: convert::decision(decision),
            case: String::new(),
            transaction: decision.transaction.clone(),
            digit_from_ms: 0,
            written_ms: decision.decided_at.as_millisecond(),
        };
        Files {
            drivers: city.drivers.iter().map(|one| (one.id_number.clone(), convert::driver(one))).collect(),
            files: city
                .driver_files
                .iter()
                .map(|one| (one.id_number.clone(), convert::driver_file(one)))
                .collect(),
            vehicles: city.vehicles.iter().map(convert::vehicle).map(|one| (one.plate.key(), one)).collect(),
            records: city.records.iter().map(|one| (one.serial.clone(), convert::record(one))).collect(),
            decisions: city.decisions.iter().map(|one| (one.number.clone(), kept(one))).collect(),
            wrongs: Vec::new(),
            writes: 0,
            unseen: BTreeMap::new(),
            late: Vec::new(),
            objected: BTreeMap::new(),
            tells_marks: seed.is_multiple_of(2),
            changes: 0,
            numbers: 0,
            dice: Dice::new(seed ^ 0xA078_0F11_FE00_0004),
            night,
        }
    }

    /// Effective decisions on a record.
    pub fn decisions_on(&self, record: &str) -> impl Iterator<Item = &Kept> {
        self.decisions
            .values()
            .filter(move |kept| kept.is_effective() && kept.record.record.as_deref() == Some(record))
    }

    /// How often anything was changed.
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// Somebody reads the records of a vehicle, at this depth of calls within calls.
    fn tell(&mut self, plate: &Plate, depth: u32) -> Vec<CameraRecord> {
        let told: Vec<CameraRecord> =
            self.records.values().filter(|record| record.plate == *plate).cloned().collect();
        for record in &told {
            self.unseen.remove(&record.xh);
            match record.dispute_pending {
                Some(true) => self.objected.insert(record.xh.clone(), depth),
                _ => self.objected.remove(&record.xh),
            };
        }
        told
    }

    /// Carries out what was late and is due. Whoever sent it has heard nothing and hears nothing now.
    fn catch_up(&mut self, now_ms: i64) {
        let due: Vec<_> = self.late.extract_if(.., |(at_ms, _)| *at_ms <= now_ms).collect();
        for (at_ms, write) in due {
            let at = Timestamp::from_millisecond(at_ms).expect("an instant");
            let _ = self.accept(&write, at);
        }
    }

    /// Writing what was written without having looked or while it was still on its way, and deciding what is under objection: noted as wrong. A write that
    /// was overtaken by one within it could not know.
    fn judge(&mut self, write: &DecisionWrite, depth: u32) {
        let again =
            self.unseen.get(&write.record).is_some_and(|(case, at)| *case == write.case && depth >= *at);
        if again {
            self.wrongs.push(format!("case {} was written again without looking", write.case));
        }
        if self.late.iter().any(|(_, late)| late.case == write.case) {
            self.wrongs.push(format!("case {} was written again while it was on its way", write.case));
        }
        if self.objected.get(&write.record).is_some_and(|at| depth >= *at) {
            self.wrongs.push(format!("case {} was decided under an objection", write.case));
        }
    }

    fn next_number(&mut self) -> String {
        self.numbers += 1;
        self.changes += 1;
        format!("4201009{:08}", self.numbers)
    }

    /// Another channel handles a record: decided and paid there by its owner. `false` when it is not open.
    pub fn handle_elsewhere(&mut self, record: &str, licence: &IdNumber, at: Timestamp) -> bool {
        let Some(open) = self.records.get(record).filter(|record| record.handled != Some(true)).cloned()
        else {
            return false;
        };
        let number = self.next_number();
        // Decided over there a minute and a half ago, and told only now; by a clock with seconds.
        let told = at - SignedDuration::from_secs(if at.as_second() % 60 == 35 { 96 } else { 95 });
        let decision = convert::decided(&open, &number, told);
        let decision = DecisionRecord {
            licence: Some(licence.clone()),
            paid: Some(Paid::Yes),
            // The other channel's day begins before ours: it tells of a payment of the day before.
            paid_at: Some(at - SignedDuration::from_hours(24)),
            ..decision
        };
        self.keep(decision, String::new(), format!("ELSEWHERE{number}"), at);
        true
    }

    /// Another channel takes the money of a decision. `false` when nothing is due.
    pub fn pay_elsewhere(&mut self, number: &str, at: Timestamp) -> bool {
        let Some(kept) = self.decisions.get_mut(number) else { return false };
        if kept.record.paid != Some(Paid::No) || !kept.is_effective() {
            return false;
        }
        kept.record.paid = Some(Paid::Yes);
        kept.record.paid_at = Some(at - SignedDuration::from_hours(24));
        kept.transaction = format!("ELSEWHERE{number}");
        self.changes += 1;
        true
    }

    /// A record is taken back after review. `false` when it is not open.
    pub fn remove(&mut self, record: &str) -> bool {
        let open = self.records.get_mut(record).filter(|record| record.handled != Some(true));
        let Some(record) = open else { return false };
        record.handled = Some(true);
        record.removed = Some(true);
        self.changes += 1;
        true
    }

    /// An objection is filed or answered.
    pub fn dispute(&mut self, record: &str, pending: bool) {
        if let Some(record) = self.records.get_mut(record) {
            record.dispute_pending = Some(pending);
            self.changes += 1;
        }
    }

    /// Every objection is answered: how many there were.
    pub fn answer_objections(&mut self) -> usize {
        let pending: Vec<String> = self
            .records
            .values()
            .filter(|record| record.dispute_pending == Some(true))
            .map(|record| record.xh.clone())
            .collect();
        pending.iter().for_each(|record| self.dispute(record, false));
        pending.len()
    }

    /// The fine of an open record becomes another one. `false` when it is not open.
    pub fn reprice(&mut self, record: &str, fine: Fen) -> bool {
        let open = self.records.get_mut(record).filter(|record| record.handled != Some(true));
        let Some(record) = open else { return false };
        record.fine = Some(fine);
        self.changes += 1;
        true
    }

    /// A decision is annulled over there; its record is open again, and its points are gone.
    pub fn annul(&mut self, number: &str) -> bool {
        let Some(kept) = self.decisions.get_mut(number).filter(|kept| kept.is_effective()) else {
            return false;
        };
        kept.record.annulled = Some(true);
        self.changes += 1;
        let (licence, points) = (kept.record.licence.clone(), kept.record.points.unwrap_or(0));
        let camera = kept.record.record.clone();
        if let Some(record) = camera.and_then(|xh| self.records.get_mut(&xh)) {
            record.handled = Some(false);
            record.paid = Some(Paid::No);
            record.decision_number = None;
        }
        self.add_points(licence.as_ref(), -points);
        true
    }

    fn add_points(&mut self, licence: Option<&IdNumber>, points: i32) {
        let Some(driver) = licence.and_then(|id| self.drivers.get_mut(id.reveal())) else { return };
        driver.points = driver.points.map(|had| (had + points).max(0));
    }

    /// Keeps a decision and closes its record.
    fn keep(&mut self, decision: DecisionRecord, case: String, transaction: String, at: Timestamp) {
        if let Some(record) = decision.record.as_ref().and_then(|xh| self.records.get_mut(xh)) {
            record.handled = Some(true);
            record.paid = decision.paid;
            record.decision_number = Some(decision.number.clone());
        }
        self.add_points(decision.licence.as_ref(), decision.points.unwrap_or(0));
        let late = if self.dice.chance(40) { self.dice.below(7_200_000) } else { 0 };
        let digit_from_ms = at.as_millisecond() + i64::try_from(late).unwrap_or(0);
        let kept =
            Kept { case, transaction, digit_from_ms, written_ms: at.as_millisecond(), record: decision };
        self.decisions.insert(kept.record.number.clone(), kept);
    }

    /// The decision as it is told at an instant: without its check digit while that is not there.
    fn told(&self, kept: &Kept, at_ms: i64) -> DecisionRecord {
        let digit = kept.record.check_digit.clone().filter(|_| kept.digit_from_ms <= at_ms);
        // Another channel's has a mark of its own where they are told.
        let mark = if kept.case.is_empty() { "12123" } else { kept.case.as_str() };
        let remark = self.tells_marks.then(|| mark.to_owned());
        DecisionRecord { check_digit: digit, remark, ..kept.record.clone() }
    }

    fn write(&mut self, write: &DecisionWrite, at: Timestamp, depth: u32) -> Result<Decided, Fault> {
        self.accepts_writes(at)?;
        self.writes += 1;
        self.judge(write, depth);
        let decided = self.accept(write, at)?;
        self.unseen.insert(write.record.clone(), (write.case.clone(), depth));
        Ok(decided)
    }

    /// Decides, where the record lets it.
    fn accept(&mut self, write: &DecisionWrite, at: Timestamp) -> Result<Decided, Fault> {
        let record = self.records.get(&write.record).ok_or_else(|| Fault::refused("0", "no such record"))?;
        if record.removed == Some(true) {
            return Err(Fault::refused("0", "the record was removed"));
        }
        if record.handled == Some(true) {
            return Err(Fault::refused(DUPLICATE, "handled already"));
        }
        let fits = record.plate == write.plate && record.code.as_ref() == Some(&write.code);
        if !fits {
            return Err(Fault::refused("0", "plate or offence differ from the record"));
        }
        let warned = write.penalty == Penalty::Warning;
        if warned && (!write.fine.is_zero() || write.points != 0) {
            return Err(Fault::refused("0", "a warning has no fine and no points"));
        }
        let (record, number) = (record.clone(), self.next_number());
        let paid = match (warned, &write.paid) {
            (true, _) => Paid::NothingDue,
            (false, Some(_)) => Paid::Yes,
            (false, None) => Paid::No,
        };
        let decision = DecisionRecord {
            party: Some(write.party.clone()),
            licence: Some(write.licence.clone()),
            file_number: Some(write.file_number.clone()),
            points: Some(write.points),
            fine: Some(write.fine),
            penalty: Some(if warned { "1" } else { "2" }.to_owned()),
            decided: Some(write.decided),
            paid: Some(paid),
            // A decision does not say when it was paid: the platform notes when it heard of it.
            paid_at: write.paid.as_ref().map(|_| at),
            ..convert::decided(&record, &number, at)
        };
        let transaction = write.paid.as_ref().map(|mark| mark.transaction.clone()).unwrap_or_default();
        let digit = decision.check_digit.clone();
        self.keep(decision, write.case.clone(), transaction, at);
        let at_once = self.dice.chance(30) && self.decisions[&number].digit_from_ms <= at.as_millisecond();
        Ok(Decided { number, check_digit: digit.filter(|_| at_once) })
    }

    fn mark(&mut self, number: &str, mark: &PaidMark, at: Timestamp) -> Result<(), Fault> {
        self.accepts_writes(at)?;
        let kept = self.decisions.get_mut(number).ok_or_else(|| Fault::refused("0", "no such decision"))?;
        if kept.record.annulled == Some(true) {
            return Err(Fault::refused("0", "the decision was annulled"));
        }
        if kept.record.paid == Some(Paid::NothingDue) {
            return Err(Fault::refused("0", "nothing is due"));
        }
        if kept.record.fine != Some(mark.fine) {
            return Err(Fault::refused("0", "the fine differs from the decision"));
        }
        if kept.record.paid == Some(Paid::Yes) && kept.transaction != mark.transaction {
            return Err(Fault::refused(DUPLICATE, "paid already"));
        }
        kept.record.paid = Some(Paid::Yes);
        kept.record.paid_at = Some(mark.paid);
        kept.transaction.clone_from(&mark.transaction);
        self.changes += 1;
        let camera = kept.record.record.clone();
        if let Some(record) = camera.and_then(|xh| self.records.get_mut(&xh)) {
            record.paid = Some(Paid::Yes);
        }
        Ok(())
    }

    fn accepts_writes(&self, at: Timestamp) -> Result<(), Fault> {
        let awake = (6..22).contains(&civil(at).hour());
        match self.night {
            _ if awake => Ok(()),
            Night::Open => Ok(()),
            Night::Away => Err(Fault::Unreachable),
            Night::Refuses => Err(Fault::refused("0", "outside the hours of service")),
        }
    }
}

/// The platform behind the network.
pub struct SimAuthority {
    life: Arc<Life>,
    network: Arc<Network>,
    files: Mutex<Files>,
}

impl SimAuthority {
    /// The platform of a city.
    pub fn new(city: &City, seed: u64, night: Night, life: &Arc<Life>, network: &Arc<Network>) -> Arc<Self> {
        let files = Mutex::new(Files::of(city, seed, night));
        Arc::new(SimAuthority { life: Arc::clone(life), network: Arc::clone(network), files })
    }

    /// What it holds, to look at and to change behind everybody's back.
    pub fn files(&self) -> MutexGuard<'_, Files> {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        files.catch_up(self.life.ms());
        files
    }

    fn read<T>(&self, call: Call, read: impl FnOnce(&Files) -> T) -> Result<T, Fault> {
        self.network.carry(call, || Ok(read(&self.files())))
    }
}

impl Authority for SimAuthority {
    fn is_down(&self) -> bool {
        self.network.police_is_down()
    }

    fn driver(&self, id: &IdNumber) -> Result<Option<DriverRecord>, Fault> {
        self.read(Call::Driver, |files| files.drivers.get(id.reveal()).cloned())
    }

    fn vehicle(&self, plate: &Plate) -> Result<Option<VehicleRecord>, Fault> {
        self.read(Call::Vehicle, |files| files.vehicles.get(&plate.key()).cloned())
    }

    fn vehicles_of(&self, id: &IdNumber) -> Result<Vec<VehicleRecord>, Fault> {
        let owned = |car: &&VehicleRecord| car.owner_id.as_ref() == Some(id);
        self.read(Call::VehiclesOf, |files| files.vehicles.values().filter(owned).cloned().collect())
    }

    fn records(&self, plate: &Plate) -> Result<Vec<CameraRecord>, Fault> {
        let depth = self.network.depth();
        self.network.carry(Call::Records, || Ok(self.files().tell(plate, depth)))
    }

    fn decisions(&self, id: &IdNumber) -> Result<Vec<DecisionRecord>, Fault> {
        let of = |kept: &&Kept| kept.record.licence.as_ref() == Some(id);
        let now = self.life.ms();
        self.read(Call::Decisions, |files| {
            files.decisions.values().filter(of).map(|kept| files.told(kept, now)).collect()
        })
    }

    fn decisions_of_vehicle(&self, plate: &Plate) -> Result<Vec<DecisionRecord>, Fault> {
        let of = |kept: &&Kept| kept.record.plate.as_ref() == Some(plate);
        let now = self.life.ms();
        self.read(Call::DecisionsOfVehicle, |files| {
            files.decisions.values().filter(of).map(|kept| files.told(kept, now)).collect()
        })
    }

    fn decision(&self, number: &str) -> Result<Option<DecisionRecord>, Fault> {
        let now = self.life.ms();
        self.read(Call::Decision, |files| files.decisions.get(number).map(|kept| files.told(kept, now)))
    }

    fn pictures(&self, _record: &str) -> Result<Vec<Picture>, Fault> {
        self.read(Call::Pictures, |_| Vec::new())
    }

    fn driver_file(&self, id: &IdNumber) -> Result<DriverFile, Fault> {
        self.read(Call::DriverFile, |files| files.files.get(id.reveal()).cloned().unwrap_or_default())
    }

    fn decide(&self, decision: &DecisionWrite) -> Result<Decided, Fault> {
        let depth = self.network.depth();
        let later = |at_ms| self.files().late.push((at_ms, decision.clone()));
        self.network.carry_or_later(
            Call::Decide,
            || self.files().write(decision, self.life.at(), depth),
            later,
        )
    }

    fn mark_paid(&self, number: &str, paid: &PaidMark) -> Result<(), Fault> {
        self.network.carry(Call::MarkPaid, || self.files().mark(number, paid, self.life.at()))
    }
}
