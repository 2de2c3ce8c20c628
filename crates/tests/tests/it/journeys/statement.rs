//! A driver states the case in writing: an officer reads it, word for word, and answers by clearing it.

use clearway_service::Error;
use clearway_service::officer::{self, Waiting};
use clearway_store::{finding, programme};
use jiff::Timestamp;
use serde_json::json;

use super::books;
use super::driver::Driver;
use super::stack::{Engine, Stack, on_both_engines};

on_both_engines!(a_statement_is_read_by_an_officer_and_answered_once);

const WORDS: &str = "那天我让救护车先行，所以压了实线";

fn a_statement_is_read_by_an_officer_and_answered_once(engine: Engine) {
    let stack = Stack::new(engine);
    let zhang = Driver::at_home(&stack, "demo-zhang-first");
    let driver = stack.world.driver_of("demo-zhang-first");
    let ask = json!({ "subject": "4201000000000001", "words": WORDS });
    assert_eq!(zhang.post("/help", &ask).next(), "/help?told=1");
    assert!(zhang.page("/help?told=1").body.contains("五个工作日"));
    let (waiting, _) = officer::waiting(&stack.world).expect("the queue");
    let [Waiting { finding, statement: Some(statement) }] = waiting.as_slice() else {
        panic!("{waiting:?}");
    };
    assert_eq!((statement.subject.as_str(), statement.body.as_str()), ("4201000000000001", WORDS));
    assert_eq!((finding.kind.as_str(), finding.driver.as_deref()), ("statement", Some(driver.as_str())));
    assert!(!finding.detail.contains("救护车"), "findings hold no personal data: {finding:?}");
    // Sunday; Monday is a holiday (Qingming). The whole of Monday the 13th is the officers'.
    let due: Timestamp = "2020-04-14T00:00:00+08:00".parse().expect("an instant");
    assert_eq!(finding.due_at_ms, due.as_millisecond());

    for _ in 0..4 {
        zhang.post("/help", &ask).next();
    }
    zhang.post("/help", &ask).problem(409, "statements-open");
    let page = zhang.form("/help", "/help", &[("subject", ""), ("words", "再说一句")]);
    assert!(page.status == 409 && page.body.contains("五条"), "{}", page.body);
    assert!(page.body.contains(">再说一句</textarea>"), "what was written is not lost: {}", page.body);
    // A form sends each line break as two characters where the page has counted one.
    let lines = format!("{}\r\n{}", "说".repeat(499), "明".repeat(500));
    assert_eq!(zhang.form("/help", "/help", &[("subject", ""), ("words", &lines)]).status, 409);
    let longer = zhang.form("/help", "/help", &[("subject", ""), ("words", &format!("{lines}明"))]);
    assert_eq!(longer.status, 422, "{}", longer.body);
    assert!(
        longer.body.contains("明</textarea>") && longer.body.contains("action=\"/help\""),
        "{}",
        longer.body
    );

    let answer = "已核实救护车通行，记录撤销";
    officer::clear::clear(&stack.world, &finding.finding_id, "王警官", answer).expect("answered");
    let (closed, open) = stack
        .world
        .db
        .read(|tx| {
            Ok::<_, Error>((finding::find(tx, &finding.finding_id)?, programme::requests(tx, &driver)?))
        })
        .expect("read");
    let closed = closed.expect("kept");
    assert_eq!((closed.closed_by.as_deref(), closed.closing.as_deref()), (Some("王警官"), Some(answer)));
    assert!(open.len() == 4 && open.iter().all(|one| one.request_id != statement.request_id), "{open:?}");
    assert!(officer::clear::clear(&stack.world, &finding.finding_id, "李警官", answer).is_err(), "once");
    // There is room for one more, and somebody else's room was never taken.
    zhang.post("/help", &ask).next();
    Driver::at_home(&stack, "demo-pay-one").post("/help", &ask).next();
    // Nor is what was written lost with the session.
    stack.pass(8 * 86_400);
    let late = zhang.form("/help", "/help", &[("subject", ""), ("words", "过了很久才写完")]);
    assert!(late.status == 401 && late.body.contains("readonly>过了很久才写完</textarea>"), "{}", late.body);
    books::right(&stack);
}
