//! Everything known about one driver at one instant: loaded in one read, judged without another.

mod doubted;
mod standing;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use clearway_connect::authority::{CameraRecord, DecisionRecord, DriverFile, DriverRecord, VehicleRecord};
use clearway_domain::Plate;
use clearway_domain::case::{CaseState, Route};
use clearway_domain::facts::RawFacts;
use clearway_store::Tx;
use clearway_store::account::{self, Account};
use clearway_store::binding::{self, Binding};
use clearway_store::case_file::{self, CaseFile, Claim};
use clearway_store::payment::{self, OrderRow};
use clearway_store::programme::{self, UseRow};
use clearway_store::readmodel::{self, KnowledgeRow, ViolationRow};
use jiff::Timestamp;
use serde::de::DeserializeOwned;

pub use clearway_store::readmodel::Moves;
use doubted::doubted;
pub use standing::Standing;

use crate::Error;
use crate::licences::{self, ByPlate};

/// The four things that are verified in the background.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// Licence, state letters, points (02C06).
    Licence,
    /// Decisions (04C01).
    History,
    /// 12123 registration, crashes, studies, programme use elsewhere (operation of the site).
    File,
    /// The bound vehicles, their camera records and the decisions on them (01C21, 04C03, 04C06).
    Vehicles,
}

impl Topic {
    /// All four, in the order in which they are shown.
    pub const ALL: [Self; 4] = [Self::Licence, Self::History, Self::File, Self::Vehicles];

    /// Stable word used in the store.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Licence => "licence",
            Self::History => "history",
            Self::File => "file",
            Self::Vehicles => "vehicles",
        }
    }

    /// The topic with this slug.
    #[must_use]
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.slug() == slug)
    }
}

/// How far the verification of one topic has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Asked at this instant, not answered yet.
    Pending(Timestamp),
    /// Answered at this instant.
    Done(Timestamp),
    /// Asked in vain; an older answer may still be there.
    Failed(Timestamp),
    /// Never asked.
    NotAsked,
}

/// A camera record, or a decision that only waits for its money, as one line of the driver's list.
#[derive(Debug, Clone)]
pub struct Violation {
    /// Id in our addresses: the record number, or `d` and the decision number.
    pub id: String,
    /// Vehicle.
    pub plate: Plate,
    /// The camera record, where there is one.
    pub record: Option<CameraRecord>,
    /// The decision, where one exists.
    pub decision: Option<DecisionRecord>,
    /// When the platform told it.
    pub fetched: Timestamp,
}

impl Violation {
    /// Key of the plate.
    #[must_use]
    pub fn plate_key(&self) -> &str {
        self.plate.as_key()
    }

    /// When it happened.
    #[must_use]
    pub fn occurred(&self) -> Option<Timestamp> {
        self.record
            .as_ref()
            .and_then(|record| record.occurred)
            .or_else(|| self.decision.as_ref().and_then(|decision| decision.occurred))
    }

    /// Offence code.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.record
            .as_ref()
            .and_then(|record| record.code.as_deref())
            .or_else(|| self.decision.as_ref().and_then(|decision| decision.code.as_deref()))
    }

    /// Where it happened.
    #[must_use]
    pub fn place(&self) -> Option<&str> {
        self.record
            .as_ref()
            .and_then(|record| record.place.as_deref())
            .or_else(|| self.decision.as_ref().and_then(|decision| decision.place.as_deref()))
    }

    /// Office that recorded it.
    #[must_use]
    pub fn office(&self) -> Option<&str> {
        self.record
            .as_ref()
            .and_then(|record| record.office.as_deref())
            .or_else(|| self.decision.as_ref().and_then(|decision| decision.office.as_deref()))
    }

    /// Whether nothing is left to do about it.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        use clearway_connect::authority::Paid;
        if let Some(decision) = &self.decision {
            return matches!(decision.paid, Some(Paid::Yes | Paid::NothingDue));
        }
        self.record.as_ref().is_some_and(|record| {
            record.removed == Some(true) || (record.handled == Some(true) && record.paid != Some(Paid::No))
        })
    }
}

/// Everything known about one driver.
#[derive(Debug, Clone)]
pub struct Dossier {
    /// The account.
    pub account: Account,
    /// Vehicles bound now.
    pub bindings: Vec<Binding>,
    /// Other people's vehicles ever bound.
    pub ever_others: i64,
    /// People other than the owner who use each bound vehicle, by plate key.
    pub users: BTreeMap<String, i64>,
    /// Vehicles by plate key, with the instant of the telling.
    pub vehicles: BTreeMap<String, (VehicleRecord, Timestamp)>,
    /// Decisions on the violations of the bound vehicles, whoever drove: what counting licences needs of them.
    pub decided: ByPlate,
    /// Camera records of the bound vehicles and unpaid decisions, oldest first.
    pub violations: Vec<Arc<Violation>>,
    /// The licence.
    pub licence: Option<DriverRecord>,
    /// When the platform told it.
    pub licence_told: Option<Timestamp>,
    /// Decisions.
    pub decisions: Option<Vec<DecisionRecord>>,
    /// The platform was asked for the licence and said that there is none.
    pub licence_absent: bool,
    /// What other systems know.
    pub file: Option<DriverFile>,
    /// How far asking has come, and what has moved.
    pub standing: Standing,
    /// Cases, newest first.
    pub cases: Vec<CaseFile>,
    /// Orders, newest first.
    pub orders: Vec<OrderRow>,
    /// Open claims on the bound vehicles, whoever laid them.
    pub claims: Vec<Claim>,
    /// Uses of the programmes that this service granted.
    pub uses: Vec<UseRow>,
    /// Violations (plate, id) of orders that are closed here while the rail spoke of money on them: until somebody has looked
    /// nobody pays them again.
    pub doubted: BTreeSet<(String, String)>,
}

impl Dossier {
    /// Loads the dossier of a driver.
    ///
    /// # Errors
    /// [`Error::NotSignedIn`] when there is no account; [`Error::Broken`] when a stored body cannot be read.
    pub fn load(tx: &mut Tx, driver: &str) -> Result<Self, Error> {
        let account = account::find(tx, driver)?.ok_or(Error::NotSignedIn)?;
        let knowledge = readmodel::knowledge(tx, driver)?;
        Self::load_rest(tx, account, &knowledge)
    }

    /// Loads the dossier of an account whose knowledge has been read in the same transaction.
    ///
    /// # Errors
    /// [`Error::Broken`] when a stored body cannot be read.
    pub fn load_rest(tx: &mut Tx, account: Account, knowledge: &[KnowledgeRow]) -> Result<Self, Error> {
        let driver = account.driver.as_str();
        let marks = readmodel::marks(tx, driver)?;
        let (mut bindings, mut vehicles) = (Vec::new(), BTreeMap::new());
        let garage = readmodel::garage(tx, driver)?;
        for (binding, told) in garage.bound {
            bindings.push(binding);
            if let Some(row) = told {
                vehicles.insert(row.plate, (parse(&row.record)?, instant(row.fetched_at_ms)));
            }
        }
        // In no order: all violations are put in theirs below.
        let rows = readmodel::violations(tx, driver)?;
        let records = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        let told: Option<Option<DriverRecord>> = body(knowledge, Topic::Licence)?;
        let licence_absent = matches!(told, Some(None));
        let licence = told.flatten();
        let decisions: Option<Vec<DecisionRecord>> = body(knowledge, Topic::History)?;
        let file = body(knowledge, Topic::File)?;
        let decided = licences::stored(told_of(knowledge, Topic::Vehicles))?;
        let told_at = |topic: Topic| {
            let row = knowledge.iter().find(|row| row.topic == topic.slug());
            row.and_then(|row| row.fetched_at_ms).map(instant)
        };
        let history_at = told_at(Topic::History).unwrap_or(Timestamp::UNIX_EPOCH);
        let violations = listed(rows, decisions.as_deref().unwrap_or_default(), history_at)?;
        // Most drivers have nothing of these; what has been counted to nothing is not looked for.
        let users = if garage.users > 0 { binding::users_seen(tx, driver)? } else { Vec::new() };
        let cases = if marks.cases > 0 { case_file::of_driver(tx, driver)? } else { Vec::new() };
        let orders = if marks.orders > 0 { payment::of_driver(tx, driver)? } else { Vec::new() };
        let claims = if garage.claims > 0 { case_file::claims_seen(tx, driver)? } else { Vec::new() };
        let uses = if marks.uses > 0 { programme::of_driver(tx, driver)? } else { Vec::new() };
        let doubted = doubted(tx, driver, &cases, &orders)?;
        let moves = Moves {
            records,
            cases: cases.iter().map(|case| case.version).sum(),
            orders: orders.iter().map(|order| order.version).sum(),
        };
        Ok(Self {
            standing: Standing::of(knowledge, moves),
            users: users.into_iter().collect(),
            account,
            bindings,
            ever_others: garage.others,
            vehicles,
            decided,
            violations,
            licence,
            licence_told: told_at(Topic::Licence),
            licence_absent,
            decisions,
            file,
            cases,
            orders,
            claims,
            uses,
            doubted,
        })
    }

    /// The violation with this id.
    #[must_use]
    pub fn violation(&self, id: &str) -> Option<&Violation> {
        self.shared(id).map(Arc::as_ref)
    }

    /// The same, for whoever keeps it.
    pub(crate) fn shared(&self, id: &str) -> Option<&Arc<Violation>> {
        self.violations.iter().find(|violation| violation.id == id)
    }

    /// The violation of a case. A driver who unbinds the vehicle meanwhile does not lose the case, and a ticket whose
    /// decision is paid by now is still the matter of the case that pays it.
    ///
    /// # Errors
    /// [`Error::Store`]; [`Error::Broken`] when a stored body cannot be read.
    pub fn matter(&self, tx: &mut Tx, case: &CaseFile) -> Result<Option<Arc<Violation>>, Error> {
        if let Some(violation) = self.shared(&case.violation) {
            return Ok(Some(Arc::clone(violation)));
        }
        Ok(matter(tx, case, |_| Ok(self.decisions.clone().unwrap_or_default()))?.map(Arc::new))
    }

    /// The binding of a plate.
    #[must_use]
    pub fn binding(&self, plate_key: &str) -> Option<&Binding> {
        self.bindings.iter().find(|binding| binding.plate == plate_key)
    }

    /// The driver's own case that holds a violation.
    #[must_use]
    pub fn open_case(&self, violation: &Violation) -> Option<&CaseFile> {
        let plate = violation.plate_key();
        self.cases.iter().find(|case| {
            case.plate == plate
                && case.violation == violation.id
                && CaseState::from_slug(&case.state).is_some_and(CaseState::holds_violation)
        })
    }

    /// Whether somebody else's case holds a violation.
    #[must_use]
    pub fn held_by_another(&self, violation: &Violation) -> bool {
        let plate = violation.plate_key();
        self.claims.iter().any(|claim| {
            claim.plate == plate && claim.violation == violation.id && claim.driver != self.account.driver
        })
    }

    /// Whether any verification is still running.
    #[must_use]
    pub fn is_checking(&self) -> bool {
        self.standing.asked_since().is_some()
    }

    /// Topics that were asked about in vain.
    pub fn failed_topics(&self) -> impl Iterator<Item = Topic> {
        self.standing.failed_topics()
    }
}

/// The violations of a driver, oldest first: camera records with the decisions on them, and decisions without a record.
fn listed(
    rows: Vec<ViolationRow>,
    decisions: &[DecisionRecord],
    told: Timestamp,
) -> Result<Vec<Arc<Violation>>, Error> {
    let mut violations = Vec::with_capacity(rows.len());
    for row in rows {
        let record: CameraRecord = parse(&row.record)?;
        let decision = record
            .decision_number
            .as_ref()
            .and_then(|number| decisions.iter().find(|decision| decides(decision, number)).cloned());
        violations.push(Arc::new(Violation {
            id: row.violation,
            plate: record.plate.clone(),
            record: Some(record),
            decision,
            fetched: instant(row.fetched_at_ms),
        }));
    }
    add_tickets(&mut violations, decisions, told);
    Ok(violations)
}

/// Decisions that wait for their money and have no camera record in the list: tickets from the street among them.
fn add_tickets(violations: &mut Vec<Arc<Violation>>, decisions: &[DecisionRecord], fetched: Timestamp) {
    use clearway_connect::authority::Paid;
    for decision in decisions {
        let listed = violations.iter().any(|violation| {
            violation.record.as_ref().is_some_and(|record| {
                record.decision_number.as_deref() == Some(decision.number.as_str())
                    || (decision.record.is_some() && decision.record.as_deref() == Some(record.xh.as_str()))
            })
        });
        if listed || decision.paid != Some(Paid::No) || decision.is_annulled() {
            continue;
        }
        let Some(plate) = decision.plate.clone() else { continue };
        violations.push(Arc::new(Violation {
            id: format!("d{}", decision.number),
            plate,
            record: None,
            decision: Some(decision.clone()),
            fetched,
        }));
    }
    violations
        .sort_by(|one, other| one.occurred().cmp(&other.occurred()).then_with(|| one.id.cmp(&other.id)));
}

/// Whether this is the decision of that number, and stands: one that was annulled decides nothing, and what it was about is open again
/// or over, as its record says (order 163 art. 16).
fn decides(decision: &DecisionRecord, number: &str) -> bool {
    decision.number == number && !decision.is_annulled()
}

fn body<T: DeserializeOwned>(knowledge: &[KnowledgeRow], topic: Topic) -> Result<Option<T>, Error> {
    told_of(knowledge, topic).map(parse).transpose()
}

fn told_of(knowledge: &[KnowledgeRow], topic: Topic) -> Option<&str> {
    knowledge.iter().find(|row| row.topic == topic.slug())?.body.as_deref()
}

fn parse<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|error| {
        Error::Broken(format!("a stored body of {} cannot be read: {error}", std::any::type_name::<T>()))
    })
}

/// The violation of a case, without the rest of the dossier: for pages that only name it.
///
/// # Errors
/// [`Error::Store`]; [`Error::Broken`] when a stored body cannot be read.
pub fn matter_of(tx: &mut Tx, case: &CaseFile) -> Result<Option<Violation>, Error> {
    matter(tx, case, |tx| {
        Ok(body(&readmodel::knowledge(tx, &case.driver)?, Topic::History)?.unwrap_or_default())
    })
}

fn matter(
    tx: &mut Tx,
    case: &CaseFile,
    decisions: impl FnOnce(&mut Tx) -> Result<Vec<DecisionRecord>, Error>,
) -> Result<Option<Violation>, Error> {
    if let Some(number) = case.violation.strip_prefix('d') {
        let decision = decisions(tx)?.into_iter().find(|decision| decision.number == number);
        return Ok(decision.and_then(|decision| {
            Some(Violation {
                id: case.violation.clone(),
                plate: decision.plate.clone()?,
                record: None,
                decision: Some(decision),
                fetched: instant(case.changed_at_ms),
            })
        }));
    }
    let Some(row) = readmodel::violation(tx, &case.plate, &case.violation)? else { return Ok(None) };
    let record: CameraRecord = parse(&row.record)?;
    let decision = match &record.decision_number {
        Some(number) => decisions(tx)?.into_iter().find(|decision| decides(decision, number)),
        None => None,
    };
    Ok(Some(Violation {
        id: row.violation,
        plate: record.plate.clone(),
        record: Some(record),
        decision,
        fetched: instant(row.fetched_at_ms),
    }))
}

/// An instant from stored milliseconds; a number beyond the calendar reads as the epoch, which no rule takes for recent.
#[must_use]
pub fn instant(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Route of a stored case.
#[must_use]
pub fn route_of(case: &CaseFile) -> Route {
    Route::from_slug(&case.route).unwrap_or(Route::Pay)
}

/// State of a stored case.
///
/// # Errors
/// [`Error::Broken`] for a word that this build does not know.
pub fn state_of(case: &CaseFile) -> Result<CaseState, Error> {
    CaseState::from_slug(&case.state)
        .ok_or_else(|| Error::Broken(format!("case {} is in an unknown state {}", case.case_id, case.state)))
}

/// The facts that a case was opened on; `None` where none can be read.
///
/// # Errors
/// [`Error::Store`].
pub fn opened_on(tx: &mut Tx, case: &CaseFile) -> Result<Option<RawFacts>, Error> {
    let basis = case_file::basis(tx, &case.driver, &case.case_id)?;
    Ok(basis.and_then(|basis| serde_json::from_str(&basis.facts).ok()))
}

/// Loads a dossier by itself: as [`Dossier::load`].
///
/// # Errors
/// The same.
pub fn load(world: &crate::World, driver: &str) -> Result<Dossier, Error> {
    world.db.read(|tx| Dossier::load(tx, driver))
}
