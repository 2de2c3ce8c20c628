//! J16: the conditions of both programmes, for everybody, from the pack in force; earlier packs by date.

use serde_json::json;

use super::super::driver::{Driver, number, text};
use super::super::stack::{Engine, Stack};

#[test]
fn j16_every_pack_has_its_page_by_date() {
    let stack = Stack::new(Engine::Sqlite);
    let anybody = Driver::visitor(&stack);
    for (on, pack, credit) in [
        ("2017-01-01", "wuhan-2016", true),
        ("2020-04-05", "wuhan-2019", true),
        ("2023-01-01", "national-2022", false),
    ] {
        let page = anybody.open(&format!("/programmes?on={on}"));
        assert_eq!(text(&page, "/pack/id"), pack, "{page}");
        assert_eq!(page["study_blocks_warning"], credit, "{pack}");
        assert_eq!(page["pack"]["in_force"], pack == "wuhan-2019", "{pack}");
        let packs = page["packs"].as_array().expect("all packs");
        assert!(packs.len() >= 3 && packs.iter().filter(|one| one["shown"] == true).count() == 1, "{page}");
        for programme in page["programmes"].as_array().expect("both") {
            if programme["enabled"] == false {
                continue;
            }
            let conditions = programme["conditions"].as_array().expect("conditions");
            assert!(!conditions.is_empty(), "{pack}: {programme}");
            for condition in conditions {
                assert!(
                    !text(condition, "/text").is_empty() && !text(condition, "/article").is_empty(),
                    "{condition}"
                );
            }
        }
        let shown = anybody.page(&format!("/programmes?on={on}"));
        let first = text(&page, "/programmes/0/conditions/0/text");
        assert!(shown.status == 200 && shown.body.contains(first), "{pack}: the page shows “{first}”");
    }
    let today = anybody.open("/programmes");
    assert_eq!(text(&today, "/pack/id"), "wuhan-2019");
    assert_eq!((number(&today, "/programmes/0/questions"), number(&today, "/programmes/0/pass")), (3, 3));
    let before = anybody.open("/programmes?on=2001-01-01");
    assert!(before["pack"].is_null() && before["programmes"] == json!([]), "no pack then: {before}");
    let english = anybody.page("/programmes?lang=en");
    assert!(english.body.contains("lang=\"en\""), "{}", &english.body[..400]);
}

#[test]
fn j16_a_date_that_is_none_is_told_so() {
    let stack = Stack::new(Engine::Sqlite);
    let anybody = Driver::visitor(&stack);
    let answer = anybody.get("/programmes?on=yesterday");
    assert!((400..500).contains(&answer.status), "{} {}", answer.status, answer.body);
    assert_eq!(answer.kind, "application/problem+json", "{}", answer.body);
}
