//! Binding vehicles: one's own at once, other people's within the limits and with a code to the owner's phone.

use std::sync::Arc;

use clearway_domain::facts::RawFacts;
use clearway_domain::refusal::{Question, Refusal};
use clearway_domain::rules::{Outcome, Reason};
use clearway_domain::{IdNumber, Phone, Plate, PlateKind};
use clearway_store::binding::{self, Binding};
use clearway_store::{audit, readmodel};

use super::{Who, identity, verified};
use crate::error::Conflict;
use crate::jobs::refresh;
use crate::{Error, World, law, registered_phone};

/// What the vehicles page shows.
#[derive(Debug, Clone)]
pub struct Vehicles {
    /// Bound now, own ones first.
    pub bound: Vec<Binding>,
    /// Other people's vehicles bound now, and how many there may be.
    pub others: (i64, i64),
    /// Other people's vehicles ever bound, and how many there may be.
    pub ever: (i64, i64),
    /// Users other than the owner that one vehicle may have.
    pub users_max: i64,
}

/// The vehicles page.
///
/// # Errors
/// [`Error::NotVerified`].
pub fn list(world: &World, who: &Who) -> Result<Vehicles, Error> {
    verified(&world.db, who)?;
    let limits = law::binding_limits(world.pack_at(world.now())?, world.today());
    let (bound, ever) = world.db.read(|tx| {
        Ok::<_, Error>((binding::standing(tx, &who.driver)?, binding::ever_others(tx, &who.driver)?))
    })?;
    let others = i64::try_from(bound.iter().filter(|binding| !binding.own).count()).unwrap_or(i64::MAX);
    Ok(Vehicles {
        bound,
        others: (others, limits.others_now),
        ever: (ever, limits.others_ever),
        users_max: limits.users_of_vehicle,
    })
}

/// Binds every vehicle that is registered in the driver's own name.
///
/// # Errors
/// [`Error::Unavailable`] when the platform does not answer: nothing is bound then, and nothing lost.
pub fn bind_own(world: &World, who: &Who) -> Result<usize, Error> {
    let account = verified(&world.db, who)?;
    let id =
        account.id_number.as_deref().and_then(|text| IdNumber::parse(text).ok()).ok_or(Error::NotVerified)?;
    let vehicles =
        world.authority.vehicles_of(&id).map_err(|fault| Error::Unavailable { who: "authority", fault })?;
    let now = world.now().as_millisecond();
    let mut bound = 0;
    for vehicle in &vehicles {
        let key = vehicle.plate.key();
        let body = refresh::json(vehicle)?;
        // The owner's registered phone was verified with the licence when both are the same.
        let same_phone = vehicle.phone.as_ref().map(Phone::reveal) == account.phone.as_deref();
        bound += world.db.write(|tx| {
            let known = binding::standing(tx, &who.driver)?.iter().any(|known| known.plate == key);
            readmodel::put_vehicle(tx, &key, &body, now)?;
            if known {
                return Ok::<usize, Error>(0);
            }
            binding::insert(
                tx,
                &who.driver,
                &Binding {
                    plate: key.clone(),
                    own: true,
                    owner_phone_at_ms: same_phone.then_some(now),
                    bound_at_ms: now,
                },
            )?;
            audit::append(tx, &who.driver, now, "system", "vehicle.bound-own", "{}")?;
            Ok(1)
        })?;
    }
    world.db.write(|tx| refresh::enqueue(tx, &who.driver, &[crate::dossier::Topic::Vehicles], now))?;
    world.bell.ring();
    Ok(bound)
}

/// Asks for somebody else's vehicle: limits first, then a code to the phone registered for its owner.
/// Answers with the last digits of that phone.
///
/// # Errors
/// [`Error::BadInput`] for a plate that is none, is not on file, or when a limit is reached (the field says which);
/// [`Conflict::BoundHere`] for a vehicle that the driver has already; [`Error::LockedUntil`] after ten phones in a day;
/// [`Error::Unavailable`].
pub fn ask_other(world: &World, who: &Who, kind: &str, number: &str) -> Result<(Plate, String), Error> {
    let account = verified(&world.db, who)?;
    identity::refuse_while_locked(world, &account)?;
    let plate = parse_plate(kind, number)?;
    let list = list(world, who)?;
    if list.bound.iter().any(|bound| bound.plate == plate.as_key()) {
        return Err(Error::Conflict(Conflict::BoundHere));
    }
    refuse_over_limits(world, &list, &plate)?;
    // Whether a plate is known, and how its owner's phone ends, is something to be told as well.
    world.db.write(|tx| registered_phone::count_stranger(world, who, tx))?;
    let vehicle =
        world.authority.vehicle(&plate).map_err(|fault| Error::Unavailable { who: "authority", fault })?;
    let Some(phone) = vehicle.as_ref().and_then(|vehicle| vehicle.phone.clone()) else {
        identity::count_try(world, who)?;
        return Err(Error::BadInput { field: "plate", value: plate.masked(), fix: "plate-not-on-file" });
    };
    registered_phone::send(world, who, &purpose(plate.as_key()), &phone)?;
    Ok((plate, phone.tail()))
}

/// Binds somebody else's vehicle with the code that its owner received.
///
/// # Errors
/// [`Error::BadInput`] for a wrong or old code, [`Error::LockedUntil`] after five of them.
pub fn bind_other(world: &World, who: &Who, plate_key: &str, code: &str) -> Result<(), Error> {
    let account = verified(&world.db, who)?;
    identity::refuse_while_locked(world, &account)?;
    let plate = Plate::from_key(plate_key).map_err(|_| Error::BadInput {
        field: "plate",
        value: String::new(),
        fix: "bad-plate",
    })?;
    let list = list(world, who)?;
    refuse_over_limits(world, &list, &plate)?;
    registered_phone::take(world, who, &purpose(plate.as_key()), code)?;
    let now_ms = world.now().as_millisecond();
    world.db.write(|tx| {
        // Checked again inside the transaction: two phones may bind at the same moment.
        if binding::users(tx, plate.as_key())? >= list.users_max {
            return Err(Error::BadInput {
                field: "plate",
                value: list.users_max.to_string(),
                fix: "bind-limit-vehicle",
            });
        }
        binding::insert(
            tx,
            &who.driver,
            &Binding { plate: plate.key(), own: false, owner_phone_at_ms: Some(now_ms), bound_at_ms: now_ms },
        )?;
        audit::append(tx, &who.driver, now_ms, "driver", "vehicle.bound-other", "{}")?;
        refresh::enqueue(tx, &who.driver, &[crate::dossier::Topic::Vehicles], now_ms)
    })?;
    crate::jobs::wait_for(world, &who.driver, refresh::REFRESH, "vehicles", world.site.moment_ms);
    Ok(())
}

/// Ends the binding of somebody else's vehicle. It still counts among those ever bound.
///
/// # Errors
/// [`Error::NotFound`] for a vehicle that is not bound, or is the driver's own.
pub fn unbind(world: &World, who: &Who, plate_key: &str) -> Result<(), Error> {
    let now = world.now().as_millisecond();
    world.db.write(|tx| {
        let own = binding::standing(tx, &who.driver)?
            .iter()
            .find(|binding| binding.plate == plate_key)
            .map(|binding| binding.own);
        if own != Some(false) || !binding::unbind(tx, &who.driver, plate_key, now)? {
            return Err(Error::NotFound("vehicle"));
        }
        audit::append(tx, &who.driver, now, "driver", "vehicle.unbound", "{}")?;
        Ok(())
    })
}

/// The limits of the pack on other people's vehicles, as reasons with their cures (`domain.md` §2.5).
fn refuse_over_limits(world: &World, list: &Vehicles, plate: &Plate) -> Result<(), Error> {
    let users = world.db.read(|tx| binding::users(tx, plate.as_key()).map_err(Error::from))?;
    let mut facts = RawFacts::default();
    let vehicle = Arc::make_mut(&mut facts.vehicle);
    vehicle.plate = Some(plate.clone());
    vehicle.owner_is_driver = Some(false);
    vehicle.other_users = Some(users);
    facts.relation.bound = Some(false);
    facts.relation.others_bound_now = Some(list.others.0);
    facts.relation.others_bound_ever = Some(list.ever.0);
    let now = world.now();
    let verdict = world.pack_at(now)?.evaluate(Question::Handle, &facts, now, &world.calendar);
    let reasons: Vec<Reason> = verdict
        .reasons
        .into_iter()
        .filter(|reason| {
            reason.outcome == Outcome::Refused
                && matches!(
                    reason.refusal,
                    Refusal::VehBindLimitUser | Refusal::VehBindLimitHistory | Refusal::VehBindLimitVehicle
                )
        })
        .collect();
    if reasons.is_empty() { Ok(()) } else { Err(Error::Refused(reasons)) }
}

/// Asks for the code that shows the phone on file for the owner of an own vehicle to be in the driver's hands.
/// Answers with the last digits of that phone.
///
/// # Errors
/// [`Error::NotFound`] for a vehicle that is not bound; [`Error::LockedUntil`] after ten phones in a day;
/// [`Error::Unavailable`].
pub fn ask_owner_phone(world: &World, who: &Who, plate_key: &str) -> Result<String, Error> {
    let account = verified(&world.db, who)?;
    identity::refuse_while_locked(world, &account)?;
    if !list(world, who)?.bound.iter().any(|bound| bound.plate == plate_key) {
        return Err(Error::NotFound("vehicle"));
    }
    let plate = Plate::from_key(plate_key).map_err(|_| Error::NotFound("vehicle"))?;
    world.db.write(|tx| registered_phone::count_stranger(world, who, tx))?;
    let vehicle =
        world.authority.vehicle(&plate).map_err(|fault| Error::Unavailable { who: "authority", fault })?;
    let phone = vehicle.and_then(|vehicle| vehicle.phone).ok_or(Error::BadInput {
        field: "phone",
        value: String::new(),
        fix: "no-phone-on-file",
    })?;
    registered_phone::send(world, who, &purpose(plate.as_key()), &phone)?;
    Ok(phone.tail())
}

/// Enters that code.
///
/// # Errors
/// [`Error::BadInput`] for a wrong or old code, [`Error::LockedUntil`] after five of them.
pub fn verify_owner_phone(world: &World, who: &Who, plate_key: &str, code: &str) -> Result<(), Error> {
    let account = verified(&world.db, who)?;
    identity::refuse_while_locked(world, &account)?;
    registered_phone::take(world, who, &purpose(plate_key), code)?;
    let now = world.now().as_millisecond();
    world.db.write(|tx| {
        binding::owner_phone(tx, &who.driver, plate_key, now)?;
        audit::append(tx, &who.driver, now, "driver", "vehicle.owner-phone", "{}")?;
        Ok(())
    })
}

fn purpose(plate_key: &str) -> String {
    format!("vehicle:{plate_key}")
}

fn parse_plate(kind: &str, number: &str) -> Result<Plate, Error> {
    let kind = PlateKind::parse(kind).map_err(|_| Error::BadInput {
        field: "plate_kind",
        value: kind.chars().take(4).collect(),
        fix: "bad-plate-kind",
    })?;
    Plate::parse(kind, number).map_err(|_| Error::BadInput {
        field: "plate",
        value: String::new(),
        fix: "bad-plate",
    })
}
