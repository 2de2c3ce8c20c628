//! The window of notices, the life of certificates, the end of quotes and of the day's service, and two nodes that disagree
//! about the time: with real seals, and with the whole service in a world of its own.

use std::sync::Arc;

use clearway_connect::payments::{NoticeFault, Payments};
use clearway_domain::refusal::Refusal;
use clearway_service::Error;
use clearway_service::callbacks::wechat_pay;
use clearway_service::citizen::confirm::Acts;
use clearway_service::citizen::{order, quote, violations};
use clearway_service::error::Conflict;
use jiff::{SignedDuration, Timestamp};

use super::{DAYS, Day, TIMES, TRUE, WALLS, Wall, at};
use crate::matrix::seal::{self, MERCHANT, Mode, Said, Under};
use crate::matrix::stage::{Clients, Stage};
use crate::matrix::tally::Tally;
use crate::simulation::world::authority::Night;

const ACTS: Acts<'_> = Acts { facts: Some("对"), waiver: Some("不陈述") };

/// Runs them.
pub fn run(tally: &mut Tally) {
    let clients = Clients::new();
    windows(tally, &clients);
    lives(tally, &clients);
    for day in [DAYS[0], DAYS[1], DAYS[4], DAYS[5]] {
        quotes(tally, &clients, day);
        nights(tally, &clients, day);
    }
}

fn said(out_trade_no: &str, fen: i64, paid: Timestamp) -> Said {
    Said {
        id: "EV-1".to_owned(),
        merchant: MERCHANT,
        out_trade_no: out_trade_no.to_owned(),
        transaction: "4200000001".to_owned(),
        fen,
        paid,
    }
}

fn opens(clients: &Clients, mode: Mode, under: Under, signed: Timestamp, ours: Timestamp) -> String {
    clients.set_now(ours);
    let (headers, body) = seal::notice(&said("ORDER-1", 100, signed), mode, under, signed, "n");
    match clients.of(mode, false).open_notice(&headers, &body) {
        Ok(_) => "taken".to_owned(),
        Err(NoticeFault::Stale) => "too far from our time".to_owned(),
        Err(NoticeFault::UnknownSerial) => "no living key".to_owned(),
        Err(other) => other.to_string(),
    }
}

/// `protocols.md` §2.1: more than 300 s between the signature and our clock are refused, whichever is ahead and whatever
/// day begins between them; a node two minutes off takes them, a clock hours off takes none.
fn windows(tally: &mut Tally, clients: &Clients) {
    for day in [DAYS[1], DAYS[4]] {
        for mode in [Mode::Certificate, Mode::PublicKey] {
            let signed = at(day.date, TIMES[5].1);
            for apart_s in [-301_i64, -300, -90, 0, 90, 300, 301] {
                let due = if apart_s.abs() <= 300 { "taken" } else { "too far from our time" };
                let ours = signed + SignedDuration::from_secs(apart_s);
                let told = opens(clients, mode, Under::Present, signed, ours);
                let name = format!(
                    "notice (WeChat Pay, 300 s) in {mode:?} mode at the end of {}, {apart_s} s apart",
                    day.word
                );
                tally.case(&["window of notices", day.word, "true"], &name, due, &told);
            }
            for wall in WALLS.iter().filter(|wall| **wall != TRUE) {
                let due = if wall.off_s.abs() <= 300 { "taken" } else { "too far from our time" };
                let told = opens(clients, mode, Under::Present, signed, wall.shows(signed, 0));
                let name = format!(
                    "notice (WeChat Pay, 300 s) in {mode:?} mode at the end of {}, clock {}",
                    day.word, wall.word
                );
                tally.case(&["window of notices", day.word, wall.word], &name, due, &told);
            }
        }
    }
}

/// A certificate lives from its first second to its last, both included (RFC 5280 §4.1.2.5); a public key has no life.
fn lives(tally: &mut Tally, clients: &Clients) {
    let instant = |text: &str| -> Timestamp { text.parse().expect("an instant") };
    for (word, signed, due) in [
        ("a second before it begins", "2013-12-31T23:59:59Z", "no living key"),
        ("as it begins", "2014-01-01T00:00:00Z", "taken"),
        ("as it ends", "2019-06-01T00:00:00Z", "taken"),
        ("a second after its end", "2019-06-01T00:00:01Z", "no living key"),
    ] {
        let signed = instant(signed);
        let told = opens(clients, Mode::PublicKey, Under::Expired, signed, signed);
        let name = format!("platform certificate (RFC 5280 4.1.2.5) {word}");
        tally.case(&["certificate", word, "true"], &name, due, &told);
    }
    let later = instant("2049-12-31T16:00:00Z");
    let told = opens(clients, Mode::PublicKey, Under::Present, later, later);
    tally.case(
        &["certificate", "thirty years on", "true"],
        "public key (WeChat Pay) has no end",
        "taken",
        &told,
    );
}

/// A world at a time of a day, and a violation that can be paid there.
fn stage(clients: &Clients, day: Day, time: jiff::civil::Time) -> (Stage, Vec<String>) {
    for seed in 1..60 {
        let opener: Arc<dyn Payments> = clients.of(Mode::Certificate, false);
        let stage = Stage::new(seed, at(day.date, time), Night::Open, opener, None);
        let _ = violations::home(&stage.world, &stage.who);
        stage.run_due();
        let judged = violations::judged(&stage.world, &stage.who).expect("judged");
        let payable = |id: &String| quote::make(&stage.world, &stage.who, std::slice::from_ref(id)).is_ok();
        if let Some(id) = judged.lines.iter().map(|line| line.violation.id.clone()).find(payable) {
            stage.sim.life.set_ms(at(day.date, time).as_millisecond());
            return (stage, vec![id]);
        }
    }
    panic!("somebody can pay something on {}", day.word);
}

fn accepted(stage: &Stage, quote_id: &str) -> String {
    match order::open(&stage.world, &stage.who, quote_id, ACTS) {
        Ok(orders) => {
            let page = order::page(&stage.world, &stage.who, &orders[0]).expect("a page");
            let when = if page.opens.is_some() { "to be paid at opening" } else { "to be paid now" };
            format!("{} order {when}", orders.len())
        }
        Err(Error::Conflict(Conflict::QuoteExpired)) => "the quote is over".to_owned(),
        Err(Error::Refused(reasons)) if reasons.iter().all(|one| one.refusal == Refusal::SvcClosed) => {
            "closed".to_owned()
        }
        Err(other) => other.to_string(),
    }
}

/// A quote holds for ten minutes (site settings) on whichever clock the node that accepts it has: never once more, and
/// nothing is ordered by one that is over.
fn quotes(tally: &mut Tally, clients: &Clients, day: Day) {
    let ten = jiff::civil::time(10, 0, 0, 0);
    let clocks = WALLS.iter().map(|wall| (*wall, 300)).chain([599, 600, 601].map(|passed| (TRUE, passed)));
    for (wall, passed_s) in clocks {
        let (stage, ids) = stage(clients, day, ten);
        let begin = stage.now();
        let quoted = quote::make(&stage.world, &stage.who, &ids).expect("a quote");
        let shown = wall.shows(begin, passed_s);
        stage.sim.life.set_ms(shown.as_millisecond());
        let due = match shown.duration_since(begin).as_secs() {
            // A clock two hours behind ten in the morning shows eight: open, and long before the end.
            passed if passed < 600 => "1 order to be paid now",
            _ => "the quote is over",
        };
        let name = format!("quote of ten minutes on {}, {passed_s} s later, clock {}", day.word, wall.word);
        tally.case(&["quote", day.word, wall.word], &name, due, &accepted(&stage, &quoted.id));
    }
}

/// SEED, `ux.md` §2.11: what began before 22:00 may finish. Handed over at 21:59:59 and paid when another node, whose clock
/// is two minutes off, says that it is closed: taken, decided once. Ordered at 22:00:00: kept, and paid at opening (A34).
fn nights(tally: &mut Tally, clients: &Clients, day: Day) {
    for wall in [TRUE, WALLS[5], WALLS[6]] {
        for paid_s in [1_i64, 2, 600] {
            let told = begun_before(clients, day, wall, paid_s);
            let name = format!(
                "handed over at 21:59:59 on {}, paid {paid_s} s later, told to a {}",
                day.word,
                if wall == TRUE { "node that agrees" } else { wall.word }
            );
            tally.case(
                &["begun before closing", day.word, wall.word],
                &name,
                "charged, done, 1 decision",
                &told,
            );
        }
    }
    for (word, time, due) in [
        ("21:59:59", TIMES[3].1, "1 order to be paid now"),
        ("22:00:00", TIMES[4].1, "1 order to be paid at opening"),
    ] {
        let (stage, ids) = stage(clients, day, TIMES[3].1);
        let quoted = quote::make(&stage.world, &stage.who, &ids).expect("a quote");
        stage.sim.life.set_ms(at(day.date, time).as_millisecond());
        let name = format!("order (A34) at {word} on {}", day.word);
        tally.case(&["begun before closing", day.word, "true"], &name, due, &accepted(&stage, &quoted.id));
    }
}

fn begun_before(clients: &Clients, day: Day, wall: Wall, paid_s: i64) -> String {
    let (stage, ids) = stage(clients, day, TIMES[3].1);
    let quoted = quote::make(&stage.world, &stage.who, &ids).expect("a quote");
    let orders = order::open(&stage.world, &stage.who, &quoted.id, ACTS).expect("an order");
    stage.run_due();
    let page = order::hand_over(&stage.world, &stage.who, &orders[0]).expect("handed over");
    stage.sim.life.set_ms(at(day.date, TIMES[3].1).as_millisecond() + paid_s * 1000);
    stage.till.take_money(&page.order.out_trade_no, "4200000001");
    let paid = stage.now();
    // The other node hears of it.
    stage.sim.life.set_ms(wall.shows(paid, 2).as_millisecond());
    clients.set_now(stage.now());
    let said = said(&page.order.out_trade_no, page.order.total_fen, paid);
    let (headers, body) = seal::notice(&said, Mode::Certificate, Under::Present, paid, "n");
    for _ in 0..2 {
        let answer = wechat_pay::take(&stage.world, &headers, &body);
        assert_eq!(answer.expect("an answer"), wechat_pay::Answer::Taken);
    }
    stage.go_on(86_400);
    let page = order::page(&stage.world, &stage.who, &orders[0]).expect("a page");
    let decisions = stage.sim.authority.files().decisions_on(&ids[0]).count();
    format!("{}, {}, {decisions} decision", format!("{:?}", page.money).to_lowercase(), page.state.slug())
}
