//! `clearway verify`: each of the twelve sentences is broken on purpose in an otherwise healthy database made by real
//! deeds, and is named; nothing else is.

use std::collections::BTreeSet;

use clearway_service::Error;
use clearway_service::verify::{self, Report};
use clearway_store::account;
use serde_json::json;

use super::books;
use super::deeds::both_acts;
use super::driver::{Driver, text};
use super::stack::{Engine, Stack, on_both_engines};

on_both_engines!(each_sentence_that_is_broken_is_named, what_is_late_is_no_breach_when_somebody_was_told);

/// A warning, a study credit, a payment of three, one that went back, and one that is still open.
pub(super) fn healthy(engine: Engine) -> Stack {
    let stack = Stack::new(engine);
    let zhang = Driver::at_home(&stack, "demo-zhang-first");
    let case = zhang.learn("4201000000000001", "first");
    zhang.post(&format!("/cases/{case}/confirm"), &both_acts()).next();
    zhang.until(&format!("/cases/{case}"), "/word", &json!("done"));
    let chen = Driver::at_home(&stack, "demo-chen-merge");
    let order = chen.order(&chen.go("/quotes", &json!({ "all": true })));
    assert_eq!(chen.pay(&order)["money"], "charged");
    let ruan = Driver::at_home(&stack, "demo-pay-one");
    let order = ruan.order(&ruan.quote(&["4201000000000177"]));
    ruan.hand_over(&order);
    stack.change(
        "record",
        "4201000000000177",
        &json!({ "handled": "1", "paid": "1", "decision": "420100119999999" }),
    );
    ruan.cashier(&order, "pay");
    stack.look_again();
    ruan.until(&format!("/orders/{}", text(&order, "/id")), "/word", &json!("back"));
    let li = Driver::at_home(&stack, "demo-li-study");
    let home = li.home();
    let open = text(&home, "/groups/0/cards/0/id").to_owned();
    li.order(&li.quote(&[&open]));
    stack.settle();
    books::right(&stack);
    stack
}

/// What is found after some statements, none of which is kept.
fn found_after(stack: &Stack, plants: &[&'static str]) -> Report {
    let mut kept = None;
    let undone = stack.world.db.write(|tx| {
        for plant in plants {
            let rows = tx.execute(plant, &[])?;
            assert!(rows > 0, "the plant touches nothing: {plant}");
        }
        let mut report = Report::default();
        for name in account::drivers(tx, "", 1_000)? {
            verify::driver(&stack.world, tx, &name, &mut report)?;
        }
        verify::over_all(&stack.world, tx, &mut report)?;
        kept = Some(report);
        Err::<(), Error>(Error::NotFound("anything to keep"))
    });
    assert!(matches!(undone, Err(Error::NotFound(_))), "{undone:?}");
    kept.expect("a report")
}

fn numbers(report: &Report) -> BTreeSet<usize> {
    report.breaches.iter().map(|breach| breach.invariant).collect()
}

/// A plant, and the sentences that are no longer true with it.
const PLANTS: [(&[&str], &[usize]); 22] = [
    (&["update refund set state = 'failed' where state = 'done'"], &[1]),
    (&["update pay_order set state = 'closed' where state = 'done'"], &[1]),
    (&["update pay_order set state = 'paid' where state = 'submitted'"], &[1]),
    (&["update pay_order set total_fen = total_fen + 1 where state = 'done'"], &[1, 8]),
    (
        &["update case_file set violation = '4201000000000001', plate = (select plate from case_file \
            where violation = '4201000000000001') where state = 'decided' and case_id = \
            (select max(case_id) from case_file where state = 'decided' and route = 'pay')"],
        &[2, 10],
    ),
    (
        &[
            "insert into programme_use (driver, programme, case_id, used_at_ms, points_granted) \
            select driver, 'study', 'x', used_at_ms, 1 from programme_use",
            "insert into programme_use (driver, programme, case_id, used_at_ms, points_granted) \
            select driver, 'study', 'y', used_at_ms, 1 from programme_use where case_id = 'x'",
        ],
        &[3],
    ),
    (
        &["insert into programme_use (driver, programme, case_id, used_at_ms, points_granted) \
            select driver, programme, 'x', used_at_ms, 0 from programme_use"],
        &[4],
    ),
    (
        &["update case_basis set verdict = '{}' where case_id in \
            (select case_id from case_file where route = 'first')"],
        &[5],
    ),
    (
        &["update case_basis set facts = 'nothing' where case_id in \
            (select case_id from case_file where route = 'first')"],
        &[5],
    ),
    (&["update case_file set pack_hash = 'another' where route = 'first'"], &[5]),
    (&["update audit set detail = '{}' where deed = 'money.arrived'"], &[5]),
    (&["delete from audit where seq = 2"], &[5]),
    (&["delete from case_step where step = 'paid'"], &[6]),
    (&["update case_file set state = 'refunding' where state = 'refunded'"], &[6, 10]),
    (&["update pay_order set expires_at_ms = 0 where state = 'submitted'"], &[7]),
    (&["delete from confirmation where act = 'waiver'"], &[8]),
    (&["update order_leg set fine_fen = fine_fen - 100, surcharge_fen = surcharge_fen + 100"], &[8]),
    (&["delete from job where kind = 'order.ask'"], &[9]),
    (&["update trade set driver = 'somebody'"], &[10]),
    (&["update violation_claim set released_at_ms = 1 where released_at_ms is null"], &[10]),
    (
        &["update ledger_transfer set pending_id = 'no-such-line' where state = 'posted' and pending_id in \
            (select min(pending_id) from ledger_transfer where state = 'posted')"],
        &[11],
    ),
    (&["update case_file set opened_at_ms = opened_at_ms + 1 where route = 'first'"], &[12]),
];

fn each_sentence_that_is_broken_is_named(engine: Engine) {
    let stack = healthy(engine);
    assert_eq!(found_after(&stack, &[]).breaches, Vec::new());
    let mut broken = BTreeSet::new();
    for (plants, wanted) in PLANTS {
        let report = found_after(&stack, plants);
        let wanted: BTreeSet<usize> = wanted.iter().copied().collect();
        assert_eq!(numbers(&report), wanted, "{plants:?}: {:#?}", report.breaches);
        assert!(report.breaches.iter().all(|breach| !breach.subject.is_empty() && !breach.what.is_empty()));
        broken.extend(wanted);
    }
    assert_eq!(broken, (1..=12).collect(), "every sentence was broken once");
    books::right(&stack);
}

fn what_is_late_is_no_breach_when_somebody_was_told(engine: Engine) {
    let stack = healthy(engine);
    let late = "update pay_order set expires_at_ms = 0 where state = 'submitted'";
    let told = "insert into finding (finding_id, kind, subject, driver, fen, detail, found_at_ms, due_at_ms) \
        select 'late:' || order_id, 'late', order_id, driver, total_fen, '{}', 0, 0 from pay_order where state = 'submitted'";
    let report = found_after(&stack, &[late, told]);
    assert_eq!((numbers(&report), report.late.len()), (BTreeSet::new(), 1), "{report:?}");
}

/// Reads the books of a running service again and again while drivers pay: what is half done is never seen.
#[test]
fn while_others_write_nothing_false_is_reported() {
    let stack = Stack::new(Engine::Sqlite);
    std::thread::scope(|scope| {
        let payers = scope.spawn(|| {
            for openid in ["demo-chen-merge", "demo-pay-one"] {
                let driver = Driver::at_home(&stack, openid);
                let order = driver.order(&driver.go("/quotes", &json!({ "all": true })));
                assert_eq!(driver.pay(&order)["money"], "charged");
            }
        });
        let mut reports = 0;
        while !payers.is_finished() {
            let report = verify::whole(&stack.world).expect("verified");
            assert_eq!(report.breaches, Vec::new());
            reports += 1;
        }
        assert!(reports > 1, "it was read while they paid");
    });
    books::right(&stack);
}
