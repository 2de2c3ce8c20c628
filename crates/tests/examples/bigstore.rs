//! A store the size of a city: `cargo run --release -p clearway-tests --example bigstore -- PATH DRIVERS SECRET_HEX AT`.
//!
//! Each driver is signed in with the same token, has one own vehicle with four open camera records, two old decisions and
//! fresh answers of the platform; one in four has something in the way. Everything follows from the driver's number, so
//! the store is the same each time. Rows go in by ascending key, without a journal: it is a store to be read.

use anyhow::{Context as _, Result};
use aws_lc_rs::hmac;
use clearway_connect::authority::{CameraRecord, DecisionRecord, DriverFile, DriverRecord, VehicleRecord};
use clearway_domain::Plate;
use clearway_store::Db;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, Statement, params};
use serde_json::{Value as Json, json};

/// Drivers in one transaction.
const AT_ONCE: u32 = 20_000;
/// The session token of everybody.
const TOKEN: &str = "bench";
/// How far the drivers' ids lie apart, in their first eight hex digits.
const STEP: u32 = 1_600;

type Offence = (&'static str, i64, i32, Option<(i64, i64)>);

/// Offence code, fine in fen, points, measured value and limit: some may be warnings, some take points, some neither.
const OFFENCES: [Offence; 6] = [
    ("1039", 10_000, 0, None),
    ("1352", 15_000, 3, Some((69, 60))),
    ("1625", 20_000, 6, None),
    ("1345", 10_000, 3, None),
    ("1208", 10_000, 2, None),
    ("1120", 5_000, 0, None),
];
const PLACES: [&str; 4] = ["解放大道与青年路路口", "武珞路付家坡", "二环线雄楚大道段", "建设大道新华路口"];

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [path, drivers, secret, at] = words.as_slice() else {
        anyhow::bail!("bigstore PATH DRIVERS SECRET_HEX AT");
    };
    let drivers: u32 = drivers.parse()?;
    let at: Timestamp = at.parse()?;
    Db::open(&format!("sqlite:{path}"))?.migrate()?;
    let raw = Connection::open(path)?;
    raw.execute_batch(
        "pragma journal_mode = off; pragma synchronous = off; pragma cache_size = -500000; pragma locking_mode = exclusive",
    )?;
    let token = keyed(secret, "session", TOKEN)?;
    // The service begins a database with its secret (`clearway_service::installation`).
    raw.execute(
        "insert into meta (name, value) values ('secret', ?1)",
        params![keyed(secret, "installation", "secret")?],
    )?;
    let mut plates = Plates(0);
    let mut next = 0;
    while next < drivers {
        raw.execute_batch("begin")?;
        let mut store = Store::prepare(&raw)?;
        let end = drivers.min(next + AT_ONCE);
        for number in next..end {
            let plate = plates.next().context("enough plates")?;
            store.driver(&Driver { number, plate, at }, &token)?;
        }
        drop(store);
        raw.execute_batch("commit")?;
        next = end;
    }
    raw.execute_batch("pragma locking_mode = normal; pragma journal_mode = wal; pragma optimize")?;
    println!("{} violations of {drivers} drivers", u64::from(drivers) * 4);
    Ok(())
}

/// The keyed hash that the service stores instead of a secret.
fn keyed(secret: &str, purpose: &str, text: &str) -> Result<String> {
    let bytes: Result<Vec<u8>, _> =
        (0..secret.len() / 2).map(|at| u8::from_str_radix(&secret[at * 2..at * 2 + 2], 16)).collect();
    let key = hmac::Key::new(hmac::HMAC_SHA256, &bytes?);
    let told = [purpose.as_bytes(), &[0], text.as_bytes()].concat();
    Ok(hmac::sign(&key, &told).as_ref().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Plates of the city in ascending order; combinations that are no plate are left out.
struct Plates(u32);

impl Iterator for Plates {
    type Item = Plate;

    fn next(&mut self) -> Option<Plate> {
        const LETTERS: &[u8; 34] = b"0123456789ABCDEFGHJKLMNPQRSTUVWXYZ";
        while self.0 < 34_u32.pow(5) {
            let mut number = self.0;
            self.0 += 1;
            let mut text = [b'0'; 5];
            for letter in text.iter_mut().rev() {
                *letter = LETTERS[(number % 34) as usize];
                number /= 34;
            }
            let text = String::from_utf8_lossy(&text).into_owned();
            if let Ok(plate) = Plate::from_key(&format!("02:鄂A{text}")) {
                return Some(plate);
            }
        }
        None
    }
}

struct Driver {
    number: u32,
    plate: Plate,
    at: Timestamp,
}

impl Driver {
    /// Key of the partition.
    fn id(&self) -> String {
        format!("{:08x}{:024}", self.number * STEP, 0)
    }

    fn identity(&self) -> String {
        const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
        let (day, rest) = (self.number / 1_000 % 28 + 1, self.number % 1_000);
        let (year, month) = (1960 + self.number / 28_000 % 40, self.number / 336_000 % 12 + 1);
        let body = format!("420102{year}{month:02}{day:02}{rest:03}");
        let sum: u32 =
            body.bytes().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
        let check = b"10X98765432"[(sum % 11) as usize];
        format!("{body}{}", char::from(check))
    }

    fn days_ago(&self, days: i64) -> Timestamp {
        self.at - SignedDuration::from_hours(24 * days)
    }

    /// Whether this one has something of the kind in the way.
    fn has(&self, kind: u32) -> bool {
        self.number % 16 == kind
    }

    fn licence(&self) -> Result<DriverRecord> {
        let states = if self.has(3) { "H" } else { "A" };
        read(json!({
            "name": "张伟", "id": self.identity(), "file_number": format!("4201{:08}", self.number), "classes": "C1",
            "states": states, "points": if self.has(7) { 9 } else { 0 }, "first_licence": "2010-06-15",
            "valid_until": "2026-06-15", "review_due": "2026-06-15", "issuing_office": "鄂A", "probation_until": "2011-06-15",
            "phone": "13800000000", "oddities": []
        }))
    }

    fn vehicle(&self) -> Result<VehicleRecord> {
        read(json!({
            "plate": self.plate, "owner_name": "张伟", "owner_id": self.identity(), "owner_is_company": false,
            "kind": "K33", "use_code": "A", "first_registered": "2016-02-29", "last_registered": "2018-01-05",
            "inspected_until": "2022-02-28", "states": "A", "issuing_office": "鄂A", "phone": "13800000000",
            "key_watch": false, "oddities": []
        }))
    }

    fn record(&self, place: u32) -> Result<CameraRecord> {
        let (code, fine, points, speed) = OFFENCES[((self.number + place) % 6) as usize];
        let occurred = self.days_ago(i64::from(5 + place * 11 + self.number % 9));
        read(json!({
            "xh": self.xh(place), "plate": self.plate, "occurred": occurred,
            "place": PLACES[((self.number / 7 + place) % 4) as usize], "place_code": "420100012345", "code": code,
            "fine": fine, "points": points, "measured": speed.map(|(was, _)| was), "limit": speed.map(|(_, limit)| limit),
            "office": "420100000400", "office_name": "武汉市公安局交通管理局", "collected_by": "2", "device": "420100000000020117",
            "handled": false, "removed": false, "paid": "no", "entered": occurred, "noticed": occurred,
            "dispute_pending": self.has(11) && place == 0, "picture_state": "1", "audited": true, "crash": false,
            "jam": false, "source": "2", "home": "0", "oddities": []
        }))
    }

    fn xh(&self, place: u32) -> String {
        format!("4201{:010}{place:02}", self.number)
    }

    fn decision(&self, years: i64) -> Result<DecisionRecord> {
        let decided = self.days_ago(365 * years + 40);
        read(json!({
            "number": format!("4201{:09}{years:02}", self.number), "check_digit": "7", "document_class": "1",
            "licence": self.identity(), "plate": self.plate, "occurred": self.days_ago(365 * years + 55), "code": "1039",
            "points": 0, "fine": 10_000, "decided": decided, "served": decided, "annulled": false, "office": "420100000400",
            "paid": "yes", "paid_at": decided, "source": "2", "oddities": []
        }))
    }

    fn file(&self) -> Result<DriverFile> {
        let uses: Vec<Json> = if self.has(15) {
            vec![json!({ "programme": "first", "used": self.days_ago(90), "points": 0, "annulled": false })]
        } else {
            Vec::new()
        };
        read(json!({
            "registered_12123": true, "crashes": [], "full_mark_studies": [], "study_cheating": [],
            "programme_uses": uses, "blacklist": [], "oddities": []
        }))
    }
}

/// A record through its own type, so that what is stored is what the service stores.
fn read<T: serde::de::DeserializeOwned>(json: Json) -> Result<T> {
    Ok(serde_json::from_value(json)?)
}

/// The statements of one transaction.
struct Store<'c> {
    account: Statement<'c>,
    session: Statement<'c>,
    binding: Statement<'c>,
    vehicle: Statement<'c>,
    violation: Statement<'c>,
    knowledge: Statement<'c>,
}

impl<'c> Store<'c> {
    fn prepare(raw: &'c Connection) -> Result<Store<'c>> {
        Ok(Store {
            account: raw.prepare(
                "insert into account (driver, openid, id_number, name, phone, verified_at_ms, notice_at_ms, \
                 notice_version, attempt_count, created_at_ms, version) values (?1, ?2, ?3, '张伟', '13800000000', ?4, \
                 ?4, '1', 0, ?4, 1)",
            )?,
            session: raw.prepare(
                "insert into session (driver, token_hash, created_at_ms, expires_at_ms) values (?1, ?2, ?3, ?4)",
            )?,
            binding: raw.prepare(
                "insert into binding (driver, plate, own, owner_phone_at_ms, bound_at_ms) values (?1, ?2, 1, ?3, ?3)",
            )?,
            vehicle: raw.prepare("insert into vehicle (plate, record, fetched_at_ms) values (?1, ?2, ?3)")?,
            violation: raw.prepare(
                "insert into violation (plate, violation, occurred_at_ms, open_since_ms, record, fetched_at_ms) \
                 values (?1, ?2, ?3, ?3, ?4, ?5)",
            )?,
            knowledge: raw.prepare(
                "insert into knowledge (driver, topic, body, fetched_at_ms, asked_at_ms) values (?1, ?2, ?3, ?4, ?4)",
            )?,
        })
    }

    fn driver(&mut self, driver: &Driver, token: &str) -> Result<()> {
        let (id, plate) = (driver.id(), driver.plate.key());
        let bound = driver.days_ago(700).as_millisecond();
        // The answers stay fresh for the length of a bench.
        let fetched = (driver.at + SignedDuration::from_mins(120)).as_millisecond();
        let expires = (driver.at + SignedDuration::from_hours(24 * 7)).as_millisecond();
        self.account.execute(params![id, format!("o{id}"), driver.identity(), bound])?;
        self.session.execute(params![id, token, bound, expires])?;
        self.binding.execute(params![id, plate, bound])?;
        self.vehicle.execute(params![plate, serde_json::to_string(&driver.vehicle()?)?, fetched])?;
        for place in 0..4 {
            let record = driver.record(place)?;
            let occurred = record.occurred.context("it has a time")?.as_millisecond();
            self.violation.execute(params![
                plate,
                record.xh,
                occurred,
                serde_json::to_string(&record)?,
                fetched
            ])?;
        }
        let decisions = [driver.decision(2)?, driver.decision(4)?];
        let told = [
            ("file", serde_json::to_string(&driver.file()?)?),
            ("history", serde_json::to_string(&decisions)?),
            ("licence", serde_json::to_string(&driver.licence()?)?),
            ("vehicles", json!({ plate: [] }).to_string()),
        ];
        for (topic, body) in told {
            self.knowledge.execute(params![id, topic, body, fetched])?;
        }
        Ok(())
    }
}
