//! What we write to the platform.

use clearway_domain::{Fen, IdNumber, PersonName, Phone, Plate};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Kind of penalty in a summary decision (`cfzl`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Penalty {
    /// `1`: warning; no fine and no points.
    Warning,
    /// `2`: fine.
    Fine,
}

/// A summary decision on a camera record, ready to be written (shape of 04C54, order 157 art. 43–45).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionWrite {
    /// The decision number that we give, where the site lends us a range; `None` where the platform gives it (`jdsbh`).
    pub number: Option<String>,
    /// The camera record that is decided (`xh`). The platform accepts one decision a record.
    pub record: String,
    /// Party (`dsr`).
    pub party: PersonName,
    /// Licence number of the party (`jszh`).
    pub licence: IdNumber,
    /// File number of the licence (`dabh`).
    pub file_number: String,
    /// Office that issued the licence (`fzjg`).
    pub issuing_office: String,
    /// Classes (`zjcx`).
    pub classes: String,
    /// The party's phone (`dh`).
    pub phone: Option<Phone>,
    /// Plate (`hpzl`, `hphm`).
    pub plate: Plate,
    /// When the violation happened (`wfsj`, written to the minute in Chinese civil time).
    pub occurred: Timestamp,
    /// Where, in words (`wfdz`).
    pub place: String,
    /// Place code (`wfdd`); the profile's own when `None`.
    pub place_code: Option<String>,
    /// Road section (`lddm`); the profile's own when `None`.
    pub road_section: Option<String>,
    /// Metres from the beginning of the section (`ddms`).
    pub metres: Option<String>,
    /// Offence code (`wfxw`).
    pub code: String,
    /// Measured value (`scz`).
    pub measured: Option<i64>,
    /// Limit (`bzz`).
    pub limit: Option<i64>,
    /// Kind of penalty (`cfzl`).
    pub penalty: Penalty,
    /// Fine; zero with a warning (`fkje`, in yuan on the wire).
    pub fine: Fen,
    /// Points that the decision gives; zero with a warning (`wfjfs`).
    pub points: i32,
    /// Already paid when decided ("pay first, then handle": `jkbj` 1, else 0, and 9 with a warning).
    pub paid: Option<PaidMark>,
    /// When it was decided (`clsj`).
    pub decided: Timestamp,
    /// Officer on duty (`zqmj`); the profile's own when `None`.
    pub officer: Option<String>,
    /// Our case number, sent as the remark (`bz`), by which a lost write is recognised where the site tells it:
    /// [`super::DecisionRecord::whose`].
    pub case: String,
}

/// The platform's answer to a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// Decision number (`jdsbh`).
    pub number: String,
    /// Check digit, where the write already tells it; else ask [`super::Authority::decision`] (`wsjyw`).
    pub check_digit: Option<String>,
}

/// A payment to be noted on a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaidMark {
    /// Transaction number of the payment channel.
    pub transaction: String,
    /// The fine that was paid (`fkje`).
    pub fine: Fen,
    /// The surcharge that was paid (`znj`).
    pub surcharge: Fen,
    /// When (`jkrq`).
    pub paid: Timestamp,
}
