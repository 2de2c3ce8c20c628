//! Own vehicles, and up to three of other people.

use axum::extract::{Path, Query, State};
use clearway_domain::{Plate, PlateKind};
use clearway_service::citizen::vehicles;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::body::Body;
use crate::ctx::Cx;
use crate::outward::Whom;
use crate::page::{Go, Page, view};
use crate::private::Private;
use crate::problem::{Problem, ProblemView};
use crate::shown;
use crate::text;
use crate::web::{Driver, Web};

/// A bound vehicle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct BoundVehicle {
    /// Key of the vehicle in addresses.
    pub plate_key: Private,
    /// Plate.
    pub plate: Private,
    /// Kind of vehicle in words.
    pub kind: String,
    /// Whether it is somebody else's.
    pub foreign: bool,
    /// An own vehicle whose owner's phone on file is still to be verified: the warning asks for it.
    pub phone_open: bool,
    /// Since when it is bound: earlier violations of somebody else's vehicle are not online.
    pub since: Option<Timestamp>,
}

/// A kind of plate to choose from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PlateKindChoice {
    /// Two-digit code (GA/T 16.7).
    pub code: String,
    /// Name.
    pub name: String,
}

/// The vehicles page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Vehicles {
    /// Bound vehicles.
    pub vehicles: Vec<BoundVehicle>,
    /// How many more of other people's can be bound now.
    pub foreign_left: i64,
    /// The most at a time.
    pub foreign_max: i64,
    /// The most ever.
    pub ever_max: i64,
    /// Kinds of plate.
    pub kinds: Vec<PlateKindChoice>,
    /// Whether a code was sent to an owner's phone: its last digits, and the plate.
    pub code_for: Option<CodeFor>,
}

/// A binding that waits for the owner's code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CodeFor {
    /// Key of the vehicle.
    pub plate_key: Private,
    /// Plate.
    pub plate: Private,
    /// Last digits of the owner's phone.
    pub phone_tail: String,
    /// Whether the vehicle is the driver's own and only the owner's phone is verified.
    pub own: bool,
}

/// Asks to bind a vehicle of somebody else.
#[derive(Clone, PartialEq, Eq, Deserialize, garde::Validate, ToSchema)]
pub struct BindAsk {
    /// Kind of plate.
    #[garde(length(chars, max = 4))]
    pub kind: String,
    /// Plate.
    #[garde(length(chars, max = 20))]
    pub plate: String,
    /// The code from the owner's phone, in the second step.
    #[garde(inner(length(chars, max = 20)))]
    pub code: Option<String>,
}

view!(Vehicles, "citizen/vehicles.html");

/// A binding that waits for the owner's code.
#[derive(Debug, Clone, Deserialize, IntoParams)]
pub struct CodeQuery {
    /// Key of the vehicle whose owner was sent a code.
    bind: Option<String>,
    /// Last digits of the owner's phone.
    tail: Option<String>,
}

/// Own vehicles and other people's.
///
/// # Errors
/// Before verification.
#[utoipa::path(get, path = "/vehicles", tag = "vehicles", params(CodeQuery),
    responses((status = 200, body = Vehicles), (status = "default", body = ProblemView)))]
pub async fn show(
    State(web): State<Web>,
    cx: Cx,
    driver: Driver,
    Query(query): Query<CodeQuery>,
) -> Result<Page<Vehicles>, Problem> {
    let view = web
        .ask(&cx, driver, move |world, c, who, _| {
            let found = vehicles::list(world, who)?;
            let bound = found.bound.iter().map(|one| {
                let (plate, kind) = shown::plate_of_key(c, &one.plate);
                BoundVehicle {
                    plate_key: one.plate.clone().into(),
                    plate: plate.into(),
                    kind,
                    foreign: !one.own,
                    phone_open: one.own && one.owner_phone_at_ms.is_none(),
                    since: Some(shown::instant(one.bound_at_ms)),
                }
            });
            let kinds =
                PlateKind::all().filter(|kind| text::has(c.lang, &format!("plate-kind-{}", kind.code())));
            let mut kinds: Vec<PlateKindChoice> = kinds
                .map(|kind| PlateKindChoice {
                    code: kind.code().to_owned(),
                    name: shown::plate_kind(c, kind.code()),
                })
                .collect();
            // Nearly everybody drives one of these two.
            kinds.sort_by_key(|kind| !matches!(kind.code.as_str(), "02" | "52"));
            let tail: String =
                query.tail.unwrap_or_default().chars().filter(char::is_ascii_digit).take(4).collect();
            let code_for = query.bind.and_then(|key| Plate::from_key(&key).ok()).map(|plate| CodeFor {
                plate_key: plate.key().into(),
                plate: plate.number().into(),
                phone_tail: tail,
                own: found.bound.iter().any(|one| one.own && one.plate == plate.as_key()),
            });
            let left = (found.others.1 - found.others.0).min(found.ever.1 - found.ever.0).max(0);
            Ok(Vehicles {
                vehicles: bound.collect(),
                foreign_left: left,
                foreign_max: found.others.1,
                ever_max: found.ever.1,
                kinds,
                code_for,
            })
        })
        .await?;
    Ok(Page::new(cx, view))
}

/// Binds a vehicle of somebody else: first asks for the code, then takes it.
///
/// # Errors
/// For a plate that is none or not on file, at a limit, for a wrong code.
#[utoipa::path(post, path = "/vehicles/bind", tag = "vehicles", request_body = BindAsk,
    responses((status = 303, body = Go), (status = "default", body = ProblemView)))]
pub async fn bind(
    State(web): State<Web>,
    cx: Cx,
    driver: Driver,
    Body(ask): Body<BindAsk>,
) -> Result<Go, Problem> {
    let next = match ask.code {
        Some(code) => {
            let key = match Plate::from_key(&ask.plate) {
                Ok(plate) => plate.key(),
                Err(_) => format!("{}:{}", ask.kind, ask.plate),
            };
            web.ask(&cx, driver, move |world, _, who, _| vehicles::bind_other(world, who, &key, &code))
                .await?;
            "/vehicles".to_owned()
        }
        None => {
            let asked = web.ask_outside(&cx, driver, Whom::Platform, move |world, _, who, _| {
                vehicles::ask_other(world, who, &ask.kind, &ask.plate)
            });
            let (plate, tail) = asked.await?;
            code_page(&plate.key(), &tail)
        }
    };
    Ok(Go::to(next))
}

/// Asks the platform again for vehicles in the driver's own name.
///
/// # Errors
/// When the platform does not answer.
#[utoipa::path(post, path = "/vehicles/own", tag = "vehicles",
    responses((status = 303, body = Go), (status = "default", body = ProblemView)))]
pub async fn own(State(web): State<Web>, cx: Cx, driver: Driver) -> Result<Go, Problem> {
    web.ask_outside(&cx, driver, Whom::Platform, |world, _, who, _| vehicles::bind_own(world, who)).await?;
    Ok(Go::to("/vehicles"))
}

/// The code from the owner's phone; absent in the first step, which sends it.
#[derive(Clone, PartialEq, Eq, Deserialize, garde::Validate, ToSchema)]
pub struct OwnerPhoneAsk {
    /// The code.
    #[garde(inner(length(chars, max = 20)))]
    pub code: Option<String>,
}

/// Verifies the phone on file for the owner of an own vehicle: first sends a code, then takes it.
///
/// # Errors
/// For a vehicle that is not bound, for a wrong code.
#[utoipa::path(post, path = "/vehicles/{plate_key}/owner-phone", tag = "vehicles",
    params(("plate_key" = String, Path)), request_body = OwnerPhoneAsk,
    responses((status = 303, body = Go), (status = "default", body = ProblemView)))]
pub async fn owner_phone(
    State(web): State<Web>,
    cx: Cx,
    driver: Driver,
    Path(plate_key): Path<String>,
    Body(ask): Body<OwnerPhoneAsk>,
) -> Result<Go, Problem> {
    let next = match ask.code {
        Some(code) => {
            web.ask(&cx, driver, move |world, _, who, _| {
                vehicles::verify_owner_phone(world, who, &plate_key, &code)
            })
            .await?;
            "/vehicles".to_owned()
        }
        None => {
            let asked = web.ask_outside(&cx, driver, Whom::Platform, move |world, _, who, _| {
                let tail = vehicles::ask_owner_phone(world, who, &plate_key)?;
                Ok((plate_key, tail))
            });
            let (plate_key, tail) = asked.await?;
            code_page(&plate_key, &tail)
        }
    };
    Ok(Go::to(next))
}

/// The page on which the code that an owner was sent is entered.
fn code_page(plate_key: &str, tail: &str) -> String {
    let key = percent_encoding::utf8_percent_encode(plate_key, percent_encoding::NON_ALPHANUMERIC);
    format!("/vehicles?bind={key}&tail={tail}")
}

/// Ends the binding of somebody else's vehicle.
///
/// # Errors
/// For a vehicle that is not bound, or is the driver's own.
#[utoipa::path(post, path = "/vehicles/{plate_key}/unbind", tag = "vehicles", params(("plate_key" = String, Path)),
    responses((status = 303, body = Go), (status = "default", body = ProblemView)))]
pub async fn unbind(
    State(web): State<Web>,
    cx: Cx,
    driver: Driver,
    Path(plate_key): Path<String>,
) -> Result<Go, Problem> {
    web.ask(&cx, driver, move |world, _, who, _| vehicles::unbind(world, who, &plate_key)).await?;
    Ok(Go::to("/vehicles"))
}
