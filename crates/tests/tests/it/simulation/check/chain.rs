//! Invariants 5, 6 and 12: the audit chain link by link, the steps of a case along the table of moves, times as they were.

use clearway_domain::case::CaseState;
use clearway_service::money::event_of;
use clearway_store::audit::{self, Entry};
use clearway_store::{Db, StoreError, case_file};

use super::super::books::Case;
use super::{Checker, Look};

/// Reads what was appended since the step before, and follows the hashes.
pub fn check(look: &Look<'_>, db: &Db, checker: &mut Checker) {
    let drivers: Vec<String> = look.stage.scene().minds.iter().map(|mind| mind.who.driver.clone()).collect();
    for driver in drivers {
        let (seq, hash) = checker.heads.get(&driver).cloned().unwrap_or((0, String::new()));
        let fresh = match db.read(|tx| audit::after(tx, &driver, seq, 1_000)) {
            Ok(fresh) => fresh,
            Err(error) => return look.wrong(5, format!("an audit chain cannot be read: {error}")),
        };
        let mut head = (seq, hash);
        for entry in &fresh {
            link(look, checker.last_ms, &head, entry);
            head = (entry.seq, entry.hash.clone());
            for case in look.books.cases.keys().filter(|case| entry.detail.contains(case.as_str())) {
                *checker.entries.entry(case.clone()).or_insert(0) += 1;
            }
        }
        checker.heads.insert(driver, head);
    }
}

fn link(look: &Look<'_>, last_ms: i64, head: &(i64, String), entry: &Entry) {
    let follows = entry.seq == head.0 + 1 && (head.0 == 0 || entry.prev_hash == head.1);
    if !follows || audit::hash_of(entry) != entry.hash {
        look.wrong(5, format!("entry {} of an audit chain does not follow", entry.seq));
    }
    if entry.at_ms < last_ms || entry.at_ms > look.now_ms {
        look.wrong(12, format!("“{}” is dated {} ms from now", entry.deed, entry.at_ms - look.now_ms));
    }
}

/// Plays the steps of a case from its beginning along the table of moves: they must lead to where it stands, and each of
/// them must stand in the audit too.
pub fn replay(look: &Look<'_>, case: &Case) {
    let world = look.stage.sim.world();
    let read = world.db.read(|tx| {
        let steps = case_file::steps(tx, &case.driver, &case.id)?;
        let entries = audit::after(tx, &case.driver, 0, 100_000)?;
        Ok::<_, StoreError>((steps, entries))
    });
    let (steps, entries) = match read {
        Ok(read) => read,
        Err(error) => return look.wrong(6, format!("the steps of a case cannot be read: {error}")),
    };
    let mut state = if case.route == "pay" { CaseState::Ready } else { CaseState::Learning };
    let mut moves = 0;
    for step in &steps {
        let Some(event) = event_of(&step.step) else { continue };
        moves += 1;
        match state.after(event) {
            Ok(next) => state = next,
            Err(illegal) => return look.wrong(6, format!("case {}: {illegal}", case.id)),
        }
    }
    if state != case.state {
        look.wrong(6, format!("case {} is {:?}, its steps say {state:?}", case.id, case.state));
    }
    let told = entries
        .iter()
        .filter(|entry| entry.detail.contains(&case.id) && event_of(&entry.deed).is_some())
        .count();
    if told != moves {
        look.wrong(5, format!("case {} made {moves} moves and the audit tells of {told}", case.id));
    }
}
