//! What officers do: a paid case is tried again or paid back with a second person; a decision is annulled and everything
//! comes back.

use clearway_service::Error;
use clearway_service::error::Conflict;
use clearway_service::officer::{self, Deed};
use clearway_store::finding;
use serde_json::json;

use super::books;
use super::deeds::both_acts;
use super::driver::{Driver, text};
use super::stack::{Engine, Stack, on_both_engines};

/// Ruan's only violation, 200 yuan.
const ONE: &str = "4201000000000177";

on_both_engines!(
    a_refund_needs_a_second_person,
    an_annulled_fine_gives_the_money_back,
    an_annulled_warning_gives_the_right_back,
    what_nobody_clears_goes_back_on_the_day_that_was_told,
    money_that_went_back_another_way_ends_a_refund_that_the_rail_refuses,
    a_refund_past_its_day_is_told_and_may_end_another_way,
);

/// A paid case that the platform would not take: driver, path of the order, case.
fn manual(stack: &Stack) -> (Driver<'_>, String, String) {
    let ruan = Driver::at_home(stack, "demo-pay-one");
    let order = ruan.order(&ruan.quote(&[ONE]));
    stack.fault("decide", "refuse:参数不正确", 1);
    ruan.cashier(&order, "pay");
    let path = format!("/orders/{}", text(&order, "/id"));
    let shown = ruan.until(&path, "/word", &json!("manual"));
    assert_eq!((&shown["money"], &shown["manual_by"]), (&json!("charged"), &json!("2020-04-09")), "{shown}");
    (ruan, path, text(&order, "/legs/0/case_id").to_owned())
}

fn findings(stack: &Stack) -> Vec<String> {
    let open = stack.world.db.read(|tx| finding::open(tx, 50)).expect("findings");
    open.into_iter().map(|finding| finding.kind).collect()
}

fn a_refund_needs_a_second_person(engine: Engine) {
    let stack = Stack::new(engine);
    let (ruan, path, case) = manual(&stack);
    assert_eq!(findings(&stack), ["paid-not-decided"]);
    let why = "平台拒绝，原因不明";
    let world = &stack.world;
    assert!(matches!(
        officer::propose(world, Deed::Refund, &case, "王", why),
        Err(Error::BadInput { field: "by", .. })
    ));
    assert!(matches!(
        officer::propose(world, Deed::Refund, "no-such-case", "王警官", why),
        Err(Error::NotFound(_))
    ));
    assert!(matches!(
        officer::propose(world, Deed::Annul, &case, "王警官", why),
        Err(Error::Conflict(Conflict::CaseMoved))
    ));
    let proposal = officer::propose(world, Deed::Refund, &case, "王警官", why).expect("proposed");
    // The same person is no second person, however the name is written.
    for same in ["王警官", " 王警官 "] {
        let refused = officer::approve(world, &proposal, same);
        assert!(matches!(refused, Err(Error::BadInput { fix: "appr-self", .. })), "{refused:?}");
    }
    assert!(stack.calls_of("refund").is_empty());
    officer::approve(world, &proposal, "李警官").expect("approved");
    assert!(officer::approve(world, &proposal, "赵警官").is_err(), "once");
    let back = ruan.until(&path, "/word", &json!("back"));
    assert_eq!((&back["back_fen"], &back["back_why"]), (&json!(20_000), &json!(["officer"])));
    assert_eq!(findings(&stack), Vec::<String>::new());
    assert_eq!(books::posted(&stack, "rail:wechat"), 0);
    books::right(&stack);
}

#[test]
fn a_rejected_proposal_changes_nothing_and_a_retry_decides() {
    let stack = Stack::new(Engine::Sqlite);
    let (ruan, path, case) = manual(&stack);
    let world = &stack.world;
    let proposal = officer::propose(world, Deed::Refund, &case, "王警官", "先退了再说").expect("proposed");
    assert!(matches!(
        officer::reject(world, &proposal, "李警官", ""),
        Err(Error::BadInput { field: "why", .. })
    ));
    officer::reject(world, &proposal, "李警官", "平台已修好，再试一次").expect("rejected");
    assert_eq!(ruan.open(&path)["word"], "manual");
    officer::retry::retry(world, &case, "王警官", "平台已修好").expect("tried again");
    assert_eq!(ruan.until(&path, "/word", &json!("done"))["money"], "charged");
    assert!(matches!(
        officer::retry::retry(world, &case, "王警官", "再来一次"),
        Err(Error::Conflict(Conflict::CaseMoved))
    ));
    assert_eq!(findings(&stack), Vec::<String>::new());
    books::right(&stack);
}

fn an_annulled_fine_gives_the_money_back(engine: Engine) {
    let stack = Stack::new(engine);
    let ruan = Driver::at_home(&stack, "demo-pay-one");
    let order = ruan.order(&ruan.quote(&[ONE]));
    assert_eq!(ruan.pay(&order)["money"], "charged");
    stack.settle();
    let case = text(&order, "/legs/0/case_id").to_owned();
    let world = &stack.world;
    assert!(matches!(
        officer::propose(world, Deed::Refund, &case, "王警官", "决定有误"),
        Err(Error::Conflict(_))
    ));
    let proposal =
        officer::propose(world, Deed::Annul, &case, "王警官", "复议机关撤销了决定").expect("proposed");
    officer::approve(world, &proposal, "李警官").expect("approved");
    let path = format!("/orders/{}", text(&order, "/id"));
    let back = ruan.until(&path, "/word", &json!("back"));
    assert_eq!((&back["money"], &back["back_why"]), (&json!("charged"), &json!(["annulled"])));
    let timeline = ruan.open(&format!("/cases/{case}/timeline"));
    let words: Vec<&str> =
        timeline["events"].as_array().expect("events").iter().map(|event| text(event, "/word")).collect();
    assert!(words.ends_with(&["annulled", "refund-started", "refunded"]), "{words:?}");
    for account in ["rail:wechat", "treasury:420100:fine", "refunds"] {
        assert_eq!(books::posted(&stack, account), 0, "{account}");
    }
    books::right(&stack);
}

fn an_annulled_warning_gives_the_right_back(engine: Engine) {
    let stack = Stack::new(engine);
    let openid = "demo-zhang-first";
    let zhang = Driver::at_home(&stack, openid);
    let case = zhang.learn("4201000000000001", "first");
    zhang.post(&format!("/cases/{case}/confirm"), &both_acts()).next();
    zhang.until(&format!("/cases/{case}"), "/word", &json!("done"));
    stack.settle();
    assert_eq!(zhang.home()["tiles"][0]["state"], "used");
    let number = text(&zhang.open(&format!("/cases/{case}/decision")), "/number").to_owned();
    // The office annuls it at the platform. From then on it is no use of the warning; here somebody has to look.
    stack.change("decision", &number, &json!({ "annulled": true }));
    stack.refresh(openid);
    let found = until_found(&stack, "annulled-elsewhere");
    assert!(found.ends_with(&case), "{found}");
    assert_ne!(zhang.home()["tiles"][0]["state"], "used");
    officer::clear::clear(&stack.world, &found, "王警官", "等待复议机关的决定").expect("looked at");
    stack.refresh(openid);
    assert_eq!(findings(&stack), Vec::<String>::new(), "once looked at it is not told again");
    stack.change("record", "4201000000000001", &json!({ "handled": "0", "paid": "0", "decision": "" }));
    let world = &stack.world;
    let proposal = officer::propose(world, Deed::Annul, &case, "王警官", "证据有误").expect("proposed");
    officer::approve(world, &proposal, "李警官").expect("approved");
    assert_eq!(findings(&stack), Vec::<String>::new());
    assert_eq!(zhang.open(&format!("/cases/{case}"))["word"], "annulled");
    assert!(zhang.page(&format!("/cases/{case}")).body.contains("处理决定已撤销"));
    stack.refresh(openid);
    let home = zhang.home();
    assert_eq!(home["tiles"][0]["state"], "usable", "the right is back: {home}");
    let again = zhang.start("4201000000000001", "first");
    assert_ne!(again, case, "the violation is free again");
    books::right(&stack);
}

fn what_nobody_clears_goes_back_on_the_day_that_was_told(engine: Engine) {
    let stack = Stack::new(engine);
    let (ruan, path, _) = manual(&stack);
    // Monday 6 April is a holiday (Qingming), so the three working days are the 7th, 8th and 9th.
    stack.set_clock("2020-04-09T23:59:00+08:00");
    std::thread::sleep(std::time::Duration::from_millis(600));
    assert_eq!(ruan.open(&path)["word"], "manual", "the whole of the last day is the officers'");
    stack.set_clock("2020-04-10T00:00:05+08:00");
    let back = ruan.until(&path, "/word", &json!("back"));
    assert_eq!((&back["back_why"], &back["back_fen"]), (&json!(["not-decided"]), &json!(20_000)), "{back}");
    books::right(&stack);
}

/// A paid case whose record another channel handles: its money goes back. Driver, path of the order.
fn going_back(stack: &Stack) -> (Driver<'_>, String) {
    let ruan = Driver::at_home(stack, "demo-pay-one");
    let order = ruan.order(&ruan.quote(&[ONE]));
    ruan.hand_over(&order);
    stack.change("record", ONE, &json!({ "handled": "1", "paid": "1", "decision": "420100119999999" }));
    ruan.cashier(&order, "pay");
    stack.look_again();
    let path = format!("/orders/{}", text(&order, "/id"));
    ruan.until(&path, "/word", &json!("coming_back"));
    (ruan, path)
}

/// Waits until a finding of this kind is open; its id.
fn until_found(stack: &Stack, kind: &str) -> String {
    for _ in 0..200 {
        let open = stack.world.db.read(|tx| finding::open(tx, 50)).expect("findings");
        if let Some(found) = open.into_iter().find(|finding| finding.kind == kind) {
            return found.finding_id;
        }
        std::thread::sleep(std::time::Duration::from_millis(25));
    }
    panic!("no finding {kind}: {:?}", findings(stack));
}

/// The second person agrees, as soon as nobody is at the rail with it.
fn agree(stack: &Stack, proposal: &str) {
    for _ in 0..100 {
        match officer::approve(&stack.world, proposal, "李警官") {
            Err(Error::Conflict(Conflict::CaseMoved)) => {
                std::thread::sleep(std::time::Duration::from_millis(25));
            }
            other => return other.expect("approved"),
        }
    }
    panic!("always at the rail");
}

fn money_that_went_back_another_way_ends_a_refund_that_the_rail_refuses(engine: Engine) {
    let stack = Stack::new(engine);
    let world = &stack.world;
    stack.fault("refund", "refuse:NOT_ENOUGH", 1_000);
    let (ruan, path) = going_back(&stack);
    let found = until_found(&stack, "refund-refused");
    let why = "当事人已在窗口退款，回单在卷";
    assert!(matches!(
        officer::clear::clear(world, &found, "王警官", why),
        Err(Error::BadInput { fix: "finding-by-itself", .. })
    ));
    assert!(matches!(
        officer::propose(world, Deed::Returned, "refund-refused:case:nothing", "王警官", why),
        Err(Error::NotFound("finding"))
    ));
    let sent = || stack.calls_of("refund").len();
    // One person's word holds it; without a second person's it goes on.
    let alone = officer::propose(world, Deed::Returned, &found, "王警官", why).expect("proposed");
    std::thread::sleep(std::time::Duration::from_millis(500));
    let before = sent();
    for _ in 0..4 {
        stack.pass(600);
        std::thread::sleep(std::time::Duration::from_millis(150));
    }
    assert_eq!((sent(), ruan.open(&path)["word"].clone()), (before, json!("coming_back")), "held");
    officer::reject(world, &alone, "李警官", "回单是别的案件的").expect("rejected");
    for _ in 0..100 {
        stack.pass(120);
        if sent() > before {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    assert!(sent() > before, "asked for again");
    let proposal = officer::propose(world, Deed::Returned, &found, "王警官", why).expect("proposed");
    assert!(matches!(
        officer::approve(world, &proposal, "王警官"),
        Err(Error::BadInput { fix: "appr-self", .. })
    ));
    agree(&stack, &proposal);
    let back = ruan.until(&path, "/word", &json!("back"));
    assert_eq!(back["back_fen"], json!(20_000), "{back}");
    assert_eq!(findings(&stack), Vec::<String>::new());
    for account in ["refunds", "rail:wechat"] {
        assert_eq!(books::posted(&stack, account), 0, "{account}");
    }
    let at_the_end = sent();
    stack.pass(4 * 3_600);
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert_eq!(sent(), at_the_end, "never again");
    books::right(&stack);
}

fn a_refund_past_its_day_is_told_and_may_end_another_way(engine: Engine) {
    let stack = Stack::new(engine);
    let world = &stack.world;
    stack.control("pay", &json!({ "refunds_after_ms": 90 * 86_400_000_i64 }));
    let (ruan, path) = going_back(&stack);
    for _ in 0..4 {
        stack.pass(17 * 3_600);
    }
    assert!(!findings(&stack).contains(&"refund-overdue".to_owned()), "it has its days");
    for _ in 0..2 {
        stack.pass(7 * 3_600);
    }
    let found = until_found(&stack, "refund-overdue");
    let proposal =
        officer::propose(world, Deed::Returned, &found, "王警官", "银行已转账退回").expect("proposed");
    agree(&stack, &proposal);
    ruan.until(&path, "/word", &json!("back"));
    assert_eq!(findings(&stack), Vec::<String>::new());
    books::right(&stack);
}

/// What the rail is carrying out is its own until the day that the driver was told; and its word that it did counts.
#[test]
fn a_refund_that_the_rail_carries_out_is_not_said_to_have_gone_another_way() {
    let stack = Stack::new(Engine::Sqlite);
    let world = &stack.world;
    // Refused three times, then taken; it takes its day.
    stack.control("pay", &json!({ "refunds_after_ms": 86_400_000_i64 }));
    stack.fault("refund", "refuse:NOT_ENOUGH", 3);
    let (ruan, path) = going_back(&stack);
    let found = until_found(&stack, "refund-refused");
    for _ in 0..100 {
        stack.pass(120);
        if stack.calls_of("refund").len() == 4 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let proposal = officer::propose(world, Deed::Returned, &found, "王警官", "窗口已退").expect("proposed");
    let refused = officer::approve(world, &proposal, "李警官");
    assert!(matches!(refused, Err(Error::BadInput { fix: "refund-under-way", .. })), "{refused:?}");
    stack.pass(86_400);
    stack.pass(86_400);
    ruan.until(&path, "/word", &json!("back"));
    let late = officer::approve(world, &proposal, "李警官");
    assert!(matches!(late, Err(Error::Conflict(Conflict::CaseMoved))), "{late:?}");
    books::right(&stack);
}
