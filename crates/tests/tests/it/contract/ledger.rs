//! The ledger: append-only, idempotent by id, balances are sums.

use clearway_store::ledger::{self, Appended, Balance, State, Transfer};
use clearway_store::{Db, StoreError, vals};

use super::engines::{Fresh, on_every_engine};

on_every_engine![
    a_transfer_moves_money_once,
    a_reservation_counts_until_it_ends,
    an_id_is_known_by_its_content,
    amounts_that_are_no_transfer_are_refused,
    debits_and_credits_are_equal_over_everything,
    ends_that_do_not_fit_their_reservation_are_found,
];

fn transfer(id: &str, from: &str, to: &str, fen: i64) -> Transfer {
    Transfer {
        driver: "d".into(),
        transfer_id: id.into(),
        order_id: "o1".into(),
        debit_account: from.into(),
        credit_account: to.into(),
        fen,
        state: State::Posted,
        pending_id: None,
        at_ms: 7,
    }
}

fn pending(id: &str, fen: i64) -> Transfer {
    Transfer { state: State::Pending, ..transfer(id, "driver", "treasury", fen) }
}

fn end(id: &str, of: &Transfer, state: State) -> Transfer {
    Transfer { transfer_id: id.into(), state, pending_id: Some(of.transfer_id.clone()), ..of.clone() }
}

fn append(db: &Db, transfer: &Transfer) -> Result<Appended, StoreError> {
    db.write(|tx| ledger::append(tx, transfer))
}

fn balance(db: &Db, account: &str) -> Balance {
    db.read(|tx| ledger::balance(tx, "d", account)).expect("balance")
}

fn a_transfer_moves_money_once(fresh: Fresh) {
    let db = fresh.ready();
    assert_eq!(balance(&db, "driver"), Balance::default());
    let paid = transfer("t1", "driver", "treasury", 20_000);
    assert_eq!(append(&db, &paid), Ok(Appended::New));
    assert_eq!(append(&db, &paid), Ok(Appended::Known));
    assert_eq!(
        append(&db, &Transfer { at_ms: 99, ..paid.clone() }),
        Ok(Appended::Known),
        "a later try is the same"
    );
    assert_eq!(balance(&db, "driver"), Balance { debits_posted: 20_000, ..Balance::default() });
    assert_eq!(balance(&db, "treasury"), Balance { credits_posted: 20_000, ..Balance::default() });
    assert_eq!(db.read(|tx| ledger::find(tx, "d", "t1")), Ok(Some(paid.clone())));
    assert_eq!(db.read(|tx| ledger::of_order(tx, "d", "o1")), Ok(vec![paid.clone()]));
    assert_eq!(db.read(|tx| ledger::of_driver(tx, "d")), Ok(vec![paid]));
    assert_eq!(db.read(|tx| ledger::of_driver(tx, "another")), Ok(vec![]));
}

fn a_reservation_counts_until_it_ends(fresh: Fresh) {
    let db = fresh.ready();
    let (kept, given_up) = (pending("p1", 20_000), pending("p2", 5_000));
    append(&db, &kept).expect("reserve");
    append(&db, &given_up).expect("reserve");
    assert_eq!(balance(&db, "driver"), Balance { debits_pending: 25_000, ..Balance::default() });
    append(&db, &end("p1-posted", &kept, State::Posted)).expect("post");
    append(&db, &end("p2-voided", &given_up, State::Voided)).expect("void");
    assert_eq!(balance(&db, "driver"), Balance { debits_posted: 20_000, ..Balance::default() });
    assert_eq!(balance(&db, "treasury"), Balance { credits_posted: 20_000, ..Balance::default() });
    assert_eq!(append(&db, &end("p1-posted", &kept, State::Posted)), Ok(Appended::Known));
    let second_end = append(&db, &end("p1-voided", &kept, State::Voided));
    assert!(matches!(second_end, Err(StoreError::Conflict(why)) if why.contains("reservation")));
}

fn an_id_is_known_by_its_content(fresh: Fresh) {
    let db = fresh.ready();
    let paid = transfer("t1", "driver", "treasury", 20_000);
    append(&db, &paid).expect("append");
    for other in [
        Transfer { fen: 20_001, ..paid.clone() },
        Transfer { credit_account: "elsewhere".into(), ..paid.clone() },
        Transfer { order_id: "o2".into(), ..paid.clone() },
        Transfer { state: State::Pending, ..paid.clone() },
    ] {
        let mut conflict = None;
        let appended = db.write(|tx| {
            ledger::append(tx, &transfer("beside", "driver", "treasury", 1))?;
            // Even a caller that swallows the conflict keeps nothing.
            conflict = Some(ledger::append(tx, &other));
            Ok::<_, StoreError>(())
        });
        assert!(matches!(conflict, Some(Err(StoreError::Conflict(_)))), "{other:?}: {conflict:?}");
        assert!(matches!(appended, Err(StoreError::Broken(_))), "{appended:?}");
    }
    assert_eq!(db.read(|tx| ledger::of_driver(tx, "d")), Ok(vec![paid]));
}

fn amounts_that_are_no_transfer_are_refused(fresh: Fresh) {
    let db = fresh.ready();
    for wrong in [
        transfer("t", "driver", "treasury", 0),
        transfer("t", "driver", "treasury", -1),
        transfer("t", "driver", "driver", 1),
        Transfer { pending_id: Some("p".into()), ..pending("t", 1) },
        Transfer { state: State::Voided, ..transfer("t", "driver", "treasury", 1) },
    ] {
        let appended = append(&db, &wrong);
        assert!(matches!(appended, Err(StoreError::Broken(_))), "{wrong:?}: {appended:?}");
    }
}

fn debits_and_credits_are_equal_over_everything(fresh: Fresh) {
    let db = fresh.ready();
    for (at, (from, to, fen)) in
        [("driver", "treasury", 300), ("driver", "other city", 200), ("treasury", "driver", 100)]
            .iter()
            .enumerate()
    {
        append(&db, &transfer(&format!("t{at}"), from, to, *fen)).expect("append");
    }
    append(&db, &pending("p", 1_000_000)).expect("reserve");
    let trial = db.read(ledger::trial_balance).expect("trial balance");
    let expected = [("driver", 500, 100), ("other city", 0, 200), ("treasury", 100, 300)];
    assert_eq!(trial, expected.map(|(account, debits, credits)| (account.to_owned(), debits, credits)));
    assert_eq!(trial.iter().map(|row| row.1).sum::<i64>(), trial.iter().map(|row| row.2).sum::<i64>());
}

fn ends_that_do_not_fit_their_reservation_are_found(fresh: Fresh) {
    let db = fresh.ready();
    let reserved = pending("p1", 20_000);
    append(&db, &reserved).expect("reserve");
    append(&db, &end("e1", &reserved, State::Posted)).expect("post");
    assert_eq!(db.read(|tx| ledger::strays(tx, 10)), Ok(vec![]));
    let of_nothing = end("e2", &pending("never", 1), State::Posted);
    append(&db, &of_nothing).expect("the table takes it; the domain would not");
    let too_much = db.write(|tx| {
        tx.execute("update ledger_transfer set fen = $1 where transfer_id = 'e1'", vals![20_001_i64])
    });
    assert_eq!(too_much, Ok(1));
    let strays = db.read(|tx| ledger::strays(tx, 10)).expect("strays");
    assert_eq!(strays.iter().map(|row| row.transfer_id.as_str()).collect::<Vec<_>>(), ["e1", "e2"]);
}
