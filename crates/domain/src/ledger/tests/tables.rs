//! Each test is a page of the ledger: the deeds, and what every account shows afterwards.

use jiff::Timestamp;

use crate::ledger::*;
use crate::money::Fen;

const AT: Timestamp = Timestamp::UNIX_EPOCH;
const ORDER: Order<'static> = Order { id: "o1", rail: "wechat" };
const OTHER: Order<'static> = Order { id: "o2", rail: "wechat" };

fn yuan(yuan: i64) -> Fen {
    Fen::from_yuan(yuan)
}

fn leg(case: &str, fine: i64, surcharge: i64) -> Leg {
    Leg { case: case.to_owned(), payee: "420100".to_owned(), fine: yuan(fine), surcharge: yuan(surcharge) }
}

fn book(deeds: &[Transfer]) -> Book {
    let mut book = Book::new();
    for deed in deeds {
        assert_eq!(book.append(deed), Ok(Appended::New), "{}", deed.id);
    }
    book
}

/// rail, suspense, refunds, fine, surcharge: posted yuan in each account's own direction.
fn page(book: &Book) -> [i64; 5] {
    ["rail:wechat", "suspense", "refunds", "treasury:420100:fine", "treasury:420100:surcharge"]
        .map(|account| book.posted(&account.parse().expect(account)).0 / 100)
}

/// A leg of 100 yuan, reserved and paid.
fn paid() -> Vec<Transfer> {
    [ORDER.reserved(&leg("A", 100, 0), AT), ORDER.arrived(&leg("A", 100, 0), AT)].concat()
}

#[test]
fn two_violations_in_one_payment_are_settled_each_with_its_surcharge() {
    let legs = [leg("A", 100, 0), leg("B", 200, 18)];
    let mut deeds: Vec<Transfer> = legs.iter().flat_map(|leg| ORDER.reserved(leg, AT)).collect();
    assert_eq!(deeds.len(), 3, "a surcharge of nothing writes nothing");
    assert_eq!(page(&book(&deeds)), [0, 0, 0, 0, 0], "a reservation moves nothing");
    assert_eq!(book(&deeds).open_reservations().map(|line| line.fen).sum::<Fen>(), yuan(318));
    deeds.extend(legs.iter().flat_map(|leg| ORDER.arrived(leg, AT)));
    assert_eq!(page(&book(&deeds)), [318, 0, 0, 300, 18]);
    assert_eq!(book(&deeds).open_reservations().count(), 0);
    assert_eq!(audit_settled(&deeds, |_| true), []);
}

#[test]
fn a_refused_leg_goes_back_and_the_other_stays() {
    let legs = [leg("A", 100, 0), leg("B", 200, 18)];
    let mut deeds: Vec<Transfer> = legs.iter().flat_map(|leg| ORDER.reserved(leg, AT)).collect();
    deeds.extend(legs.iter().flat_map(|leg| ORDER.arrived(leg, AT)));
    deeds.extend(ORDER.give_back(&legs[1], AT));
    assert_eq!(page(&book(&deeds)), [318, 0, 218, 100, 0]);
    deeds.push(ORDER.refund_asked("B", 1, yuan(218), AT));
    deeds.push(ORDER.refund_failed("B", 1, yuan(218), AT));
    assert_eq!(page(&book(&deeds)), [318, 0, 218, 100, 0], "a failed refund is still owed");
    assert_eq!(audit_settled(&deeds, |_| true), [Breach::StillHeld("o1".to_owned(), yuan(218))]);
    deeds.push(ORDER.refund_asked("B", 2, yuan(218), AT));
    deeds.push(ORDER.refund_done("B", 2, yuan(218), AT));
    assert_eq!(page(&book(&deeds)), [100, 0, 0, 100, 0]);
    assert_eq!(audit_settled(&deeds, |_| true), []);
}

#[test]
fn late_money_on_a_closed_order_is_found_and_sent_back() {
    let leg = leg("A", 100, 0);
    let mut deeds = [ORDER.reserved(&leg, AT), ORDER.closed(&leg, AT)].concat();
    assert_eq!(page(&book(&deeds)), [0, 0, 0, 0, 0]);
    deeds.push(ORDER.arrived_late("4200001", yuan(100), AT));
    assert_eq!(page(&book(&deeds)), [100, 100, 0, 0, 0], "it is not the treasury's");
    assert_eq!(audit_settled(&deeds, |_| true), [Breach::StillHeld("o1".to_owned(), yuan(100))]);
    deeds.push(ORDER.give_back_late("4200001", yuan(100), AT));
    deeds.push(ORDER.refund_asked("4200001", 1, yuan(100), AT));
    deeds.push(ORDER.refund_done("4200001", 1, yuan(100), AT));
    assert_eq!(page(&book(&deeds)), [0, 0, 0, 0, 0]);
    assert_eq!(audit_settled(&deeds, |_| true), []);
}

#[test]
fn doing_a_deed_twice_writes_it_once() {
    let mut book = book(&paid());
    let later = AT + jiff::SignedDuration::from_secs(60);
    let again = &ORDER.arrived(&leg("A", 100, 0), later)[0];
    assert_eq!(book.append(again), Ok(Appended::Repeated), "a second notification");
    assert_eq!(page(&book), [100, 0, 0, 100, 0]);
    let other_sum = &ORDER.arrived(&leg("A", 99, 0), later)[0];
    assert_eq!(book.append(other_sum), Err(LedgerFault::IdTaken), "with another amount");
}

/// The faults, in order of precedence; the book stays as it was.
#[test]
fn what_the_ledger_refuses() {
    let rail = || Account::Rail("wechat".to_owned());
    let late = || (rail(), Account::Suspense);
    let line = |id: &str, (debit, credit), fen, stage| Transfer {
        id: TransferId(id.to_owned()),
        order: "o1".to_owned(),
        debit,
        credit,
        fen: yuan(fen),
        stage,
        at: AT,
    };
    let post = |of: &str| Stage::Posted { of: Some(TransferId(of.to_owned())) };
    let plain = || Stage::Posted { of: None };
    let mut start = book(&paid());
    start.append(&line("ask", late(), 10, Stage::Pending)).expect("a second reservation");
    let treasury = || Account::Fine("420100".to_owned());
    for (transfer, fault) in [
        (line("x", late(), 0, plain()), LedgerFault::NotPositive),
        (line("x", late(), -1, plain()), LedgerFault::NotPositive),
        (line("x", (rail(), rail()), 1, plain()), LedgerFault::SameAccount),
        (line("o1:A:fine", late(), 1, plain()), LedgerFault::IdTaken),
        (line("x", late(), 1, post("nothing")), LedgerFault::NoReservation),
        (line("x", late(), 1, post("o1:A:fine:post")), LedgerFault::NotAReservation),
        (line("x", (rail(), treasury()), 1, post("ask")), LedgerFault::OtherReservation),
        (
            Transfer { order: "o2".to_owned(), ..line("x", late(), 1, post("ask")) },
            LedgerFault::OtherReservation,
        ),
        (line("x", (rail(), treasury()), 100, post("o1:A:fine")), LedgerFault::AlreadyEnded),
        (ORDER.closed(&leg("A", 100, 0), AT).remove(0), LedgerFault::AlreadyEnded),
        (line("x", late(), 11, post("ask")), LedgerFault::AboveReservation),
        (line("x", (treasury(), Account::Refunds), 101, plain()), LedgerFault::Overdrawn(treasury())),
        (ORDER.give_back_late("1", yuan(1), AT), LedgerFault::Overdrawn(Account::Suspense)),
        (ORDER.refund_asked("A", 1, yuan(1), AT), LedgerFault::Overdrawn(Account::Refunds)),
        (Transfer { fen: Fen(i64::MAX), ..line("x", late(), 1, plain()) }, LedgerFault::Overflow),
    ] {
        let mut book = start.clone();
        assert_eq!(book.append(&transfer), Err(fault), "{transfer:?}");
        assert_eq!(page(&book), page(&start));
    }
}

#[test]
fn what_is_reserved_cannot_be_spent_twice() {
    let mut deeds = paid();
    deeds.extend(ORDER.give_back(&leg("A", 100, 0), AT));
    deeds.push(ORDER.refund_asked("A", 1, yuan(100), AT));
    let mut book = book(&deeds);
    let again = ORDER.refund_asked("A", 2, yuan(100), AT);
    assert_eq!(
        book.append(&again),
        Err(LedgerFault::Overdrawn(Account::Refunds)),
        "the first may still succeed"
    );
    assert_eq!(book.append(&ORDER.refund_failed("A", 1, yuan(100), AT)), Ok(Appended::New));
    assert_eq!(book.append(&again), Ok(Appended::New));
}

#[test]
fn an_altered_line_is_found() {
    let mut deeds = paid();
    deeds[1].fen = yuan(1000);
    let (_, breaches) = audit(&deeds);
    let of = TransferId("o1:A:fine:post".to_owned());
    assert_eq!(breaches, [Breach::Line(of, LedgerFault::AboveReservation)]);
}

#[test]
fn an_order_that_is_over_waits_for_nothing() {
    let deeds = ORDER.reserved(&leg("A", 100, 0), AT);
    assert_eq!(audit_settled(&deeds, |_| false), []);
    assert_eq!(audit_settled(&deeds, |_| true), [Breach::StillHeld("o1".to_owned(), yuan(100))]);
}

/// The rail ends one attempt and the next is asked for in the same instant: whichever way the store hands the lines out, the
/// book takes them all, and what no order makes right is still named.
#[test]
fn lines_of_one_instant_stand_where_the_book_can_take_them() {
    use crate::ledger::{Account, Breach, LedgerFault, Stage, Transfer, TransferId, audit, in_order};
    let at = |second| jiff::Timestamp::from_second(second).expect("an instant");
    let line = |id: &str, (debit, credit): (Account, Account), stage, second| Transfer {
        id: TransferId(id.to_owned()),
        order: "o".to_owned(),
        debit,
        credit,
        fen: Fen(200),
        stage,
        at: at(second),
    };
    let (rail, refunds) = (|| Account::Rail("wechat".to_owned()), || Account::Refunds);
    let ends = |id: &str| TransferId(id.to_owned());
    let lines = vec![
        line("3", (refunds(), rail()), Stage::Pending, 2),
        line("2-void", (refunds(), rail()), Stage::Voided { of: ends("2") }, 2),
        line("1", (rail(), refunds()), Stage::Posted { of: None }, 1),
        line("2", (refunds(), rail()), Stage::Pending, 1),
        line("3-post", (refunds(), rail()), Stage::Posted { of: Some(ends("3")) }, 3),
    ];
    let (book, breaches) = audit(&in_order(lines.clone()));
    assert_eq!((breaches, book.posted(&refunds())), (vec![], Fen::ZERO));
    // A third attempt with the same money: nothing makes that right.
    let again = line("4", (refunds(), rail()), Stage::Pending, 2);
    let (_, breaches) = audit(&in_order(lines.into_iter().chain([again]).collect()));
    let overdrawn = LedgerFault::Overdrawn(refunds());
    assert_eq!(breaches, [Breach::Line(ends("4"), overdrawn)]);
}

/// The second attempt of one order stands before the end of its first, because the refund that is owed to another order left
/// room for both: by itself the order is right all the same.
#[test]
fn an_order_is_judged_by_its_own_lines_in_an_order_that_it_can_take() {
    let mut deeds = Vec::new();
    for order in [ORDER, OTHER] {
        let legs = [leg("A", 100, 0)];
        deeds.extend(order.reserved(&legs[0], AT));
        deeds.extend(order.arrived(&legs[0], AT));
        deeds.extend(order.give_back(&legs[0], AT));
    }
    deeds.push(ORDER.refund_asked("A", 1, yuan(100), AT));
    deeds.push(ORDER.refund_asked("A", 2, yuan(100), AT));
    deeds.push(ORDER.refund_failed("A", 1, yuan(100), AT));
    deeds.push(ORDER.refund_done("A", 2, yuan(100), AT));
    assert_eq!(audit_settled(&deeds, |order| order == "o1"), []);
    assert_eq!(audit_settled(&deeds, |_| true), [Breach::StillHeld("o2".to_owned(), yuan(100))]);
}
