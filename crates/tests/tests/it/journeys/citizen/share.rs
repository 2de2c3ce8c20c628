//! J17: a card to pass the service on, which holds nothing personal.

use super::super::driver::{Driver, number, text};
use super::super::stack::{Engine, Stack};

#[test]
fn j17_the_card_is_the_same_for_everybody_and_signed_for_its_page() {
    let stack = Stack::new(Engine::Sqlite);
    let zhang = Driver::at_home(&stack, "demo-zhang-first");
    let card = zhang.open("/share");
    let stranger = Driver::visitor(&stack).open("/share");
    for part in ["title", "text", "link", "qr"] {
        assert_eq!(card[part], stranger[part], "{part} does not depend on who asks");
    }
    assert_eq!(text(&card, "/link"), format!("{}/programmes", stack.url));
    let config = &card["config"];
    let tickets = stack.calls_of("ticket");
    assert!(!tickets.is_empty(), "the ticket came from the messenger");
    assert!(text(config, "/signature").len() == 40 && number(config, "/timestamp") > 0, "{config}");
    // The signature is over the page that asked, and over nothing else (protocols.md §1.5).
    let again = zhang.open("/share?from=here")["config"].clone();
    assert_ne!(again["signature"], config["signature"]);
}

#[test]
fn j17_failing_to_sign_loses_only_sharing() {
    let stack = Stack::new(Engine::Sqlite);
    stack.fault("ticket", "refuse:45009", 50);
    let zhang = Driver::at_home(&stack, "demo-zhang-first");
    let card = zhang.open("/share");
    assert!(card["config"].is_null() && text(&card, "/link").ends_with("/programmes"), "{card}");
    assert_eq!(zhang.page("/share").status, 200);
    assert_eq!(zhang.home()["tiles"][0]["state"], "usable");
}
