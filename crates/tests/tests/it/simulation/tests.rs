//! The simulated world itself.

use clearway_domain::case::OrderState;
use clearway_service::citizen::{confirm::Acts, order, quote, violations};

use super::world::SimWorld;
use super::world::network::{Call, Fate};
use super::world::notices::Seal;

const ACTS: Acts<'_> = Acts { facts: Some("对"), waiver: Some("不陈述") };

/// Opens an order of whatever the first driver who can pay anything has.
fn an_order(sim: &SimWorld) -> Option<(usize, String)> {
    (0..sim.town.accounts.len()).find_map(|n| {
        let (world, who) = (sim.world(), sim.who(n));
        let judged = violations::home(&world, &who).ok()?;
        sim.run_due_jobs();
        let ids: Vec<String> = judged.lines.iter().map(|line| line.violation.id.clone()).collect();
        let quoted = quote::make(&world, &who, &ids).ok()?;
        let orders = order::open(&world, &who, &quoted.id, ACTS).ok()?;
        orders.first().map(|id| (n, id.clone()))
    })
}

#[test]
fn a_payment_goes_through_and_the_same_seed_gives_the_same_orders() {
    let told = |seed| {
        let sim = SimWorld::new(seed);
        let (n, id) = an_order(&sim).expect("somebody can pay something");
        sim.run_due_jobs();
        let (world, who) = (sim.world(), sim.who(n));
        let page = order::hand_over(&world, &who, &id).expect("handed over");
        let prepay = page.order.prepay_id.expect("placed");
        assert!(sim.rail.till().pay(&prepay, sim.life.ms()));
        assert_eq!(order::returned(&world, &who, &id).expect("asked"), OrderState::Paid);
        sim.run_due_jobs();
        assert_eq!(order::page(&world, &who, &id).expect("a page").state, OrderState::Done);
        id
    };
    assert_eq!(told(7), told(7));
}

#[test]
fn a_forged_notice_is_refused_and_a_death_in_the_middle_loses_nothing() {
    let sim = SimWorld::new(3);
    let (n, id) = an_order(&sim).expect("somebody can pay something");
    sim.network.plan(Call::Prepay, Fate::DiesAfter);
    assert!(!sim.run_job());
    assert_eq!(sim.deaths(), 1);
    sim.advance(61_000);
    sim.run_due_jobs();
    let (world, who) = (sim.world(), sim.who(n));
    let prepay = order::page(&world, &who, &id).expect("a page").order.prepay_id.expect("placed after all");
    assert!(sim.rail.till().pay(&prepay, sim.life.ms()));
    let kept = sim.rail.till().orders.values().find(|kept| kept.prepay_id == prepay).cloned().expect("kept");
    let post = super::world::notices::Post::of_trade("EV1", kept.trade(0), sim.life.ms());
    let refused = sim.deliver(&post.clone().sealed(Seal::Forged)).expect("alive").expect("an answer");
    assert!(matches!(refused, clearway_service::callbacks::wechat_pay::Answer::Refused(_)));
    assert!(order::page(&world, &who, &id).expect("a page").state.is_open());
    let taken = sim.deliver(&post).expect("alive").expect("an answer");
    assert_eq!(taken, clearway_service::callbacks::wechat_pay::Answer::Taken);
    assert_eq!(order::page(&world, &who, &id).expect("a page").state, OrderState::Paid);
}
