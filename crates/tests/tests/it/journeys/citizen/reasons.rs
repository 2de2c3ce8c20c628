//! J9, J10: every reason with what was found, which rule and what to do, in the order of precedence.

use clearway_domain::refusal::Refusal;
use serde_json::Value;

use super::super::driver::{Driver, codes, text};
use super::super::stack::{Engine, Stack};

/// Each reason is complete: a sentence, an article, a cure of one of the four kinds, a code that is known.
fn complete(reasons: &Value) {
    let mut last = None;
    for reason in reasons.as_array().expect("reasons") {
        for part in ["code", "title", "article"] {
            let words = text(reason, &format!("/{part}"));
            assert!(!words.is_empty() && !words.contains('⟦'), "{part}: {reason}");
        }
        assert!(["now", "date", "elsewhere", "never"].contains(&text(reason, "/cure/kind")), "{reason}");
        assert!(!text(reason, "/cure/text").is_empty(), "{reason}");
        let place = Refusal::ALL.iter().position(|known| known.code() == text(reason, "/code"));
        let place = place.unwrap_or_else(|| panic!("an unknown code: {reason}"));
        assert!(last.is_none_or(|last| last <= place), "out of the order of precedence: {reasons}");
        last = Some(place);
    }
}

#[test]
fn j09_a_grey_violation_tells_every_reason_in_order() {
    let stack = Stack::new(Engine::Sqlite);
    let wu = Driver::at_home(&stack, "demo-wu-grey");
    let home = wu.home();
    let cards = home["groups"][0]["cards"].as_array().expect("cards");
    assert_eq!(cards.len(), 7, "{home}");
    let mut seen = Vec::new();
    for card in cards {
        assert_eq!((text(card, "/route"), &card["payable"]), ("why", &Value::Bool(false)), "{card}");
        let page = wu.open(text(card, "/href"));
        complete(&page["reasons"]);
        let codes = codes(&page["reasons"]);
        assert!(!codes.is_empty(), "a grey violation without a reason: {page}");
        assert_eq!(card["why"], page["reasons"][0]["title"], "the card says the first one");
        assert!(page["judged_at"].is_string() && !text(&page, "/pack").is_empty());
        seen.extend(codes);
        // Tapping it anyway is answered with the same reasons, and changes nothing.
        let refused = wu.post("/quotes", &serde_json::json!({ "violation": [card["id"]] })).refusal();
        assert_eq!(refused, super::super::driver::codes(&page["reasons"]));
    }
    for code in [
        "V_TWELVE",
        "V_POINTS_OVER_LIMIT",
        "V_FINE_OVER_200",
        "V_NO_EVIDENCE_YET",
        "V_NOT_AUDITED",
        "V_DISPUTE_PENDING",
        "V_HIGHWAY_CORPS",
        "V_IN_OTHER_CHANNEL",
    ] {
        assert!(seen.iter().any(|seen| seen == code), "{code} is told by none of {seen:?}");
    }
}

#[test]
fn j09_several_reasons_are_all_told_and_not_only_the_first() {
    let stack = Stack::new(Engine::Sqlite);
    let dou = Driver::at_home(&stack, "demo-twelve");
    let home = dou.home();
    let page = dou.open(text(&home, "/groups/0/cards/0/href"));
    let codes = codes(&page["reasons"]);
    assert!(
        ["V_TWELVE", "V_POINTS_OVER_LIMIT"].iter().all(|code| codes.iter().any(|told| told == code)),
        "{codes:?}"
    );
    let shown = dou.page(text(&home, "/groups/0/cards/0/href"));
    assert!(codes.iter().all(|code| shown.body.contains(code.as_str())), "the page shows the codes to quote");
}

#[test]
fn j10_a_grey_icon_tells_the_same_of_the_programme() {
    let stack = Stack::new(Engine::Sqlite);
    for (openid, programme, code) in [
        ("demo-no-12123", "first", "ID_NO_12123"),
        ("demo-first-used", "first", "F_USED"),
        ("demo-first-serious", "first", "F_SERIOUS_2Y"),
        ("demo-vehicle-new", "first", "VEH_NEW"),
        ("demo-study-none", "study", "S_NO_POINTS"),
        ("demo-study-used", "study", "S_CREDIT_USED"),
        ("demo-study-limit", "study", "S_LEGACY_LIMIT"),
    ] {
        let driver = Driver::at_home(&stack, openid);
        let page = driver.open(&format!("/programmes/{programme}/reasons"));
        complete(&page["reasons"]);
        let codes = codes(&page["reasons"]);
        assert!(codes.iter().any(|told| told == code), "{openid}: {codes:?}");
        let home = driver.home();
        let tile = usize::from(programme == "study");
        assert_eq!(home["tiles"][tile]["href"], format!("/programmes/{programme}/reasons"), "{openid}");
    }
}

/// Zhao's second violation can be paid; only the warning cannot be used on it.
#[test]
fn j09_a_programme_that_cannot_be_used_does_not_read_as_a_violation_that_cannot() {
    let stack = Stack::new(Engine::Sqlite);
    let zhao = Driver::at_home(&stack, "demo-zhao-nudge");
    let detail = zhao.open("/violations/4201000000000006");
    let choices = detail["choices"].as_array().expect("choices");
    let first = choices.iter().find(|choice| choice["route"] == "first").expect("compared");
    let href = text(first, "/href");
    assert!(href.ends_with("/reasons?programme=first"), "{first}");
    let page = zhao.open(href);
    assert_eq!((text(&page, "/programme"), text(&page, "/state")), ("first", "blocked"), "{page}");
    complete(&page["reasons"]);
    assert!(codes(&page["reasons"]).contains(&"F_NOT_FIRST".to_owned()), "{page}");
    let shown = zhao.page(href).body;
    assert!(shown.contains("首违警告：为什么现在不能用") && !shown.contains("都符合"), "{shown}");
    // Asked about the violation itself, it can be handled.
    let shown = zhao.page("/violations/4201000000000006/reasons").body;
    assert!(shown.contains("这条可以办；有的减免不能用"), "{shown}");
    assert!(!shown.contains("为什么现在不能在这里办") && !shown.contains("都符合"), "{shown}");
}

#[test]
fn j10_a_reason_that_ends_on_a_day_says_the_day() {
    let stack = Stack::new(Engine::Sqlite);
    let kang = Driver::at_home(&stack, "demo-vehicle-new");
    let page = kang.open("/programmes/first/reasons");
    let reasons = page["reasons"].as_array().expect("reasons");
    let new = reasons.iter().find(|reason| reason["code"] == "VEH_NEW").expect("told");
    assert_eq!(text(new, "/cure/kind"), "date", "{new}");
    assert!(text(new, "/cure/date") > "2020-04-05", "{new}");
    kang.get("/programmes/third/reasons").problem(404, "not-found");
}
