//! Each test is a page of the ledger: the deeds, and what every account shows afterwards.

use jiff::Timestamp;

use crate::ledger::*;
use crate::money::Fen;

const AT: Timestamp = Timestamp::UNIX_EPOCH;

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
    ["rail", "suspense", "refunds", "fine/420100", "surcharge/420100"]
        .map(|account| book.posted(&account.parse().expect(account)).0 / 100)
}

#[test]
fn two_violations_in_one_payment_are_settled_each_with_its_surcharge() {
    let legs = [leg("A", 100, 0), leg("B", 200, 18)];
    let mut deeds = vec![expected("o1", yuan(318), AT), arrived("o1", yuan(318), AT)];
    assert_eq!(page(&book(&deeds[..1])), [0, 0, 0, 0, 0], "an expectation moves nothing");
    assert_eq!(page(&book(&deeds)), [318, 318, 0, 0, 0], "arrived: held");
    deeds.extend(settled("o1", &legs[0], AT));
    assert_eq!(page(&book(&deeds)), [318, 218, 0, 100, 0]);
    deeds.extend(settled("o1", &legs[1], AT));
    assert_eq!(page(&book(&deeds)), [318, 0, 0, 300, 18]);
    assert_eq!(audit_settled(&deeds, |_| true), []);
}

#[test]
fn a_refused_leg_goes_back_and_the_other_stays() {
    let mut deeds = vec![expected("o1", yuan(300), AT), arrived("o1", yuan(300), AT)];
    deeds.extend(settled("o1", &leg("A", 100, 0), AT));
    deeds.push(give_back("o1", "B", yuan(200), AT));
    assert_eq!(page(&book(&deeds)), [300, 0, 200, 100, 0]);
    deeds.push(refund_asked("o1", "B", 1, yuan(200), AT));
    deeds.push(refund_failed("o1", "B", 1, yuan(200), AT));
    assert_eq!(page(&book(&deeds)), [300, 0, 200, 100, 0], "a failed refund is still owed");
    assert_eq!(audit_settled(&deeds, |_| true), [Breach::StillHeld("o1".to_owned(), yuan(200))]);
    deeds.push(refund_asked("o1", "B", 2, yuan(200), AT));
    deeds.push(refund_done("o1", "B", 2, yuan(200), AT));
    assert_eq!(page(&book(&deeds)), [100, 0, 0, 100, 0]);
    assert_eq!(audit_settled(&deeds, |_| true), []);
}

#[test]
fn late_money_on_a_closed_order_is_found_and_sent_back() {
    let deeds = [
        expected("o1", yuan(100), AT),
        closed("o1", yuan(100), AT),
        arrived_late("o1", "4200001", yuan(100), AT),
        give_back("o1", "late", yuan(100), AT),
        refund_asked("o1", "late", 1, yuan(100), AT),
        refund_done("o1", "late", 1, yuan(100), AT),
    ];
    assert_eq!(page(&book(&deeds[..2])), [0, 0, 0, 0, 0]);
    assert_eq!(page(&book(&deeds[..3])), [100, 100, 0, 0, 0]);
    assert_eq!(page(&book(&deeds)), [0, 0, 0, 0, 0]);
    assert_eq!(audit_settled(&deeds, |_| true), []);
}

#[test]
fn doing_a_deed_twice_writes_it_once() {
    let mut book = book(&[expected("o1", yuan(100), AT), arrived("o1", yuan(100), AT)]);
    let later = AT + jiff::SignedDuration::from_secs(60);
    assert_eq!(
        book.append(&arrived("o1", yuan(100), later)),
        Ok(Appended::Repeated),
        "a second notification"
    );
    assert_eq!(page(&book), [100, 100, 0, 0, 0]);
    assert_eq!(
        book.append(&arrived("o1", yuan(99), later)),
        Err(LedgerFault::IdTaken),
        "with another amount"
    );
}

/// The faults, in order of precedence; the book stays as it was.
#[test]
fn what_the_ledger_refuses() {
    let suspense = || (Account::Rail, Account::Suspense);
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
    let mut start = book(&[expected("o1", yuan(100), AT), arrived("o1", yuan(100), AT)]);
    start.append(&line("ask", suspense(), 10, Stage::Pending)).expect("a second reservation");
    let fine = || (Account::Suspense, Account::Fine("420100".to_owned()));
    for (transfer, fault) in [
        (line("x", suspense(), 0, plain()), LedgerFault::NotPositive),
        (line("x", suspense(), -1, plain()), LedgerFault::NotPositive),
        (line("x", (Account::Rail, Account::Rail), 1, plain()), LedgerFault::SameAccount),
        (line("o1:arrive", suspense(), 1, plain()), LedgerFault::IdTaken),
        (line("x", suspense(), 1, post("nothing")), LedgerFault::NoReservation),
        (line("x", suspense(), 1, post("o1:arrive")), LedgerFault::NotAReservation),
        (line("x", fine(), 1, post("ask")), LedgerFault::OtherReservation),
        (
            Transfer { order: "o2".to_owned(), ..line("x", suspense(), 1, post("ask")) },
            LedgerFault::OtherReservation,
        ),
        (line("x", suspense(), 100, post("o1:expect")), LedgerFault::AlreadyEnded),
        (closed("o1", yuan(100), AT), LedgerFault::AlreadyEnded),
        (line("x", suspense(), 11, post("ask")), LedgerFault::AboveReservation),
        (line("x", fine(), 101, plain()), LedgerFault::Overdrawn(Account::Suspense)),
        (line("x", (Account::Refunds, Account::Rail), 1, plain()), LedgerFault::Overdrawn(Account::Refunds)),
        (Transfer { fen: Fen(i64::MAX), ..line("x", suspense(), 1, plain()) }, LedgerFault::Overflow),
    ] {
        let mut book = start.clone();
        assert_eq!(book.append(&transfer), Err(fault), "{transfer:?}");
        assert_eq!(page(&book), page(&start));
    }
}

#[test]
fn what_is_reserved_cannot_be_spent_twice() {
    let mut book = book(&[
        expected("o1", yuan(100), AT),
        arrived("o1", yuan(100), AT),
        give_back("o1", "A", yuan(100), AT),
        refund_asked("o1", "A", 1, yuan(100), AT),
    ]);
    let again = refund_asked("o1", "A", 2, yuan(100), AT);
    assert_eq!(
        book.append(&again),
        Err(LedgerFault::Overdrawn(Account::Refunds)),
        "the first may still succeed"
    );
    assert_eq!(book.append(&refund_failed("o1", "A", 1, yuan(100), AT)), Ok(Appended::New));
    assert_eq!(book.append(&again), Ok(Appended::New));
}

#[test]
fn an_altered_line_is_found() {
    let mut deeds = vec![expected("o1", yuan(100), AT), arrived("o1", yuan(100), AT)];
    deeds.extend(settled("o1", &leg("A", 100, 0), AT));
    deeds[2].fen = yuan(1000);
    let (_, breaches) = audit(&deeds);
    let of = TransferId("o1:fine:A".to_owned());
    assert_eq!(breaches, [Breach::Line(of, LedgerFault::Overdrawn(Account::Suspense))]);
}

#[test]
fn an_order_that_is_over_waits_for_nothing() {
    let deeds = [expected("o1", yuan(100), AT)];
    assert_eq!(audit_settled(&deeds, |_| false), []);
    assert_eq!(audit_settled(&deeds, |_| true), [Breach::StillHeld("o1".to_owned(), yuan(100))]);
}
