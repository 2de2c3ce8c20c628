//! Two processes on one embedded database: a server, and a command of an operator beside it.

use std::sync::atomic::{AtomicBool, Ordering};

use clearway_store::{Tx, meta};

use super::engines::Fresh;

/// `clearway feed` or an officer's command beside a server that never pauses: the lock is free for microseconds between two groups.
#[test]
fn another_process_gets_its_turn_beside_a_writer_that_never_pauses() {
    let fresh = Fresh::file();
    let (busy, other) = (fresh.ready(), fresh.open());
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for writer in 0..3 {
            let (busy, over) = (&busy, &over);
            scope.spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    let long = |tx: &mut Tx| {
                        std::thread::sleep(std::time::Duration::from_millis(4));
                        meta::put(tx, &format!("busy {writer}"), "1")
                    };
                    busy.write(long).expect("the busy one");
                }
            });
        }
        while busy.stats().flushes < 5 {
            std::thread::yield_now();
        }
        let written: Vec<_> =
            (0..5).map(|at| other.write(|tx| meta::put(tx, &format!("other {at}"), "1"))).collect();
        over.store(true, Ordering::Relaxed);
        assert!(written.iter().all(Result::is_ok), "{written:?}");
    });
}
