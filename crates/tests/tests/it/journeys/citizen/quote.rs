//! J8, J11: what will be paid is said before it is paid; nothing else is ever paid, and never silently.

use serde_json::json;

use super::super::books;
use super::super::driver::{Driver, codes, number, text};
use super::super::stack::{Engine, Stack, on_both_engines};

/// Ruan's only violation, 200 yuan.
const ONE: &str = "4201000000000177";

on_both_engines!(
    j08_a_changed_total_is_never_paid_silently,
    j08_a_sum_that_changed_after_the_payment_is_not_decided_silently,
    j08_a_quote_holds_until_it_expires,
);

fn j08_a_changed_total_is_never_paid_silently(engine: Engine) {
    let stack = Stack::new(engine);
    let ruan = Driver::at_home(&stack, "demo-pay-one");
    let quote = ruan.quote(&[ONE]);
    let before = books::standing(&stack);
    // The page was read with another sum.
    let ask = json!({ "quote": quote["id"], "total_fen": 19_999, "facts": true, "waiver": true });
    let problem = ruan.post("/orders", &ask).problem(409, "amount-changed");
    assert_eq!(problem["money"], "not_charged", "{problem}");
    // The platform has another fine by now.
    stack.change("record", ONE, &json!({ "fine_fen": 15_000 }));
    stack.refresh("demo-pay-one");
    ruan.accept(&quote).problem(409, "amount-changed");
    assert_eq!(books::standing(&stack), before);
    let fresh = ruan.quote(&[ONE]);
    assert_eq!(number(&fresh, "/total_fen"), 15_000);
    let order = ruan.order(&fresh);
    ruan.pay(&order);
    assert_eq!(books::posted(&stack, "rail:wechat"), 15_000);
    assert_eq!(stack.calls_of("decide")[0]["fields"]["fkje"], "150");
    books::right(&stack);
}

/// The fine changes at the platform while the money is on its way: the decision would not be about what was paid.
fn j08_a_sum_that_changed_after_the_payment_is_not_decided_silently(engine: Engine) {
    let stack = Stack::new(engine);
    let ruan = Driver::at_home(&stack, "demo-pay-one");
    let order = ruan.order(&ruan.quote(&[ONE]));
    ruan.hand_over(&order);
    stack.change("record", ONE, &json!({ "fine_fen": 15_000 }));
    ruan.cashier(&order, "pay");
    let path = format!("/orders/{}", text(&order, "/id"));
    let shown = ruan.until(&path, "/word", &json!("manual"));
    assert_eq!(shown["money"], "charged");
    assert!(stack.calls_of("decide").is_empty(), "nothing is decided that was not paid");
    // The case says it in words, with the day; home does not offer to go on with it.
    let case = format!("/cases/{}", text(&shown, "/legs/0/case_id"));
    let told = ruan.open(&case);
    assert_eq!((&told["stopped"], &told["refusal"]), (&json!("differs"), &json!(null)), "{told}");
    assert_eq!(told["manual_by"], shown["manual_by"]);
    let words = ruan.page(&case).body;
    assert!(words.contains("和您确认时不一样了") && words.contains("办不成全额退回"), "{words}");
    let card = ruan.card(ONE).expect("listed");
    assert_eq!((text(&card, "/segment"), &card["marks"]), ("wait", &json!(["manual"])), "{card}");
    assert!(ruan.page("/violations").body.contains("看进度"));
    books::right(&stack);
}

fn j08_a_quote_holds_until_it_expires(engine: Engine) {
    let stack = Stack::new(engine);
    let ruan = Driver::at_home(&stack, "demo-pay-one");
    let quote = ruan.quote(&[ONE]);
    let before = books::standing(&stack);
    stack.pass(601);
    assert_eq!(ruan.open(&format!("/quotes/{}", text(&quote, "/id")))["expired"], true);
    let problem = ruan.accept(&quote).problem(409, "quote-expired");
    assert_eq!(problem["money"], "not_charged");
    assert_eq!(books::standing(&stack), before);
    // Asked again it is the same in a moment.
    let order = ruan.order(&ruan.quote(&[ONE]));
    assert_eq!(ruan.pay(&order)["money"], "charged");
    books::right(&stack);
}

#[test]
fn j08_what_cannot_be_paid_is_left_out_with_its_reasons() {
    let stack = Stack::new(Engine::Sqlite);
    let xi = Driver::at_home(&stack, "demo-partial");
    let all = ["4201000000000181", "4201000000000182", "4201000000000183"];
    let quote = xi.quote(&all);
    assert_eq!((number(&quote, "/total_fen"), quote["left_out"].as_array().map(Vec::len)), (40_000, Some(1)));
    let left = &quote["left_out"][0];
    assert_eq!(text(left, "/about/id"), all[2]);
    assert!(codes(&left["reasons"]).contains(&"V_IN_OTHER_CHANNEL".to_owned()), "{left}");
    let order = xi.order(&quote);
    assert_eq!(order["legs"].as_array().map(Vec::len), Some(2));
    xi.pay(&order);
    assert_eq!(books::posted(&stack, "rail:wechat"), 40_000);
    books::right(&stack);
}

#[test]
fn j08_points_of_a_batch_add_up_and_stop_before_twelve() {
    let stack = Stack::new(Engine::Sqlite);
    let ma = Driver::at_home(&stack, "demo-points-batch");
    let four = ["4201000000000185", "4201000000000186", "4201000000000187", "4201000000000188"];
    let quote = ma.quote(&four);
    assert_eq!(
        (number(&quote, "/points"), quote["left_out"].as_array().map(Vec::len)),
        (9, Some(1)),
        "{quote}"
    );
    let reasons = codes(&quote["left_out"][0]["reasons"]);
    assert!(reasons.contains(&"D_POINTS_12".to_owned()), "{reasons:?}");
}

#[test]
fn j08_a_ticket_and_its_surcharge_are_paid_and_kept_apart() {
    let stack = Stack::new(Engine::Sqlite);
    let lan = Driver::at_home(&stack, "demo-surcharge");
    let quote = lan.quote(&["4201000000000178"]);
    let surcharge = number(&quote, "/payments/0/lines/0/surcharge_fen");
    assert!(surcharge > 0 && number(&quote, "/total_fen") == 20_000 + surcharge, "{quote}");
    let order = lan.order(&quote);
    lan.pay(&order);
    // The result says what was paid, as order and receipt do, and of what: the ticket is no open one any more.
    let case = format!("/cases/{}", text(&order, "/legs/0/case_id"));
    let done = lan.until(&case, "/word", &json!("done"));
    assert_eq!(number(&done, "/paid_fen"), 20_000 + surcharge, "{done}");
    for field in ["/about/act", "/about/at", "/about/place"] {
        assert_eq!(done.pointer(field), order.pointer(&format!("/legs/0{field}")), "{field}: {done}");
    }
    assert_eq!(books::posted(&stack, "treasury:420100:fine"), -20_000);
    assert_eq!(books::posted(&stack, "treasury:420100:surcharge"), -surcharge);
    assert!(stack.calls_of("decide").is_empty(), "the decision was there: only its payment is noted");
    assert_eq!(stack.calls_of("mark_paid").len(), 1);
    books::right(&stack);
}

#[test]
fn j08_a_ticket_from_the_street_has_its_name_after_it_is_paid() {
    let stack = Stack::new(Engine::Sqlite);
    let sun = Driver::at_home(&stack, "demo-sun-street");
    let home = sun.home();
    let card = &home["groups"][0]["cards"][0];
    let order = sun.order(&sun.quote(&[text(card, "/id")]));
    sun.pay(&order);
    let case = format!("/cases/{}", text(&order, "/legs/0/case_id"));
    let done = sun.until(&case, "/word", &json!("done"));
    assert_eq!(sun.card(text(card, "/id")), None, "it is not open any more");
    for (told, shown) in [("act", "/about/act"), ("at", "/about/at"), ("place", "/about/place")] {
        assert_eq!(done.pointer(shown), card.get(told), "{told}: {done}");
    }
    books::right(&stack);
}

#[test]
fn j08_the_fine_of_a_passed_study_is_paid_again_after_a_payment_that_came_to_nothing() {
    let stack = Stack::new(Engine::Sqlite);
    let li = Driver::at_home(&stack, "demo-li-study");
    let one = "4201000000000003";
    let case = li.learn(one, "study");
    let first = li.open(&format!("/cases/{case}"));
    let order = li.order(&first);
    let path = format!("/orders/{}", text(&order, "/id"));
    li.post(&format!("{path}/cancel"), &json!({})).next();
    assert_eq!(li.open(&path)["word"], "not_paid");
    // The page's button sends the violation alone; it means the payment of the study, with its points.
    let again = li.form(&path, "/quotes", &[("violation", one)]).next();
    let quote = li.open(&again);
    assert_eq!((&quote["study"], &quote["points"]), (&json!(true), &first["points"]), "{quote}");
    li.pay(&li.order(&quote));
    assert_eq!(li.until(&format!("/cases/{case}"), "/word", &json!("done"))["programme"], "study");
    books::right(&stack);
}

#[test]
fn j08_what_is_in_a_case_of_another_way_is_refused_with_words() {
    let stack = Stack::new(Engine::Sqlite);
    let wang = Driver::at_home(&stack, "demo-wang-both");
    wang.start("4201000000000004", "first");
    // An old page still has its box.
    wang.post("/quotes", &json!({ "violation": ["4201000000000004"] })).problem(409, "violation-held");
}

#[test]
fn j11_the_driver_is_stopped_once_before_paying_what_could_be_free() {
    let stack = Stack::new(Engine::Sqlite);
    let zhao = Driver::at_home(&stack, "demo-zhao-nudge");
    let both = ["4201000000000005", "4201000000000006"];
    let quote = zhao.quote(&both);
    assert_eq!((text(&quote, "/nudge/about/id"), number(&quote, "/could_be_free")), (both[0], 1), "{quote}");
    let path = format!("/quotes/{}", text(&quote, "/id"));
    let shown = zhao.page(&path);
    assert!(
        shown.body.contains(text(&quote, "/nudge/href").split('?').next().expect("a path")),
        "{}",
        shown.body
    );
    let going_on = zhao.go(&format!("{path}/decline"), &json!({}));
    assert!(going_on["nudge"].is_null(), "once is enough: {going_on}");
    assert!(zhao.quote(&both)["nudge"].is_null(), "also on the next quote");
    // "Select all" leaves out what could be free, and says so by its count.
    let home = zhao.home();
    assert_eq!((number(&home, "/bar/payable"), number(&home, "/bar/free")), (1, 1));
    let all = zhao.go("/quotes", &json!({ "all": true }));
    assert_eq!((number(&all, "/total_fen"), number(&all, "/could_be_free")), (20_000, 0), "{all}");
    // A day later it is said again.
    stack.set_clock("2020-04-06T10:30:00+08:00");
    stack.refresh("demo-zhao-nudge");
    assert!(zhao.quote(&both)["nudge"].is_object());
}
