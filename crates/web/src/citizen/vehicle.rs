//! One vehicle and its violations.

use axum::extract::{Path, State};
use clearway_service::citizen::vehicle;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::parts::{Bar, Card, Group, Segment};
use super::violations::{self, Checks, Records, SEGMENTS};
use crate::ctx::{Ctx, Cx};
use crate::page::{Page, view};
use crate::problem::{Problem, ProblemView};
use crate::shown;
use crate::web::{Driver, Web};

/// The violations of one vehicle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Vehicle {
    /// The vehicle and its violations.
    pub group: Group,
    /// Kind of vehicle in words.
    pub kind: String,
    /// The pay bar, when something can be paid.
    pub bar: Option<Bar>,
    /// The background verification.
    pub checks: Checks,
    /// When the records were read; nothing where they never were.
    pub as_of: Option<Timestamp>,
    /// Whether they are older than they should be.
    pub stale: bool,
    /// Whether they were read at all: what an empty page says.
    #[serde(skip)]
    pub records: Records,
}

impl Vehicle {
    /// The heaps of the list, with the messages of their headings.
    pub fn segments(&self) -> [(Segment, &'static str); 3] {
        SEGMENTS
    }

    /// The outcome in a sentence, for whoever hears the page and does not see it change.
    pub fn said(&self, c: &Ctx) -> String {
        match self.group.cards.is_empty() && self.checks.finished {
            true => c.t(self.records.key("vehicle-clean")).into_owned(),
            false => String::new(),
        }
    }
}

view!(Vehicle, "citizen/vehicle.html");

/// One vehicle and its violations.
///
/// # Errors
/// For a vehicle that this driver has not bound.
#[utoipa::path(get, path = "/vehicles/{plate_key}", tag = "violations", params(("plate_key" = String, Path)),
    responses((status = 200, body = Vehicle), (status = "default", body = ProblemView)))]
pub async fn show(
    State(web): State<Web>,
    cx: Cx,
    driver: Driver,
    Path(plate_key): Path<String>,
) -> Result<Page<Vehicle>, Problem> {
    let view = web
        .ask(&cx, driver, move |world, c, who, _| {
            let page = vehicle::page(world, who, &plate_key)?;
            let (plate, kind) = shown::plate_of_key(c, &page.binding.plate);
            let cards: Vec<Card> =
                page.lines().map(|line| violations::card(world, c, &page.assessment, line)).collect();
            Ok(Vehicle {
                bar: Bar::of(cards.iter()),
                group: Group { plate_key: plate_key.into(), plate: plate.into(), cards },
                kind,
                checks: violations::checks(world, &page.assessment.dossier.standing),
                as_of: violations::as_of(&page.assessment),
                records: Records::of(&page.assessment.dossier),
                stale: page
                    .assessment
                    .dossier
                    .failed_topics()
                    .any(|topic| topic == clearway_service::dossier::Topic::Vehicles),
            })
        })
        .await?;
    Ok(Page::new(cx, view))
}
