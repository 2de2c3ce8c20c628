//! Drivers who look, quote, order, pay or do not pay, come back, give up, and try what is not theirs.

use clearway_connect::payments::TradeState;
use clearway_domain::case::{MoneyWord, OrderState};
use clearway_service::citizen::confirm::Acts;
use clearway_service::citizen::{Who, order, quote, violations};
use clearway_service::{Error, World};

use super::super::stage::{Sheet, Stage};

/// Both acts, in words.
pub const ACTS: Acts<'_> = Acts { facts: Some("违法事实属实"), waiver: Some("放弃陈述申辩") };

/// Looks at the list; asks the platform when the list is old.
pub fn look(stage: &Stage, n: usize) -> String {
    let who = stage.who(n);
    stage.deed("look", |world| violations::home(world, &who)).1
}

/// Quotes some violations, and goes on past the stop.
pub fn quote_some(stage: &Stage, n: usize) -> String {
    let who = stage.who(n);
    let (judged, said) = stage.deed("judge", |world| violations::judged(world, &who));
    let Some(judged) = judged else { return said };
    let known: Vec<String> = judged.lines.iter().map(|line| line.violation.id.clone()).collect();
    let wanted = stage.below(4) + 1;
    let chosen: Vec<String> = (0..wanted).filter_map(|_| stage.one_of(&known)).collect();
    let (quoted, said) = stage.deed("quote", |world| quote::make(world, &who, &chosen));
    let Some(quoted) = quoted else { return said };
    stage.scene().minds[n].quotes.push(quoted.id.clone());
    stage.then(n, accept);
    if let Some(nudge) = &quoted.nudge {
        stage.deed("skip nudge", |world| quote::skip_nudge(world, &who, &quoted.id, nudge));
    }
    format!("{said} {} fen", quoted.total_fen)
}

/// Quotes the fine of a case whose quiz was passed.
pub fn quote_case(stage: &Stage, n: usize) -> String {
    let (who, cases) = (stage.who(n), stage.scene().minds[n].cases.clone());
    let Some(case) = stage.one_of(&cases) else { return look(stage, n) };
    let (quoted, said) = stage.deed("quote case", |world| quote::of_case(world, &who, &case));
    if let Some(quoted) = quoted {
        stage.scene().minds[n].quotes.push(quoted.id);
        stage.then(n, accept);
    }
    said
}

/// Accepts a quote, now and then with a double tap.
pub fn accept(stage: &Stage, n: usize) -> String {
    let (who, quotes) = (stage.who(n), stage.scene().minds[n].quotes.clone());
    let newest = quotes.last().cloned();
    let Some(quote) = (if stage.chance(80) { newest } else { stage.one_of(&quotes) }) else {
        return quote_some(stage, n);
    };
    let mut told = String::new();
    for _ in 0..=usize::from(stage.chance(10)) {
        let known = stage.scene().minds[n].orders.clone();
        let (orders, said) = stage.deed("order", |world| order::open(world, &who, &quote, ACTS));
        for id in orders.iter().flatten().filter(|id| !known.contains(id)) {
            let mut scene = stage.scene();
            scene.promised.insert(id.clone());
            scene.minds[n].orders.push(id.clone());
            scene.minds[n].next = Some(hand_over);
            scene.minds[n].quotes.retain(|known| *known != quote);
        }
        told = said;
    }
    told
}

fn an_order(stage: &Stage, n: usize) -> Option<String> {
    let orders = stage.scene().minds[n].orders.clone();
    if stage.chance(60) { orders.last().cloned() } else { stage.one_of(&orders) }
}

/// Opens the sheet on one of the phones.
pub fn hand_over(stage: &Stage, n: usize) -> String {
    let (who, Some(id)) = (stage.who(n), an_order(stage, n)) else { return accept(stage, n) };
    let (page, said) = stage.deed("hand over", |world| order::hand_over(world, &who, &id));
    if said.ends_with("case-moved") {
        // Over: mostly nobody looks at it again.
        let forgets = stage.chance(80);
        stage.scene().minds[n].orders.retain(|known| *known != id || !forgets);
    }
    let Some(prepay) = page.and_then(|page| page.order.prepay_id) else {
        if said.ends_with("unavailable") {
            stage.then(n, hand_over);
        }
        return said;
    };
    stage.then(n, if stage.chance(80) { pay } else { come_back });
    if stage.chance(25) {
        stage.sim.rail.till().type_password(&prepay, stage.sim.life.ms());
    }
    let mut scene = stage.scene();
    scene.handed.insert(id.clone());
    scene.minds[n].sheets.push(Sheet { order: id, prepay });
    said
}

/// Pays on one of the phones, whatever the service thinks of that order by now.
pub fn pay(stage: &Stage, n: usize) -> String {
    let sheets = stage.scene().minds[n].sheets.clone();
    let newest = sheets.last().cloned();
    let Some(sheet) = (if stage.chance(75) { newest } else { stage.one_of(&sheets) }) else {
        return hand_over(stage, n);
    };
    let paid = stage.sim.rail.till().pay(&sheet.prepay, stage.sim.life.ms());
    if stage.chance(70) {
        stage.then(n, come_back);
    }
    stage.count(if paid { "pay: taken" } else { "pay: the rail does not take it" });
    format!("pays {}: {paid}", short(&sheet.order))
}

/// Leaves the sheet without paying.
pub fn leave(stage: &Stage, n: usize) -> String {
    let sheets = stage.scene().minds[n].sheets.clone();
    let Some(sheet) = stage.one_of(&sheets) else { return look(stage, n) };
    stage.sim.rail.till().leave(&sheet.prepay);
    format!("leaves the sheet of {}", short(&sheet.order))
}

/// Comes back from the sheet, having paid or not.
pub fn come_back(stage: &Stage, n: usize) -> String {
    let (who, Some(id)) = (stage.who(n), an_order(stage, n)) else { return look(stage, n) };
    let asked_ms = stage.sim.life.ms();
    let (state, said) = stage.deed("come back", |world| order::returned(world, &who, &id, || Some(())));
    if state.is_some_and(OrderState::is_open) && was_unpaid(stage, &id, asked_ms) {
        stage.scene().handed.remove(&id);
    }
    said
}

/// Whether the rail could truly say “not paid” at this instant. A second phone may pay the moment after.
fn was_unpaid(stage: &Stage, order: &str, at_ms: i64) -> bool {
    let sheets = stage.scene().minds.iter().flat_map(|mind| mind.sheets.clone()).collect::<Vec<_>>();
    let Some(sheet) = sheets.into_iter().find(|sheet| sheet.order == order) else { return false };
    let till = stage.sim.rail.till();
    till.by_prepay(&sheet.prepay).is_some_and(|kept| {
        kept.state == TradeState::NotPay || kept.paid_ms.is_some_and(|paid_ms| paid_ms >= at_ms)
    })
}

/// Asks again.
pub fn ask_again(stage: &Stage, n: usize) -> String {
    let (who, Some(id)) = (stage.who(n), an_order(stage, n)) else { return look(stage, n) };
    stage.deed("ask again", |world| order::ask_again(world, &who, &id)).1
}

/// Gives an unpaid order up.
pub fn give_up(stage: &Stage, n: usize) -> String {
    let (who, Some(id)) = (stage.who(n), an_order(stage, n)) else { return look(stage, n) };
    stage.deed("give up", |world| order::give_up(world, &who, &id)).1
}

/// Reads the order page; its first line must be true.
pub fn read_page(stage: &Stage, n: usize) -> String {
    let (who, Some(id)) = (stage.who(n), an_order(stage, n)) else { return look(stage, n) };
    let (page, said) = stage.deed("order page", |world| order::page(world, &who, &id));
    let Some(page) = page else { return said };
    let held = stage.sim.rail.till().holds(&page.order.out_trade_no);
    if page.money == MoneyWord::Charged && held.is_zero() && page.state != OrderState::Refunded {
        let gone = stage
            .sim
            .rail
            .till()
            .orders
            .get(&page.order.out_trade_no)
            .is_none_or(|kept| kept.taken().is_zero());
        if gone {
            stage.broken(format!("order {id} says 已扣款 and the rail never took money"));
        }
    }
    format!("{said} {:?}", page.money)
}

/// Something that is tried on an object by its id.
type Try = fn(&World, &Who, &str) -> Result<(), Error>;

/// Tries somebody else's order and case: there is no such thing.
pub fn pry(stage: &Stage, n: usize) -> String {
    let who = stage.who(n);
    let (orders, cases) = {
        let scene = stage.scene();
        let others = || scene.minds.iter().enumerate().filter(|(at, _)| *at != n).map(|(_, mind)| mind);
        let orders: Vec<String> = others().flat_map(|mind| mind.orders.clone()).collect();
        let cases: Vec<String> = others().flat_map(|mind| mind.cases.clone()).collect();
        (orders, cases)
    };
    if let Some(id) = stage.one_of(&orders) {
        let tries: [Try; 4] = [
            |world, who, id| order::page(world, who, id).map(drop),
            |world, who, id| order::hand_over(world, who, id).map(drop),
            |world, who, id| order::give_up(world, who, id).map(drop),
            |world, who, id| order::returned(world, who, id, || Some(())).map(drop),
        ];
        for attempt in tries {
            foreign(stage, &id, stage.sim.attempt(|world| attempt(world, &who, &id)));
        }
    }
    if let Some(id) = stage.one_of(&cases) {
        use clearway_service::citizen::{confirm, start_case, timeline};
        let tries: [Try; 3] = [
            |world, who, id| confirm::confirm(world, who, id, ACTS),
            start_case::abandon,
            |world, who, id| timeline::page(world, who, id).map(drop),
        ];
        for attempt in tries {
            foreign(stage, &id, stage.sim.attempt(|world| attempt(world, &who, &id)));
        }
    }
    stage.count("pry");
    "pries".to_owned()
}

fn foreign(stage: &Stage, id: &str, answer: Option<Result<(), Error>>) {
    match answer {
        None | Some(Err(Error::NotFound(_))) => {}
        Some(other) => stage.broken(format!("somebody else's {id} was answered with {other:?}")),
    }
}

/// The end of an id: enough to tell it from others.
pub fn short(id: &str) -> &str {
    &id[id.len().saturating_sub(6)..]
}
