//! Outside service hours: when it opens, and what works meanwhile.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use super::parts::Link;
use crate::ctx::Hours;
use crate::page::view;

/// The closed page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Closed {
    /// Service hours.
    pub hours: Hours,
    /// When it opens.
    pub opens_at: Timestamp,
    /// A fine that falls due before it opens, and how that is treated.
    pub due: Option<Date>,
    /// Where to go on meanwhile.
    pub meanwhile: Vec<Link>,
}

view!(Closed, "citizen/closed.html");
