//! The platform with one fault at a time, as our client would tell it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use clearway_connect::Fault;
use clearway_connect::authority::{
    Authority, CameraRecord, Decided, DecisionRecord, DecisionWrite, DriverFile, DriverRecord, Paid,
    PaidMark, Picture, VehicleRecord,
};
use clearway_domain::{IdNumber, Plate};

use super::{Class, Trouble};
use crate::simulation::world::authority::SimAuthority;
use crate::simulation::world::chance::Life;

/// Milliseconds after which our client gives a call up (`clearway_connect::Limits`).
const DEADLINE_MS: i64 = 10_000;

/// What goes wrong, with which calls, and how often still.
#[derive(Debug, Clone, Copy)]
struct Active {
    trouble: Trouble,
    class: Class,
    calls: u32,
    /// Reads of decisions that are spoilt because a write before them was.
    after_write: u32,
}

/// The platform behind its troubles.
pub struct Platform {
    inner: Arc<SimAuthority>,
    life: Arc<Life>,
    active: Mutex<Option<Active>>,
}

impl Platform {
    /// A platform without trouble.
    pub fn new(inner: &Arc<SimAuthority>, life: &Arc<Life>) -> Arc<Platform> {
        Arc::new(Platform { inner: Arc::clone(inner), life: Arc::clone(life), active: Mutex::new(None) })
    }

    fn active(&self) -> MutexGuard<'_, Option<Active>> {
        self.active.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on the next `calls` calls of a class meet a trouble.
    pub fn begin(&self, trouble: Trouble, class: Class, calls: u32) {
        *self.active() = Some(Active { trouble, class, calls, after_write: 0 });
    }

    /// The trouble is over.
    pub fn end(&self) {
        *self.active() = None;
    }

    /// The trouble that a call of this class meets, used up by one.
    fn meets(&self, class: Class) -> Option<Trouble> {
        let mut active = self.active();
        let now = active.as_mut().filter(|now| now.class == class && now.calls > 0)?;
        now.calls -= 1;
        Some(now.trouble)
    }

    /// The trouble that a read of decisions meets after a spoilt write, or as any read.
    fn meets_reading_decisions(&self) -> Option<Trouble> {
        {
            let mut active = self.active();
            if let Some(now) = active.as_mut().filter(|now| now.after_write > 0) {
                now.after_write -= 1;
                return Some(now.trouble);
            }
        }
        self.meets(Class::Query)
    }

    fn late(&self) -> Fault {
        self.life.pass(DEADLINE_MS);
        Fault::TimedOut
    }

    /// What prevents an answer to a read.
    fn prevents(&self, trouble: Option<Trouble>) -> Result<(), Fault> {
        match trouble {
            Some(Trouble::Down) => Err(Fault::Unreachable),
            Some(Trouble::Slow | Trouble::ActsThenTimesOut) => Err(self.late()),
            Some(Trouble::Refuses) => Err(Fault::refused("0", "no service")),
            Some(Trouble::ChangedSchema) => Err(Fault::garbled("another shape")),
            _ => Ok(()),
        }
    }

    /// A write: carried out or not, answered or not. Of what the write itself cannot show, the reads after it do.
    fn write<T>(&self, class: Class, act: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
        let trouble = self.meets(class);
        match trouble {
            None | Some(Trouble::Withdrawn) => act(),
            Some(Trouble::Down) => Err(Fault::Unreachable),
            Some(Trouble::Refuses) => Err(Fault::refused("0", "not now")),
            Some(Trouble::Slow | Trouble::ActsThenTimesOut) => act().and_then(|_| Err(self.late())),
            Some(Trouble::ChangedSchema) => act().and_then(|_| Err(Fault::garbled("another shape"))),
            Some(Trouble::PartialPage | Trouble::DuplicateRows | Trouble::Contradictory) => {
                let acted = act();
                if let Some(now) = self.active().as_mut() {
                    // One look back is spoilt: at the decision by its number, and for our own write at the list too.
                    now.after_write = if class == Class::Settle { 1 } else { 2 };
                }
                acted.and_then(|_| Err(self.late()))
            }
        }
    }

    fn list<T: Clone>(rows: Vec<T>, trouble: Option<Trouble>) -> Vec<T> {
        match trouble {
            Some(Trouble::PartialPage) => Vec::new(),
            Some(Trouble::DuplicateRows) => rows.iter().chain(&rows).cloned().collect(),
            _ => rows,
        }
    }
}

/// A record that is told otherwise than the platform holds it: handled, and nobody knows by what.
fn contradicted(record: CameraRecord) -> CameraRecord {
    let handled = record.handled != Some(true);
    CameraRecord { handled: Some(handled), decision_number: None, ..record }
}

impl Authority for Platform {
    fn driver(&self, id: &IdNumber) -> Result<Option<DriverRecord>, Fault> {
        self.prevents(self.meets(Class::Query))?;
        self.inner.driver(id)
    }

    fn vehicle(&self, plate: &Plate) -> Result<Option<VehicleRecord>, Fault> {
        self.prevents(self.meets(Class::Query))?;
        self.inner.vehicle(plate)
    }

    fn vehicles_of(&self, id: &IdNumber) -> Result<Vec<VehicleRecord>, Fault> {
        self.prevents(self.meets(Class::Query))?;
        self.inner.vehicles_of(id)
    }

    fn records(&self, plate: &Plate) -> Result<Vec<CameraRecord>, Fault> {
        let trouble = self.meets(Class::Query);
        self.prevents(trouble)?;
        let rows = self.inner.records(plate)?;
        Ok(match trouble {
            Some(Trouble::Contradictory) => rows.into_iter().map(contradicted).collect(),
            _ => Platform::list(rows, trouble),
        })
    }

    fn decisions(&self, id: &IdNumber) -> Result<Vec<DecisionRecord>, Fault> {
        let trouble = self.meets_reading_decisions();
        self.prevents(trouble)?;
        let rows = self.inner.decisions(id)?;
        Ok(match trouble {
            // The records say that it is handled; this list does not hold by what.
            Some(Trouble::Contradictory) => Vec::new(),
            _ => Platform::list(rows, trouble),
        })
    }

    fn decisions_of_vehicle(&self, plate: &Plate) -> Result<Vec<DecisionRecord>, Fault> {
        let trouble = self.meets(Class::Query);
        self.prevents(trouble)?;
        Ok(Platform::list(self.inner.decisions_of_vehicle(plate)?, trouble))
    }

    fn decision(&self, number: &str) -> Result<Option<DecisionRecord>, Fault> {
        let trouble = self.meets_reading_decisions();
        self.prevents(trouble)?;
        let told = self.inner.decision(number)?;
        Ok(match trouble {
            Some(Trouble::PartialPage) => None,
            Some(Trouble::Contradictory) => {
                told.map(|told| DecisionRecord { paid: Some(Paid::No), record: None, ..told })
            }
            _ => told,
        })
    }

    fn pictures(&self, record: &str) -> Result<Vec<Picture>, Fault> {
        self.inner.pictures(record)
    }

    fn driver_file(&self, id: &IdNumber) -> Result<DriverFile, Fault> {
        self.prevents(self.meets(Class::Query))?;
        self.inner.driver_file(id)
    }

    fn decide(&self, decision: &DecisionWrite) -> Result<Decided, Fault> {
        self.write(Class::Decision, || self.inner.decide(decision))
    }

    fn mark_paid(&self, number: &str, paid: &PaidMark) -> Result<(), Fault> {
        self.write(Class::Settle, || self.inner.mark_paid(number, paid))
    }
}
