//! J15: coming back at any step goes on where it stopped; Back never re-enters what is over.

use serde_json::{Value, json};

use super::super::books;
use super::super::deeds::both_acts;
use super::super::driver::{Driver, FORM, encoded, number, text};
use super::super::stack::{Engine, Stack};

const SERIAL: &str = "4201000000000001";

/// Where a case goes on, for somebody who closed the page and signs in again.
fn place(stack: &Stack, openid: &str, case: &str) -> String {
    let again = Driver::enter(stack, openid);
    let answer = again.get(&format!("/cases/{case}"));
    if answer.status == 303 { answer.next() } else { text(&answer.json(), "/word").to_owned() }
}

#[test]
fn j15_a_warning_goes_on_where_it_stopped() {
    let stack = Stack::new(Engine::Sqlite);
    let openid = "demo-zhang-first";
    let zhang = Driver::at_home(&stack, openid);
    let case = zhang.start(SERIAL, "first");
    assert_eq!(place(&stack, openid, &case), format!("/cases/{case}/study"));
    assert_eq!(zhang.home()["resume"][0]["step"], "study");
    assert_eq!(zhang.start(SERIAL, "first"), case, "starting again goes on with the same case");
    zhang.get(&format!("/cases/{case}/quiz")).problem(409, "study-not-done");
    zhang.get(&format!("/cases/{case}/confirm")).problem(409, "case-moved");
    zhang.study(&case);
    assert_eq!(place(&stack, openid, &case), format!("/cases/{case}/quiz"));
    // One answer, then the page is closed: the second question is open, the first stays answered.
    let page = zhang.open(&format!("/cases/{case}/quiz"));
    let first = page["question"].clone();
    let given = zhang.answer(&case, &first, true).json();
    let again = Driver::enter(&stack, openid);
    let second = again.open(&format!("/cases/{case}/quiz"))["question"].clone();
    assert_eq!(given["question"], second, "it came with the feedback: going on needs no request");
    assert_eq!((number(&first, "/index"), number(&second, "/index")), (0, 1));
    assert_ne!(first["id"], second["id"]);
    // Back and the same answer once more: the same feedback, and nothing moves, even with another answer.
    let feedback = zhang.answer(&case, &first, false).json();
    assert_eq!(feedback["feedback"]["right"], true, "the first answer stands: {feedback}");
    assert_eq!(zhang.open(&format!("/cases/{case}/quiz"))["question"], second);
    zhang.quiz(&case, true);
    assert_eq!(place(&stack, openid, &case), format!("/cases/{case}/confirm"));
    zhang.get(&format!("/cases/{case}/study")).problem(409, "case-moved");
    zhang.post(&format!("/cases/{case}/confirm"), &both_acts()).next();
    zhang.until(&format!("/cases/{case}"), "/word", &json!("done"));
    assert_eq!(place(&stack, openid, &case), "done");
    assert_eq!(zhang.home()["resume"], json!([]));
    for back in ["study", "quiz", "confirm"] {
        zhang.get(&format!("/cases/{case}/{back}")).problem(409, "case-moved");
    }
    books::right(&stack);
}

#[test]
fn j06_a_browser_is_sent_on_after_an_answer_and_its_script_gets_the_feedback_at_once() {
    let stack = Stack::new(Engine::Sqlite);
    let zhang = Driver::at_home(&stack, "demo-zhang-first");
    let case = zhang.start(SERIAL, "first");
    zhang.study(&case);
    let path = format!("/cases/{case}/quiz");
    let question = zhang.open(&path)["question"].clone();
    let chosen = zhang.choose(&question, true);
    let mut fields = vec![("question", text(&question, "/id").to_owned()), ("index", "0".to_owned())];
    fields.extend(chosen.iter().map(|place| ("chosen", place.to_string())));
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    // POST, redirect, GET: back and reload are right by themselves.
    assert_eq!(zhang.form(&path, &path, &fields).next(), format!("{path}?answered=0"));
    let token = zhang.token(&path);
    let body = encoded(&[&[("csrf", token.as_str())][..], &fields].concat());
    let form = zhang.client().post(zhang.url(&path)).header("accept", "text/html").body(body);
    let form = form.header("content-type", FORM);
    let feedback = zhang.send(&path, form.header("sec-fetch-mode", "cors"));
    assert_eq!(feedback.status, 200, "{}", feedback.body);
    assert!(feedback.body.contains("data-focus") && feedback.body.contains(&path), "{}", feedback.body);
    // The answer was there before: what follows it is a request of its own.
    assert!(!feedback.body.contains("data-then"), "{}", feedback.body);
}

#[test]
fn j15_study_and_its_payment_go_on_where_they_stopped() {
    let stack = Stack::new(Engine::Sqlite);
    let openid = "demo-li-study";
    let li = Driver::at_home(&stack, openid);
    let case = li.learn("4201000000000003", "study");
    assert!(place(&stack, openid, &case).starts_with("/quotes/"));
    let order = li.order(&li.open(&format!("/cases/{case}")));
    let path = format!("/orders/{}", text(&order, "/id"));
    assert_eq!(place(&stack, openid, &case), path);
    li.hand_over(&order);
    let home = Driver::at_home(&stack, openid).home();
    assert_eq!(home["open_order"], order["id"], "the first screen leads to the payment that is confirmed");
    assert_eq!(li.open(&path)["money"], "confirming");
    li.pay(&order);
    // A paid order is not paid again.
    li.post(&format!("{path}/pay"), &json!({})).problem(409, "case-moved");
    assert_eq!(li.post(&format!("{path}/cancel"), &json!({})).next(), path);
    assert_eq!(li.open(&path)["money"], "charged");
    assert_eq!(stack.calls_of("prepay").len(), 1);
    books::right(&stack);
}

#[test]
fn j15_a_case_given_up_leaves_the_violation_free_and_another_route_opens() {
    let stack = Stack::new(Engine::Sqlite);
    let wang = Driver::at_home(&stack, "demo-wang-both");
    let first = wang.learn("4201000000000004", "first");
    let second = wang.start("4201000000000004", "study");
    assert_ne!(first, second, "another route is another case");
    assert_eq!(place(&stack, "demo-wang-both", &first), "given_up");
    wang.post(&format!("/cases/{second}/abandon"), &json!({})).next();
    let card = wang.card("4201000000000004").expect("listed");
    assert_eq!(text(&card, "/route"), "first");
    assert_eq!(books::standing(&stack).counts["claims"], 0);
    wang.post(&format!("/cases/{second}/abandon"), &json!({})).problem(409, "case-moved");
    books::right(&stack);
}

/// Texts say that a begun case can be given up: every page of it has the form.
#[test]
fn j15_a_begun_case_is_given_up_from_its_pages() {
    let stack = Stack::new(Engine::Sqlite);
    let wang = Driver::at_home(&stack, "demo-wang-both");
    let serial = "4201000000000004";
    let detail = format!("/violations/{serial}");
    let offers =
        |path: &str, case: &str| wang.page(path).body.contains(&format!("action=\"/cases/{case}/abandon\""));
    let case = wang.start(serial, "first");
    for path in [format!("/cases/{case}/study"), detail.clone()] {
        assert!(offers(&path, &case), "{path}");
    }
    wang.study(&case);
    assert!(offers(&format!("/cases/{case}/quiz"), &case));
    wang.quiz(&case, true);
    for path in [format!("/cases/{case}/quiz"), format!("/cases/{case}/confirm"), detail.clone()] {
        assert!(offers(&path, &case), "{path}");
    }
    wang.form(&detail, &format!("/cases/{case}/abandon"), &[]).next();
    let page = wang.open(&detail);
    assert!(page["give_up"].is_null(), "{page}");
    assert_eq!(page["choices"].as_array().map(Vec::len), Some(3), "every way is open again: {page}");
    // What is past the point of no return does not offer it.
    let order = wang.order(&wang.quote(&[serial]));
    wang.hand_over(&order);
    assert!(wang.open(&detail)["give_up"].is_null());
    books::right(&stack);
}

#[test]
fn j15_an_unpaid_order_given_up_frees_the_violation_and_voids_the_reservation() {
    let stack = Stack::new(Engine::Sqlite);
    let ruan = Driver::at_home(&stack, "demo-pay-one");
    let order = ruan.order(&ruan.quote(&["4201000000000177"]));
    let path = format!("/orders/{}", text(&order, "/id"));
    // Nobody was handed the sheet: home says that it is to be paid, and leads there.
    let home = ruan.home();
    assert_eq!(home["resume"][0]["order"], order["id"], "{home}");
    assert_eq!(ruan.card("4201000000000177").expect("listed")["marks"], json!(["to_pay"]));
    let shown = ruan.page("/violations").body;
    assert!(shown.contains("有一笔缴款还没付") && !shown.contains("缴款确认中"), "{shown}");
    let handed = ruan.hand_over(&order);
    let home = ruan.home();
    assert_eq!((&home["resume"], &home["open_order"]), (&json!([]), &order["id"]), "{home}");
    assert_eq!(ruan.card("4201000000000177").expect("listed")["marks"], json!(["paying"]));
    ruan.press(&handed, "cancel");
    ruan.get(&format!("{path}/returned")).json();
    let back: Value = ruan.open(&path);
    assert_eq!((text(&back, "/money"), text(&back, "/word")), ("not_charged", "to_pay"), "{back}");
    assert_eq!(ruan.post(&format!("{path}/cancel"), &json!({})).next(), path);
    let closed = ruan.open(&path);
    assert_eq!((text(&closed, "/money"), text(&closed, "/word")), ("not_charged", "not_paid"), "{closed}");
    assert_eq!(stack.calls_of("close").len(), 1, "closed at the rail first");
    let case = format!("/cases/{}", text(&closed, "/legs/0/case_id"));
    assert_eq!(ruan.open(&case)["stopped"], "unpaid");
    assert!(ruan.page(&case).body.contains("这笔缴款没有完成，没有扣款。"));
    let card = ruan.card("4201000000000177").expect("listed");
    assert_eq!(card["payable"], true, "{card}");
    let again = ruan.order(&ruan.quote(&["4201000000000177"]));
    assert_eq!(ruan.pay(&again)["money"], "charged");
    assert_eq!(books::posted(&stack, "rail:wechat"), 20_000);
    books::right(&stack);
}
