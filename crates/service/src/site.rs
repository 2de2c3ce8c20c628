//! What a city configures: names, offices, payees, addresses. Rules are not here; they are in the packs.

use serde::{Deserialize, Serialize};

/// One city's settings, read from the `[site]` table of the configuration.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// Name of the city, Chinese.
    pub city_zh: String,
    /// Name of the city, English.
    pub city_en: String,
    /// Name of the office that decides, Chinese, as it stands in a decision.
    pub office_zh: String,
    /// Name of the office that decides, English gloss.
    pub office_en: String,
    /// Twelve-digit code of the office that decides.
    pub office_code: String,
    /// Six-digit division code of the city (GB/T 2260).
    pub division: String,
    /// Plate prefixes of vehicles registered in the city ("鄂A").
    pub plate_prefixes: Vec<String>,
    /// Issuing offices whose licences are of the city ("鄂A").
    pub licence_offices: Vec<String>,
    /// Leading digits of recording offices of the city ("4201").
    pub recording_prefixes: Vec<String>,
    /// Leading digits of the expressway corps, wherever it records ("4290").
    pub highway_prefixes: Vec<String>,
    /// Origin under which drivers reach us, without a trailing slash.
    pub public_url: String,
    /// Telephone of the help desk.
    pub help_phone: String,
    /// Hours of the help desk, shown as they stand.
    pub help_hours: String,
    /// How long the office keeps handling records, years.
    pub keep_years: u32,
    /// Version of the data notice; a new one is shown once.
    pub notice_version: String,
    /// Windows that drivers are sent to.
    pub windows: Vec<Window>,
    /// Who receives fines.
    pub payees: Vec<Payee>,
    /// The government that hears a reconsideration (Administrative Reconsideration Law art. 24).
    pub reconsideration_body: String,
    /// The court named in decisions.
    pub court: String,
    /// Pretend cashier, for browsers that are not WeChat; absent in production.
    #[serde(default)]
    pub cashier_url: Option<String>,
    /// Seconds after which an unpaid order ends.
    pub order_valid_s: i64,
    /// Milliseconds for which an answer is held back at most so that it can show the outcome of a call at once. The page
    /// after it looks again by itself.
    #[serde(default = "moment_ms")]
    pub moment_ms: u64,
    /// Seconds for which a quote holds.
    pub quote_valid_s: i64,
    /// Most legs in one payment.
    pub legs_max: usize,
    /// Who may use the officers' API. Nobody, unless somebody is named.
    #[serde(default)]
    pub operators: Vec<Operator>,
}

/// A person who may use the officers' API.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operator {
    /// Name, as the audit keeps it.
    pub name: String,
    /// SHA-256 of the bearer token, hex. The token itself stands nowhere: make it of at least 32 random bytes.
    pub token_sha256: String,
    /// All that the token opens; absent: everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub may: Option<Vec<May>>,
}

/// What a token may be kept to.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum May {
    /// Reading `/metrics`: for a program that watches, whose token lies on another machine.
    Metrics,
}

impl Operator {
    /// Whether the token opens this; `None` is whatever has no word of its own.
    #[must_use]
    pub fn may(&self, what: Option<May>) -> bool {
        self.may.as_ref().is_none_or(|may| what.is_some_and(|what| may.contains(&what)))
    }
}

/// A window where a person can be dealt with in person.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// Name.
    pub name: String,
    /// Street address.
    pub address: String,
    /// Opening hours, shown as they stand.
    pub hours: String,
    /// Papers to bring, shown as they stand.
    pub papers: String,
}

/// Who receives a fine: the rail cannot merge two of them into one payment.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Payee {
    /// Stable id.
    pub id: String,
    /// Name as a receipt shows it.
    pub name: String,
    /// Leading digits of the recording offices whose fines it receives; the longest match wins.
    pub offices: Vec<String>,
}

const fn moment_ms() -> u64 {
    250
}

impl Site {
    /// Our address to which a payer comes back from paying an order: it asks the rail.
    #[must_use]
    pub fn returned_url(&self, order_id: &str) -> String {
        format!("{}/orders/{order_id}/returned", self.public_url)
    }

    /// The payee of a fine recorded by this office: the longest matching prefix, else the first payee.
    #[must_use]
    pub fn payee_of(&self, office_code: Option<&str>) -> Option<&Payee> {
        let code = office_code.unwrap_or_default();
        self.payees
            .iter()
            .filter_map(|payee| {
                payee
                    .offices
                    .iter()
                    .filter(|prefix| code.starts_with(prefix.as_str()))
                    .map(String::len)
                    .max()
                    .map(|length| (length, payee))
            })
            .max_by_key(|(length, _)| *length)
            .map(|(_, payee)| payee)
            .or_else(|| self.payees.first())
    }
}
