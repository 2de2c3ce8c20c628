//! The list of all places that write, read from the sources, and the places that a run came past.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Once;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber, subscriber};

use crate::tidy::tree;

/// Where the store tells who begins a transaction that writes.
const TARGET: &str = "clearway_store::write";
/// The crates whose code may write.
const WRITERS: [&str; 3] = ["crates/service/src", "crates/web/src", "crates/app/src"];

/// A place in the sources, `path:line`.
pub type Site = String;

/// Every place at which a transaction that writes is begun.
pub fn all() -> BTreeSet<Site> {
    let mut sites = BTreeSet::new();
    for file in WRITERS.into_iter().flat_map(|folder| tree::texts(folder, &[".rs"])) {
        for (at, line) in file.lines() {
            let code = line.trim_start();
            let begins = code.contains(".db.write(") || code.starts_with(".write(|");
            if begins && !code.starts_with("//") {
                sites.insert(format!("{}:{at}", file.path));
            }
        }
    }
    sites
}

thread_local! {
    /// The places that a deed on this thread came past, while somebody wants to know.
    static SEEN: RefCell<Option<BTreeSet<Site>>> = const { RefCell::new(None) };
}

/// Does something, and answers with the places that it came past too.
pub fn passed<T>(deed: impl FnOnce() -> T) -> (T, BTreeSet<Site>) {
    // One listener for the whole program, set once: a listener of one thread may be missed by a place that another thread,
    // on which nobody listens, came past first.
    static LISTENS: Once = Once::new();
    LISTENS.call_once(|| subscriber::set_global_default(Watch).expect("nobody else listens"));
    SEEN.set(Some(BTreeSet::new()));
    let done = deed();
    (done, SEEN.take().unwrap_or_default())
}

/// Hears where transactions that write are begun.
struct Watch;

impl Subscriber for Watch {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == TARGET
    }

    fn new_span(&self, _span: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _span: &Id, _values: &Record<'_>) {}

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut place = Place::default();
        event.record(&mut place);
        let site = format!("{}:{}", place.file, place.line);
        SEEN.with_borrow_mut(|seen| seen.as_mut().map(|seen| seen.insert(site)));
    }

    fn enter(&self, _span: &Id) {}

    fn exit(&self, _span: &Id) {}
}

#[derive(Default)]
struct Place {
    file: String,
    line: u64,
}

impl Visit for Place {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "file" {
            value.clone_into(&mut self.file);
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "line" {
            self.line = value;
        }
    }

    fn record_debug(&mut self, _field: &Field, _value: &dyn std::fmt::Debug) {}
}
