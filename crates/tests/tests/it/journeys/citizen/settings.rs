//! What a person can set: the free consents, and how they are withdrawn (个人信息保护法 第十五条).

use serde_json::{Value, json};

use super::super::driver::Driver;
use super::super::stack::{Engine, Stack, on_both_engines};

on_both_engines!(whoever_reads_the_notice_again_finds_the_consents_as_they_stand);

/// The consents of a page: messages, statistics.
fn consents(page: &Value) -> (&Value, &Value) {
    (&page["messages"], &page["statistics"])
}

fn whoever_reads_the_notice_again_finds_the_consents_as_they_stand(engine: Engine) {
    let stack = Stack::new(engine);
    let zhang = Driver::at_home(&stack, "demo-zhang-first");
    let set = |messages: bool, statistics: bool| {
        let ask = json!({ "consents": true, "messages": messages, "statistics": statistics });
        zhang.post("/settings", &ask).next();
    };
    for (messages, statistics) in [(true, false), (true, true), (false, true), (false, false)] {
        set(messages, statistics);
        let (messages, statistics) = (json!(messages), json!(statistics));
        for path in ["/settings", "/welcome"] {
            let page = zhang.open(path);
            assert_eq!(consents(&page), (&messages, &statistics), "{path}");
        }
        let boxes = zhang.page("/welcome").body.matches(" checked").count();
        assert_eq!(boxes, usize::from(messages == true) + usize::from(statistics == true));
    }
    // Reading the notice again with the boxes as they stand changes nothing; only whoever is signed in has any.
    set(true, false);
    zhang.form("/welcome", "/welcome", &[("messages", "true")]);
    let page = zhang.open("/settings");
    assert_eq!(consents(&page), (&json!(true), &json!(false)));
    let stranger = Driver::visitor(&stack).open("/welcome");
    assert_eq!(consents(&stranger), (&json!(false), &json!(false)));
    // A change of the text size has nothing to do with them.
    zhang.post("/settings", &json!({ "size": "large" })).next();
    let page = zhang.open("/settings");
    assert_eq!(consents(&page), (&json!(true), &json!(false)));
}
