//! The inbox: everything that was sent to us is kept once, byte for byte.

use clearway_store::inbox;

use super::engines::{Fresh, on_every_engine};

on_every_engine![
    bytes_are_kept_as_they_came,
    a_message_is_new_once_and_applied_once,
    a_message_that_comes_with_its_effect_never_waits,
    what_waits_is_found_oldest_first
];

fn bytes_are_kept_as_they_came(fresh: Fresh) {
    let db = fresh.ready();
    let raw: Vec<u8> = (0..=255).chain([0, 0, 0xff]).collect();
    let headers = r#"{"Wechatpay-Serial":"7132"}"#;
    db.write(|tx| inbox::receive(tx, "wechat-pay", "k", &raw, headers, 5)).expect("receive");
    let kept = db.read(|tx| inbox::find(tx, "wechat-pay", "k")).expect("find").expect("there");
    assert_eq!((kept.raw, kept.headers.as_str(), kept.received_at_ms), (raw, headers, 5));
    assert_eq!(
        db.read(|tx| inbox::find(tx, "wechat", "k")),
        Ok(None),
        "another sender's key is another message"
    );
    let kept = db.read(|tx| inbox::find(tx, "wechat-pay", "k")).expect("find").expect("there");
    assert!(!format!("{kept:?}").contains("7132"), "a log shows neither headers nor body");
}

fn a_message_is_new_once_and_applied_once(fresh: Fresh) {
    let db = fresh.ready();
    assert_eq!(db.write(|tx| inbox::receive(tx, "s", "k", b"first", "{}", 5)), Ok(true));
    assert_eq!(db.write(|tx| inbox::receive(tx, "s", "k", b"second", "{}", 9)), Ok(false));
    let kept = db.read(|tx| inbox::find(tx, "s", "k")).expect("find").expect("there");
    assert_eq!((kept.raw.as_slice(), kept.received_at_ms), (b"first".as_slice(), 5), "the first stands");
    assert_eq!(db.write(|tx| inbox::applied(tx, "s", "k", 10)), Ok(true));
    assert_eq!(db.write(|tx| inbox::applied(tx, "s", "k", 11)), Ok(false));
    assert_eq!(db.write(|tx| inbox::applied(tx, "s", "unknown", 11)), Ok(false));
    let kept = db.read(|tx| inbox::find(tx, "s", "k")).expect("find").expect("there");
    assert_eq!(kept.applied_at_ms, Some(10));
}

fn what_waits_is_found_oldest_first(fresh: Fresh) {
    let db = fresh.ready();
    for (key, at_ms) in [("c", 30), ("a", 10), ("b", 20), ("later", 99)] {
        db.write(|tx| inbox::receive(tx, "s", key, b"", "{}", at_ms)).expect("receive");
    }
    db.write(|tx| inbox::applied(tx, "s", "b", 50)).expect("apply");
    let waiting = |count_max| {
        let found = db.read(|tx| inbox::waiting(tx, 50, count_max)).expect("waiting");
        found.into_iter().map(|callback| callback.dedupe_key).collect::<Vec<_>>()
    };
    assert_eq!(waiting(10), ["a", "c"]);
    assert_eq!(waiting(1), ["a"]);
}

fn a_message_that_comes_with_its_effect_never_waits(fresh: Fresh) {
    let db = fresh.ready();
    let take = |key: &str, raw: &[u8], at_ms| {
        db.write(|tx| inbox::receive_applied(tx, "s", key, raw, "{}", at_ms)).expect("taken");
        let kept = db.read(|tx| inbox::find(tx, "s", key)).expect("find").expect("there");
        (kept.raw, kept.received_at_ms, kept.applied_at_ms)
    };
    assert_eq!(take("new", b"first", 5), (b"first".to_vec(), 5, Some(5)));
    assert_eq!(take("new", b"second", 9), (b"first".to_vec(), 5, Some(5)), "the first stands");
    db.write(|tx| inbox::receive(tx, "s", "kept", b"kept", "{}", 20)).expect("kept without an effect");
    assert_eq!(take("kept", b"again", 30), (b"kept".to_vec(), 20, Some(30)), "now it has had one");
    assert_eq!(db.read(|tx| inbox::waiting(tx, 99, 10)), Ok(vec![]));
}
