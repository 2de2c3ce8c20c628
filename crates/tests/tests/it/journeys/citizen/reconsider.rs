//! A driver who paid although a warning was free asks for another look within the pack's window.

use clearway_service::officer::{self, Deed};
use serde_json::json;

use super::super::books;
use super::super::driver::{Driver, text};
use super::super::stack::{Engine, Stack, on_both_engines};

on_both_engines!(who_paid_although_a_warning_was_free_gets_it_back);

/// Zhang's violation could be a warning; here it is paid.
const FREE: &str = "4201000000000001";
/// Ruan's could not.
const NOT_FREE: &str = "4201000000000177";

fn paid<'a>(stack: &'a Stack, openid: &str, violation: &str) -> (Driver<'a>, String) {
    let driver = Driver::at_home(stack, openid);
    let mut quote = driver.quote(&[violation]);
    if !quote["nudge"].is_null() {
        let path = format!("/quotes/{}/decline", text(&quote, "/id"));
        quote = driver.follow(driver.post(&path, &json!({})));
    }
    let order = driver.order(&quote);
    assert_eq!(driver.pay(&order)["money"], "charged");
    stack.settle();
    let case = text(&order, "/legs/0/case_id").to_owned();
    (driver, case)
}

fn who_paid_although_a_warning_was_free_gets_it_back(engine: Engine) {
    let stack = Stack::new(engine);
    let (zhang, case) = paid(&stack, "demo-zhang-first", FREE);
    let path = format!("/cases/{case}");
    let done = zhang.open(&path);
    assert_eq!(done["reconsider_by"], "2020-06-04", "sixty days: {done}");
    assert!(zhang.page(&path).body.contains("/reconsider"));
    for _ in 0..2 {
        assert_eq!(zhang.post(&format!("{path}/reconsider"), &json!({})).next(), path);
    }
    let asked = zhang.open(&path);
    assert_eq!(
        (&asked["reconsider_by"], &asked["reconsider_asked"]),
        (&json!(null), &json!(true)),
        "{asked}"
    );
    let (findings, _) = officer::waiting(&stack.world).expect("the queue");
    assert_eq!(findings.iter().filter(|one| one.finding.kind == "reconsider").count(), 1, "asked once");
    let proposal = officer::propose(&stack.world, Deed::Annul, &case, "王警官", "本可以警告，改作警告")
        .expect("proposed");
    officer::approve(&stack.world, &proposal, "李警官").expect("approved");
    zhang.until(&path, "/word", &json!("back"));
    assert_eq!(books::posted(&stack, "rail:wechat"), 0);
    let (findings, _) = officer::waiting(&stack.world).expect("the queue");
    assert!(findings.is_empty(), "{findings:?}");
    books::right(&stack);
}

#[test]
fn nothing_is_offered_where_no_warning_was_free_or_the_window_is_over() {
    let stack = Stack::new(Engine::Sqlite);
    let (ruan, case) = paid(&stack, "demo-pay-one", NOT_FREE);
    assert!(ruan.open(&format!("/cases/{case}"))["reconsider_by"].is_null());
    ruan.post(&format!("/cases/{case}/reconsider"), &json!({})).problem(409, "case-moved");
    let (zhang, case) = paid(&stack, "demo-zhang-first", FREE);
    ruan.post(&format!("/cases/{case}/reconsider"), &json!({})).problem(404, "not-found");
    stack.set_clock("2020-06-04T10:00:00+08:00");
    let last = Driver::enter(&stack, "demo-zhang-first");
    assert_eq!(last.open(&format!("/cases/{case}"))["reconsider_by"], "2020-06-04");
    stack.set_clock("2020-06-05T00:00:01+08:00");
    assert!(last.open(&format!("/cases/{case}"))["reconsider_by"].is_null());
    last.post(&format!("/cases/{case}/reconsider"), &json!({})).problem(409, "case-moved");
    drop(zhang);
}
