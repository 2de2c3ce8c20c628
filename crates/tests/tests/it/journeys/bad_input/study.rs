//! Study and quiz, with a page that lies.

use serde_json::json;

use super::super::books;
use super::super::driver::{Driver, number, text};
use super::super::stack::{Engine, Stack};

const SERIAL: &str = "4201000000000001";

#[test]
fn beats_from_the_future_replayed_or_of_an_old_page_earn_nothing() {
    let stack = Stack::new(Engine::Sqlite);
    let zhang = Driver::at_home(&stack, "demo-zhang-first");
    let case = zhang.start(SERIAL, "first");
    let path = format!("/cases/{case}/study");
    let beat = |sitting: i64, seq: i64, visible: bool| {
        let body = json!({ "sitting": sitting, "seq": seq, "visible": visible });
        zhang.post(&format!("{path}/beat"), &body).json()
    };
    let sitting = number(&zhang.open(&path), "/sitting");
    let future = beat(sitting, 4_000_000, true);
    assert_eq!((text(&future, "/credit"), number(&future, "/done_s")), ("from_future", 0), "{future}");
    stack.pass(5);
    let counted = beat(sitting, 1, true);
    assert_eq!(text(&counted, "/credit"), "counted");
    let done = number(&counted, "/done_s");
    assert!((4..12).contains(&done), "the server's own seconds: {counted}");
    assert_eq!(text(&beat(sitting, 1, true), "/credit"), "replayed");
    stack.pass(5);
    assert_eq!(text(&beat(sitting, 2, false), "/credit"), "hidden");
    stack.pass(40);
    beat(sitting, 3, true);
    stack.pass(40);
    let long = beat(sitting, 4, true);
    assert_eq!(text(&long, "/credit"), "too_long", "{long}");
    assert_eq!(number(&long, "/done_s"), done, "nothing of all that was earned, and nothing is taken away");
    // A second phone opens the page: the first one's beats are over.
    let newer = number(&zhang.open(&path), "/sitting");
    assert_eq!(text(&beat(sitting, 5, true), "/credit"), "old_page");
    assert_eq!(text(&beat(newer + 7, 1, true), "/credit"), "old_page");
    // "Go on" without having studied leads back to the page, and the quiz stays shut.
    assert_eq!(zhang.post(&path, &json!({ "sitting": newer })).next(), path);
    zhang.get(&format!("/cases/{case}/quiz")).problem(409, "study-not-done");
    zhang.post(&format!("/cases/{case}/quiz/begin"), &json!({})).problem(409, "study-not-done");
    let problem =
        zhang.post(&format!("{path}/beat"), &json!({ "sitting": newer, "seq": 0, "visible": true }));
    assert_eq!(text(&problem.problem(422, "bad-field"), "/field/field"), "seq");
}

#[test]
fn an_answer_to_a_question_that_was_not_asked_changes_nothing() {
    let stack = Stack::new(Engine::Sqlite);
    let zhang = Driver::at_home(&stack, "demo-zhang-first");
    let case = zhang.start(SERIAL, "first");
    let path = format!("/cases/{case}/quiz");
    let early = json!({ "question": "anything", "index": 0, "chosen": [0] });
    zhang.post(&path, &early).problem(409, "not-this-question");
    zhang.study(&case);
    let page = zhang.open(&path);
    let question = &page["question"];
    let (id, place) = (text(question, "/id"), number(question, "/index"));
    let other =
        stack.world.bank.questions().iter().find(|other| other.id.0 != id).expect("another").id.0.clone();
    for body in [
        json!({ "question": other, "index": place, "chosen": [0] }),
        json!({ "question": id, "index": place + 1, "chosen": [0] }),
        json!({ "question": id, "index": 200, "chosen": [0] }),
        json!({ "question": "no-such-question", "index": place, "chosen": [0] }),
    ] {
        zhang.post(&path, &body).problem(409, "not-this-question");
    }
    for chosen in [json!([]), json!([99]), json!([0, 0]), json!([300]), json!(["0"]), json!([-1])] {
        let body = json!({ "question": id, "index": place, "chosen": chosen });
        let problem = zhang.post(&path, &body).problem(422, "bad-field");
        assert_eq!(text(&problem, "/field/field"), "chosen", "{chosen}");
    }
    assert_eq!(zhang.open(&path)["question"], *question, "the same question is still open");
    zhang.get(&format!("{path}?answered=0")).problem(409, "not-this-question");
    // The key never leaves the server: not before the answer, and not in the page either.
    let known = stack.world.bank.questions().iter().find(|known| known.id.0 == id).expect("a question");
    assert!(!page.to_string().contains(&known.explanation.zh), "{page}");
    assert!(!zhang.page(&path).body.contains(&known.explanation.zh));
    let books_before = books::standing(&stack);
    assert_eq!(books_before.counts["acts"], 0);
}

#[test]
fn wrong_answers_do_not_pass_and_the_tries_of_a_day_end() {
    let stack = Stack::new(Engine::Sqlite);
    let dong = Driver::at_home(&stack, "demo-study-try");
    let case = dong.start("4201000000000173", "study");
    dong.study(&case);
    let path = format!("/cases/{case}/quiz");
    for _ in 0..12 {
        dong.quiz(&case, false);
        let rules = dong.open(&path)["rules"].clone();
        assert_eq!(rules["failed"][0], 0, "{rules}");
        let begun = dong.post(&format!("{path}/begin"), &json!({}));
        if begun.status == 303 {
            continue;
        }
        begun.problem(409, "no-tries-left");
        let rules = dong.open(&path)["rules"].clone();
        assert!(rules["tries_left"].is_null() && rules["again_at"].is_string(), "it says when: {rules}");
        // Starting anew gives no new tries.
        dong.post(&format!("/cases/{case}/abandon"), &json!({})).next();
        let anew = dong.start("4201000000000173", "study");
        dong.study(&anew);
        dong.post(&format!("/cases/{anew}/quiz/begin"), &json!({})).problem(409, "no-tries-left");
        dong.get(&format!("/cases/{anew}/confirm")).problem(409, "case-moved");
        return;
    }
    panic!("a quiz may be tried without end");
}

/// Whoever gives a case up before the last question has used a try, and has no other in another case.
#[test]
fn a_paper_given_up_halfway_is_a_try_of_the_day() {
    let stack = Stack::new(Engine::Sqlite);
    let dong = Driver::at_home(&stack, "demo-study-try");
    for given_up in 0..12 {
        let case = dong.start("4201000000000173", "study");
        dong.study(&case);
        let path = format!("/cases/{case}/quiz");
        let page = dong.open(&path);
        if page["question"].is_null() {
            let rules = &page["rules"];
            assert!(given_up > 0 && rules["tries_left"].is_null() && rules["again_at"].is_string(), "{page}");
            dong.post(&format!("{path}/begin"), &json!({})).problem(409, "no-tries-left");
            return;
        }
        dong.answer(&case, &page["question"], false);
        dong.post(&format!("/cases/{case}/abandon"), &json!({})).next();
    }
    panic!("a quiz may be tried without end");
}
