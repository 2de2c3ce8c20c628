//! The comparison, a line a case.

use super::*;
use crate::case::{CaseState, OrderState, RefundState};

fn payment(number: &str, transaction: Option<&str>, fen: i64) -> OurPayment {
    OurPayment {
        number: number.to_owned(),
        transaction: transaction.map(str::to_owned),
        fen: Fen(fen),
        paid_on: DAY,
    }
}

fn refund(number: &str, fen: i64, state: RefundState) -> OurRefund {
    OurRefund {
        refund_no: number.to_owned(),
        fen: Fen(fen),
        state,
        done_on: (state == RefundState::Done).then_some(DAY),
        promised_on: DAY.tomorrow().expect("a day"),
    }
}

fn order(payments: &[OurPayment], refunds: &[OurRefund]) -> OurOrder {
    OurOrder {
        driver: "d1".to_owned(),
        order_id: "o1".to_owned(),
        wanted: vec![("N1".to_owned(), Fen(200))],
        payments: payments.to_vec(),
        refunds: refunds.to_vec(),
    }
}

fn rows(lines: &[String]) -> Vec<BillRow> {
    let mut bill = Bill::of(DAY);
    bill.line(HEADER).expect("a header");
    lines.iter().filter_map(|line| bill.line(line).expect("a row")).collect()
}

/// Kinds and sums in question, in order.
fn compare(lines: &[String], known: &Known, elsewhere: bool, billed: bool) -> Vec<(Kind, String, i64)> {
    let mut matcher = Matcher::of(DAY);
    for row in rows(lines) {
        matcher.row(&row, known, elsewhere);
    }
    if let Known::Order(order) = known {
        matcher.order(order, |_| billed, |_| billed);
    }
    let found = matcher.finish().exceptions;
    found.iter().map(|one| (one.kind, one.subject.clone(), one.fen().0)).collect()
}

fn found(lines: &[String], order: OurOrder) -> Vec<(Kind, String, i64)> {
    compare(lines, &Known::Order(Box::new(order)), false, false)
}

fn is(kind: Kind, subject: &str, fen: i64) -> Vec<(Kind, String, i64)> {
    vec![(kind, subject.to_owned(), fen)]
}

#[test]
fn payments() {
    let ours = || order(&[payment("N1", Some("T1"), 200)], &[]);
    let line = |transaction: &str, fen| paid_line(transaction, "N1", fen);
    assert_eq!(found(&[line("T1", 200)], ours()), []);
    assert_eq!(found(&[], ours()), is(Kind::OursOnly, "N1", 200));
    assert_eq!(found(&[line("T1", 199)], ours()), is(Kind::AmountDiffers, "N1", 1));
    assert_eq!(found(&[line("T1", 201)], ours()), is(Kind::AmountDiffers, "N1", 1));
    assert_eq!(found(&[line("T1", 200), line("T1", 200)], ours()), is(Kind::Duplicate, "T1", 200));
    assert_eq!(found(&[line("T1", 200), line("T2", 200)], ours()), is(Kind::Duplicate, "T2", 200));
    assert_eq!(found(&[line("T2", 200), line("T1", 200)], ours()), is(Kind::Duplicate, "T2", 200));
    let nothing = || order(&[], &[]);
    assert_eq!(found(&[line("T1", 200)], nothing()), is(Kind::RailOnly, "T1", 200));
    assert_eq!(
        found(&[line("T1", 150)], nothing()),
        is(Kind::AmountDiffers, "N1", 50),
        "asked, and not taken"
    );
    // Late money that is known is a payment of ours, and its way back is a refund.
    let late = order(
        &[payment("N1", Some("T1"), 200), payment("N1", Some("T2"), 200)],
        &[refund("T2-1", 200, RefundState::Done)],
    );
    let lines = [line("T2", 200), line("T1", 200), back_line("T2", "N1", "T2-1", 200, "SUCCESS")];
    assert_eq!(found(&lines, late), []);
}

#[test]
fn a_payment_matches_one_line_on_one_day() {
    let known = Known::Order(Box::new(order(&[payment("N1", Some("T1"), 200)], &[])));
    let line = [paid_line("T1", "N1", 200)];
    assert_eq!(compare(&line, &known, true, true), is(Kind::Duplicate, "T1", 200));
    assert_eq!(compare(&[], &known, false, true), [], "the bill of another day has it");
    // A leg of a merged order has its own number and no number of the rail that we know.
    let legs = order(&[payment("N1", None, 200), payment("N2", None, 300)], &[]);
    let lines = [paid_line("T9", "N2", 300), paid_line("T8", "N1", 200)];
    assert_eq!(found(&lines, legs.clone()), []);
    let twice = [lines[0].clone(), lines[1].clone(), paid_line("T7", "N1", 200)];
    assert_eq!(found(&twice, legs), is(Kind::Duplicate, "T7", 200));
}

#[test]
fn strangers() {
    let line = [paid_line("T1", "X1", 200), back_line("T1", "X1", "R1", 50, "SUCCESS")];
    let nobody = compare(&line, &Known::Nobody, false, false);
    assert_eq!(nobody[0], (Kind::UnknownPayer, "R1".to_owned(), 50));
    assert_eq!(nobody[1], (Kind::UnknownPayer, "T1".to_owned(), 200));
    let person = compare(&line[..1], &Known::Person("d1".to_owned()), false, false);
    assert_eq!(person, is(Kind::RailOnly, "T1", 200));
    let stuck = [back_line("T1", "X1", "R1", 50, "FAIL")];
    assert_eq!(compare(&stuck, &Known::Nobody, false, false), [], "no money moved");
}

#[test]
fn refunds() {
    use RefundState::{Abnormal, Done, Failed, Processing, Wanted};
    let with = |state| order(&[], &[refund("R1", 200, state)]);
    let line = |fen, status: &str| back_line("T1", "N1", "R1", fen, status);
    for (state, line, wanted) in [
        (Done, Some(line(200, "SUCCESS")), None),
        (Done, Some(line(200, "PROCESSING")), None),
        (Processing, Some(line(200, "PROCESSING")), None),
        (Failed, Some(line(200, "FAIL")), None),
        (Abnormal, Some(line(200, "CHANGE")), None),
        (Done, None, Some((Kind::RefundMissing, 200))),
        (Done, Some(line(200, "FAIL")), Some((Kind::RefundMissing, 200))),
        (Done, Some(line(150, "SUCCESS")), Some((Kind::RefundPartial, 50))),
        (Done, Some(line(250, "SUCCESS")), Some((Kind::AmountDiffers, 50))),
        (Failed, Some(line(200, "SUCCESS")), Some((Kind::ReturnAfterSettlement, 200))),
        (Wanted, Some(line(200, "SUCCESS")), Some((Kind::RailOnly, 200))),
        (Wanted, None, None),
    ] {
        let lines: Vec<String> = line.into_iter().collect();
        let wanted: Vec<_> = wanted.into_iter().flat_map(|(kind, fen)| is(kind, "R1", fen)).collect();
        assert_eq!(found(&lines, with(state)), wanted, "{state:?} {lines:?}");
    }
    let twice = [line(200, "SUCCESS"), line(200, "SUCCESS")];
    assert_eq!(found(&twice, with(Done)), is(Kind::Duplicate, "R1", 200));
    let going = [line(200, "PROCESSING"), line(200, "SUCCESS")];
    assert_eq!(found(&going, with(Done)), [], "first under way, then back: the same refund");
    let foreign = [back_line("T1", "N1", "MINE", 200, "SUCCESS")];
    assert_eq!(found(&foreign, order(&[], &[])), is(Kind::ReturnAfterSettlement, "MINE", 200));
    let mut late = with(Processing);
    late.refunds[0].promised_on = DAY;
    assert_eq!(found(&[], late.clone()), is(Kind::RefundMissing, "R1", 200), "the day that was told is over");
    assert_eq!(found(&[line(200, "PROCESSING")], late), is(Kind::RefundMissing, "R1", 200));
}

#[test]
fn cases() {
    use CaseState as C;
    use OrderState as O;
    let found = |state, order, fen| {
        let mut matcher = Matcher::of(DAY);
        matcher.case(&OurCase {
            driver: "d1".to_owned(),
            order_id: None,
            case_id: "c1".to_owned(),
            state,
            fen: Fen(fen),
            order,
        });
        matcher.finish().exceptions.first().map(|one| one.kind)
    };
    for state in [C::Paid, C::Deciding, C::Manual] {
        assert_eq!(found(state, Some(O::Paid), 200), Some(Kind::PaidNotDecided), "{state:?}");
    }
    for order in
        [None, Some(O::Created), Some(O::Submitted), Some(O::Unknown), Some(O::Closed), Some(O::Refunded)]
    {
        assert_eq!(found(C::Decided, order, 200), Some(Kind::DecidedNotPaid), "{order:?}");
        assert_eq!(found(C::Written, order, 0), None, "a warning costs nothing");
    }
    for order in [O::Paid, O::Done, O::Refunding, O::PartlyRefunded] {
        assert_eq!(found(C::Decided, Some(order), 200), None, "{order:?}");
    }
    for state in [C::Refunding, C::Refunded, C::Annulled, C::Abandoned, C::Paying] {
        assert_eq!(found(state, Some(O::Paid), 200), None, "{state:?}");
    }
}
