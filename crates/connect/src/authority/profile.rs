//! How one site's platform wants to be spoken to. Nothing in here is guessed by the code: sites differ in every line.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{Limits, Secret};

/// Order and names of the arguments (`docs/guide/add-a-connector.md` lists them with their sources).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Variant {
    /// `TmriOutAccess`: `xtlb, jkxlh, jkid, UTF8XmlDoc`.
    A,
    /// The same with the last part named `QueryXmlDoc` or `WriteXmlDoc`.
    #[serde(rename = "A'")]
    APrime,
    /// `TmriOutNewAccess` under the old operation names: nine strings.
    B,
    /// `TmriOutNewAccess`, `queryObjectOutNew` and `writeObjectOutNew`: ten strings, in another order than B.
    C,
    /// `TmriTpAccess`, `queryTpobject` and `writeTpobject`: three strings.
    D,
    /// A re-host on .NET: the arguments of A in a document/literal body.
    E,
}

/// How the XML document is put into its argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Habit {
    /// Every text value is percent-encoded inside plain markup.
    #[default]
    Value,
    /// The whole document is percent-encoded.
    Document,
}

/// How the answer string is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerHabit {
    /// Percent-encoded as a whole.
    #[default]
    Document,
    /// Percent-encoded as a whole, and every value a second time.
    DocumentAndValues,
    /// Plain markup with percent-encoded values.
    Values,
    /// Not encoded.
    Plain,
}

/// Interface numbers. `None` = this site does not offer the operation; the call is then refused without being made.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Jkids {
    /// Driver by identity number.
    pub driver: Option<String>,
    /// Vehicle of the site's own province.
    pub vehicle_local: Option<String>,
    /// Vehicle of another province.
    pub vehicle_other: Option<String>,
    /// Vehicles of a person (no public number).
    pub vehicles_of: Option<String>,
    /// Camera records of a vehicle.
    pub records: Option<String>,
    /// Decisions of a driver, or one by number.
    pub decisions: Option<String>,
    /// Decisions on the violations of a vehicle, whoever the driver was.
    pub decisions_of_vehicle: Option<String>,
    /// Pictures of a camera record.
    pub pictures: Option<String>,
    /// What other systems know of a driver (no public number).
    pub driver_file: Option<String>,
    /// Decision on a camera record (no public number; shape of 04C54).
    pub decide: Option<String>,
    /// Mark a decision as paid (no public number).
    pub mark_paid: Option<String>,
}

impl Default for Jkids {
    fn default() -> Jkids {
        let some = |number: &str| Some(number.to_owned());
        Jkids {
            driver: some("02C06"),
            vehicle_local: some("01C21"),
            vehicle_other: some("01C49"),
            vehicles_of: None,
            records: some("04C03"),
            decisions: some("04C01"),
            decisions_of_vehicle: some("04C06"),
            pictures: some("04C04"),
            driver_file: None,
            decide: None,
            mark_paid: None,
        }
    }
}

/// The tag around each record. Case does not matter in answers; in writes it is sent as it stands here.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tags {
    /// 02C06.
    pub driver: String,
    /// 01C21, 01C49 and the site's list of a person's vehicles.
    pub vehicle: String,
    /// 04C03.
    pub record: String,
    /// 04C01 and 04C06.
    pub decision: String,
    /// 04C04.
    pub picture: String,
    /// The site's driver file.
    pub driver_file: String,
    /// The decision that is written.
    pub decide: String,
    /// The payment that is written.
    pub mark_paid: String,
}

impl Default for Tags {
    fn default() -> Tags {
        Tags {
            driver: "DrvPerson".to_owned(),
            vehicle: "veh".to_owned(),
            record: "viosurveil".to_owned(),
            decision: "violation".to_owned(),
            picture: "viojdczp".to_owned(),
            driver_file: "drvfile".to_owned(),
            decide: "violation".to_owned(),
            mark_paid: "payment".to_owned(),
        }
    }
}

/// What every written decision says about the office (fields of 04C54 that do not depend on the case).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OfficeFields {
    /// Class of person (`ryfl`): 4 = licensed driver.
    pub person_class: String,
    /// Class of vehicle (`clfl`): 3 = ordinary plates.
    pub vehicle_class: String,
    /// Way of travelling (`jtfs`).
    pub travel_mode: String,
    /// Division of the place, six digits (`xzqh`).
    pub division: String,
    /// Place code (`wfdd`).
    pub place_code: String,
    /// Road section (`lddm`).
    pub road_section: String,
    /// Officer on duty (`zqmj`).
    pub officer: String,
    /// Payment method with a fine (`jkfs`); a warning always says 0.
    pub payment_method: String,
    /// Discovering office (`fxjg`); the unit code when empty.
    pub found_by: String,
    /// Whether the party refused to sign or accept (`jsjqbj`): 00 = neither.
    pub refused_mark: String,
}

impl Default for OfficeFields {
    fn default() -> OfficeFields {
        OfficeFields {
            person_class: "4".to_owned(),
            vehicle_class: "3".to_owned(),
            travel_mode: String::new(),
            division: String::new(),
            place_code: String::new(),
            road_section: String::new(),
            officer: String::new(),
            payment_method: "2".to_owned(),
            found_by: String::new(),
            refused_mark: "00".to_owned(),
        }
    }
}

/// The profile of one site.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthorityProfile {
    /// Service addresses, tried in this order when one cannot be connected to.
    pub endpoints: Vec<String>,
    /// Address of `TmriOutNewAccess` at the same site; used instead of `endpoints` when the variant is B or C.
    #[serde(default)]
    pub endpoint_new: Option<String>,
    /// Address of `TmriTpAccess` at the same site; used instead of `endpoints` when the variant is D.
    #[serde(default)]
    pub endpoint_tp: Option<String>,
    /// Address of the .NET re-host at the same site; used instead of `endpoints` when the variant is E.
    #[serde(default)]
    pub endpoint_net: Option<String>,
    /// Argument variant.
    pub variant: Variant,
    /// Namespace of the request body; the variant's usual one when absent.
    pub namespace: Option<String>,
    /// Name of the reading operation; the variant's usual one when absent.
    pub query_operation: Option<String>,
    /// Name of the writing operation; the variant's usual one when absent.
    pub write_operation: Option<String>,
    /// Name of the last part when reading; the variant's usual one when absent.
    pub query_part: Option<String>,
    /// Name of the last part when writing; the variant's usual one when absent.
    pub write_part: Option<String>,
    /// SOAPAction header; empty for the platform itself.
    #[serde(default)]
    pub soap_action: Option<String>,
    /// How our documents are encoded.
    #[serde(default)]
    pub habit: Habit,
    /// How answers are encoded.
    #[serde(default)]
    pub answer: AnswerHabit,
    /// The encoding that the prolog claims; the bytes are always percent-encoded UTF-8.
    #[serde(default = "gbk")]
    pub declared_encoding: String,
    /// Province character of the site: local queries send plates without it.
    pub province: String,
    /// Whether local queries send the plate without its province character.
    #[serde(default = "yes")]
    pub strip_province: bool,
    /// Interface numbers of the operations.
    #[serde(default)]
    pub jkid: Jkids,
    /// Interface serial (`jkxlh`) of each interface number; `*` for all others.
    pub jkxlh: BTreeMap<String, Secret>,
    /// Scene authorisation number (`cjsqbh`) of each interface number; `*` for all others.
    #[serde(default)]
    pub cjsqbh: BTreeMap<String, String>,
    /// Record tags.
    #[serde(default)]
    pub tags: Tags,
    /// Field names of the site on the left, ours (of `protocols.md` §4.4) on the right; all in small letters.
    #[serde(default)]
    pub rename: BTreeMap<String, String>,
    /// Unit code, 12 digits (`dwjgdm`).
    pub unit_code: String,
    /// Unit name (`dwmc`).
    #[serde(default)]
    pub unit_name: String,
    /// User id (`yhbz`).
    #[serde(default)]
    pub user_id: Option<Secret>,
    /// User name (`yhxm`).
    #[serde(default)]
    pub user_name: String,
    /// Terminal id, usually our address (`zdbs`).
    #[serde(default)]
    pub terminal: String,
    /// What written decisions say about the office.
    #[serde(default)]
    pub office: OfficeFields,
    /// Pieces of a failure text that mean "nothing found".
    #[serde(default = "nothing_found")]
    pub nothing_found: Vec<String>,
    /// Pieces of a failure text that mean "this was already written".
    #[serde(default = "duplicate")]
    pub duplicate: Vec<String>,
    /// Kinds of owner documents that belong to organisations (`sfzmmc` of a vehicle).
    #[serde(default = "company_documents")]
    pub company_documents: Vec<String>,
    /// Kinds of owner documents that belong to persons.
    #[serde(default = "person_documents")]
    pub person_documents: Vec<String>,
    /// Time and size limits.
    #[serde(default = "limits")]
    pub limits: Limits,
    /// Most calls a second, all operations together.
    #[serde(default = "per_second")]
    pub per_second_max: u32,
    /// Longest wait for a place among them, in milliseconds; after it the call is throttled.
    #[serde(default = "pace_wait")]
    pub pace_wait_ms_max: u64,
}

fn gbk() -> String {
    "GBK".to_owned()
}

fn yes() -> bool {
    true
}

fn texts(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}

fn nothing_found() -> Vec<String> {
    texts(&["查无", "未查到", "没有查到", "没有找到"])
}

fn duplicate() -> Vec<String> {
    texts(&["重复", "已存在", "已处理"])
}

fn company_documents() -> Vec<String> {
    texts(&["B", "N", "P", "U"])
}

fn person_documents() -> Vec<String> {
    texts(&["A", "C", "D", "E", "F", "G", "H", "I", "J", "K", "M"])
}

fn limits() -> Limits {
    Limits { connect_ms_max: 3_000, total_ms_max: 30_000, answer_bytes_max: 16 * 1024 * 1024 }
}

fn per_second() -> u32 {
    50
}

fn pace_wait() -> u64 {
    5_000
}

/// Whether a call reads or writes: the platform has one operation for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Query,
    Write,
}

impl AuthorityProfile {
    /// The addresses for the variant, in the order in which they are tried.
    pub(crate) fn addresses(&self) -> Vec<&str> {
        let own = match self.variant {
            Variant::A | Variant::APrime => &None,
            Variant::B | Variant::C => &self.endpoint_new,
            Variant::D => &self.endpoint_tp,
            Variant::E => &self.endpoint_net,
        };
        own.as_deref().map_or_else(|| self.endpoints.iter().map(String::as_str).collect(), |one| vec![one])
    }

    pub(crate) fn operation(&self, direction: Direction) -> &str {
        let (own, usual) = match direction {
            Direction::Query => {
                (&self.query_operation, ["queryObjectOut", "queryObjectOutNew", "queryTpobject"])
            }
            Direction::Write => {
                (&self.write_operation, ["writeObjectOut", "writeObjectOutNew", "writeTpobject"])
            }
        };
        own.as_deref().unwrap_or(match self.variant {
            Variant::A | Variant::APrime | Variant::B | Variant::E => usual[0],
            Variant::C => usual[1],
            Variant::D => usual[2],
        })
    }

    pub(crate) fn namespace(&self) -> &str {
        self.namespace.as_deref().unwrap_or(match self.variant {
            Variant::E => "http://tempuri.org/",
            _ => "http://endpoint.axis.framework.tmri.com",
        })
    }

    fn last_part(&self, direction: Direction) -> &str {
        let own = if direction == Direction::Query { &self.query_part } else { &self.write_part };
        own.as_deref().unwrap_or(match (self.variant, direction) {
            (Variant::APrime | Variant::B, Direction::Query) => "QueryXmlDoc",
            (Variant::APrime | Variant::B, Direction::Write) => "WriteXmlDoc",
            _ => "UTF8XmlDoc",
        })
    }

    /// The arguments in the order of the variant, with their names.
    pub(crate) fn arguments<'a>(
        &'a self,
        direction: Direction,
        jkid: &'a str,
        document: &'a str,
    ) -> Vec<(&'a str, &'a str)> {
        let xtlb = ("xtlb", jkid.get(..2).unwrap_or_default());
        let jkxlh =
            ("jkxlh", self.jkxlh.get(jkid).or_else(|| self.jkxlh.get("*")).map_or("", Secret::reveal));
        let scene = self.cjsqbh.get(jkid).or_else(|| self.cjsqbh.get("*")).map_or("", String::as_str);
        let user = ("yhbz", self.user_id.as_ref().map_or("", Secret::reveal));
        let (unit, unit_name) = (("dwjgdm", self.unit_code.as_str()), ("dwmc", self.unit_name.as_str()));
        let (user_name, terminal) = (("yhxm", self.user_name.as_str()), ("zdbs", self.terminal.as_str()));
        let (number, last) = (("jkid", jkid), (self.last_part(direction), document));
        match self.variant {
            Variant::A | Variant::APrime | Variant::E => vec![xtlb, jkxlh, number, last],
            Variant::B => vec![xtlb, jkxlh, number, user, unit_name, unit, user_name, terminal, last],
            Variant::C => {
                let scene = ("cjsqbh", scene);
                vec![xtlb, jkxlh, number, scene, unit, unit_name, user, user_name, terminal, last]
            }
            Variant::D => vec![jkxlh, number, last],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn profile(variant: &str) -> AuthorityProfile {
        toml_like(&format!(
            r#"{{"endpoints":["http://h/"],"variant":"{variant}","province":"鄂","unit_code":"420100000000",
                "jkxlh":{{"*":"S0","02C06":"S1"}},"cjsqbh":{{"*":"J0"}},"unit_name":"单位","user_id":"U","user_name":"N","terminal":"T"}}"#
        ))
    }

    fn toml_like(text: &str) -> AuthorityProfile {
        serde_json::from_str(text).expect("a profile")
    }

    fn names(variant: &str, direction: Direction) -> String {
        let profile = profile(variant);
        let names: Vec<&str> =
            profile.arguments(direction, "02C06", "D").into_iter().map(|(name, _)| name).collect();
        names.join(" ")
    }

    #[test]
    fn arguments_come_in_the_order_of_the_variant() {
        use Direction::{Query, Write};
        assert_eq!(names("A", Query), "xtlb jkxlh jkid UTF8XmlDoc");
        assert_eq!(names("A'", Query), "xtlb jkxlh jkid QueryXmlDoc");
        assert_eq!(names("A'", Write), "xtlb jkxlh jkid WriteXmlDoc");
        assert_eq!(names("B", Write), "xtlb jkxlh jkid yhbz dwmc dwjgdm yhxm zdbs WriteXmlDoc");
        assert_eq!(names("C", Query), "xtlb jkxlh jkid cjsqbh dwjgdm dwmc yhbz yhxm zdbs UTF8XmlDoc");
        assert_eq!(names("D", Query), "jkxlh jkid UTF8XmlDoc");
    }

    #[test]
    fn serials_are_per_interface_and_never_printed() {
        let profile = profile("A");
        let serial = |jkid| profile.arguments(Direction::Query, jkid, "")[1].1;
        assert_eq!((serial("02C06"), serial("04C03")), ("S1", "S0"));
        assert!(!format!("{profile:?}").contains("S1"));
    }

    #[test]
    fn an_unknown_key_in_a_profile_is_refused() {
        let text = r#"{"endpoints":[],"variant":"A","province":"鄂","unit_code":"","jkxlh":{},"jkxhl":{}}"#;
        assert!(serde_json::from_str::<AuthorityProfile>(text).is_err());
    }
}
