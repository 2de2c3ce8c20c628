//! Random books, the honest bill of them, and k planted exceptions: exactly k are found, of the right kinds, to the fen.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::case::{CaseState, OrderState, RefundState};

/// One order of one leg, as both sides see it.
#[derive(Debug, Clone)]
struct Trade {
    fen: i64,
    refunded: bool,
    plant: Option<Kind>,
}

const PLANTED: [Kind; 10] = [
    Kind::OursOnly,
    Kind::RailOnly,
    Kind::AmountDiffers,
    Kind::Duplicate,
    Kind::PaidNotDecided,
    Kind::DecidedNotPaid,
    Kind::RefundMissing,
    Kind::RefundPartial,
    Kind::ReturnAfterSettlement,
    Kind::UnknownPayer,
];

fn trade() -> impl Strategy<Value = Trade> {
    let plant = prop_oneof![3 => Just(None), 2 => (0..PLANTED.len()).prop_map(|at| Some(PLANTED[at]))];
    (2..100_000i64, any::<bool>(), plant).prop_map(|(fen, refunded, plant)| {
        let refunded = match plant {
            Some(Kind::RefundMissing | Kind::RefundPartial) => true,
            Some(_) => false,
            None => refunded,
        };
        Trade { fen, refunded, plant }
    })
}

/// Both sides of a day.
#[derive(Debug, Default)]
struct World {
    lines: Vec<String>,
    sums: (i64, i64),
    orders: BTreeMap<String, OurOrder>,
    cases: Vec<OurCase>,
    planted: BTreeSet<(Kind, String, i64)>,
}

impl World {
    fn pays(&mut self, transaction: &str, number: &str, fen: i64) {
        self.lines.push(paid_line(transaction, number, fen));
        self.sums.0 += fen;
    }

    fn gives_back(&mut self, transaction: &str, number: &str, refund: &str, fen: i64) {
        self.lines.push(back_line(transaction, number, refund, fen, "SUCCESS"));
        self.sums.1 += fen;
    }

    fn add(&mut self, at: usize, trade: &Trade) {
        let (number, transaction, refund) = (format!("N{at}"), format!("T{at}"), format!("R{at}"));
        let fen = trade.fen;
        let money = !matches!(trade.plant, Some(Kind::RailOnly | Kind::DecidedNotPaid | Kind::UnknownPayer));
        let payment = OurPayment {
            number: number.clone(),
            transaction: Some(transaction.clone()),
            fen: Fen(fen),
            paid_on: DAY,
        };
        let back = OurRefund {
            refund_no: refund.clone(),
            fen: Fen(fen),
            state: RefundState::Done,
            done_on: Some(DAY),
            promised_on: DAY.tomorrow().expect("a day"),
        };
        let order = OurOrder {
            driver: format!("d{}", at % 3),
            order_id: format!("o{at}"),
            wanted: vec![(number.clone(), Fen(fen))],
            payments: money.then_some(payment).into_iter().collect(),
            refunds: trade.refunded.then_some(back).into_iter().collect(),
        };
        let (state, order_state) = match trade.plant {
            Some(Kind::PaidNotDecided) => (CaseState::Deciding, OrderState::Paid),
            Some(Kind::DecidedNotPaid) => (CaseState::Decided, OrderState::Closed),
            Some(Kind::RailOnly | Kind::UnknownPayer) => (CaseState::Abandoned, OrderState::Closed),
            _ if trade.refunded => (CaseState::Refunded, OrderState::Refunded),
            _ => (CaseState::Decided, OrderState::Done),
        };
        self.cases.push(OurCase {
            driver: order.driver.clone(),
            order_id: Some(order.order_id.clone()),
            case_id: format!("c{at}"),
            state,
            fen: Fen(fen),
            order: Some(order_state),
        });
        if trade.plant != Some(Kind::UnknownPayer) {
            self.orders.insert(number.clone(), order);
        }
        match trade.plant {
            Some(Kind::OursOnly | Kind::DecidedNotPaid) => {}
            Some(Kind::AmountDiffers) => self.pays(&transaction, &number, fen + 1),
            _ => self.pays(&transaction, &number, fen),
        }
        match trade.plant {
            Some(Kind::Duplicate) => self.pays(&transaction, &number, fen),
            Some(Kind::RefundPartial) => self.gives_back(&transaction, &number, &refund, fen - 1),
            Some(Kind::ReturnAfterSettlement) => self.gives_back(&transaction, &number, &refund, fen),
            None if trade.refunded => self.gives_back(&transaction, &number, &refund, fen),
            _ => {}
        }
        self.planted.extend(trade.plant.map(|kind| match kind {
            Kind::OursOnly => (kind, number, fen),
            Kind::AmountDiffers => (kind, number, 1),
            Kind::RefundPartial => (kind, refund, 1),
            Kind::RefundMissing | Kind::ReturnAfterSettlement => (kind, refund, fen),
            Kind::PaidNotDecided | Kind::DecidedNotPaid => (kind, format!("c{at}"), fen),
            _ => (kind, transaction, fen),
        }));
    }

    fn compare(&self, lines: &[String]) -> Outcome {
        let (rows, _) = read(&whole(lines, self.sums.0, self.sums.1)).expect("an honest bill can be read");
        let mut matcher = Matcher::of(DAY);
        for row in &rows {
            let known = match self.orders.get(&row.number) {
                Some(order) => Known::Order(Box::new(order.clone())),
                None => Known::Nobody,
            };
            matcher.row(row, &known, false);
        }
        self.orders.values().for_each(|order| matcher.order(order, |_| false, |_| false));
        self.cases.iter().for_each(|case| matcher.case(case));
        matcher.finish()
    }
}

proptest! {
    #[test]
    fn exactly_what_was_planted_is_found(trades in prop::collection::vec(trade(), 0..40), turn in 0..40usize) {
        let mut world = World::default();
        trades.iter().enumerate().for_each(|(at, trade)| world.add(at, trade));
        let mut lines = world.lines.clone();
        let turn = if lines.is_empty() { 0 } else { turn % lines.len() };
        lines.rotate_left(turn);
        let out = world.compare(&lines);
        let found: BTreeSet<(Kind, String, i64)> =
            out.exceptions.iter().map(|one| (one.kind, one.subject.clone(), one.fen().0)).collect();
        prop_assert_eq!(found.len(), out.exceptions.len(), "each thing once");
        prop_assert_eq!(&found, &world.planted);
        prop_assert_eq!(out.totals.bill_paid.fen, Fen(world.sums.0));
        prop_assert_eq!(out.totals.bill_back.fen, Fen(world.sums.1));
        if world.planted.is_empty() {
            prop_assert_eq!(out.totals.bill_paid, out.totals.ours_paid);
            prop_assert_eq!(out.totals.bill_back, out.totals.ours_back);
            prop_assert_eq!(out.totals.matched.count as usize, lines.len());
        }
        // The order of the lines means nothing, and comparing again finds the same.
        lines.reverse();
        prop_assert_eq!(world.compare(&lines).exceptions.len(), out.exceptions.len());
    }

    #[test]
    fn an_amount_off_by_any_fen_is_never_overlooked(fen in 1..1_000_000i64, off in 1..1_000_000i64) {
        let mut world = World::default();
        world.add(0, &Trade { fen, refunded: false, plant: None });
        world.lines[0] = paid_line("T0", "N0", fen + off);
        world.sums.0 += off;
        let out = world.compare(&world.lines);
        prop_assert_eq!(out.exceptions.len(), 1);
        prop_assert_eq!((out.exceptions[0].kind, out.exceptions[0].fen()), (Kind::AmountDiffers, Fen(off)));
    }
}
