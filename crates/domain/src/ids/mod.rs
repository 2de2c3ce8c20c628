//! Personal data is a type (design.md §3 rule 12): identity numbers, phones, names and plates.
//!
//! `Debug` prints the mask, there is no `Display`, and the plain text leaves only through `reveal`,
//! [`Plate::key`] or serde, which are for the store, the wire and the driver's own page.

mod identity;
mod person;
mod plate;
mod text;

pub use identity::{IdFault, IdNumber};
pub use person::{NameFault, PersonName, Phone, PhoneFault};
pub use plate::{Plate, PlateFault, PlateKind};
