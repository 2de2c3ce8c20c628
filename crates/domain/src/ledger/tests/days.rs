//! Random days: deeds of three orders in any order, repeated at will. The book against a naive sum.

use jiff::Timestamp;
use proptest::prelude::*;

use crate::ledger::*;
use crate::money::Fen;

fn deed() -> impl Strategy<Value = Transfer> {
    (0..10u8, 0..3u8, 0..2u8, 1..3u16, 1..4i64, 0..1000i64).prop_map(
        |(deed, order, case, attempt, units, second)| {
            let at = Timestamp::from_second(second).expect("an instant");
            let (order, case, fen) = (format!("o{order}"), format!("c{case}"), Fen(units * 100));
            let order = Order { id: &order, rail: "wechat" };
            let leg = Leg { case: case.clone(), payee: "420100".to_owned(), fine: fen, surcharge: Fen(7) };
            match deed {
                0 => order.reserved(&leg, at).remove(0),
                1 => order.arrived(&leg, at).remove(0),
                2 => order.reserved(&leg, at).remove(1),
                3 => order.arrived(&leg, at).remove(1),
                4 => order.closed(&leg, at).remove(0),
                5 => order.arrived_late(&case, fen, at),
                6 => order.give_back_late(&case, fen, at),
                7 => order.give_back(&leg, at).remove(0),
                8 => order.refund_asked(&case, attempt, fen, at),
                _ => order.refund_done(&case, attempt, fen, at),
            }
        },
    )
}

/// What is posted on an account, from the accepted lines alone.
fn naive(lines: &[Transfer], account: &Account) -> i64 {
    let posted = lines.iter().filter(|line| matches!(line.stage, Stage::Posted { .. }));
    let net: i64 = posted
        .map(|line| line.fen.0 * (i64::from(line.credit == *account) - i64::from(line.debit == *account)))
        .sum();
    if account.grows_by_debits() { -net } else { net }
}

proptest! {
    #[test]
    fn whatever_is_tried_money_in_is_settled_refunded_or_held(deeds in proptest::collection::vec(deed(), 0..60)) {
        let mut book = Book::new();
        let mut accepted = Vec::new();
        for deed in &deeds {
            if book.append(deed) == Ok(Appended::New) {
                accepted.push(deed.clone());
                prop_assert_eq!(book.append(deed), Ok(Appended::Repeated));
            }
        }
        let accounts: Vec<Account> = book.accounts().map(|(account, _)| account.clone()).collect();
        for account in &accounts {
            prop_assert_eq!(book.posted(account).0, naive(&accepted, account), "{}", account);
            prop_assert!(book.posted(account) >= Fen::ZERO, "{} is overdrawn", account);
        }
        let held: i64 = accounts.iter().filter(|account| !account.grows_by_debits()).map(|a| book.posted(a).0).sum();
        let rail = Account::Rail("wechat".to_owned());
        prop_assert_eq!(book.posted(&rail).0, held, "money in less refunds = settled + held");
        let (replayed, breaches) = audit(&accepted);
        prop_assert_eq!(breaches, []);
        for account in &accounts {
            prop_assert_eq!(replayed.balance(account), book.balance(account));
        }
        let ends: Vec<_> = accepted.iter().filter_map(Transfer::ends).collect();
        let once: std::collections::BTreeSet<_> = ends.iter().collect();
        prop_assert_eq!(once.len(), ends.len(), "a reservation ends once");
    }
}
