//! Whether the values of a configuration make sense, all of them at once: one start tells everything that is to be mended.

use std::fmt::Display;

use clearway_service::officer;

use super::{Config, network};

/// Seconds that something may hold: a minute to a day.
const SECONDS: std::ops::RangeInclusive<i64> = 60..=86_400;

/// Every problem, as `KEY = VALUE: why; what to write instead`.
pub fn problems(config: &Config) -> Vec<String> {
    let mut all = Problems(Vec::new());
    server(config, &mut all);
    site(config, &mut all);
    operators(config, &mut all);
    all.0
}

/// What was found so far.
struct Problems(Vec<String>);

impl Problems {
    fn say(&mut self, key: &str, value: impl Display, why: &str, fix: &str) {
        self.0.push(format!("{key} = {value}: {why}; write {fix}"));
    }
}

fn server(config: &Config, all: &mut Problems) {
    let server = &config.server;
    if !(1..=1_000).contains(&server.workers) {
        all.say("server.workers", server.workers, "nobody would work, or far too many", "1 to 1000");
    }
    let port = server.listen.rsplit_once(':').filter(|(host, _)| !host.is_empty());
    if port.is_none_or(|(_, port)| port.parse::<u16>().is_err()) {
        let value = format!("{:?}", server.listen);
        all.say(
            "server.listen",
            value,
            "no address with a port",
            "127.0.0.1:8080, or [::]:8080 for every address",
        );
    }
    // It holds a password, so it is not said back.
    let known = ["sqlite:", "postgres://", "postgresql://"];
    if !known.iter().any(|scheme| server.database.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty())) {
        all.say(
            "server.database",
            "…",
            "no address of a database",
            "sqlite:PATH or postgres://user:password@host/database",
        );
    }
    if server.node.as_ref().is_some_and(|name| name.trim().is_empty() || name.chars().count() > 80) {
        all.say(
            "server.node",
            format!("{:?}", server.node),
            "no name",
            "1 to 80 characters, the same after a restart",
        );
    }
    for proxy in server.proxies.iter().flatten().filter(|proxy| network(proxy).is_none()) {
        all.say(
            "server.proxies",
            format!("{proxy:?}"),
            "no address and no network",
            "10.1.2.3 or 10.0.0.0/8",
        );
    }
}

fn site(config: &Config, all: &mut Problems) {
    let site = &config.site;
    if !is_origin(&site.public_url) {
        let why = "no origin: a scheme and a host, and nothing behind them";
        all.say(
            "site.public_url",
            format!("{:?}", site.public_url),
            why,
            "https://clearway.example, without a slash at its end",
        );
    }
    for (key, seconds) in
        [("site.order_valid_s", site.order_valid_s), ("site.quote_valid_s", site.quote_valid_s)]
    {
        if !SECONDS.contains(&seconds) {
            all.say(
                key,
                seconds,
                "too short for a person to pay in, or longer than a day",
                "60 to 86400 seconds",
            );
        }
    }
    if site.moment_ms > 10_000 {
        all.say(
            "site.moment_ms",
            site.moment_ms,
            "every answer could be held back so long",
            "0 to 10000 milliseconds",
        );
    }
    if !(1..=50).contains(&site.legs_max) {
        all.say("site.legs_max", site.legs_max, "so many violations cannot be paid at once", "1 to 50");
    }
    if site.payees.is_empty() {
        all.say("site.payees", "[]", "nobody could receive a fine", "one [[site.payees]] or more");
    }
}

fn operators(config: &Config, all: &mut Problems) {
    let operators = &config.site.operators;
    for (at, operator) in operators.iter().enumerate() {
        if !officer::is_name(&operator.name) {
            let value = format!("{:?}", operator.name);
            all.say(
                "site.operators.name",
                value,
                "no name that the audit takes",
                "2 to 40 characters, no control characters",
            );
        }
        let hash = &operator.token_sha256;
        let name = operator.name.escape_debug();
        if hash.len() != 64 || !hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            let why = "no SHA-256: nobody could sign in with it";
            let fix = "64 hex digits, as `printf %s TOKEN | sha256sum` prints them";
            all.say(&format!("site.operators.token_sha256 of {name}"), "…", why, fix);
        }
        if let Some(first) = operators[..at].iter().find(|one| one.token_sha256.eq_ignore_ascii_case(hash)) {
            let why = format!("the same token as {}'s", first.name.escape_debug());
            let fix = "the hash of another token: each person has an own one";
            all.say(&format!("site.operators.token_sha256 of {name}"), "…", &why, fix);
        }
        if operator.may.as_ref().is_some_and(Vec::is_empty) {
            let fix = "[\"metrics\"], or leave it out for an officer who may do everything";
            all.say(&format!("site.operators.may of {name}"), "[]", "the token would open nothing", fix);
        }
    }
}

/// Whether a text is a scheme, a host and perhaps a port: what browsers send as `Origin`.
fn is_origin(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    host.is_some_and(|host| {
        let (name, port) = match host.rsplit_once(':') {
            Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
            _ => (host, None),
        };
        let letter =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.[]:".contains(&byte);
        !name.is_empty() && name.bytes().all(letter) && port.is_none_or(|port| port.parse::<u16>().is_ok())
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::misread::{self, Values};

    const EXAMPLE: &str = include_str!("../../site.example.toml");

    fn of(text: &str) -> Vec<String> {
        problems(&misread::read(Path::new("site.toml"), text, Values::Plain).unwrap())
    }

    /// The documented configuration with other values for some keys.
    fn with(values: &[(&str, &str)]) -> Vec<String> {
        let line = |line: &str| {
            let key = line.split_once(" = ").map(|(key, _)| key);
            let value = values.iter().find(|(known, _)| key == Some(known));
            value.map_or_else(|| line.to_owned(), |(key, value)| format!("{key} = {value}"))
        };
        of(&EXAMPLE.lines().map(line).collect::<Vec<_>>().join("\n"))
    }

    #[test]
    fn the_documented_configuration_is_right_and_so_are_the_ends_of_every_range() {
        assert_eq!(of(EXAMPLE), Vec::<String>::new());
        for good in [
            "\"https://clear.example\"",
            "\"http://127.0.0.1:8080\"",
            "\"http://[::1]:8080\"",
            "\"https://[fd00::1]\"",
        ] {
            assert_eq!(with(&[("public_url", good)]), Vec::<String>::new(), "{good}");
        }
        let ends =
            [("workers", "1"), ("order_valid_s", "60"), ("quote_valid_s", "86_400"), ("legs_max", "50")];
        assert_eq!(with(&ends), Vec::<String>::new());
    }

    #[test]
    fn every_problem_is_told_at_once_with_its_key_its_value_and_what_to_write() {
        let found = with(&[
            ("workers", "0"),
            ("listen", "\"8080\""),
            ("database", "\"mysql://u:hunter2@h/x\""),
            ("public_url", "\"https://clear.example/\""),
            ("order_valid_s", "0"),
            ("quote_valid_s", "90_000_000"),
            ("legs_max", "0"),
        ]);
        let keys = [
            "server.workers",
            "server.listen",
            "server.database",
            "site.public_url",
            "site.order_valid_s",
            "site.quote_valid_s",
            "site.legs_max",
        ];
        assert_eq!(found.len(), keys.len(), "{found:?}");
        for (told, key) in found.iter().zip(keys) {
            assert!(told.starts_with(&format!("{key} = ")) && told.contains("; write "), "{told}");
            assert!(!told.contains("hunter2"), "{told}");
        }
        assert!(found[3].contains("\"https://clear.example/\""), "{}", found[3]);
        for bad in [
            "clear.example",
            "https://clear.example/app",
            "ftp://x",
            "https://",
            "https://a b",
            "https://u:p@h",
            "https://h:x",
            "https://H.example",
        ] {
            assert_eq!(with(&[("public_url", &format!("\"{bad}\""))]).len(), 1, "{bad}");
        }
    }

    #[test]
    fn tokens_and_names_of_operators_are_looked_at() {
        let hash = "a".repeat(64);
        let operator = |name: &str, hash: &str| {
            format!("[[site.operators]]\nname = \"{name}\"\ntoken_sha256 = \"{hash}\"\n")
        };
        let right = operator("li.officer", &hash) + &operator("wang.officer", &"b".repeat(64));
        assert_eq!(of(&format!("{EXAMPLE}\n{right}")), Vec::<String>::new());
        let wrong = operator("l", &hash)
            + &operator("wang.officer", &hash.to_uppercase())
            + &operator("zhao.officer", "hunter2");
        let found = of(&format!("{EXAMPLE}\n{wrong}may = []\n"));
        assert_eq!(found.len(), 4, "{found:?}");
        assert!(found[1].contains("wang.officer") && found[1].contains("the same token"), "{found:?}");
        assert!(found[2].contains("zhao.officer") && !found[2].contains("hunter2"), "{found:?}");
    }
}
