//! Combined orders and refunds: what only bytes made by hand can show.

use super::*;

fn legs(sums: &[i64]) -> PrepayAsk {
    let leg = |(at, fen): (usize, &i64)| PrepayLeg {
        out_trade_no: format!("ORDER-0001-{at}"),
        description: "交通违法罚款".to_owned(),
        total: Fen(*fen),
        notice: None,
    };
    PrepayAsk {
        total: Fen(sums.iter().sum()),
        legs: sums.iter().enumerate().map(leg).collect(),
        attach: Some("ours".to_owned()),
        ..ask()
    }
}

fn placed() -> Placed {
    let legs = vec!["ORDER-0001-0".to_owned(), "ORDER-0001-1".to_owned()];
    Placed { out_trade_no: "ORDER-0001".to_owned(), prepay_id: None, legs }
}

fn combined(stage: &Stage, url: &str) -> WeChatCombined {
    let made = WeChatCombined::new(
        stage.config(url),
        &CombinedConfig::default(),
        stage.clock.clone(),
        Arc::new(Counting::default()),
    );
    made.expect("a client")
}

fn back() -> RefundAsk {
    RefundAsk {
        out_trade_no: "ORDER-0001".to_owned(),
        prepay_id: None,
        transaction_id: Some("4200000001".to_owned()),
        out_refund_no: "R-1".to_owned(),
        refund: Fen(100),
        total: Fen(20_000),
        reason: "退款".to_owned(),
    }
}

#[test]
fn a_combined_order_is_signed_over_its_bytes_and_names_every_leg() {
    let stage = Stage::new();
    let (server, _) = stage.answering(200, r#"{"prepay_id":"wx-prepay-1"}"#);
    combined(&stage, &server.url).prepay(&legs(&[15_000, 5_000])).expect("placed");
    let seen = server.seen().remove(0);
    assert_eq!(seen.line, "POST /v3/combine-transactions/jsapi HTTP/1.1");
    let field = authorization(&seen);
    let head = format!("POST\n/v3/combine-transactions/jsapi\n{NOW}\n{}\n", field("nonce_str"));
    let message = [head.as_bytes(), seen.body.as_slice(), b"\n"].concat();
    assert!(stage.merchant.verifies(&message, &field("signature")));
    let body: Value = serde_json::from_slice(&seen.body).expect("JSON");
    assert_eq!(body["combine_out_trade_no"], "ORDER-0001");
    assert_eq!(body["sub_orders"][0]["amount"], json!({ "total_amount": 15000, "currency": "CNY" }));
    let attach = body["sub_orders"][1]["attach"].as_str().expect("mandatory");
    assert!(attach.starts_with("2.20000.") && attach.ends_with(" ours") && attach.len() <= 128, "{attach}");
    assert!(!attach.contains("ORDER"), "a digest, not the numbers");
}

#[test]
fn an_empty_204_of_a_combined_close_is_verified_too() {
    let stage = Stage::new();
    let (server, _) = stage.answering(204, "");
    assert_eq!(combined(&stage, &server.url).close(&placed()), Ok(()));
    let seen = server.seen().remove(0);
    assert_eq!(seen.line, "POST /v3/combine-transactions/out-trade-no/ORDER-0001/close HTTP/1.1");
    let body: Value = serde_json::from_slice(&seen.body).expect("JSON");
    assert_eq!(body["sub_orders"][1], json!({ "mchid": "1900000001", "out_trade_no": "ORDER-0001-1" }));
    let unsigned = Server::start(|_| Reply::status(204, ""));
    assert!(matches!(combined(&stage, &unsigned.url).close(&placed()), Err(Fault::Garbled(_))));
}

#[test]
fn errors_without_the_agreed_body_say_nothing_about_a_refund() {
    let stage = Stage::new();
    for (status, body) in [(400, "not JSON"), (502, "<html>busy</html>"), (200, "{}"), (204, "")] {
        let pay = stage.refusing(status, body);
        let given = pay.refund(&back()).expect_err("no refund");
        let asked = pay.query_refund(&back()).expect_err("no answer");
        assert!(given.may_have_acted() && asked.may_have_acted(), "{status}: {given:?} {asked:?}");
    }
    let flooded = stage.refusing(429, "slow down");
    assert_eq!(flooded.refund(&back()), Err(Fault::Throttled));
    let unknown = stage.refusing(404, r#"{"code":"RESOURCE_NOT_EXISTS","message":""}"#);
    assert_eq!(unknown.query_refund(&back()), Ok(None));
}

#[test]
fn a_refund_of_another_number_or_without_a_whole_sum_is_not_ours() {
    let stage = Stage::new();
    let told = |changes: fn(&mut Value)| {
        let mut refund = json!({ "refund_id": "5030", "out_refund_no": "R-1", "out_trade_no": "ORDER-0001",
            "status": "SUCCESS", "success_time": "2020-04-05T10:00:00+08:00",
            "amount": { "refund": 100, "total": 20000, "currency": "CNY" } });
        changes(&mut refund);
        let (_server, pay) = stage.answering(200, &refund.to_string());
        pay.refund(&back())
    };
    assert_eq!(told(|_| {}).map(|refund| refund.refund), Ok(Fen(100)));
    let wrong: [fn(&mut Value); 7] = [
        |refund| refund["out_refund_no"] = json!("R-2"),
        |refund| refund["status"] = json!("SURELY"),
        |refund| refund["success_time"] = json!("yesterday"),
        |refund| refund["amount"]["refund"] = json!("100"),
        |refund| refund["amount"]["refund"] = json!(0),
        |refund| refund["amount"]["currency"] = json!("USD"),
        |refund| refund["amount"] = json!(100),
    ];
    for (at, change) in wrong.into_iter().enumerate() {
        assert!(matches!(told(change), Err(Fault::Garbled(_))), "{at}");
    }
}

/// A combined order that is told twice over, in another order, is the same; told in other words it is not.
#[test]
fn the_digest_does_not_depend_on_the_order_of_the_legs() {
    let stage = Stage::new();
    let (server, _) = stage.answering(200, r#"{"prepay_id":"wx-prepay-1"}"#);
    combined(&stage, &server.url).prepay(&legs(&[15_000, 5_000])).expect("placed");
    let sent: Value = serde_json::from_slice(&server.seen()[0].body).expect("JSON");
    let part = |at: usize, fen: i64| {
        json!({ "mchid": "1900000001", "out_trade_no": format!("ORDER-0001-{at}"),
            "transaction_id": format!("420000000{at}"), "trade_state": "SUCCESS",
            "attach": sent["sub_orders"][0]["attach"], "success_time": "2020-04-05T10:00:00+08:00",
            "amount": { "total_amount": fen, "payer_amount": fen, "currency": "CNY", "payer_currency": "CNY" } })
    };
    let whole = |parts: [Value; 2]| {
        json!({ "combine_appid": "wxapp", "combine_mchid": "1900000001", "combine_out_trade_no": "ORDER-0001",
            "combine_payer_info": { "openid": "oPayer" }, "sub_orders": parts })
    };
    let open = |parts: [Value; 2]| {
        let (headers, body) = stage.notice(&notice_body(&whole(parts)));
        combined(&stage, "http://127.0.0.1:9").open_notice(&headers, &body)
    };
    let opened = open([part(1, 5_000), part(0, 15_000)]).expect("opened");
    let trade = opened.trade().expect("an order");
    assert_eq!((trade.total, trade.attach.as_deref()), (Some(Fen(20_000)), Some("ours")));
    let swapped = open([part(0, 5_000), part(1, 15_000)]);
    assert_eq!(swapped, Err(NoticeFault::Parts("not those that were placed")));
}
