//! Every SQL text is known, and stands on both engines: this replaces the compile-time checks of other libraries.

use std::path::{Path, PathBuf};

use clearway_store::{all_statements, pairs};

use super::engines::{Fresh, on_every_engine};

on_every_engine![every_statement_prepares];

fn every_statement_prepares(fresh: Fresh) {
    let db = fresh.ready();
    let mut wrong = Vec::new();
    let mut count = 0;
    for (file, texts) in all_statements() {
        for statement in texts {
            count += 1;
            if let Err(error) = db.check(statement.sql) {
                wrong.push(format!("{file}.rs {}: {error}", statement.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {count} do not prepare:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count > 40, "only {count} statements: the list has come apart");
}

/// Texts that read a whole table, or a whole index, and may: tables with a row a node, a second or an exception, and what only an
/// officer, a beat, a start or a worker after an outage of the store asks for. Everything else is asked for by every driver: on a launch day each of them would pay for
/// all the others.
const WHOLE: [&str; 15] = [
    "migrate APPLIED",
    "approval OPEN",
    "case_file SETTLED_COUNT",
    "case_file SETTLED_TWICE",
    "count COUNTS",
    "finding OPEN",
    "ledger STRAYS",
    "ledger TRIAL",
    "node ALL",
    "payment ORDERS_ELSEWHERE",
    "payment REFUNDS_ELSEWHERE",
    "queue BURIED",
    "queue LAY_DOWN",
    "queue LET_GO",
    "turn BUCKETS",
];

/// Every text with its name and the steps by which SQLite reads for it.
fn plans() -> Vec<(String, &'static str, Vec<String>)> {
    let fresh = Fresh::file();
    fresh.ready();
    let path = fresh.url.trim_start_matches("sqlite:");
    let raw = rusqlite::Connection::open(path).expect("the file");
    let mut plans = Vec::new();
    for (file, texts) in all_statements() {
        for statement in texts {
            let plan = format!("explain query plan {}", statement.sql.replace('$', "?"));
            let mut plan = raw.prepare(&plan).expect("a plan");
            let nothing = vec![rusqlite::types::Null; plan.parameter_count()];
            let rows = plan.query_map(rusqlite::params_from_iter(nothing), |row| row.get("detail"));
            let steps = rows.expect("a plan").collect::<Result<_, _>>().expect("its steps");
            plans.push((format!("{file} {}", statement.name), statement.sql, steps));
        }
    }
    plans
}

#[test]
fn no_text_walks_through_a_whole_table() {
    let walks = |step: &&String| step.starts_with("SCAN ") && !step.contains("CONSTANT ROW");
    let found = plans().into_iter();
    let walkers: Vec<(String, String)> =
        found.filter_map(|(name, _, steps)| Some((name, steps.iter().find(walks)?.clone()))).collect();
    let strangers: Vec<_> = walkers.iter().filter(|(name, _)| !WHOLE.contains(&name.as_str())).collect();
    assert!(strangers.is_empty(), "give these an index: {strangers:#?}");
    let gone: Vec<_> = WHOLE.iter().filter(|name| walkers.iter().all(|(found, _)| found != *name)).collect();
    assert!(gone.is_empty(), "these walk no more; take them off the list: {gone:?}");
}

/// What is asked of one driver is looked up under that driver. An index that begins with something else is no whole table, but on a launch
/// day a hundred thousand rows of others may stand in it: asked for the earliest intent of one driver, SQLite once looked along
/// the line of everybody's.
#[test]
fn what_is_asked_of_one_driver_reads_no_other() {
    let mut strangers = Vec::new();
    for (name, sql, steps) in plans() {
        let own = |step: &&String| step.starts_with("SEARCH ") && step.contains("driver=?");
        if sql.contains("where driver = $") && !steps.iter().any(|step| own(&step)) {
            strangers.push((name, steps));
        }
    }
    assert!(strangers.is_empty(), "these read what is not the driver's: {strangers:#?}");
}

#[test]
fn every_pair_is_of_a_known_statement() {
    // The text for PostgreSQL is prepared there together with the portable one.
    let known: Vec<&str> =
        all_statements().iter().flat_map(|(_, texts)| texts.iter().map(|s| s.sql)).collect();
    for pair in pairs::PAIRS {
        assert!(known.contains(&pair.portable), "a pair of no known statement: {}", pair.portable);
        assert_ne!(pair.portable, pair.postgres);
    }
}

#[test]
fn every_file_with_statements_is_on_the_list() {
    let listed: Vec<&str> = all_statements().into_iter().map(|(file, _)| file).collect();
    for (path, text) in sources() {
        let file = path.file_stem().expect("a file name").to_string_lossy().into_owned();
        let declares = text.lines().any(|line| line.trim_start().starts_with("statements! {"));
        // Other crates may have a file of the same noun; they declare nothing.
        let of_store = path.components().any(|part| part.as_os_str() == "store");
        let wanted = of_store && listed.contains(&file.as_str());
        assert_eq!(declares && file != "statements", wanted, "{}", path.display());
    }
}

#[test]
fn no_sql_stands_outside_the_list() {
    let mut strays = Vec::new();
    for (path, text) in sources() {
        // The other half of a pair stands in the one file for it; what an engine is told about itself, in the engine; what is the
        // same for every table, where it is made.
        if path.ends_with("pairs.rs")
            || path.ends_with("store/src/copy.rs")
            || path.components().any(|part| part.as_os_str() == "postgres_engine")
        {
            continue;
        }
        let mut within = false;
        for (at, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.starts_with("#[cfg(test)]") {
                break;
            }
            within = (within || line.starts_with("statements! {")) && line != "}";
            if !within && !line.starts_with("//") && holds_sql(line) {
                strays.push(format!("{}:{}: {line}", path.display(), at + 1));
            }
        }
    }
    assert!(strays.is_empty(), "put these into a statements! block:\n{}", strays.join("\n"));
}

/// A string literal that begins like a statement with a table in it.
fn holds_sql(line: &str) -> bool {
    ["\"select ", "\"insert ", "\"update ", "\"delete ", "\"with ", "\"create ", "\"drop ", "\"alter "]
        .iter()
        .any(|begin| line.to_ascii_lowercase().contains(begin))
}

#[test]
fn sql_is_found_where_it_hides() {
    assert!(holds_sql(r#"let rows = tx.query("SELECT a from b", &[])?;"#));
    assert!(holds_sql(r#"const X: &str = "insert into t"#));
    assert!(!holds_sql(r#"return Err("no such table")"#));
}

/// Every source file of the store and of what stands on it: no SQL anywhere but in the store's nouns.
fn sources() -> Vec<(PathBuf, String)> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("crates/");
    let mut found = Vec::new();
    for folder in ["store", "service", "web", "app"] {
        collect(&crates.join(folder).join("src"), &mut found);
    }
    assert!(found.len() > 15, "only {} source files found", found.len());
    found
}

fn collect(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in std::fs::read_dir(folder).expect("a source folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push((path.clone(), std::fs::read_to_string(&path).expect("a source file")));
        }
    }
}
