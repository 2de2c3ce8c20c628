//! Notices, amounts, keys.

use std::sync::Mutex;

use super::*;

#[test]
fn a_good_notice_opens_and_its_serial_may_be_written_in_any_case() {
    let stage = Stage::new();
    let pay = stage.opener();
    let (mut headers, body) = stage.notice(&notice_body(&transaction()));
    let notice = pay.open_notice(&headers, &body).expect("opened");
    assert_eq!((notice.id.as_str(), notice.event.as_str()), ("EV-1", "TRANSACTION.SUCCESS"));
    assert_eq!(notice.trade().expect("an order").state, TradeState::Success);
    assert_eq!(notice.trade().expect("an order").payer, Some(OpenId::new("oPayer")));
    headers.serial = headers.serial.map(|serial| serial.to_ascii_lowercase());
    assert!(pay.open_notice(&headers, &body).is_ok());
    let mut failed = transaction();
    failed["trade_state"] = json!("PAYERROR");
    let (headers, body) = stage.notice(&notice_body(&failed));
    let notice = pay.open_notice(&headers, &body).expect("opened");
    assert_eq!(
        notice.trade().expect("an order").state,
        TradeState::PayError,
        "the state inside counts, not the event's name"
    );
}

#[test]
fn each_check_of_a_notice_fails_alone() {
    let stage = Stage::new();
    let pay = stage.opener();
    let (good, body) = stage.notice(&notice_body(&transaction()));
    let open = |headers: &NoticeHeaders, body: &[u8]| pay.open_notice(headers, body).expect_err("refused");
    let without = |strip: fn(&mut NoticeHeaders)| {
        let mut headers = good.clone();
        strip(&mut headers);
        headers
    };
    assert_eq!(open(&without(|h| h.timestamp = None), &body), NoticeFault::Header("Wechatpay-Timestamp"));
    assert_eq!(open(&without(|h| h.nonce = None), &body), NoticeFault::Header("Wechatpay-Nonce"));
    assert_eq!(open(&without(|h| h.signature = None), &body), NoticeFault::Header("Wechatpay-Signature"));
    assert_eq!(open(&without(|h| h.serial = None), &body), NoticeFault::Header("Wechatpay-Serial"));
    assert_eq!(
        open(&without(|h| h.signature_type = Some("MD5".to_owned())), &body),
        NoticeFault::SignatureType
    );
    assert_eq!(open(&without(|h| h.serial = Some("00FF".to_owned())), &body), NoticeFault::UnknownSerial);
    let probe = without(|h| h.signature = h.signature.as_ref().map(|s| format!("WECHATPAY/SIGNTEST/{s}")));
    assert_eq!(open(&probe, &body), NoticeFault::Probe);
    let mut tampered = body.clone();
    tampered[10] ^= 1;
    assert_eq!(open(&good, &tampered), NoticeFault::Signature);
    let respaced = serde_json::to_vec_pretty(&notice_body(&transaction())).expect("JSON");
    assert_eq!(open(&good, &respaced), NoticeFault::Signature, "the same JSON in other bytes");
    for skew in [-301, 301] {
        let headers = headers(&stage.platform.signed(SERIAL, NOW + skew, &body));
        assert_eq!(open(&headers, &body), NoticeFault::Stale);
    }
    assert_eq!(open(&good, &vec![b' '; 70_000]), NoticeFault::Shape("longer than any notice"));
}

#[test]
fn each_shape_inside_a_signed_notice_is_checked() {
    let stage = Stage::new();
    let pay = stage.opener();
    let open = |body: &Value| {
        let (headers, body) = stage.notice(body);
        pay.open_notice(&headers, &body).expect_err("refused")
    };
    let body = |change: fn(&mut Value)| {
        let mut body = notice_body(&transaction());
        change(&mut body);
        open(&body)
    };
    assert_eq!(body(|b| b["resource_type"] = json!("plain")), NoticeFault::Shape("resource_type"));
    assert_eq!(body(|b| b["resource"]["algorithm"] = json!("SM4_GCM")), NoticeFault::Shape("algorithm"));
    assert_eq!(body(|b| b["resource"]["associated_data"] = json!("")), NoticeFault::Decrypt);
    assert_eq!(body(|b| b["resource"]["nonce"] = json!("short")), NoticeFault::Decrypt);
    assert_eq!(body(|b| b["resource"]["ciphertext"] = json!("AAAA")), NoticeFault::Decrypt);
    assert_eq!(
        body(|b| b["event_type"] = json!("COUPON.USE")),
        NoticeFault::OtherEvent("COUPON.USE".to_owned())
    );
    assert_eq!(body(|b| b["event_type"] = json!("REFUND.SUCCESS")), NoticeFault::Shape("refund"));
    assert_eq!(body(|b| b["resource"] = Value::Null), NoticeFault::Shape("JSON"));
    let inside = |change: fn(&mut Value)| {
        let mut inside = transaction();
        change(&mut inside);
        open(&notice_body(&inside))
    };
    assert_eq!(inside(|t| t["mchid"] = json!("1900000002")), NoticeFault::NotOurs);
    assert_eq!(inside(|t| t["appid"] = json!("wxother")), NoticeFault::NotOurs);
    assert_eq!(inside(|t| t["trade_state"] = json!("MAYBE")), NoticeFault::Shape("transaction"));
    assert_eq!(inside(|t| t["transaction_id"] = Value::Null), NoticeFault::Shape("transaction"));
    assert_eq!(inside(|t| t["success_time"] = json!("yesterday")), NoticeFault::Shape("transaction"));
}

#[test]
fn an_amount_is_whole_positive_fen_in_cny_or_nothing() {
    let stage = Stage::new();
    let pay = stage.opener();
    let with = |amount: Value| {
        let mut inside = transaction();
        inside["amount"] = amount;
        let (headers, body) = stage.notice(&notice_body(&inside));
        pay.open_notice(&headers, &body)
    };
    for amount in [
        json!({ "total": "20000", "currency": "CNY" }),
        json!({ "total": 20000.0, "currency": "CNY" }),
        json!({ "total": 2e4, "currency": "CNY" }),
        json!({ "total": -20000, "currency": "CNY" }),
        json!({ "total": 0, "currency": "CNY" }),
        json!({ "total": u64::MAX, "currency": "CNY" }),
        json!({ "total": 20000, "currency": "USD" }),
        json!({ "total": 20000, "currency": "CNY", "payer_currency": "USD" }),
        json!({ "total": 20000, "payer_total": 20001, "currency": "CNY" }),
        json!({ "total_amount": 20000, "currency": "CNY" }),
        json!({}),
        json!(20000),
        Value::Null,
    ] {
        assert_eq!(with(amount.clone()), Err(NoticeFault::Amount), "{amount}");
    }
    let coupon =
        with(json!({ "total": 20000, "payer_total": 0, "currency": "CNY" })).expect("a whole coupon");
    assert_eq!(coupon.trade().expect("an order").total, Some(Fen(20_000)));
}

#[test]
fn certificate_and_public_key_open_side_by_side_during_a_switch() {
    let (stage, other) = (Stage::new(), &SIDES[2]);
    let mut config = stage.config("http://127.0.0.1:9");
    config.public_key_id = Some(PUB_KEY_ID.to_owned());
    config.public_key_file = Some(Pem::new(other.public_pem()));
    let pay = stage.pay(config.clone());
    let (by_certificate, body) = stage.notice(&notice_body(&transaction()));
    assert!(pay.open_notice(&by_certificate, &body).is_ok());
    let by_key = headers(&other.signed(PUB_KEY_ID, NOW, &body));
    assert!(pay.open_notice(&by_key, &body).is_ok());
    let mixed = headers(&other.signed(SERIAL, NOW, &body));
    assert_eq!(pay.open_notice(&mixed, &body), Err(NoticeFault::Signature), "the serial chooses the key");
    config.announce_public_key = true;
    let reply_body = br#"{"prepay_id":"wx-prepay-1"}"#;
    let reply = Reply::Whole(200, other.signed(PUB_KEY_ID, NOW, reply_body), reply_body.to_vec());
    let server = Server::start(move |_| reply.clone());
    config.base.clone_from(&server.url);
    assert!(stage.pay(config.clone()).prepay(&ask()).is_ok());
    assert_eq!(server.seen()[0].header("wechatpay-serial"), Some(PUB_KEY_ID));
    config.public_key_file = None;
    assert!(WeChatPay::new(config, stage.clock.clone(), Arc::new(Counting::default())).is_err());
}

#[test]
fn an_ended_certificate_no_longer_counts() {
    let stage = Stage::new();
    let mut config = stage.config("http://127.0.0.1:9");
    config.platform_certificate_file = Some(Pem::new(stage.platform.certificate(SERIAL, (2010, 2015))));
    let (headers, body) = stage.notice(&notice_body(&transaction()));
    assert_eq!(stage.pay(config).open_notice(&headers, &body), Err(NoticeFault::UnknownSerial));
}

/// A new serial makes us ask once; the answer is decrypted, verified with what is inside, and used. Invented serials do
/// not make us ask again and again.
#[test]
fn a_new_certificate_is_fetched_once_and_invented_serials_do_not_flood() {
    let (stage, successor) = (Stage::new(), &SIDES[2]);
    let serial = "7777F09EFDC096DE15EBE81A47057A7200000002";
    let entry = |number: &str, side: &Side| {
        let pem = side.certificate(number, (2020, 2025));
        json!({ "serial_no": number, "effective_time": "", "expire_time": "",
            "encrypt_certificate": seal(&pem, "certificate") })
    };
    let list = json!({ "data": [entry(SERIAL, stage.platform), entry(serial, successor)] }).to_string();
    let signed = successor.signed(serial, NOW, list.as_bytes());
    let replies = Arc::new(Mutex::new(Reply::Whole(200, signed, list.clone().into_bytes())));
    let given = Arc::clone(&replies);
    let server = Server::start(move |_| given.lock().expect("no panic").clone());
    let mut config = stage.config(&server.url);
    config.fetch_certificates = true;
    let pay = stage.pay(config.clone());
    let body = notice_body(&transaction()).to_string().into_bytes();
    let by_successor = headers(&successor.signed(serial, NOW, &body));
    assert!(pay.open_notice(&by_successor, &body).is_ok());
    assert!(pay.open_notice(&by_successor, &body).is_ok());
    assert_eq!(server.seen().len(), 1, "fetched once");
    let invented = headers(&successor.signed("0BAD", NOW, &body));
    for _ in 0..10 {
        assert_eq!(pay.open_notice(&invented, &body), Err(NoticeFault::UnknownSerial));
    }
    assert_eq!(server.seen().len(), 1, "not again within a minute");
    *replies.lock().expect("no panic") =
        Reply::Whole(200, stage.merchant.signed(serial, NOW, list.as_bytes()), list.into_bytes());
    let fresh = stage.pay(config);
    assert!(fresh.fetch_certificates().is_err(), "certificates that someone else signed");
    assert_eq!(fresh.open_notice(&by_successor, &body), Err(NoticeFault::UnknownSerial));
}
