//! One combination, from the quote to the last fen.

use std::sync::Arc;

use clearway_connect::payments::NoticeHeaders;
use clearway_domain::case::MoneyWord;
use clearway_service::callbacks::wechat_pay::{self, Answer};
use clearway_service::citizen::confirm::Acts;
use clearway_service::citizen::{order, quote, violations};
use clearway_service::{Error, World, verify};
use clearway_store::{Db, EngineKind, StoreError, finding};
use jiff::{SignedDuration, Timestamp};

use super::oracle::{End, Expected, Reply, expected};
use super::{Combination, Database, Kind, Lateness, Sequence};
use crate::matrix::seal::{self, MERCHANT, Said, Under};
use crate::matrix::stage::{Clients, Stage};
use crate::matrix::tally::Wrong;
use crate::simulation::world::authority::Night;

const ACTS: Acts<'_> = Acts { facts: Some("对"), waiver: Some("不陈述") };
/// When days begin, and when nights are about to.
const MORNING: &str = "2020-04-07T10:00:00+08:00";
const EVENING: &str = "2020-04-07T21:55:00+08:00";
const MONTH_S: i64 = 30 * 86_400;

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

/// A town, and violations there that the driver can pay in one payment.
#[derive(Debug, Clone)]
pub struct Town {
    seed: u64,
    violations: Vec<String>,
}

/// Towns in which the driver can pay at least three violations in one payment.
pub fn towns() -> Vec<Town> {
    let clients = Clients::new();
    let town = |seed: u64| {
        let client = clients.of(seal::Mode::PublicKey, false);
        let violations = payable(&Stage::new(seed, at(MORNING), Night::Open, client, None));
        (violations.len() >= 3).then_some(Town { seed, violations })
    };
    (1..200).filter_map(town).take(6).collect()
}

/// What can be paid together.
fn payable(stage: &Stage) -> Vec<String> {
    let _ = violations::home(&stage.world, &stage.who);
    stage.run_due();
    let Ok(judged) = violations::home(&stage.world, &stage.who) else { return Vec::new() };
    let ids: Vec<String> = judged.lines.iter().map(|line| line.violation.id.clone()).collect();
    let Ok(quoted) = quote::make(&stage.world, &stage.who, &ids) else { return Vec::new() };
    let largest = quoted.body.groups.iter().max_by_key(|group| group.lines.len());
    largest.map(|group| group.lines.iter().map(|line| line.violation.clone()).collect()).unwrap_or_default()
}

/// Empties a PostgreSQL database but for its schema.
pub fn empty(db: &Db) {
    let done = db.write(|tx| {
        let rows = tx.query(
            "select string_agg(quote_ident(tablename), ', ') as tables from pg_tables where schemaname = 'public' \
             and tablename not like '%migration%'",
            &[],
        )?;
        let tables: String = rows[0].get("tables")?;
        tx.execute(Box::leak(format!("truncate {tables}").into_boxed_str()), &[])?;
        Ok::<_, StoreError>(())
    });
    done.expect("emptied");
}

/// A payment while it is played.
struct Play<'a> {
    one: &'a Combination,
    clients: &'a Clients,
    stage: Stage,
    order_id: String,
    out_trade_no: String,
    fen: i64,
    violations: Vec<String>,
    /// Bytes of the genuine notice of the first payment, as they were signed then.
    captured: Option<(NoticeHeaders, Vec<u8>)>,
    wrong: Vec<(Wrong, String)>,
}

/// Runs one combination: a word for what came of it, and what was wrong.
pub fn run(
    one: &Combination,
    clients: &Clients,
    town: &Town,
    db: Option<&Db>,
) -> (&'static str, Vec<(Wrong, String)>) {
    let begin = at(if one.lateness == Lateness::Night { EVENING } else { MORNING });
    let fresh = one.kind == Kind::RotatedKey;
    let stage = Stage::new(town.seed, begin, Night::Open, clients.of(one.mode, fresh), db);
    clients.set_now(stage.now());
    let mut play = open(one, clients, stage, town);
    play.place();
    play.until_delivery();
    play.deliver_all();
    let due = expected(one);
    play.read_word("after the deliveries", due.word_then);
    play.stage.till.set_silent(false);
    play.stage.go_on(3 * 86_400);
    play.read_word("in the end", due.word_at_last);
    play.judge(&due);
    (word(&due), play.wrong)
}

fn word(due: &Expected) -> &'static str {
    match (due.first, due.second) {
        (End::Nothing, _) => "nothing moved, closed",
        (End::Settled, End::Nothing) => "settled",
        (End::Settled, End::Refunded) => "settled, the second payment refunded",
        (End::Settled, End::HeldForAPerson) => "settled, the second payment held for a person",
        (End::Settled, _) => "settled, the second payment left to the bill",
        (End::Refunded, _) => "refunded",
        (End::HeldForAPerson, _) => "held for a person",
        (End::LeftToTheBill, _) => "left to the bill",
    }
}

fn open<'a>(one: &'a Combination, clients: &'a Clients, stage: Stage, town: &Town) -> Play<'a> {
    let ids: Vec<String> = town.violations.iter().take(one.legs).cloned().collect();
    let _ = violations::home(&stage.world, &stage.who);
    stage.run_due();
    let quoted = quote::make(&stage.world, &stage.who, &ids).expect("a quote");
    let orders = order::open(&stage.world, &stage.who, &quoted.id, ACTS).expect("an order");
    let [order_id] = &orders[..] else { panic!("one payee, one order") };
    let page = order::page(&stage.world, &stage.who, order_id).expect("a page");
    Play {
        one,
        clients,
        order_id: order_id.clone(),
        out_trade_no: page.order.out_trade_no,
        fen: page.order.total_fen,
        violations: ids,
        captured: None,
        wrong: Vec::new(),
        stage,
    }
}

impl Play<'_> {
    fn untrue(&mut self, what: String) {
        self.wrong.push((Wrong::Untrue, what));
    }

    /// Whether the payer pays the order while it is open.
    fn pays_in_time(&self) -> bool {
        match self.one.lateness {
            Lateness::ArchivedClosed => false,
            Lateness::ArchivedDone | Lateness::ArchivedAgain => true,
            _ => self.one.kind.moved(),
        }
    }

    /// The order reaches the rail, and the payer pays it there.
    fn place(&mut self) {
        let pays = self.pays_in_time();
        if self.one.sequence == Sequence::BeforeCreateReturns {
            self.place_slowly(pays);
        } else {
            self.stage.run_due();
            order::hand_over(&self.stage.world, &self.stage.who, &self.order_id).expect("handed over");
            self.stage.pass(5);
            if pays {
                self.stage.till.take_money(&self.out_trade_no, &self.first());
            }
        }
        if !self.one.lateness.is_archived() {
            self.stage.till.set_silent(true);
        }
        self.capture();
    }

    /// Money moves while our create call is out. What is on time is delivered before the call returns; later, its answer is
    /// lost.
    fn place_slowly(&mut self, pays: bool) {
        let on_time = self.one.lateness == Lateness::OnTime;
        let (first, told) = (self.first(), Arc::new(std::sync::Mutex::new(Vec::new())));
        let deliveries = on_time.then(|| self.deliveries(self.stage.now()));
        self.clients.set_now(self.stage.now());
        let (world, heard, one) = (Arc::clone(&self.stage.world), Arc::clone(&told), *self.one);
        let during = move |till: &crate::matrix::till::Till, number: &str| {
            if pays {
                till.take_money(number, &first);
            }
            for (n, (headers, body)) in deliveries.iter().flatten().enumerate() {
                let answers = send(&world, one.database == Database::FailingOver && n == 0, headers, body);
                heard.lock().expect("no panic").extend(answers);
            }
        };
        self.stage.till.set_during(Box::new(during), on_time || self.one.lateness.is_archived());
        self.stage.till.set_silent(true);
        // Only the create call: questions are answered by nobody yet.
        self.stage.run_due();
        for answer in told.lock().expect("no panic").drain(..) {
            self.hear(&answer);
        }
        // A create call without an answer is repeated a second later; what it then gives is handed to the payer.
        self.stage.pass(2);
        self.stage.run_due();
        let page = order::page(&self.stage.world, &self.stage.who, &self.order_id).expect("a page");
        if page.state.is_open() && page.placed {
            order::hand_over(&self.stage.world, &self.stage.who, &self.order_id).expect("handed over");
        }
        self.stage.till.set_silent(false);
    }

    /// The rail takes money that the order has no place for any more, unless the notice is of nothing.
    fn late_money(&self, transaction: &str) {
        if self.one.kind.moved() {
            self.stage.till.take_money(&self.out_trade_no, transaction);
        }
    }

    fn first(&self) -> String {
        "4200000001202004070000000001".to_owned()
    }

    fn capture(&mut self) {
        let now = self.stage.now();
        let said = self.said(&self.first(), now, "EV-1");
        self.captured = Some(seal::notice(&said, self.one.mode, Under::Present, now, "captured"));
    }

    fn said(&self, transaction: &str, paid: Timestamp, id: &str) -> Said {
        Said {
            id: id.to_owned(),
            merchant: if self.one.kind == Kind::WrongMerchant { "1900000999" } else { MERCHANT },
            out_trade_no: self.out_trade_no.clone(),
            transaction: transaction.to_owned(),
            fen: self.fen + i64::from(self.one.kind == Kind::WrongAmount),
            paid,
        }
    }

    /// Time passes until the notices come.
    fn until_delivery(&mut self) {
        match self.one.lateness {
            Lateness::OnTime => self.stage.pass(2),
            Lateness::Night => self.stage.go_on(5_700),
            Lateness::DayLate => {
                self.stage.go_on_by_hours(12);
                self.read_word("half a day into the silence", MoneyWord::Confirming);
                self.stage.go_on_by_hours(12);
            }
            Lateness::ArchivedClosed => {
                self.stage.go_on(MONTH_S);
                self.late_money(&self.first());
            }
            Lateness::ArchivedDone => self.stage.go_on(MONTH_S),
            Lateness::ArchivedAgain => {
                self.stage.go_on(MONTH_S);
                self.late_money(SECOND);
            }
        }
        self.stage.till.set_silent(true);
    }

    /// The deliveries in the order in which they come, each sent a quarter of a minute after the one before it, on two ways
    /// of the rail with a number each.
    fn deliveries(&self, last: Timestamp) -> Vec<(NoticeHeaders, Vec<u8>)> {
        let transaction =
            if self.one.lateness == Lateness::ArchivedAgain { SECOND.to_owned() } else { self.first() };
        let under = match self.one.kind {
            Kind::Forged => Under::Stranger,
            Kind::ExpiredCertificate => Under::Expired,
            Kind::RotatedKey => Under::Next,
            _ => Under::Present,
        };
        let one = |n: u32| {
            let sent = last - SignedDuration::from_secs(15 * i64::from(self.one.deliveries - 1 - n));
            let id = if n.is_multiple_of(2) { "EV-1" } else { "EV-2" };
            seal::notice(&self.said(&transaction, sent, id), self.one.mode, under, sent, &format!("nonce{n}"))
        };
        let mut all: Vec<_> = (0..self.one.deliveries).map(one).collect();
        if self.one.kind == Kind::ReplayedNonce {
            let again = self.captured.clone().unwrap_or_else(|| all[0].clone());
            all.fill(again);
        }
        if self.one.sequence == Sequence::Reversed {
            all.reverse();
        }
        all
    }

    fn deliver_all(&mut self) {
        if self.one.sequence == Sequence::BeforeCreateReturns && self.one.lateness == Lateness::OnTime {
            return;
        }
        self.clients.set_now(self.stage.now());
        for (n, (headers, body)) in self.deliveries(self.stage.now()).iter().enumerate() {
            let fails = self.one.database == Database::FailingOver && n == 0;
            for answer in send(&self.stage.world, fails, headers, body) {
                self.hear(&answer);
            }
        }
    }

    /// The rail hears an answer: at last the one that is due, and before it only that it should send again.
    fn hear(&mut self, answer: &Result<Answer, Error>) {
        let due = expected(self.one).reply;
        let told = match answer {
            Ok(Answer::Taken) => Reply::Taken,
            Ok(Answer::Refused(_)) => Reply::Refused,
            Ok(Answer::Parked(_)) => Reply::Parked,
            Err(error) => return self.untrue(format!("a delivery ended in {error}")),
        };
        if told != due {
            self.untrue(format!("a delivery was answered {answer:?}, due {due:?}"));
        }
    }

    fn read_word(&mut self, when: &str, due: MoneyWord) {
        let page = order::page(&self.stage.world, &self.stage.who, &self.order_id).expect("a page");
        if page.money != due {
            self.untrue(format!("{when} the driver reads {:?}, due {due:?} ({:?})", page.money, page.state));
        }
    }

    fn judge(&mut self, due: &Expected) {
        let fen = self.fen;
        let treasury = if due.first == End::Settled { fen } else { 0 };
        let held = |end: End| i64::from(matches!(end, End::HeldForAPerson | End::LeftToTheBill));
        let at_rail = treasury + fen * (held(due.first) + held(due.second));
        let sums = self.stage.sums();
        if (sums.rail, sums.treasury, sums.owed) != (treasury, treasury, 0) {
            self.wrong.push((Wrong::Fen, format!("the ledger says {sums:?}, due {treasury} of {fen}")));
        }
        let holds =
            self.stage.till.orders().get(&self.out_trade_no).map_or(0, super::super::till::Kept::holds);
        if holds != at_rail {
            let what = if holds < at_rail { Wrong::Doubled } else { Wrong::Lost };
            self.wrong.push((what, format!("the rail holds {holds} fen, due {at_rail}")));
        }
        self.judge_decisions(due.first == End::Settled);
        self.judge_findings(due);
        let report = verify::whole(&self.stage.world).expect("verified");
        for breach in report.breaches {
            self.untrue(format!("invariant {}: {} ({})", breach.invariant, breach.what, breach.subject));
        }
    }

    /// One decision a violation, marked with the first payment, or none.
    fn judge_decisions(&mut self, settled: bool) {
        for violation in self.violations.clone() {
            let marks: Vec<String> = {
                let files = self.stage.sim.authority.files();
                // A decision that was there before is only marked as paid; unmarked it is none of ours.
                let ours = files.decisions_on(&violation).filter(|kept| !kept.transaction.is_empty());
                ours.map(|kept| kept.transaction.clone()).collect()
            };
            match (&marks[..], settled) {
                ([], false) => {}
                ([mark], true) if *mark == self.first() => {}
                ([mark], true) => self.untrue(format!("a decision is marked with {mark}")),
                ([], true) => self.wrong.push((Wrong::Lost, format!("{violation} is paid and not decided"))),
                _ => self.wrong.push((Wrong::Doubled, format!("{violation} is settled by {marks:?}"))),
            }
        }
    }

    /// Whoever holds money that cannot be placed was told; and the second payment is named to the driver.
    fn judge_findings(&mut self, due: &Expected) {
        let found = self.stage.world.db.read(|tx| finding::open(tx, 100)).expect("findings");
        let told = found.iter().any(|finding| finding.kind == "amount-differs");
        // The rail's own answer has cleared the doubt where the money went back.
        let cleared = self.one.lateness == Lateness::ArchivedClosed && due.first == End::Refunded;
        let parked = self.one.deliveries > 0 && due.reply == Reply::Parked && !cleared;
        if told != parked {
            self.untrue(format!("a person was told of a wrong sum: {told}, due {parked}"));
        }
        let page = order::page(&self.stage.world, &self.stage.who, &self.order_id).expect("a page");
        let back: i64 = page.back.iter().map(|refund| refund.fen).sum();
        let refunded = self.fen * i64::from(due.first == End::Refunded || due.second == End::Refunded);
        if back != refunded {
            self.wrong.push((Wrong::Fen, format!("the driver reads of {back} fen back, due {refunded}")));
        }
    }
}

/// The second payment's number at the rail.
const SECOND: &str = "4200000001202004070000000002";

/// One delivery, sent again as long as it is answered that the database failed.
fn send(world: &World, fails: bool, headers: &NoticeHeaders, body: &[u8]) -> Vec<Result<Answer, Error>> {
    if !fails {
        return vec![wechat_pay::take(world, headers, body)];
    }
    let mut answers = Vec::new();
    for fault in ["no write at all", "none after the inbox"] {
        break_writes(&world.db, fault, true);
        let answer = wechat_pay::take(world, headers, body);
        break_writes(&world.db, fault, false);
        // 5xx: the rail sends again.
        if !matches!(answer, Err(Error::Store(_))) {
            answers.push(answer);
        }
    }
    answers.push(wechat_pay::take(world, headers, body));
    answers
}

/// Lets the database take no write into a table, as an engine does that is failing over, or lets it take them again.
fn break_writes(db: &Db, fault: &str, broken: bool) {
    let tables: &[&str] =
        if fault == "no write at all" { &["inbox"] } else { &["pay_order", "refund", "finding"] };
    let done = db.write(|tx| {
        for table in tables {
            let name = format!("broken_{table}");
            let texts: Vec<String> = match (db.engine(), broken) {
                (EngineKind::Sqlite, true) => ["insert", "update"]
                    .iter()
                    .map(|verb| {
                        format!(
                            "create trigger {name}_{verb} before {verb} on {table} begin \
                             select raise(abort, 'failing over'); end"
                        )
                    })
                    .collect(),
                (EngineKind::Sqlite, false) => {
                    ["insert", "update"].iter().map(|verb| format!("drop trigger {name}_{verb}")).collect()
                }
                (EngineKind::Postgres, true) => vec![
                    format!(
                        "create function {name}() returns trigger language plpgsql as \
                         'begin raise exception using errcode = ''57P01'', message = ''failing over''; end'"
                    ),
                    format!(
                        "create trigger {name} before insert or update on {table} \
                         for each row execute function {name}()"
                    ),
                ],
                (EngineKind::Postgres, false) => vec![format!("drop function {name} cascade")],
            };
            for text in texts {
                tx.execute(Box::leak(text.into_boxed_str()), &[])?;
            }
        }
        Ok::<_, StoreError>(())
    });
    done.expect("the database is changed");
}
