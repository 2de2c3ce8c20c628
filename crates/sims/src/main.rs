//! The `clearway-sims` binary.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clearway_sims::city::{self, City, Plan};
use clearway_sims::clock::DemoClock;
use clearway_sims::crowd;
use clearway_sims::hostile;

const USAGE: &str = "\
clearway-sims city  --out FILE [--at INSTANT] [--seed N] [--drivers N] [--violations N]
    makes a pretend city (default: now, seed 1, 2000 drivers, 5000 violations)
clearway-sims rush-city --out FILE [--at INSTANT] [--seed N] [--drivers N]
    makes the pretend city of a launch day: so many people, each with what the crowd of that seed comes for
clearway-sims serve --city FILE --out DIR [--port 8081] [--public-url URL] [--product-url URL] [--wechat-callback URL] [--authority-per-second N]
                     [--rail wechat|wechat-combined|wechat-nontax]
    starts the pretend counterparts and writes counterparts.toml and keys into DIR
clearway-sims crowd --servers URL[,URL] --sims URL --out FILE [--public-url URL] [--drivers N] [--seed N] [--sockets N]
                    [--within S] [--pauses none|human] [--deadline S] [--bank DIR]
    plays the people of a launch day against the servers; totals into FILE, seconds beside it
clearway-sims flood --server URL --path PATH [--requests N] [--sockets N]
    one path again and again; the figures as JSON
clearway-sims hostile --server ADDRESS:PORT --how idle|half-open|slow-body|slow-reader|big-head
                      [--connections N] [--seconds S]
    holds so many of the server's sockets; READY once they are open, what became of them as JSON at the end (or at SIGTERM)";

fn main() -> anyhow::Result<()> {
    let mut words = std::env::args().skip(1);
    let command = words.next().unwrap_or_default();
    let options = Options::read(words)?;
    match command.as_str() {
        "city" => make_city(&options, city::make),
        "rush-city" => make_city(&options, city::make_rush),
        "crowd" => come(&options),
        "flood" => flood(&options),
        "hostile" => attack(&options),
        "serve" => serve(&options),
        "" | "help" | "--help" | "-h" => {
            println!("{USAGE}");
            Ok(())
        }
        other => bail!("unknown command {other}\n{USAGE}"),
    }
}

/// Options of the command line, by name.
struct Options(Vec<(String, String)>);

impl Options {
    fn read(mut words: impl Iterator<Item = String>) -> anyhow::Result<Self> {
        let mut options = Vec::new();
        while let Some(word) = words.next() {
            let Some(name) = word.strip_prefix("--") else { bail!("unexpected {word}\n{USAGE}") };
            match name.split_once('=') {
                Some((name, value)) => options.push((name.to_owned(), value.to_owned())),
                None => {
                    let value = words.next().with_context(|| format!("--{name} needs a value"))?;
                    options.push((name.to_owned(), value));
                }
            }
        }
        Ok(Self(options))
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    fn number(&self, name: &str, default: u64) -> anyhow::Result<u64> {
        self.get(name).map_or(Ok(default), |v| v.parse().with_context(|| format!("--{name} {v}")))
    }
}

fn serve(options: &Options) -> anyhow::Result<()> {
    let file = options.get("city").context("--city FILE is needed")?;
    let city: City = serde_json::from_slice(&std::fs::read(file).with_context(|| file.to_owned())?)
        .with_context(|| format!("{file} is not a pretend city"))?;
    let out = PathBuf::from(options.get("out").context("--out DIR is needed")?);
    let mut serving = clearway_sims::Options::new(city, out);
    serving.port = u16::try_from(options.number("port", 8081)?).context("--port")?;
    serving.public_url = options.get("public-url").map(str::to_owned);
    serving.wechat_callback = options.get("wechat-callback").map(str::to_owned);
    serving.authority_per_second = options
        .get("authority-per-second")
        .map(|n| n.parse().context("--authority-per-second"))
        .transpose()?;
    if let Some(rail) = options.get("rail") {
        serving.rail = rail.to_owned();
    }
    if let Some(url) = options.get("product-url") {
        serving.product_url = url.to_owned();
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(clearway_sims::serve(serving, |address| {
        println!("pretend counterparts listening on http://{address}");
    }))
}

fn come(options: &Options) -> anyhow::Result<()> {
    let servers = options.get("servers").context("--servers URL is needed")?;
    let servers: Vec<String> = servers.split(',').map(str::to_owned).collect();
    let size = |name: &str, usual| anyhow::Ok(usize::try_from(options.number(name, usual)?)?);
    crowd::run(crowd::Options {
        public_url: options.get("public-url").unwrap_or(&servers[0]).to_owned(),
        sims: options.get("sims").context("--sims URL is needed")?.to_owned(),
        drivers: size("drivers", 200)?,
        seed: options.number("seed", 1)?,
        sockets: size("sockets", 2_000)?.min(8_000),
        within_s: options.number("within", 0)?,
        human: match options.get("pauses").unwrap_or("none") {
            "none" => false,
            "human" => true,
            other => bail!("--pauses takes none or human, not {other}"),
        },
        deadline_s: options.number("deadline", 3_600)?,
        bank: PathBuf::from(options.get("bank").unwrap_or("packs/bank")),
        out: PathBuf::from(options.get("out").context("--out FILE is needed")?),
        servers,
    })
}

fn flood(options: &Options) -> anyhow::Result<()> {
    let server = options.get("server").context("--server URL is needed")?;
    let path = options.get("path").context("--path PATH is needed")?;
    let sockets = usize::try_from(options.number("sockets", 64)?)?;
    let told = crowd::flood(server, path, options.number("requests", 10_000)?, sockets)?;
    println!("{told}");
    Ok(())
}

fn attack(options: &Options) -> anyhow::Result<()> {
    let server = options.get("server").context("--server ADDRESS:PORT is needed")?;
    let how = options.get("how").context("--how is needed")?;
    let told = hostile::run(hostile::Options {
        server: server.parse().with_context(|| format!("--server {server} is not ADDRESS:PORT"))?,
        how: hostile::How::named(how).with_context(|| format!("--how {how}\n{USAGE}"))?,
        connections: usize::try_from(options.number("connections", 100)?)?,
        seconds: options.number("seconds", 60)?,
    })?;
    println!("{told}");
    Ok(())
}

fn make_city(options: &Options, make: fn(Plan) -> City) -> anyhow::Result<()> {
    let at = match options.get("at") {
        None | Some("now") => DemoClock::from_env().now(),
        Some(text) => text.parse().with_context(|| format!("--at {text}: not an instant"))?,
    };
    let plan = Plan {
        at,
        seed: options.number("seed", 1)?,
        drivers: usize::try_from(options.number("drivers", 2000)?)?,
        violations: usize::try_from(options.number("violations", 5000)?)?,
    };
    let out = PathBuf::from(options.get("out").context("--out FILE is needed")?);
    let city = make(plan);
    std::fs::write(&out, serde_json::to_vec(&city)?).with_context(|| out.display().to_string())?;
    println!(
        "{}: {} accounts, {} drivers, {} vehicles, {} records, {} decisions",
        out.display(),
        city.accounts.len(),
        city.drivers.len(),
        city.vehicles.len(),
        city.records.len(),
        city.decisions.len()
    );
    Ok(())
}
