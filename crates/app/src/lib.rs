//! The one binary: it wires the store, the counterparts, the law, time and chance into a world, and serves it.

pub mod admission;
pub mod backup;
pub mod clock;
pub mod config;
pub mod copy;
pub mod officer;
pub mod out;
pub mod process;
pub mod reconcile;
pub mod rules;
pub mod serve;
pub mod verify;
pub mod watch;

use std::path::Path;
use std::sync::Arc;
use std::thread;

use anyhow::{Context, Result, bail};
use clearway_connect::Counterparts;
use clearway_domain::calendar::Calendar;
use clearway_domain::offences::OffenceTable;
use clearway_domain::rules::Packs;
use clearway_domain::study::Bank;
use clearway_domain::{Chance, Clock};
use clearway_service::{World, installation};
use clearway_store::{Db, StoreError};

use crate::config::misread::{self, Values};
use crate::config::{Config, secret};

/// Builds the world of a configuration. The schema must be up to date (`clearway migrate`).
///
/// # Errors
/// A sentence that says which part is missing or wrong.
pub fn build(config: &Config) -> Result<World> {
    build_with(config, Arc::new(clock::SystemClock::start()), Arc::new(clock::SystemChance))
}

/// Builds the world of a configuration whose database is there already, for a command that works on it.
///
/// # Errors
/// As [`build`]; a sentence when the database is not laid out, or was begun with another secret.
pub fn open(config: &Config) -> Result<World> {
    secret::must_be_there(&config.server.secret_file)?;
    // Opening would make an empty one.
    if let Some(path) = config::file_of(&config.server.database).filter(|path| !Path::new(path).exists()) {
        bail!("there is no database at {path}");
    }
    let world = build(config)?;
    installation::check(&world).with_context(|| of_secret(config))?;
    Ok(world)
}

/// What the store says in a sentence of its own, without a word before it; anything else as it is.
pub(crate) fn sentence(error: StoreError) -> anyhow::Error {
    match error {
        StoreError::Broken(why) => anyhow::anyhow!(why),
        other => other.into(),
    }
}

/// Where the secret of a configuration lies, for whoever reads that there is something about it.
pub(crate) fn of_secret(config: &Config) -> String {
    format!("{} cannot be used", config.server.secret_file.display())
}

/// Builds the world of a configuration with a clock and chance of the caller's.
///
/// # Errors
/// As [`build`].
pub fn build_with(config: &Config, clock: Arc<dyn Clock>, chance: Arc<dyn Chance>) -> Result<World> {
    // Reading the law is the longest part of a start, and it needs nobody: the rest goes on beside it.
    let law = thread::spawn(Law::shipped);
    let db = Db::open(&config.server.database).context("the database cannot be opened")?;
    let folder = &config.server.counterparts;
    let path = folder.join("counterparts.toml");
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut counterparts: Counterparts = misread::read(&path, &text, Values::Secret)?;
    counterparts.settle(folder, &format!("{}/callbacks/wechat-pay", config.site.public_url));
    let cashier = counterparts.pay.cashier.clone();
    let clients = counterparts.connect(&clock, &chance).context("a counterpart cannot be set up")?;
    let mut site = config.site.clone();
    if site.cashier_url.is_none() {
        site.cashier_url = cashier;
    }
    let secret = secret::of_database(&config.server.secret_file, &db)?;
    let law = law.join().map_err(|_| anyhow::anyhow!("the shipped packs cannot be read"))?;
    Ok(World {
        db,
        clock,
        chance,
        authority: clients.authority,
        payments: clients.payments,
        wechat: clients.wechat,
        notifier: clients.notifier,
        face: clients.face,
        packs: law.packs,
        offences: law.offences,
        calendar: law.calendar,
        bank: law.bank,
        site,
        secret,
        bell: clearway_service::jobs::Bell::new(),
        admission: clearway_service::admission::Admission::default(),
    })
}

/// What ships with the program, read.
struct Law {
    offences: OffenceTable,
    packs: Packs,
    calendar: Calendar,
    bank: Bank,
}

impl Law {
    fn shipped() -> Law {
        let offences = OffenceTable::builtin();
        Law {
            packs: Packs::shipped(&offences),
            offences,
            calendar: Calendar::builtin(),
            bank: Bank::shipped(),
        }
    }
}
