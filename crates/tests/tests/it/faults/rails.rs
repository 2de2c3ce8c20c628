//! Which rail a site's payments run on is one word of its configuration.

use std::sync::Arc;

use clearway_connect::Counterparts;
use clearway_connect::payments::PayTables;
use clearway_domain::{Chance, Clock};

use super::stage::Stage;

fn rail(stage: &Stage, change: impl FnOnce(&mut Counterparts)) -> Result<&'static str, String> {
    let mut counterparts = stage.counterparts();
    change(&mut counterparts);
    let (clock, chance): (Arc<dyn Clock>, Arc<dyn Chance>) = (stage.clock.clone(), stage.chance.clone());
    counterparts
        .connect(&clock, &chance)
        .map(|clients| clients.payments.rail().slug)
        .map_err(|fault| fault.to_string())
}

fn tables(text: &str) -> PayTables {
    toml::from_str(text).expect("a word that is known")
}

#[test]
fn each_word_chooses_its_rail_over_the_same_file() {
    let stage = Stage::new();
    assert_eq!(rail(&stage, |_| {}).as_deref(), Ok("wechat"), "as the pretend city writes it");
    for word in ["wechat", "wechat-combined", "wechat-nontax"] {
        let chosen = tables(&format!("rail = \"{word}\"")).rail;
        assert_eq!(rail(&stage, |all| all.pay.rail = chosen).as_deref(), Ok(word));
    }
    assert_eq!(tables("").rail, tables("rail = \"wechat\"").rail, "the default");
}

#[test]
fn an_unknown_rail_is_refused_with_its_key_and_the_words_that_are_allowed() {
    for word in ["alipay", "Wechat", "wechat_combined", ""] {
        let said = toml::from_str::<PayTables>(&format!("rail = \"{word}\"")).expect_err(word).to_string();
        assert!(said.contains("rail"), "the key: {said}");
        for allowed in ["wechat", "wechat-combined", "wechat-nontax"] {
            assert!(said.contains(&format!("`{allowed}`")), "{allowed}: {said}");
        }
    }
}

#[test]
fn a_rail_without_its_table_says_which_one_is_missing() {
    let stage = Stage::new();
    let none = |word: &str| {
        let chosen = tables(&format!("rail = \"{word}\""));
        rail(&stage, |all| all.pay = chosen).expect_err("no tables")
    };
    assert!(none("wechat").contains("[pay.wechat]"));
    assert!(none("wechat-combined").contains("[pay.wechat]"));
    assert!(none("wechat-nontax").contains("[pay.nontax]"));
    let spoilt = rail(&stage, |all| {
        all.pay.rail = tables("rail = \"wechat-nontax\"").rail;
        let nontax = all.pay.nontax.as_mut().expect("written");
        nontax.region_code = "42010".to_owned();
    });
    assert!(spoilt.expect_err("five digits").contains("region_code"));
}
