//! Signing in, becoming verified, vehicles, looking, settings.

use clearway_connect::wechat::ServerQuery;
use clearway_domain::Plate;
use clearway_service::callbacks::wechat;
use clearway_service::citizen::{Who, identity, reasons, settings, sign_in, vehicles, violations};
use clearway_service::error::Conflict;
use clearway_service::{Error, World};
use clearway_sims::city::Account;
use clearway_store::account;

use super::super::town::Town;
use crate::simulation::world::network::Weather;

fn account(town: &Town, n: usize) -> &Account {
    &town.sim.town.accounts[n]
}

/// The last account: that person has yet to come.
fn stranger(town: &Town) -> &Account {
    town.sim.town.accounts.last().expect("somebody")
}

/// A verified person at home.
pub fn somebody(town: &Town) {
    town.note("who", town.people()[0].driver.clone());
}

/// A verified person who is not signed in.
pub fn a_known_person(town: &Town) {
    town.note("openid", account(town, 0).openid.clone());
    somebody(town);
}

/// Signs in with a fresh code.
fn enter(town: &Town, openid: &str) -> Result<String, Error> {
    let begin = sign_in::begin(town.world(), "/violations");
    let state = begin.location.split_once("state=").map(|(_, state)| state.to_owned()).unwrap_or_default();
    let code = format!("{openid}.{}", town.world().new_id());
    let session = sign_in::complete(town.world(), &code, &state, &begin.browser_secret)?;
    Ok(session.cookie)
}

pub fn sign_in_and_out(town: &Town) -> Result<(), Error> {
    let cookie = enter(town, &town.noted("openid"))?;
    town.work();
    sign_in::who(town.world(), &cookie)?;
    sign_in::end(town.world(), &cookie)?;
    match sign_in::who(town.world(), &cookie) {
        Err(Error::NotSignedIn) => Ok(()),
        other => other.and(Err(Error::NotFound("end of the session"))),
    }
}

pub fn first_message(town: &Town) -> Result<(), Error> {
    let query = ServerQuery { openid: Some(stranger(town).openid.clone()), ..ServerQuery::default() };
    let answer = wechat::push(town.world(), &query, b"")?;
    assert!(matches!(answer, wechat::Answer::Reply(_)));
    Ok(())
}

/// A person whom the platform knows and we do not; signed in for the first time.
pub fn a_stranger(town: &Town) {
    let cookie = enter(town, &stranger(town).openid).expect("signed in");
    let (who, _) = sign_in::who(town.world(), &cookie).expect("signed in");
    town.note("who", who.driver);
}

fn claim(world: &World, who: &Who, person: &Account, name: &str) -> Result<(), Error> {
    let number = person.id_number.as_deref().unwrap_or_default();
    identity::claim(world, who, number, name).map(|_| ())
}

fn name_of(town: &Town, person: &Account) -> String {
    let known = town.sim.town.drivers.iter().find(|one| Some(&one.id_number) == person.id_number.as_ref());
    known.expect("the platform knows everybody").name.clone()
}

pub fn become_verified(town: &Town) -> Result<(), Error> {
    let (world, who) = (town.world(), town.who());
    let known = world.db.read(|tx| account::find(tx, &who.driver))?;
    if known.is_some_and(|known| known.verified_at_ms.is_some()) {
        return Ok(());
    }
    identity::acknowledge(world, &who, true, false)?;
    let person = stranger(town);
    claim(world, &who, person, &name_of(town, person))?;
    let code = town.messenger.mail().code.clone();
    identity::verify(world, &who, &code)?;
    town.work();
    Ok(())
}

pub fn wrong_identity(town: &Town) -> Result<(), Error> {
    match claim(town.world(), &town.who(), stranger(town), "别人") {
        Err(Error::BadInput { fix: "name-not-on-file", .. }) => Ok(()),
        other => other.and(Err(Error::NotFound("refusal"))),
    }
}

/// A vehicle of somebody else.
fn others_vehicle(town: &Town) -> Plate {
    let bound = &account(town, 1).bound[0];
    let plate = town.sim.town.vehicles.iter().find(|car| car.plate == bound.plate).expect("a car");
    let kind = clearway_domain::PlateKind::parse(&plate.plate_kind).expect("a kind");
    Plate::parse(kind, &plate.plate).expect("a plate")
}

fn is_bound(town: &Town, plate: &Plate) -> Result<bool, Error> {
    Ok(vehicles::list(town.world(), &town.who())?.bound.iter().any(|bound| bound.plate == plate.key()))
}

pub fn bind_other(town: &Town) -> Result<(), Error> {
    let (world, who, plate) = (town.world(), town.who(), others_vehicle(town));
    if !is_bound(town, &plate)? {
        vehicles::ask_other(world, &who, plate.kind().code(), plate.number())?;
        let code = town.messenger.mail().code.clone();
        vehicles::bind_other(world, &who, &plate.key(), &code)?;
    }
    town.work();
    Ok(())
}

pub fn with_others_vehicle(town: &Town) {
    somebody(town);
    bind_other(town).expect("bound");
    assert!(is_bound(town, &others_vehicle(town)).expect("listed"));
}

pub fn owner_phone(town: &Town) -> Result<(), Error> {
    let (world, who, key) = (town.world(), town.who(), others_vehicle(town).key());
    vehicles::ask_owner_phone(world, &who, &key)?;
    let code = town.messenger.mail().code.clone();
    vehicles::verify_owner_phone(world, &who, &key, &code)
}

pub fn unbind(town: &Town) -> Result<(), Error> {
    let plate = others_vehicle(town);
    if is_bound(town, &plate)? {
        vehicles::unbind(town.world(), &town.who(), &plate.key())?;
    }
    Ok(())
}

pub fn look(town: &Town) -> Result<(), Error> {
    violations::home(town.world(), &town.who())?;
    town.work();
    violations::home(town.world(), &town.who()).map(|_| ())
}

/// Nobody answers; the driver asks again when somebody does.
pub fn look_in_vain(town: &Town) -> Result<(), Error> {
    let (world, who) = (town.world(), town.who());
    town.sim.network.set_weather(Weather { police_down: true, ..Weather::default() });
    let looked = violations::home(world, &who);
    town.work();
    town.sim.network.set_weather(Weather::default());
    looked?;
    violations::retry(world, &who)?;
    town.work();
    Ok(())
}

pub fn settings_and_words(town: &Town) -> Result<(), Error> {
    let (world, who) = (town.world(), town.who());
    settings::consents(world, &who, true, false)?;
    match reasons::tell(world, &who, "一", "请再看一下") {
        Err(Error::Conflict(Conflict::CaseMoved)) => Ok(()),
        told => told,
    }
}
