//! What the platform tells us. Every field that the wire may leave out, or fill with something that cannot be read, is
//! an `Option`; the name of an unreadable field is kept in `oddities`. As JSON they are stored: what was not told is not in it, and
//! that is a third of a record.

use clearway_domain::{Fen, IdNumber, PersonName, Phone, Plate};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

/// A driver as the platform holds him (`DrvPerson`, 02C06).
#[skip_serializing_none]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DriverRecord {
    /// Name (`xm`).
    pub name: Option<PersonName>,
    /// Identity number, which is also the licence number (`sfzmhm`).
    pub id: Option<IdNumber>,
    /// File number of the licence, 12 digits (`dabh`).
    pub file_number: Option<String>,
    /// Classes, possibly several without separator, for example `C1D` (`zjcx`).
    pub classes: Option<String>,
    /// State letters, several at once, for example `BDJ`, in the order received (`zt`). `None` when empty.
    pub states: Option<String>,
    /// Points in the current cycle (`ljjf`).
    pub points: Option<i32>,
    /// First licence date, from which the points cycle runs (`cclzrq`).
    pub first_licence: Option<Date>,
    /// Last day of validity (`yxqz`).
    pub valid_until: Option<Date>,
    /// Next review date (审验, `syrq`).
    pub review_due: Option<Date>,
    /// Next point-clearing date (`qfrq`).
    pub points_cleared_on: Option<Date>,
    /// Issuing office: province character and letter, for example `鄂A` (`fzjg`).
    pub issuing_office: Option<String>,
    /// Registered mobile number (`sjhm`).
    pub phone: Option<Phone>,
    /// Last day of probation, where the platform tells it (`sxqz`).
    pub probation_until: Option<Date>,
    /// Names of fields that held something unreadable.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub oddities: Vec<String>,
}

/// A vehicle as the platform holds it (`veh`, 01C21 or 01C49).
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VehicleRecord {
    /// Plate kind and the full number with the province character (`hpzl`, `hphm`).
    pub plate: Plate,
    /// Owner, a person or an organisation (`syr`).
    pub owner_name: Option<PersonName>,
    /// The owner's identity number, when it is a valid one of a person (`sfzmhm`).
    pub owner_id: Option<IdNumber>,
    /// Whether the owner is an organisation, told by the kind of the owner's document (`sfzmmc`).
    pub owner_is_company: Option<bool>,
    /// Vehicle kind, for example `K31` (`cllx`).
    pub kind: Option<String>,
    /// Use, for example `A` = not for hire (`syxz`).
    pub use_code: Option<String>,
    /// First registration (`ccdjrq`).
    pub first_registered: Option<Date>,
    /// Last registration or change of registration (`djrq`).
    pub last_registered: Option<Date>,
    /// Inspection valid to this day (`yxqz`).
    pub inspected_until: Option<Date>,
    /// State letters, several at once, in the order received (`zt`). `None` when empty.
    pub states: Option<String>,
    /// Issuing office, for example `鄂A` (`fzjg`).
    pub issuing_office: Option<String>,
    /// The owner's registered mobile number (`sjhm`).
    pub phone: Option<Phone>,
    /// Whether the vehicle is on the list of key or restricted vehicles, where the site tells it (`zdbj`).
    pub key_watch: Option<bool>,
    /// Names of fields that held something unreadable.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub oddities: Vec<String>,
}

/// Payment mark of a record or decision (`jkbj`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Paid {
    /// `0`: not paid.
    No,
    /// `1`: paid.
    Yes,
    /// `9` (some lists: `2`): nothing to pay, as for a warning.
    NothingDue,
}

/// A camera record (非现场) on a vehicle (`viosurveil`, 04C03).
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CameraRecord {
    /// Record number, unique on the platform (`xh`).
    pub xh: String,
    /// Plate (`hpzl`, `hphm`).
    pub plate: Plate,
    /// When it happened (`wfsj`, Chinese civil time).
    pub occurred: Option<Timestamp>,
    /// Where it happened, in words (`wfdz`).
    pub place: Option<String>,
    /// Place code (`wfdd`).
    pub place_code: Option<String>,
    /// Road section (`lddm`).
    pub road_section: Option<String>,
    /// Metres from the beginning of the section (`ddms`).
    pub metres: Option<String>,
    /// Offence code, four digits and an optional local sub-code (`wfxw`).
    pub code: Option<String>,
    /// The offence in words (`wfxwms`, `wfms`).
    pub text: Option<String>,
    /// Fine (`fkje`, in yuan on the wire).
    pub fine: Option<Fen>,
    /// Points (`wfjfs`).
    pub points: Option<i32>,
    /// Measured value, for example km/h (`scz`).
    pub measured: Option<i64>,
    /// Limit, in the same unit (`bzz`).
    pub limit: Option<i64>,
    /// Collecting office, 12 digits (`cjjg`).
    pub office: Option<String>,
    /// Name of the collecting office (`cjjgmc`).
    pub office_name: Option<String>,
    /// Collection mode or kind of device (`cjfs`).
    pub collected_by: Option<String>,
    /// Number of the device (`sbbh`).
    pub device: Option<String>,
    /// Handled mark (`clbj`): 0 no, 1 yes.
    pub handled: Option<bool>,
    /// The record was removed after review (`clbj` = 2 where the site uses it).
    pub removed: Option<bool>,
    /// Payment mark (`jkbj`).
    pub paid: Option<Paid>,
    /// When it was entered (`lrsj`).
    pub entered: Option<Timestamp>,
    /// When the owner was told (`tzrq`).
    pub noticed: Option<Timestamp>,
    /// Another channel holds it at the moment: its name, as received (where the site tells it).
    pub other_channel: Option<String>,
    /// Code of the account that collects the fine (where the site tells it).
    pub payee: Option<String>,
    /// Name of that account's holder (where the site tells it).
    pub payee_name: Option<String>,
    /// An objection is being examined (`yybj`, where the site tells it).
    pub dispute_pending: Option<bool>,
    /// State of the pictures, code as received: 1 ready … 5 failed (`zpzt`, where the site tells it).
    pub picture_state: Option<String>,
    /// Audited and entered (`shbj`, where the site tells it).
    pub audited: Option<bool>,
    /// Caused a crash (`sgbj` or a crash grade, where the site tells it).
    pub crash: Option<bool>,
    /// Caused a jam (`ydbj`, where the site tells it).
    pub jam: Option<bool>,
    /// A vehicle or licence is held for it: number of the voucher (`pzbh`).
    pub measure_voucher: Option<String>,
    /// Decision number once decided (`jdsbh`).
    pub decision_number: Option<String>,
    /// Check digit of the decision number (`wsjyw`).
    pub decision_check: Option<String>,
    /// Document class (`jdslb`).
    pub document_class: Option<String>,
    /// Where the information comes from: 1 on the spot, 2 by camera (`xxly`).
    pub source: Option<String>,
    /// 0 local, 1 other city of the province, 2 other province (`cldxbj`).
    pub home: Option<String>,
    /// Names of fields that held something unreadable.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub oddities: Vec<String>,
}

/// A decision or on-the-spot violation of a driver (`violation`, 04C01).
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionRecord {
    /// Decision number (`jdsbh`).
    pub number: String,
    /// Check digit of the number, computed by the platform alone (`wsjyw`).
    pub check_digit: Option<String>,
    /// Violation number on the decision side (`wfbh`).
    pub violation: Option<String>,
    /// The camera record that it decides, where the site tells it (`xh`).
    pub record: Option<String>,
    /// Document class (`jdslb`): 1 summary, 2 general, …
    pub document_class: Option<String>,
    /// Party (`dsr`).
    pub party: Option<PersonName>,
    /// Licence number of the party (`jszh`).
    pub licence: Option<IdNumber>,
    /// File number of the licence (`dabh`).
    pub file_number: Option<String>,
    /// Plate (`hpzl`, `hphm`).
    pub plate: Option<Plate>,
    /// When the violation happened (`wfsj`).
    pub occurred: Option<Timestamp>,
    /// Where (`wfdz`).
    pub place: Option<String>,
    /// Offence code (`wfxw`).
    pub code: Option<String>,
    /// Points (`wfjfs`).
    pub points: Option<i32>,
    /// Fine (`fkje`).
    pub fine: Option<Fen>,
    /// Surcharge so far (`znj`).
    pub surcharge: Option<Fen>,
    /// Measured value (`scz`).
    pub measured: Option<i64>,
    /// Limit (`bzz`).
    pub limit: Option<i64>,
    /// Kind of penalty, code as received: 1 warning, 2 fine, 3 suspension, … (`cfzl`).
    pub penalty: Option<String>,
    /// When it was decided (`clsj`).
    pub decided: Option<Timestamp>,
    /// When it was served on the driver (where the site tells it).
    pub served: Option<Timestamp>,
    /// Annulled later (where the site tells it).
    pub annulled: Option<bool>,
    /// The programme that it applied (where the site tells it).
    pub programme: Option<Programme>,
    /// Points that the programme took off (where the site tells it).
    pub points_reduced: Option<i32>,
    /// Code of the account that collects the fine (where the site tells it).
    pub payee: Option<String>,
    /// Name of that account's holder (where the site tells it).
    pub payee_name: Option<String>,
    /// Deciding office (`cljg`).
    pub office: Option<String>,
    /// Name of the deciding office (`cljgmc`).
    pub office_name: Option<String>,
    /// Payment mark (`jkbj`).
    pub paid: Option<Paid>,
    /// When it was paid (`jkrq`).
    pub paid_at: Option<Timestamp>,
    /// 1 on the spot, 2 by camera (`xxly`).
    pub source: Option<String>,
    /// Crash grade, code as received (`sgdj`).
    pub crash_grade: Option<String>,
    /// The remark (where the site tells it): in a decision of ours the id of its case, as we wrote it (`bz`).
    #[serde(default)]
    pub remark: Option<String>,
    /// Names of fields that held something unreadable.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub oddities: Vec<String>,
}

impl DecisionRecord {
    /// When the driver received it: from then the terms run (Administrative Penalty Law art. 67). Where nobody tells the service of it,
    /// the instant of the decision.
    #[must_use]
    pub fn served_on(&self) -> Option<Timestamp> {
        self.served.or(self.decided)
    }

    /// Whether it is known to have been annulled: then it decides nothing.
    #[must_use]
    pub fn is_annulled(&self) -> bool {
        self.annulled == Some(true)
    }
}

/// What other systems know of a driver (operation of the site). A `None` list was not answered; an empty list was
/// answered with "none".
#[skip_serializing_none]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DriverFile {
    /// Registered with 交管12123.
    pub registered_12123: Option<bool>,
    /// Crashes on record, slight ones included.
    pub crashes: Option<Vec<Crash>>,
    /// Days on which a full-mark (满分) study was begun.
    pub full_mark_studies: Option<Vec<Date>>,
    /// Days on which cheating in a study or exam was established.
    pub study_cheating: Option<Vec<Date>>,
    /// Uses of the programmes in other channels (12123, window).
    pub programme_uses: Option<Vec<ProgrammeUse>>,
    /// Entries on the blacklist.
    pub blacklist: Option<Vec<Blacklisting>>,
    /// Names of fields that held something unreadable.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub oddities: Vec<String>,
}

/// A crash in which the driver had a part.
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crash {
    /// When.
    pub occurred: Timestamp,
    /// Vehicle driven.
    pub plate: Option<Plate>,
    /// Grade, code as received.
    pub grade: Option<String>,
}

/// The leniency programmes, as other channels report them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Programme {
    /// 首违警告: a warning instead of the fine.
    First,
    /// 学习减分 in its city form: a credit of points used on a violation.
    Study,
    /// 学习减分 in its national form: points taken off the licence (order 163 art. 25).
    StudyPoints,
}

/// One use of a programme in another channel.
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgrammeUse {
    /// Which programme.
    pub programme: Programme,
    /// When.
    pub used: Timestamp,
    /// Where: channel code as received.
    pub channel: Option<String>,
    /// Points granted or used.
    pub points: Option<i32>,
    /// The decision that it was used for.
    pub decision: Option<String>,
    /// Annulled later, so that the right may have come back.
    pub annulled: Option<bool>,
}

/// An entry on the blacklist of the study programmes or of handling.
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blacklisting {
    /// First day.
    pub from: Option<Date>,
    /// Last day; `None` = without end or not told.
    pub until: Option<Date>,
    /// Ground, as received.
    pub ground: Option<String>,
}

/// One picture of a camera record (04C04, `zpstr1`…`zpstr3`).
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// Position on the wire, from 1.
    pub ordinal: u8,
    /// Media type found from the first bytes: `image/jpeg`, `image/png` or `image/bmp`.
    pub media_type: &'static str,
    /// The picture.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture({}, {}, {} bytes)", self.ordinal, self.media_type, self.bytes.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an earlier build has stored, with a `null` for whatever was not told.
    const EARLIER: &str = r#"{"number":"420100000000002","check_digit":null,"violation":null,"record":null,
        "document_class":"1","party":null,"licence":"420102196001010002","file_number":null,"plate":"02:鄂A00000",
        "occurred":"2018-02-10T02:00:00Z","place":null,"code":"1039","points":0,"fine":10000,"surcharge":null,
        "measured":null,"limit":null,"penalty":null,"decided":"2018-02-25T02:00:00Z","served":null,"annulled":false,
        "programme":null,"points_reduced":null,"payee":null,"payee_name":null,"office":null,"office_name":null,
        "paid":"yes","paid_at":null,"source":"2","crash_grade":null,"oddities":[]}"#;

    #[test]
    fn what_was_not_told_is_not_stored_and_reads_as_not_told() {
        let earlier: DecisionRecord = serde_json::from_str(EARLIER).unwrap();
        assert_eq!((earlier.check_digit.as_deref(), earlier.points), (None, Some(0)));
        let stored = serde_json::to_string(&earlier).unwrap();
        assert!(!stored.contains(":null") && !stored.contains("oddities"), "{stored}");
        assert!(stored.contains("\"points\":0") && stored.contains("\"annulled\":false"), "{stored}");
        assert_eq!(serde_json::from_str::<DecisionRecord>(&stored).unwrap(), earlier);
    }
}
