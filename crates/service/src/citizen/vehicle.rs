//! One vehicle and its violations.

use clearway_store::binding::Binding;

use super::{Who, found, violations};
use crate::Error;
use crate::World;
use crate::assess::{Assessment, Line};

/// One vehicle's part of an assessment.
#[derive(Debug, Clone)]
pub struct VehiclePage {
    /// The whole assessment: the programmes stand above the list.
    pub assessment: Assessment,
    /// The binding.
    pub binding: Binding,
    /// Indices of the lines of this vehicle.
    pub lines: Vec<usize>,
}

impl VehiclePage {
    /// The lines of this vehicle.
    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().map(|index| &self.assessment.lines[*index])
    }
}

/// The page of one vehicle.
///
/// # Errors
/// [`Error::NotFound`] for a vehicle that this driver has not bound.
pub fn page(world: &World, who: &Who, plate_key: &str) -> Result<VehiclePage, Error> {
    let assessment = violations::judged(world, who)?;
    let binding = found(assessment.dossier.binding(plate_key).cloned(), "vehicle")?;
    let lines = assessment
        .lines
        .iter()
        .enumerate()
        .filter(|(_, line)| line.violation.plate_key() == plate_key)
        .map(|(index, _)| index)
        .collect();
    Ok(VehiclePage { assessment, binding, lines })
}
