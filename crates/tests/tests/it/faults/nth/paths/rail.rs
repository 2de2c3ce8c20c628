//! A rail that says what nobody can use, or is not the one of the order; and a write that was answered in garbles.

use clearway_connect::payments::NoticeFault;
use clearway_service::Error;
use clearway_service::callbacks::wechat_pay::Answer;

use super::super::town::Town;
use super::super::wire::Odd;
use crate::simulation::world::network::{Call, Fate};
use crate::simulation::world::notices::{Post, Seal};

/// Something happens while the rail is odd.
fn while_odd(town: &Town, odd: Odd, deed: impl FnOnce()) {
    *town.aim.odd() = odd;
    deed();
    *town.aim.odd() = Odd::default();
}

/// The order has ended, and for hours what the rail says of it cannot be read.
pub fn garbled(town: &Town) -> Result<(), Error> {
    while_odd(town, Odd { garbles: true, ..Odd::default() }, || town.pass(4));
    Ok(())
}

/// For some hours another rail is configured.
pub fn another(town: &Town) -> Result<(), Error> {
    while_odd(town, Odd { is_another: true, ..Odd::default() }, || town.pass(4));
    Ok(())
}

/// The money goes back, and for an hour the rail names another sum.
pub fn another_sum(town: &Town) -> Result<(), Error> {
    while_odd(town, Odd { short_fen: 1, ..Odd::default() }, || town.pass(1));
    Ok(())
}

/// The money goes back on a rail that would send it twice, and has too much to do at first.
pub fn sent_once(town: &Town) -> Result<(), Error> {
    town.sim.network.plan(Call::Refund, Fate::Throttled);
    while_odd(town, Odd { pays_twice: true, ..Odd::default() }, || town.pass(2));
    town.sim.network.unplan();
    Ok(())
}

/// A genuine notice that is not for us.
pub fn unusable_notice(town: &Town) -> Result<(), Error> {
    let kept = town.sim.rail.till().by_prepay(&town.noted("prepay")).cloned().expect("placed");
    let post = Post::of_trade("EVODD", kept.trade(0), town.sim.life.ms()).sealed(Seal::OtherMerchant);
    assert_eq!(town.deliver(&post)?, Answer::Refused(NoticeFault::NotOurs));
    Ok(())
}

/// The decision is answered in garbles, and tried again at once.
pub fn garbled_decision(town: &Town) -> Result<(), Error> {
    town.sim.network.plan(Call::Decide, Fate::GarbledBefore);
    town.work();
    town.sim.network.unplan();
    Ok(())
}
