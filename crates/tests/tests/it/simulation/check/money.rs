//! Invariants 1 and 9 and the words about money: what the rail holds, what the ledger says, what is still to be done.

use clearway_domain::case::{MoneyWord, OrderState, money_word};

use super::super::books::{Leg, Order};
use super::super::world::till;
use super::Look;

/// Checks every order against the rail, and the rail against the orders.
pub fn check(look: &Look<'_>) {
    let till = look.stage.sim.rail.till();
    for order in look.books.orders.values() {
        let kept = till.orders.get(&order.out_trade_no);
        sums(look, order, kept);
        accounts(look, order);
        words(look, order, kept);
        whole(look, order);
        work(look, order);
    }
    for kept in till.orders.values() {
        if !look.books.orders.values().any(|order| order.out_trade_no == kept.out_trade_no) {
            look.wrong(1, format!("the rail has an order {} that is not ours", kept.out_trade_no));
        }
    }
}

fn posted(look: &Look<'_>, order: &Order, into_rail: bool) -> i64 {
    look.books
        .lines_of(&order.id)
        .filter(|line| line.state == "posted")
        .filter(
            |line| if into_rail { line.debit.starts_with("rail:") } else { line.credit.starts_with("rail:") },
        )
        .map(|line| line.fen)
        .sum()
}

/// Money in at the rail = settled + refunded + held here, to the fen; never more here than there.
fn sums(look: &Look<'_>, order: &Order, kept: Option<&till::Kept>) {
    let legs: Vec<&Leg> = look.books.legs_of(&order.id).collect();
    let of_legs: i64 = legs.iter().map(|leg| leg.fine_fen + leg.surcharge_fen).sum();
    if of_legs != order.total_fen {
        look.wrong(1, format!("order {} is {} fen and its legs {of_legs}", order.id, order.total_fen));
    }
    let (came, back) = (posted(look, order, true), posted(look, order, false));
    let taken = kept.map_or(0, |kept| kept.taken().0);
    let returned = kept.map_or(0, |kept| kept.returned().0);
    if came > taken {
        look.wrong(1, format!("order {}: {came} fen came in here, {taken} at the rail", order.id));
    }
    if back > returned {
        look.wrong(1, format!("order {}: {back} fen went back here, {returned} at the rail", order.id));
    }
    if order.state.is_open() || order.state == OrderState::Closed {
        if came != 0 {
            look.wrong(1, format!("order {} is {:?} and {came} fen came in", order.id, order.state));
        }
        if returned != 0 {
            look.wrong(1, format!("order {} is {:?} and {returned} fen went back", order.id, order.state));
        }
        return;
    }
    if came < order.total_fen {
        look.wrong(1, format!("order {} of {} fen took {came}", order.id, order.total_fen));
    }
    let leaving = kept.map_or(0, |kept| kept.leaving().0);
    if returned + leaving > taken {
        look.wrong(
            1,
            format!("order {}: {taken} fen taken, {returned} returned, {leaving} leaving", order.id),
        );
    }
    refunds(look, order, kept);
}

/// What goes back at the rail was wanted here, once, for a leg that is not decided.
fn refunds(look: &Look<'_>, order: &Order, kept: Option<&till::Kept>) {
    for refund in kept.iter().flat_map(|kept| &kept.refunds) {
        let wanted = look.books.refunds.iter().find(|row| row.no == refund.no && row.order == order.id);
        match wanted {
            None => look.wrong(1, format!("the rail sends {} fen back that nobody here wants", refund.fen.0)),
            Some(row) if row.fen != refund.fen.0 => {
                look.wrong(
                    1,
                    format!("refund {} is {} fen here and {} there", row.no, row.fen, refund.fen.0),
                );
            }
            Some(row) => {
                let case = row.case.as_ref().and_then(|id| look.books.cases.get(id));
                if case.is_some_and(super::super::books::Case::is_decided) {
                    look.wrong(2, format!("the money of a decided case goes back: {}", row.no));
                }
            }
        }
    }
}

/// Fine and surcharge stand on accounts of their own, of the order's payee.
fn accounts(look: &Look<'_>, order: &Order) {
    for leg in look.books.legs_of(&order.id) {
        for (word, fen) in [("fine", leg.fine_fen), ("surcharge", leg.surcharge_fen)] {
            let id = format!("{}:{}:{word}", order.id, leg.case);
            let account = format!("treasury:{}:{word}", order.payee);
            let reserved = look.books.lines_of(&order.id).find(|line| line.id == id);
            let right = match reserved {
                None => fen == 0,
                Some(line) => {
                    line.fen == fen
                        && line.credit == account
                        && line.debit.starts_with("rail:")
                        && line.state == "pending"
                }
            };
            if !right {
                look.wrong(1, format!("the {word} of a leg of {} does not stand on {account}", order.id));
            }
            let ends: Vec<_> =
                look.books.lines_of(&order.id).filter(|line| line.ends.as_ref() == Some(&id)).collect();
            let moved =
                ends.iter().any(|line| line.state == "posted" && line.credit == account && line.fen == fen);
            let void = ends.iter().any(|line| line.state == "voided");
            let wanted = match order.state {
                state if state.is_open() => ends.is_empty(),
                OrderState::Closed => void && !moved,
                OrderState::Paid | OrderState::Done => moved && !void,
                // Closed first and paid late, or paid: one of the two.
                _ => moved != void,
            };
            if fen > 0 && !wanted {
                look.wrong(
                    1,
                    format!("the {word} of a leg of {} ({:?}) did not end right", order.id, order.state),
                );
            }
        }
    }
}

/// 未扣款 is never said while the rail holds money of a payer who had the sheet; what is closed here cannot be paid there.
fn words(look: &Look<'_>, order: &Order, kept: Option<&till::Kept>) {
    let holds = kept.is_some_and(|kept| kept.taken() > kept.returned());
    let word = money_word(order.state, order.sent);
    let handed = look.stage.scene().handed.contains(&order.id);
    let erred = kept.is_some_and(|kept| kept.erred);
    if word == MoneyWord::NotCharged && holds && handed && !erred {
        look.wrong(1, format!("order {} says 未扣款 and the rail holds its money", order.id));
    }
    // Without its handle nobody can pay: a call that was under way when the order was given up may have left it there.
    let payable = kept.is_some_and(|kept| kept.is_payable(look.now_ms)) && order.prepay.is_some();
    if order.state == OrderState::Closed && payable {
        look.wrong(1, format!("order {} is closed here and can be paid at the rail", order.id));
    }
}

/// Invariant 1: an order is done when each of its legs is.
fn whole(look: &Look<'_>, order: &Order) {
    let legs = look.books.legs_of(&order.id).filter_map(|leg| look.books.cases.get(&leg.case));
    let mine = legs.filter(|case| case.order.as_ref() == Some(&order.id));
    if order.state == OrderState::Done
        && let Some(case) = mine.into_iter().find(|case| !case.is_decided())
    {
        look.wrong(1, format!("order {} is done and its case {} is {:?}", order.id, case.id, case.state));
    }
}

/// Invariant 9: whatever is not at its end has a job that brings it there.
fn work(look: &Look<'_>, order: &Order) {
    if order.state.is_open() && !look.books.works_on("order.ask", &order.id) {
        look.wrong(9, format!("nobody asks about order {} any more", order.id));
    }
    for refund in look.books.refunds.iter().filter(|refund| refund.order == order.id) {
        let over = matches!(refund.state.as_str(), "done" | "failed");
        if !over && !look.books.works_on("order.refund", &refund.no) {
            look.wrong(9, format!("nobody works on refund {}, which is {}", refund.no, refund.state));
        }
    }
    if order.state == OrderState::Created && !look.books.works_on("order.prepay", &order.id) {
        look.wrong(9, format!("nobody places order {}", order.id));
    }
}
