//! The police authority's platform (公安交通管理综合应用平台, "六合一"), as the service sees it.
//!
//! Interface numbers (`jkid`) and field names in the comments are those of the platform; the records keep the
//! platform's letters and codes as they came, because lists differ between sites and the rules decide what they mean.

mod answer;
mod client;
mod encoding;
mod fields;
mod file;
mod profile;
mod read;
mod records;
mod soap;
#[cfg(test)]
mod tests;
mod write;
mod writes;

use clearway_domain::{IdNumber, Plate};

pub use answer::DUPLICATE;
pub use client::SoapAuthority;
pub use profile::{AnswerHabit, AuthorityProfile, Habit, Jkids, OfficeFields, Tags, Variant};
pub use records::{
    Blacklisting, CameraRecord, Crash, DecisionRecord, DriverFile, DriverRecord, Paid, Picture, Programme,
    ProgrammeUse, VehicleRecord,
};

use std::time::Duration;

use crate::{Fault, Pace};

pub use write::Whose;
pub use writes::{Decided, DecisionWrite, PaidMark, Penalty};

/// [`Authority::whole_call`] with the usual limits of a profile.
const WHOLE_CALL: Duration = Duration::from_secs(35);

/// What can be asked of and written to the authority.
///
/// `Ok(None)` and an empty list mean that the platform said "nothing found"; everything else that prevents an answer
/// is a [`Fault`]. Every call has a deadline on the whole of it.
pub trait Authority: Send + Sync {
    /// How fast it is asked, where somebody keeps a pace.
    fn pace(&self) -> Option<&Pace> {
        None
    }

    /// Whether the platform as a whole fails at present, and not just this call or that.
    fn is_down(&self) -> bool {
        self.pace().is_some_and(Pace::is_down)
    }

    /// The same platform for somebody with little time: whatever takes longer than `most` is [`Fault::TimedOut`], and
    /// says nothing about how the platform does. For questions only. `None` where the client has no such thing.
    fn briefly(&self, _most: Duration) -> Option<Box<dyn Authority>> {
        None
    }

    /// Longest that one call takes: the wait for its place in the pace, and its deadline. Whatever was not answered by then may
    /// still be on its way over there.
    fn whole_call(&self) -> Duration {
        WHOLE_CALL
    }

    /// A driver by identity number (02C06).
    ///
    /// # Errors
    /// Any [`Fault`]: the driver could then not be checked.
    fn driver(&self, id: &IdNumber) -> Result<Option<DriverRecord>, Fault>;

    /// A vehicle by plate (01C21 in the site's own province, 01C49 elsewhere).
    ///
    /// # Errors
    /// Any [`Fault`]: the vehicle could then not be checked.
    fn vehicle(&self, plate: &Plate) -> Result<Option<VehicleRecord>, Fault>;

    /// The vehicles registered to a person (operation of the site).
    ///
    /// # Errors
    /// Any [`Fault`].
    fn vehicles_of(&self, id: &IdNumber) -> Result<Vec<VehicleRecord>, Fault>;

    /// All camera records (非现场) of a vehicle, handled or not (04C03).
    ///
    /// # Errors
    /// Any [`Fault`]. One record without its key fields spoils the whole answer: a list with a hole would let a rule
    /// believe that there is one violation less.
    fn records(&self, plate: &Plate) -> Result<Vec<CameraRecord>, Fault>;

    /// All decisions against a driver (04C01).
    ///
    /// # Errors
    /// Any [`Fault`].
    fn decisions(&self, id: &IdNumber) -> Result<Vec<DecisionRecord>, Fault>;

    /// All decisions on violations of a vehicle, whoever the driver was (04C06).
    ///
    /// # Errors
    /// Any [`Fault`]. A decision on another vehicle, or on one whose plate cannot be read, spoils the whole answer: a
    /// licence would be counted on the wrong vehicle, or not at all.
    fn decisions_of_vehicle(&self, plate: &Plate) -> Result<Vec<DecisionRecord>, Fault>;

    /// One decision by its number (04C01). This is also how the check digit (`wsjyw`) is learned after a write, and how
    /// a write whose reply was lost is found.
    ///
    /// # Errors
    /// Any [`Fault`].
    fn decision(&self, number: &str) -> Result<Option<DecisionRecord>, Fault>;

    /// The pictures of a camera record (04C04); empty while they have not arrived.
    ///
    /// # Errors
    /// Any [`Fault`].
    fn pictures(&self, record: &str) -> Result<Vec<Picture>, Fault>;

    /// What other systems know of a driver (operation of the site): 12123 registration, crashes, full-mark studies,
    /// cheating, programme use in other channels, blacklist.
    ///
    /// # Errors
    /// Any [`Fault`].
    fn driver_file(&self, id: &IdNumber) -> Result<DriverFile, Fault>;

    /// Writes the summary decision on a camera record (operation of the site, shape of 04C54). Never retried in here.
    ///
    /// # Errors
    /// Any [`Fault`]; where [`Fault::may_have_acted`] holds, look for it with [`Authority::decision`] or
    /// [`Authority::decisions`] before writing again.
    fn decide(&self, decision: &DecisionWrite) -> Result<Decided, Fault>;

    /// Marks a decision as paid (operation of the site).
    ///
    /// # Errors
    /// Any [`Fault`]; marking twice with the same transaction is harmless.
    fn mark_paid(&self, number: &str, paid: &PaidMark) -> Result<(), Fault>;
}
