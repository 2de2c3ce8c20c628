//! Careless ways with the police platform.

use std::sync::Arc;

use clearway_connect::Fault;
use clearway_connect::authority::{
    Authority, CameraRecord, Decided, DecisionRecord, DecisionWrite, DriverFile, DriverRecord, PaidMark,
    Penalty, Picture, VehicleRecord,
};
use clearway_domain::{Fen, IdNumber, Plate};

use super::Plant;
use crate::simulation::world::authority::SimAuthority;

/// The platform, used carelessly.
pub struct Careless {
    /// How.
    pub plant: Plant,
    /// The platform.
    pub real: Arc<SimAuthority>,
}

impl Authority for Careless {
    fn is_down(&self) -> bool {
        self.real.is_down()
    }

    fn driver(&self, id: &IdNumber) -> Result<Option<DriverRecord>, Fault> {
        self.real.driver(id)
    }

    fn vehicle(&self, plate: &Plate) -> Result<Option<VehicleRecord>, Fault> {
        self.real.vehicle(plate)
    }

    fn vehicles_of(&self, id: &IdNumber) -> Result<Vec<VehicleRecord>, Fault> {
        self.real.vehicles_of(id)
    }

    fn records(&self, plate: &Plate) -> Result<Vec<CameraRecord>, Fault> {
        let mut records = self.real.records(plate)?;
        if self.plant == Plant::IgnoresObjections {
            records.iter_mut().for_each(|record| record.dispute_pending = Some(false));
        }
        Ok(records)
    }

    fn decisions(&self, id: &IdNumber) -> Result<Vec<DecisionRecord>, Fault> {
        self.real.decisions(id)
    }

    fn decisions_of_vehicle(&self, plate: &Plate) -> Result<Vec<DecisionRecord>, Fault> {
        self.real.decisions_of_vehicle(plate)
    }

    fn decision(&self, number: &str) -> Result<Option<DecisionRecord>, Fault> {
        self.real.decision(number)
    }

    fn pictures(&self, record: &str) -> Result<Vec<Picture>, Fault> {
        self.real.pictures(record)
    }

    fn driver_file(&self, id: &IdNumber) -> Result<DriverFile, Fault> {
        self.real.driver_file(id)
    }

    fn decide(&self, decision: &DecisionWrite) -> Result<Decided, Fault> {
        let mut write = decision.clone();
        match self.plant {
            Plant::MorePoints if write.penalty == Penalty::Fine => write.points += 1,
            Plant::OtherFine if write.penalty == Penalty::Fine => write.fine = write.fine + Fen(100),
            _ => {}
        }
        match (self.plant, self.real.decide(&write)) {
            (Plant::WritesAgain, Err(fault)) if fault.may_have_acted() => self.real.decide(&write),
            (Plant::TakesSilenceForSuccess, Err(fault)) if fault.may_have_acted() => {
                Ok(Decided { number: "420100999999999".to_owned(), check_digit: None })
            }
            (_, answer) => answer,
        }
    }

    fn mark_paid(&self, number: &str, paid: &PaidMark) -> Result<(), Fault> {
        self.real.mark_paid(number, paid)
    }
}
