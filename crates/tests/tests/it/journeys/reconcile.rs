//! The daily comparison over the real wire: an honest day balances by itself, one planted exception of every kind is found
//! and none invented, and a bad bill is refused whole.

use std::collections::BTreeSet;

use clearway_service::reconcile::{self, Report, Source};
use clearway_service::{Error, jobs};
use clearway_store::{audit, vals};
use jiff::civil::{Date, date};
use serde_json::{Value, json};

use super::books;
use super::driver::{Answer, Driver, number, text};
use super::stack::{Engine, OPENING, OPERATOR_TOKEN, Stack, client, on_both_engines};

/// The day on which everything happens.
const DAY: Date = date(2020, 4, 5);
const API: &str = "/officer/reconciliation/2020-04-05";

on_both_engines!(
    an_honest_day_balances_by_itself,
    an_honest_day_of_a_combined_rail_balances_leg_by_leg,
    one_exception_of_every_kind_is_found_and_none_invented,
    money_that_only_the_bill_shows_goes_back_by_itself,
);

fn run(stack: &Stack) -> Report {
    reconcile::run(&stack.world, DAY, Source::Rail).expect("compared")
}

/// What a day found and nobody closed: kind, subject, sum in question.
fn found(report: &Report) -> BTreeSet<(String, String, i64)> {
    let of = |shown: &reconcile::Shown| {
        let one = &shown.exception;
        (one.kind.slug().to_owned(), one.subject.clone(), one.fen().0)
    };
    report.open().map(of).collect()
}

/// Everything that one person can pay, as one order.
fn ordered<'a>(stack: &'a Stack, openid: &str) -> (Driver<'a>, Value) {
    let driver = Driver::at_home(stack, openid);
    let order = driver.order(&driver.go("/quotes", &json!({ "all": true })));
    (driver, order)
}

fn paid(stack: &Stack, openid: &str) -> Value {
    let (driver, order) = ordered(stack, openid);
    driver.pay(&order)
}

/// An order whose violation turns out to be handled elsewhere: its money goes back.
fn refunded(driver: &Driver<'_>, order: &Value) {
    driver.hand_over(order);
    let elsewhere = json!({ "handled": "1", "paid": "1", "decision": "420100119999999" });
    driver.stack.change("record", text(order, "/legs/0/about/id"), &elsewhere);
    driver.cashier(order, "pay");
    driver.stack.look_again();
    driver.until(&format!("/orders/{}", text(order, "/id")), "/word", &json!("back"));
}

/// What the rail says of an order.
fn at_rail(stack: &Stack, order: &Value) -> Value {
    stack.control("pay", &json!({ "order": order["number"] }))
}

fn ask(stack: &Stack, path: &str, token: Option<&str>, body: Option<&Value>) -> Answer {
    let url = format!("{}{path}", stack.url);
    let request = match body {
        Some(body) => client().post(url).header("content-type", "application/json").body(body.to_string()),
        None => client().get(url),
    };
    let request = token
        .iter()
        .fold(request, |request, token| request.header("authorization", format!("Bearer {token}")));
    Driver::visitor(stack).send(path, request)
}

/// The command, with its exit code.
fn command(stack: &Stack, words: &str) -> u8 {
    let words: Vec<String> = words.split('|').map(str::to_owned).collect();
    clearway::reconcile::run_in(&stack.world, &words).expect("the command runs")
}

fn an_honest_day_balances_by_itself(engine: Engine) {
    let stack = Stack::new(engine);
    paid(&stack, "demo-pay-one");
    paid(&stack, "demo-chen-merge");
    let (accident, order) = ordered(&stack, "demo-first-accident");
    refunded(&accident, &order);
    // Given up, and never paid: neither side has it.
    let (xi, order) = ordered(&stack, "demo-first-serious");
    xi.post(&format!("/orders/{}/cancel", text(&order, "/id")), &json!({})).next();
    assert!(matches!(
        reconcile::run(&stack.world, DAY, Source::Rail),
        Err(Error::BadInput { field: "day", fix: "day-over", .. })
    ));
    stack.set_clock("2020-04-06T09:59:00+08:00");
    let early = run(&stack);
    assert_eq!((early.state.slug(), found(&early).len()), ("open", 0), "nobody is late before noon");
    assert!(early.day.missing_why.expect("why").contains("still making"));
    stack.set_clock("2020-04-06T10:01:00+08:00");
    jobs::reconcile::schedule(&stack.world).expect("scheduled");
    stack.world.bell.ring();
    for _ in 0..200 {
        if reconcile::report(&stack.world, DAY).expect("a day").state.is_closed() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let report = reconcile::report(&stack.world, DAY).expect("a day");
    assert_eq!(report.state.slug(), "balanced", "{:?}", report.exceptions);
    let day = &report.day;
    assert_eq!((day.ours_paid, day.ours_back), (day.bill_paid, day.bill_back));
    assert_eq!((day.flow_paid_fen, day.flow_back_fen), (Some(day.bill_paid.1), Some(day.bill_back.1)));
    assert!(day.bill_paid.1 > 70_000 && day.bill_back.0 == 1, "{day:?}");
    assert_eq!(day.matched_count, day.bill_paid.0 + day.bill_back.0);
    assert_eq!(command(&stack, "--day|2020-04-05"), 0);
    let shown = ask(&stack, API, Some(OPERATOR_TOKEN), None).json();
    assert_eq!(shown["state"], "balanced");
    assert!(text(&shown, "/words").contains("已对平"), "{shown}");
    // The day before had no trades, and the one after is scheduled.
    let before = date(2020, 4, 4);
    let empty = reconcile::run(&stack.world, before, Source::Rail).expect("compared");
    assert_eq!((empty.state.slug(), empty.day.bill_paid), ("balanced", (0, 0)));
    books::right(&stack);
}

fn an_honest_day_of_a_combined_rail_balances_leg_by_leg(engine: Engine) {
    let stack = Stack::on_rail(engine, OPENING, "wechat-combined");
    let (chen, order) = ordered(&stack, "demo-chen-merge");
    let legs = order["legs"].as_array().map(Vec::len).expect("legs");
    chen.hand_over(&order);
    // One leg goes back, the others stay.
    let elsewhere = json!({ "handled": "1", "paid": "1", "decision": "420100119999999" });
    stack.change("record", text(&order, "/legs/0/about/id"), &elsewhere);
    chen.cashier(&order, "pay");
    stack.look_again();
    chen.until(&format!("/orders/{}", text(&order, "/id")), "/word", &json!("back"));
    stack.set_clock("2020-04-06T10:01:00+08:00");
    let report = run(&stack);
    assert_eq!(report.state.slug(), "balanced", "{:?}", report.exceptions);
    let day = &report.day;
    assert_eq!(
        (day.bill_paid.0, day.ours_paid),
        (i64::try_from(legs).expect("few"), day.bill_paid),
        "a line a leg"
    );
    assert_eq!((day.bill_back.0, day.ours_back), (1, day.bill_back));
    books::right(&stack);
}

/// What was planted on the bill, and what must be found because of it.
struct Planted {
    plants: Vec<Value>,
    wanted: BTreeSet<(String, String, i64)>,
}

impl Planted {
    fn wants(&mut self, kind: &str, subject: &str, fen: i64) {
        self.wanted.insert((kind.to_owned(), subject.to_owned(), fen));
    }

    fn plants(&mut self, plant: Value) {
        self.plants.push(plant);
    }
}

/// Kinds that a changed bill shows: ours only, amount, duplicate, return after settlement, refund missing and partial.
fn on_the_bill(stack: &Stack, planted: &mut Planted) {
    let dropped = paid(stack, "demo-pay-one");
    planted.plants(json!({ "what": "drop", "number": dropped["number"] }));
    planted.wants("ours-only", text(&dropped, "/number"), number(&dropped, "/total_fen"));
    let altered = paid(stack, "demo-first-points");
    let fen = number(&altered, "/total_fen") + 1;
    planted.plants(json!({ "what": "amount", "number": altered["number"], "fen": fen }));
    planted.wants("amount-differs", text(&altered, "/number"), 1);
    let twice = paid(stack, "demo-first-report");
    planted.plants(json!({ "what": "twice", "number": twice["number"] }));
    let rail = at_rail(stack, &twice);
    planted.wants("duplicate", text(&rail, "/transaction_id"), number(&twice, "/total_fen"));
    let returned = paid(stack, "demo-chen-merge");
    let rail = at_rail(stack, &returned);
    let back = json!({ "what": "back", "number": returned["number"], "refund": "BY-HAND-1",
        "transaction": rail["transaction_id"], "openid": "demo-chen-merge", "fen": 5_000 });
    planted.plants(back);
    planted.wants("return-after-settlement", "BY-HAND-1", 5_000);
    for (openid, kind) in [("demo-first-accident", "refund-missing"), ("demo-first-record", "refund-partial")]
    {
        let (driver, order) = ordered(stack, openid);
        refunded(&driver, &order);
        let refund = format!("{}-1", text(&order, "/legs/0/case_id"));
        let fen = number(&order, "/total_fen");
        if kind == "refund-missing" {
            planted.plants(json!({ "what": "drop", "number": refund }));
            planted.wants(kind, &refund, fen);
        } else {
            planted.plants(json!({ "what": "amount", "number": refund, "fen": fen - 5_000 }));
            planted.wants(kind, &refund, 5_000);
        }
    }
}

/// Kinds about which the two sides or our own books disagree: rail only, unknown payer, paid and not decided, decided and
/// not paid.
fn beside_the_bill(stack: &Stack, planted: &mut Planted) {
    let (driver, order) = ordered(stack, "demo-first-code");
    driver.hand_over(&order);
    driver.post(&format!("/orders/{}/cancel", text(&order, "/id")), &json!({})).next();
    let fen = number(&order, "/total_fen");
    let ghost = json!({ "what": "pay", "number": order["number"], "transaction": "4200GHOST",
        "openid": "demo-first-code", "fen": fen });
    planted.plants(ghost);
    planted.wants("rail-only", "4200GHOST", fen);
    planted.plants(json!({ "what": "pay", "number": "NOT-OURS-1", "transaction": "4200NOBODY",
        "openid": "o-nobody", "fen": 12_345 }));
    planted.wants("unknown-payer", "4200NOBODY", 12_345);
    // Our own books lose a payment, as a slip in a repair would.
    let lost = paid(stack, "demo-first-serious");
    planted.plants(json!({ "what": "drop", "number": lost["number"] }));
    let id = text(&lost, "/id").to_owned();
    // A slip under a job that is still at work would be written over, and a notice that comes again would be late money.
    Driver::enter(stack, "demo-first-serious").until(&format!("/orders/{id}"), "/word", &json!("done"));
    std::thread::sleep(std::time::Duration::from_millis(2_500));
    let slip = stack.world.db.write(|tx| {
        tx.execute(
            "update pay_order set state = 'closed', paid_at_ms = null, transaction_id = null where order_id = $1",
            vals![&id],
        )
    });
    assert_eq!(slip, Ok(1));
    planted.wants("decided-not-paid", text(&lost, "/legs/0/case_id"), number(&lost, "/legs/0/total_fen"));
    // Last: while the platform does not take it, nothing later overtakes it.
    let (driver, order) = ordered(stack, "demo-surcharge");
    let refuses = json!({ "match": { "call": "mark_paid" }, "fault": "http500" });
    stack.control("faults", &refuses);
    driver.cashier(&order, "pay");
    driver.until(&format!("/orders/{}", text(&order, "/id")), "/word", &json!("handling"));
    planted.wants("paid-not-decided", text(&order, "/legs/0/case_id"), number(&order, "/total_fen"));
}

fn one_exception_of_every_kind_is_found_and_none_invented(engine: Engine) {
    let stack = Stack::new(engine);
    let mut planted = Planted { plants: Vec::new(), wanted: BTreeSet::new() };
    on_the_bill(&stack, &mut planted);
    beside_the_bill(&stack, &mut planted);
    // The bill comes late: at one in the afternoon it is still being made.
    stack.set_clock("2020-04-06T13:00:00+08:00");
    stack.control("bill", &json!({ "day": "2020-04-05", "creating": true }));
    planted.wants("late-file", "2020-04-05:wechat", 0);
    let late = run(&stack);
    assert_eq!(found(&late).len(), 1, "{:?}", late.exceptions);
    assert_eq!(command(&stack, "--day|2020-04-05"), 1);
    stack.control("bill", &json!({ "day": "2020-04-05", "plant": planted.plants }));
    let report = run(&stack);
    assert_eq!(found(&report), planted.wanted);
    assert_eq!(planted.wanted.len(), 11, "one of every kind");
    assert_eq!(report.state.slug(), "open", "it does not balance");
    // Again: the same, and nothing more in the queue.
    let queued = |stack: &Stack| {
        let rows = stack.world.db.read(|tx| tx.one("select count(*) as n from finding", &[]));
        rows.and_then(|row| row.get::<i64>("n")).expect("a count")
    };
    let before = queued(&stack);
    assert_eq!(found(&run(&stack)), planted.wanted);
    assert_eq!(queued(&stack), before);
    assert_eq!(command(&stack, "--day|2020-04-05|--json|--lang|zh-CN"), 1);
    what_officers_read(&stack);
    signed_and_opened_again(&stack, planted.plants.last().expect("the payment that our books lost"));
}

fn what_officers_read(stack: &Stack) {
    let path = format!("{API}/exceptions");
    for token in [None, Some("another-token"), Some("")] {
        ask(stack, &path, token, None).problem(401, "token");
        ask(stack, &format!("{API}/signature"), token, Some(&json!({ "why": "a reason" })))
            .problem(401, "token");
    }
    let shown = ask(stack, &path, Some(OPERATOR_TOKEN), None).json();
    assert_eq!(shown["day"]["open_exceptions"], 11);
    let list = shown["exceptions"].as_array().expect("a list");
    let one = |kind: &str| list.iter().find(|one| one["kind"] == kind).expect("one of each kind");
    assert_eq!(text(one("refund-partial"), "/suggested/words"), "退 50.00 元，原路，预计 1–3 天");
    assert_eq!(one("refund-partial")["citizen"]["words"], json!(["已扣款", "钱已退回"]));
    assert_eq!(one("paid-not-decided")["citizen"]["words"], json!(["已扣款", "正在写入处理结果"]));
    assert_eq!(one("paid-not-decided")["owner"], "cases");
    assert_eq!(one("rail-only")["citizen"]["money"], "not_charged");
    assert_eq!(one("unknown-payer")["citizen"]["words"], json!(["当事人看不到这一笔"]));
    assert!(text(one("late-file"), "/due_at").starts_with("2020-04-06T09:00:0"), "four hours");
    for one in list {
        for said in ["/cause", "/suggested/words", "/owner_words", "/found_at", "/due_at"] {
            assert!(!text(one, said).is_empty() && !text(one, said).contains('⟦'), "{one}");
        }
    }
    ask(stack, "/officer/reconciliation/2020-03-01", Some(OPERATOR_TOKEN), None).problem(404, "not-found");
    ask(stack, "/officer/reconciliation/yesterday", Some(OPERATOR_TOKEN), None).problem(422, "bad-field");
}

fn signed_and_opened_again(stack: &Stack, lost: &Value) {
    let post = |what: &str, why: &str| {
        ask(stack, &format!("{API}/{what}"), Some(OPERATOR_TOKEN), Some(&json!({ "why": why })))
    };
    post("signature", "").problem(422, "bad-field");
    post("reopening", "nothing to open").problem(409, "day-open");
    let signed = post("signature", "all eleven are in the queue").json();
    assert_eq!((&signed["state"], &signed["signed_by"]), (&json!("signed"), &json!("li.officer")));
    assert_eq!(signed["open_exceptions"], 10, "that the file was late is settled with it");
    post("signature", "once more").problem(409, "day-closed");
    assert_eq!(command(stack, "--day|2020-04-05"), 0, "a closed day is left as it is");
    let opened = post("reopening", "the rail sent a right bill").json();
    assert_eq!(opened["state"], "open");
    stack.control("bill", &json!({ "day": "2020-04-05", "plant": [lost] }));
    let left: BTreeSet<String> = found(&run(stack)).into_iter().map(|(kind, ..)| kind).collect();
    assert_eq!(left, BTreeSet::from(["decided-not-paid".to_owned(), "paid-not-decided".to_owned()]));
    assert_eq!(command(stack, "--day|2020-04-05|--sign|wang.officer|--why|two are being looked at"), 0);
    let deeds = stack.world.db.read(|tx| {
        assert!(audit::verify(tx, reconcile::CHAIN)?.is_ok());
        audit::after(tx, reconcile::CHAIN, 0, 100)
    });
    let deeds: Vec<(String, String)> =
        deeds.expect("a chain").into_iter().map(|entry| (entry.deed, entry.actor)).collect();
    for wanted in
        [("day.signed", "li.officer"), ("day.reopened", "li.officer"), ("day.signed", "wang.officer")]
    {
        assert!(deeds.contains(&(wanted.0.to_owned(), wanted.1.to_owned())), "{wanted:?} in {deeds:?}");
    }
}

/// The notice never came, the order was closed on both sides, and the money arrived after all: only the bill knows.
fn money_that_only_the_bill_shows_goes_back_by_itself(engine: Engine) {
    let stack = Stack::new(engine);
    let (ruan, order) = ordered(&stack, "demo-pay-one");
    ruan.hand_over(&order);
    stack.pass(902);
    let path = format!("/orders/{}", text(&order, "/id"));
    ruan.until(&path, "/word", &json!("not_paid"));
    stack.fault("notify", "never", 50);
    stack.control("pay", &json!({ "order": order["number"], "action": "pay_late" }));
    assert_eq!(ruan.open(&path)["money"], "not_charged", "nobody has told us");
    stack.set_clock("2020-04-06T10:01:00+08:00");
    // While the rail is silent about the order it stays an exception; nothing is made up.
    stack.fault("query", "http500", 1);
    let silent: Vec<String> = found(&run(&stack)).into_iter().map(|(kind, ..)| kind).collect();
    assert_eq!(silent, ["rail-only"]);
    let report = run(&stack);
    assert_eq!((report.state.slug(), found(&report).len()), ("balanced", 0), "{:?}", report.exceptions);
    let closed = report.exceptions[0].closed.clone().expect("closed by itself");
    assert_eq!(closed.1, "system");
    let fresh = Driver::at_home(&stack, "demo-pay-one");
    let back = fresh.until(&path, "/word", &json!("back"));
    assert_eq!((&back["money"], &back["back_fen"]), (&json!("charged"), &json!(20_000)));
    for account in ["rail:wechat", "suspense", "refunds"] {
        assert_eq!(books::posted(&stack, account), 0, "{account}");
    }
    // The next day's bill has the refund, and only that.
    stack.set_clock("2020-04-07T10:01:00+08:00");
    let next = reconcile::run(&stack.world, date(2020, 4, 6), Source::Rail).expect("compared");
    assert_eq!(
        (next.state.slug(), next.day.bill_back, next.day.ours_back),
        ("balanced", (1, 20_000), (1, 20_000))
    );
    books::right(&stack);
}

#[test]
fn a_bad_bill_is_refused_whole_and_nothing_of_it_is_applied() {
    let stack = Stack::new(Engine::Sqlite);
    let order = paid(&stack, "demo-pay-one");
    stack.set_clock("2020-04-06T10:30:00+08:00");
    // Half of it would be an exception: it must not become one.
    let drop = json!([{ "what": "drop", "number": order["number"] },
        { "what": "pay", "number": "X-1", "transaction": "4200X", "openid": "o-x", "fen": 1 }]);
    for (spoil, words) in [
        ("sha1", "the rail said"),
        ("truncated", "broken or cut off"),
        ("bomb", "too long"),
        ("decimals", "line 2, column 订单金额: \"0.015\" is not an amount in yuan with exactly two decimals"),
        ("no_summary", "the file is not whole"),
        ("wrong_summary", "总交易单数 is 2, read were 1"),
        ("expired", "INVALID_REQUEST"),
    ] {
        stack.control("bill", &json!({ "day": "2020-04-05", "spoil": spoil, "plant": drop }));
        let report = run(&stack);
        let why = report.day.missing_why.clone().expect(spoil);
        assert!(why.contains(words), "{spoil}: {why}");
        assert_eq!((report.state.slug(), report.exceptions.len()), ("open", 0), "{spoil}");
        assert_eq!(report.day.arrived_at_ms, None);
        let lines = stack.world.db.read(|tx| tx.one("select count(*) as n from bill_line", &[]));
        assert_eq!(lines.and_then(|row| row.get::<i64>("n")), Ok(0), "{spoil}");
    }
    let spoilt = "交易时间\n`2020\n".as_bytes().to_vec();
    let refused = reconcile::run(&stack.world, DAY, Source::Hand(spoilt)).expect_err("refused");
    assert!(matches!(&refused, Error::BadInput { field: "bill", .. }), "{refused}");
    for (call, fault) in [
        ("bill", "http500"),
        ("bill", "refuse:FREQUENCY_LIMITED"),
        ("bill", "html"),
        ("bill_file", "http500"),
        ("bill_file", "truncated"),
    ] {
        stack.control("bill", &json!({ "day": "2020-04-05" }));
        stack.fault(call, fault, 1);
        let report = run(&stack);
        assert!(report.day.missing_why.is_some() && report.state.slug() == "open", "{call} {fault}");
        stack.control_delete("faults");
    }
    assert_eq!(run(&stack).state.slug(), "balanced", "and the right one is taken");
    books::right(&stack);
}
