//! The decision document: every field that the law and the form ask for, number and check digit as the platform gave them.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use crate::page::view;
use crate::private::Private;

/// A decision under the summary procedure (Order 157 art. 45; Administrative Penalty Law art. 52).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Decision {
    /// The case.
    pub case_id: String,
    /// Whether it is a warning.
    pub warning: bool,
    /// Number as the platform returned it.
    pub number: String,
    /// Check digit as the platform returned it.
    pub check_digit: Option<String>,
    /// Office that decided.
    pub office: String,
    /// Party's name.
    pub name: Private,
    /// Party's file number, masked.
    pub file_number: Option<Private>,
    /// Party's licence number, masked.
    pub licence: Private,
    /// Licence class.
    pub class: String,
    /// Party's contact, masked.
    pub contact: Option<Private>,
    /// Office that issued the licence.
    pub licence_office: Option<String>,
    /// Plate.
    pub plate: Private,
    /// Kind of vehicle.
    pub vehicle_kind: String,
    /// When it happened.
    pub at: Timestamp,
    /// Where it happened.
    pub place: String,
    /// What was done.
    pub act: String,
    /// Offence code.
    pub code: String,
    /// Articles broken.
    pub broken: Vec<String>,
    /// Articles applied.
    pub applied: Vec<String>,
    /// Evidence relied on.
    pub evidence: String,
    /// Fine, fen.
    pub fine_fen: i64,
    /// Fine in Chinese capital figures.
    pub fine_words: String,
    /// Points recorded.
    pub points: i32,
    /// Article under which points are recorded.
    pub points_article: String,
    /// Way and term of payment, surcharge rate and ceiling; or that nothing is to be paid.
    pub performance: String,
    /// Whether the fine was paid before, and when.
    pub paid_at: Option<Timestamp>,
    /// Body that hears a reconsideration.
    pub reconsideration_body: String,
    /// Last day to ask for one.
    pub reconsideration_by: Date,
    /// Court.
    pub court: String,
    /// Last day to go there.
    pub court_by: Date,
    /// Whether reconsideration has to come first.
    pub reconsideration_first: bool,
    /// Where it was decided.
    pub decided_place: String,
    /// Day of the decision.
    pub decided_on: Date,
    /// Officer, or the seal used instead.
    pub officer: String,
    /// How and when it was served, and the party's consent to that.
    pub served: String,
    /// When the party confirmed the facts.
    pub confirmed_at: Option<Timestamp>,
    /// When the party waived the statement, as its own act.
    pub waived_at: Option<Timestamp>,
    /// Study and quiz behind a warning or a reduction.
    pub education: Option<String>,
    /// Remark.
    pub remark: Option<String>,
}

view!(Decision, "citizen/decision.html");
