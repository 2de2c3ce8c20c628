//! The client of the platform: one profile, several endpoints, one SOAP call for each question.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use clearway_domain::{IdNumber, Plate};
use http::Method;

use super::encoding::{answer_tree, document};
use super::fields::{Fields, to_wire};
use super::profile::{AuthorityProfile, Direction};
use super::{
    Authority, CameraRecord, Decided, DecisionRecord, DecisionWrite, DriverFile, DriverRecord, PaidMark,
    Picture, VehicleRecord, answer, file, read, soap, write,
};
use crate::Fault;
use crate::http::{Call, ConfigFault, Http};
use crate::pace::Pace;
use crate::xml::Node;

/// The platform over SOAP, as one site's [`AuthorityProfile`] describes it.
#[derive(Clone)]
pub struct SoapAuthority {
    profile: Arc<AuthorityProfile>,
    http: Arc<Http>,
    pace: Arc<Pace>,
    /// Index of the endpoint that could be connected to last.
    endpoint: Arc<AtomicUsize>,
    /// Questions are given up after this time, though the platform may take longer.
    brief: Option<Duration>,
}

type Conditions<'a> = &'a [(&'a str, String)];

impl SoapAuthority {
    /// Builds the client.
    ///
    /// # Errors
    /// [`ConfigFault`] when the profile cannot work.
    pub fn new(profile: AuthorityProfile) -> Result<SoapAuthority, ConfigFault> {
        if profile.addresses().is_empty() {
            return Err(ConfigFault("authority: no endpoint".to_owned()));
        }
        let http = Http::new(&profile.limits);
        let pace = Pace::new(profile.per_second_max, profile.pace_wait_ms_max)?;
        Ok(SoapAuthority {
            profile: Arc::new(profile),
            http: Arc::new(http),
            pace: Arc::new(pace),
            endpoint: Arc::new(AtomicUsize::new(0)),
            brief: None,
        })
    }

    fn query(&self, jkid: &Option<String>, conditions: Conditions<'_>) -> Result<Node, Fault> {
        self.call(Direction::Query, jkid, "QueryCondition", conditions)
    }

    fn call(
        &self,
        direction: Direction,
        jkid: &Option<String>,
        tag: &str,
        fields: Conditions<'_>,
    ) -> Result<Node, Fault> {
        let Some(jkid) = jkid else {
            return Err(Fault::refused(
                "NOT_OFFERED",
                "this site's profile has no interface number for the operation",
            ));
        };
        let document = document(self.profile.habit, &self.profile.declared_encoding, tag, fields);
        let envelope = soap::envelope(&self.profile, direction, jkid, &document);
        let answer = self.pace.call(self.brief.is_some(), || self.exchange(direction, &envelope))?;
        answer_tree(self.profile.answer, &answer)
    }

    /// Sends the envelope to the endpoint that worked last, and to the others only while no connection can be made: an
    /// envelope that may have arrived is never sent twice.
    fn exchange(&self, direction: Direction, envelope: &str) -> Result<String, Fault> {
        let endpoints = self.profile.addresses();
        let first = self.endpoint.load(Ordering::Relaxed);
        for failed in 0..endpoints.len() {
            let at = (first + failed) % endpoints.len();
            let whole = self.http.limits().total_after(failed);
            let sent = self.http.send(Call {
                method: Method::POST,
                url: endpoints[at],
                headers: vec![("SOAPAction", soap::action(&self.profile, direction))],
                body: Some(("text/xml; charset=utf-8", envelope.as_bytes().to_vec())),
                deadline: self.brief.map_or(whole, |brief| brief.min(whole)),
            });
            match sent {
                Err(Fault::Unreachable) => {}
                Err(fault) => return Err(fault),
                Ok(answer) => {
                    self.endpoint.store(at, Ordering::Relaxed);
                    return soap::result(answer.status, &answer.body);
                }
            }
        }
        Err(Fault::Unreachable)
    }

    fn records_of(&self, tree: &Node, tag: &str) -> Result<Vec<Fields>, Fault> {
        answer::records(&self.profile, tree, tag)
    }

    /// The number as the site wants it in conditions, with the kind.
    fn plate_conditions(&self, plate: &Plate) -> Vec<(&'static str, String)> {
        let number = to_wire(plate, &self.profile.province, self.profile.strip_province);
        vec![("hpzl", plate.kind().code().to_owned()), ("hphm", number)]
    }
}

/// At most one record; two would mean that we cannot tell which is meant.
fn single<T>(mut list: Vec<T>) -> Result<Option<T>, Fault> {
    match list.len() {
        0 | 1 => Ok(list.pop()),
        _ => Err(Fault::garbled("several records where one was asked for")),
    }
}

impl Authority for SoapAuthority {
    fn pace(&self) -> Option<&Pace> {
        Some(&self.pace)
    }

    fn whole_call(&self) -> Duration {
        let limits = &self.profile.limits;
        Duration::from_millis(self.profile.pace_wait_ms_max.saturating_add(limits.total_ms_max))
    }

    fn briefly(&self, most: Duration) -> Option<Box<dyn Authority>> {
        Some(Box::new(Self { brief: Some(most), ..self.clone() }))
    }

    fn driver(&self, id: &IdNumber) -> Result<Option<DriverRecord>, Fault> {
        let tree = self.query(&self.profile.jkid.driver, &[("sfzmhm", id.reveal().to_owned())])?;
        let found = single(self.records_of(&tree, &self.profile.tags.driver)?)?.map(read::driver);
        found.as_ref().map_or(Ok(()), |driver| read::same_person(id, driver.id.as_ref()))?;
        Ok(found)
    }

    fn vehicle(&self, plate: &Plate) -> Result<Option<VehicleRecord>, Fault> {
        let local = plate.number().starts_with(&self.profile.province);
        let mut conditions = self.plate_conditions(plate);
        let jkid = if local {
            &self.profile.jkid.vehicle_local
        } else {
            let province: String = plate.number().chars().take(1).collect();
            conditions = vec![
                ("hpzl", plate.kind().code().to_owned()),
                ("hphm", to_wire(plate, &province, self.profile.strip_province)),
                ("sf", province),
            ];
            &self.profile.jkid.vehicle_other
        };
        let tree = self.query(jkid, &conditions)?;
        let Some(fields) = single(self.records_of(&tree, &self.profile.tags.vehicle)?)? else {
            return Ok(None);
        };
        let vehicle = read::vehicle(&self.profile, fields)?;
        if vehicle.plate != *plate {
            return Err(Fault::garbled("a record of another vehicle"));
        }
        Ok(Some(vehicle))
    }

    fn vehicles_of(&self, id: &IdNumber) -> Result<Vec<VehicleRecord>, Fault> {
        let tree = self.query(&self.profile.jkid.vehicles_of, &[("sfzmhm", id.reveal().to_owned())])?;
        let found = self.records_of(&tree, &self.profile.tags.vehicle)?;
        let vehicles: Result<Vec<VehicleRecord>, Fault> =
            found.into_iter().map(|fields| read::vehicle(&self.profile, fields)).collect();
        let vehicles = vehicles?;
        for vehicle in &vehicles {
            read::same_person(id, vehicle.owner_id.as_ref())?;
        }
        Ok(vehicles)
    }

    fn records(&self, plate: &Plate) -> Result<Vec<CameraRecord>, Fault> {
        let mut conditions = self.plate_conditions(plate);
        conditions.extend([("xh", String::new()), ("clbj", String::new())]);
        let tree = self.query(&self.profile.jkid.records, &conditions)?;
        let mut records: Vec<CameraRecord> = Vec::new();
        for fields in self.records_of(&tree, &self.profile.tags.record)? {
            let record = read::camera(&self.profile, plate, fields)?;
            match records.iter().find(|earlier| earlier.xh == record.xh) {
                None => records.push(record),
                Some(earlier) if *earlier == record => {}
                Some(_) => return Err(Fault::garbled("one record number with two contents")),
            }
        }
        Ok(records)
    }

    fn decisions(&self, id: &IdNumber) -> Result<Vec<DecisionRecord>, Fault> {
        let found = self.decisions_by("jszh", id.reveal())?;
        for decision in &found {
            read::same_person(id, decision.licence.as_ref())?;
        }
        Ok(found)
    }

    fn decisions_of_vehicle(&self, plate: &Plate) -> Result<Vec<DecisionRecord>, Fault> {
        let mut conditions = self.plate_conditions(plate);
        conditions.push(("jkbj", String::new()));
        let tree = self.query(&self.profile.jkid.decisions_of_vehicle, &conditions)?;
        let found = self.records_of(&tree, &self.profile.tags.decision)?;
        found.into_iter().map(|fields| read::decision_of_vehicle(&self.profile, plate, fields)).collect()
    }

    fn decision(&self, number: &str) -> Result<Option<DecisionRecord>, Fault> {
        let found = single(self.decisions_by("jdsbh", number)?)?;
        match found {
            Some(decision) if decision.number != number => {
                Err(Fault::garbled("a decision of another number"))
            }
            found => Ok(found),
        }
    }

    fn pictures(&self, record: &str) -> Result<Vec<Picture>, Fault> {
        let tree = self.query(&self.profile.jkid.pictures, &[("xh", record.to_owned())])?;
        match single(self.records_of(&tree, &self.profile.tags.picture)?)? {
            Some(fields) if fields.text("xh").is_some_and(|told| told != record) => {
                Err(Fault::garbled("pictures of another record"))
            }
            Some(fields) => read::pictures(&fields),
            None => Ok(Vec::new()),
        }
    }

    fn driver_file(&self, id: &IdNumber) -> Result<DriverFile, Fault> {
        let tree = self.query(&self.profile.jkid.driver_file, &[("sfzmhm", id.reveal().to_owned())])?;
        file::driver_file(&self.profile, id, &tree)
    }

    fn decide(&self, decision: &DecisionWrite) -> Result<Decided, Fault> {
        let fields = write::decision(&self.profile, decision);
        let tree =
            self.call(Direction::Write, &self.profile.jkid.decide, &self.profile.tags.decide, &fields)?;
        write::decided(&answer::written(&self.profile, &tree)?, decision)
    }

    fn mark_paid(&self, number: &str, paid: &PaidMark) -> Result<(), Fault> {
        let fields = write::paid(number, paid);
        let tree =
            self.call(Direction::Write, &self.profile.jkid.mark_paid, &self.profile.tags.mark_paid, &fields)?;
        answer::written(&self.profile, &tree).map(|_| ())
    }
}

impl SoapAuthority {
    fn decisions_by(&self, field: &'static str, value: &str) -> Result<Vec<DecisionRecord>, Fault> {
        let conditions: Vec<(&str, String)> = ["jszh", "jdsbh", "wfbh", "dabh", "jkbj"]
            .map(|name| (name, if name == field { value.to_owned() } else { String::new() }))
            .to_vec();
        let tree = self.query(&self.profile.jkid.decisions, &conditions)?;
        let found = self.records_of(&tree, &self.profile.tags.decision)?;
        found.into_iter().map(|fields| read::decision(&self.profile, fields)).collect()
    }
}
