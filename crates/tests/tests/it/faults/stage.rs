//! Pretend counterparts for one test, our configuration for them, a clock that can be moved, and an ear for what they
//! send us.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use clearway_connect::Counterparts;
use clearway_connect::authority::{AuthorityProfile, SoapAuthority};
use clearway_domain::{Chance, Clock, IdNumber, Plate, PlateKind};
use clearway_sims::city::{self, City, Plan};
use clearway_sims::{Options, Running, start};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tempfile::TempDir;

/// The instant of the demo.
pub const OPENING: &str = "2020-04-05T10:00:00+08:00";

/// A clock that stands at the opening until it is moved.
pub struct MovedClock(AtomicI64);

impl MovedClock {
    /// Moves it by so many seconds from the opening.
    pub fn shift(&self, seconds: i64) {
        self.0.store(seconds, Ordering::SeqCst);
    }
}

impl Clock for MovedClock {
    fn now(&self) -> Timestamp {
        opening() + SignedDuration::from_secs(self.0.load(Ordering::SeqCst))
    }
}

/// Chance that never repeats within a test.
#[derive(Default)]
pub struct CountingChance(AtomicU64);

impl Chance for CountingChance {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let next = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst).to_le_bytes();
            chunk.copy_from_slice(&next[..chunk.len()]);
        }
    }
}

/// The opening as an instant.
pub fn opening() -> Timestamp {
    OPENING.parse().expect("an instant")
}

/// The counterparts and what belongs to them.
pub struct Stage {
    pub city: City,
    pub clock: Arc<MovedClock>,
    pub chance: Arc<CountingChance>,
    running: Running,
    folder: TempDir,
    browser: reqwest::blocking::Client,
}

impl Stage {
    /// Counterparts over a small city.
    #[expect(
        clippy::disallowed_methods,
        reason = "the pretend clock is set against the real one, and a test is a browser"
    )]
    pub fn new() -> Stage {
        let folder = tempfile::tempdir().expect("a folder");
        let real_ms = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis();
        let clock_file = folder.path().join("clock");
        std::fs::write(&clock_file, format!("{OPENING} {real_ms}")).expect("written");
        let city = city::make(Plan { at: opening(), seed: 1, drivers: 40, violations: 120 });
        let mut options = Options::new(city.clone(), folder.path().to_owned());
        options.clock_file = Some(clock_file);
        options.product_url = "http://127.0.0.1:9".to_owned();
        let running = start(options).expect("the counterparts start");
        let browser = reqwest::blocking::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("a browser");
        let clock = Arc::new(MovedClock(AtomicI64::new(0)));
        Stage { city, clock, chance: Arc::new(CountingChance::default()), running, folder, browser }
    }

    pub fn url(&self) -> String {
        self.running.url()
    }

    /// What the application would read, as the counterparts wrote it.
    pub fn counterparts(&self) -> Counterparts {
        let text = std::fs::read_to_string(self.folder.path().join("counterparts.toml"))
            .expect("written at the start");
        let mut counterparts: Counterparts =
            toml::from_str(&text).expect("our configuration takes their file");
        counterparts.settle(self.folder.path(), "http://127.0.0.1:9/notify");
        counterparts
    }

    /// The platform's client after a change of its profile. Deadlines are short: the faults are real.
    pub fn authority_with(&self, change: impl FnOnce(&mut AuthorityProfile)) -> SoapAuthority {
        let mut profile = self.counterparts().authority;
        profile.limits.total_ms_max = 1_200;
        change(&mut profile);
        SoapAuthority::new(profile).expect("a client")
    }

    pub fn authority(&self) -> SoapAuthority {
        self.authority_with(|_| {})
    }

    /// Tells the counterparts something.
    pub fn control(&self, path: &str, body: &Value) -> Value {
        let answer = self
            .browser
            .post(format!("{}/control/{path}", self.url()))
            .body(body.to_string())
            .send()
            .expect("the control page answers");
        let status = answer.status();
        let text = answer.text().expect("text");
        assert!(status.is_success(), "{path} {body}: {text}");
        serde_json::from_str(&text).expect("JSON")
    }

    /// One call goes wrong, so many times.
    pub fn fault(&self, call: &str, fault: &str, times: u32) {
        self.control("faults", &json!({ "match": { "call": call }, "fault": fault, "times": times }));
    }

    /// The journal of one call.
    pub fn calls(&self, call: &str) -> Vec<Value> {
        let text = self.get(&format!("{}/control/calls?call={call}", self.url())).1;
        let journal: Value = serde_json::from_str(&text).expect("JSON");
        journal["calls"].as_array().cloned().expect("a list")
    }

    /// Changes the city while it runs.
    pub fn set(&self, what: &str, key: &str, set: Value) {
        self.control("state", &json!({ "what": what, "key": key, "set": set }));
    }

    /// A browser's GET: status or address of a redirect, and the text.
    pub fn get(&self, url: &str) -> (String, String) {
        let answer = self.browser.get(url).send().expect("an answer");
        let to = answer.headers().get("location").and_then(|to| to.to_str().ok()).map(str::to_owned);
        (to.unwrap_or_else(|| answer.status().as_u16().to_string()), answer.text().expect("text"))
    }

    /// A browser's POST of a form.
    pub fn post_form(&self, url: &str, form: &str) -> String {
        let answer = self
            .browser
            .post(url)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(form.to_owned())
            .send()
            .expect("an answer");
        answer.headers().get("location").and_then(|to| to.to_str().ok()).unwrap_or_default().to_owned()
    }

    /// A driver with an open record on an own vehicle that the platform lets be decided: driver, vehicle, record.
    pub fn case(&self) -> (&city::Driver, &city::Vehicle, &city::Record) {
        let open = |record: &&city::Record| {
            let fine = record.fine_fen.is_some_and(|fen| (1..=20_000).contains(&fen));
            record.handled == "0" && fine && record.points.is_some() && record.plate.starts_with('鄂')
        };
        self.city
            .records
            .iter()
            .filter(open)
            .find_map(|record| {
                let vehicle = self.city.vehicles.iter().find(|vehicle| {
                    vehicle.plate == record.plate
                        && vehicle.plate_kind == record.plate_kind
                        && vehicle.unavailable.is_empty()
                })?;
                let driver = self.city.drivers.iter().find(|driver| {
                    driver.id_number == vehicle.owner_id
                        && !driver.no_licence
                        && driver.unavailable.is_empty()
                        && driver.slow.is_empty()
                })?;
                Some((driver, vehicle, record))
            })
            .expect("the city has such a case")
    }
}

pub fn id_of(driver: &city::Driver) -> IdNumber {
    IdNumber::parse(&driver.id_number).expect("the city's numbers are valid")
}

pub fn plate_of(vehicle: &city::Vehicle) -> Plate {
    let kind = PlateKind::parse(&vehicle.plate_kind).expect("a kind");
    Plate::parse(kind, &vehicle.plate).expect("the city's plates are valid")
}

/// A request that the counterparts sent to us.
#[derive(Clone)]
pub struct Heard {
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Heard {
    pub fn header(&self, name: &str) -> Option<String> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.clone())
    }

    /// A parameter of the query, decoded.
    pub fn query(&self, name: &str) -> Option<String> {
        let url = reqwest::Url::parse(&format!("http://h{}", self.target)).expect("an address");
        url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
    }
}

/// Our side of the wire for what they send: answers 200 with what `answer` gives, or 500 where it gives none.
pub struct Ear {
    pub url: String,
    heard: Arc<Mutex<Vec<Heard>>>,
}

impl Ear {
    pub fn new(answer: impl Fn(&Heard) -> Option<String> + Send + Sync + 'static) -> Ear {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (noted, answer) = (Arc::clone(&heard), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (noted, answer) = (Arc::clone(&noted), Arc::clone(&answer));
                thread::spawn(move || hear(&stream, &noted, &*answer));
            }
        });
        Ear { url, heard }
    }

    /// Everything heard so far.
    pub fn heard(&self) -> Vec<Heard> {
        self.heard.lock().expect("no panic while noting").clone()
    }
}

fn hear(
    mut stream: &TcpStream,
    noted: &Mutex<Vec<Heard>>,
    answer: &dyn Fn(&Heard) -> Option<String>,
) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let target = lines.first()?.split(' ').nth(1)?.to_owned();
    let headers = lines
        .iter()
        .skip(1)
        .filter_map(|line| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned())));
    let mut heard = Heard { target, headers: headers.collect(), body: Vec::new() };
    let length = heard.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    heard.body.resize(length, 0);
    reader.read_exact(&mut heard.body).ok()?;
    noted.lock().expect("no panic while noting").push(heard.clone());
    let (status, body) = match answer(&heard) {
        Some(body) => (200, body),
        None => (500, String::new()),
    };
    let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(body.as_bytes()).ok()
}
