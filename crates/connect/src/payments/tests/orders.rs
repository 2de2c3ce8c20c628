//! Orders, queries, and the signatures of requests and answers.

use super::*;

#[test]
fn an_order_is_signed_over_the_very_bytes_that_are_sent() {
    let stage = Stage::new();
    let (server, pay) = stage.answering(200, r#"{"prepay_id":"wx-prepay-1"}"#);
    let prepay = pay.prepay(&ask()).expect("placed");
    assert_eq!(prepay.prepay_id, "wx-prepay-1");
    let seen = server.seen().remove(0);
    assert_eq!(seen.line, "POST /v3/pay/transactions/jsapi HTTP/1.1");
    let field = authorization(&seen);
    assert_eq!((field("mchid").as_str(), field("serial_no").as_str()), ("1900000001", "ABCDEF01"));
    assert_eq!(field("timestamp"), NOW.to_string());
    let head = format!("POST\n/v3/pay/transactions/jsapi\n{NOW}\n{}\n", field("nonce_str"));
    let message = [head.as_bytes(), seen.body.as_slice(), b"\n"].concat();
    assert!(stage.merchant.verifies(&message, &field("signature")));
    let body: Value = serde_json::from_slice(&seen.body).expect("JSON");
    assert_eq!(body["amount"], json!({ "total": 20000, "currency": "CNY" }));
    assert_eq!(body["time_expire"], "2020-04-05T10:15:00+08:00");
    assert_eq!(seen.header("wechatpay-serial"), None);
}

#[test]
fn the_pay_sheet_is_signed_over_its_four_lines() {
    let stage = Stage::new();
    let sheet = stage.opener().pay_sheet("wx-prepay-1").expect("signed");
    let message = format!("wxapp\n{NOW}\n{}\nprepay_id=wx-prepay-1\n", sheet.nonce_str);
    assert!(stage.merchant.verifies(message.as_bytes(), &sheet.pay_sign));
    let shown = serde_json::to_value(&sheet).expect("JSON");
    for name in ["appId", "timeStamp", "nonceStr", "package", "signType", "paySign"] {
        assert!(shown[name].is_string(), "{name}");
    }
}

#[test]
fn orders_that_cannot_be_right_are_not_sent() {
    let stage = Stage::new();
    let (server, pay) = stage.answering(200, r#"{"prepay_id":"x"}"#);
    let wrong: [fn(&mut PrepayAsk); 7] = [
        |ask| ask.out_trade_no = "short".to_owned(),
        |ask| ask.out_trade_no = "x".repeat(33),
        |ask| ask.out_trade_no = "ORDER/0001".to_owned(),
        |ask| ask.total = Fen(0),
        |ask| ask.total = Fen(-1),
        |ask| ask.description = "违".repeat(128),
        |ask| ask.attach = Some("x".repeat(129)),
    ];
    for (at, change) in wrong.into_iter().enumerate() {
        let mut ask = ask();
        change(&mut ask);
        assert!(matches!(pay.prepay(&ask), Err(Fault::Refused { code, .. }) if code == "LOCAL"), "{at}");
    }
    assert!(pay.query(&"a/../b".into()).is_err());
    assert!(server.seen().is_empty());
}

/// An answer of 2xx whose signature fails in any way is no answer; whether the call acted stays open.
#[test]
fn unsigned_and_wrongly_signed_answers_are_not_believed() {
    let stage = Stage::new();
    let body = r#"{"prepay_id":"wx-prepay-1"}"#;
    let good = stage.platform.signed(SERIAL, NOW, body.as_bytes());
    let changed = |name: &str, value: Option<&str>| {
        let mut list = good.clone();
        match value {
            None => list.retain(|(known, _)| known != name),
            Some(value) => list
                .iter_mut()
                .filter(|(known, _)| known == name)
                .for_each(|entry| value.clone_into(&mut entry.1)),
        }
        list
    };
    let cases = [
        ("no headers", Vec::new()),
        ("no timestamp", changed("Wechatpay-Timestamp", None)),
        ("no nonce", changed("Wechatpay-Nonce", None)),
        ("no signature", changed("Wechatpay-Signature", None)),
        ("no serial", changed("Wechatpay-Serial", None)),
        ("unknown serial", changed("Wechatpay-Serial", Some("00AA"))),
        ("unknown public key", changed("Wechatpay-Serial", Some(PUB_KEY_ID))),
        ("another nonce", changed("Wechatpay-Nonce", Some("OTHER"))),
        ("another scheme", changed("Wechatpay-Signature-Type", Some("WECHATPAY2-SM2-WITH-SM3"))),
        ("a probe", changed("Wechatpay-Signature", Some("WECHATPAY/SIGNTEST/abc"))),
        ("another key", stage.merchant.signed(SERIAL, NOW, body.as_bytes())),
        ("another body", stage.platform.signed(SERIAL, NOW, b"{}")),
        ("301 s old", stage.platform.signed(SERIAL, NOW - 301, body.as_bytes())),
        ("301 s ahead", stage.platform.signed(SERIAL, NOW + 301, body.as_bytes())),
    ];
    for (name, headers) in cases {
        let reply = Reply::Whole(200, headers, body.as_bytes().to_vec());
        let server = Server::start(move |_| reply.clone());
        let fault = stage.pay(stage.config(&server.url)).prepay(&ask()).expect_err(name);
        assert!(matches!(fault, Fault::Garbled(_)) && fault.may_have_acted(), "{name}: {fault:?}");
    }
    let edge = Reply::Whole(
        200,
        stage.platform.signed(SERIAL, NOW - 300, body.as_bytes()),
        body.as_bytes().to_vec(),
    );
    let server = Server::start(move |_| edge.clone());
    assert!(stage.pay(stage.config(&server.url)).prepay(&ask()).is_ok(), "300 s is within the window");
}

#[test]
fn an_empty_204_is_verified_too() {
    let stage = Stage::new();
    let (server, pay) = stage.answering(204, "");
    assert_eq!(pay.close(&"ORDER-0001".into()), Ok(()));
    let seen = server.seen().remove(0);
    assert_eq!(seen.line, "POST /v3/pay/transactions/out-trade-no/ORDER-0001/close HTTP/1.1");
    assert_eq!(seen.text(), r#"{"mchid":"1900000001"}"#);
    let unsigned = Server::start(|_| Reply::status(204, ""));
    assert!(stage.pay(stage.config(&unsigned.url)).close(&"ORDER-0001".into()).is_err());
}

#[test]
fn errors_are_sorted_by_what_may_have_happened() {
    let stage = Stage::new();
    let error = |code: &str| format!(r#"{{"code":"{code}","message":"订单 420100199001010011"}}"#);
    let prepay = |status, body: &str| stage.refusing(status, body).prepay(&ask()).expect_err("an error");
    assert!(
        matches!(prepay(401, &error("SIGN_ERROR")), Fault::Refused { code, message } if code == "SIGN_ERROR" && !message.contains("4201"))
    );
    assert!(!prepay(400, &error("PARAM_ERROR")).may_have_acted());
    assert!(!prepay(403, &error("OUT_TRADE_NO_USED")).may_have_acted());
    assert!(prepay(500, &error("SYSTEM_ERROR")).may_have_acted());
    assert!(prepay(503, "<html>busy</html>").may_have_acted());
    assert!(matches!(prepay(400, "not JSON"), Fault::Garbled(_)));
    assert_eq!(prepay(429, &error("FREQUENCY_LIMITED")), Fault::Throttled);
    assert_eq!(prepay(403, &error("RATELIMIT_EXCEED")), Fault::Throttled);
    assert_eq!(stage.refusing(404, &error("ORDER_NOT_EXIST")).query(&"ORDER-0001".into()), Ok(None));
    assert_eq!(
        stage.refusing(400, &error("ORDER_CLOSED")).close(&"ORDER-0001".into()),
        Ok(()),
        "closing twice is closed"
    );
    assert!(matches!(
        stage.refusing(400, &error("ORDERPAID")).close(&"ORDER-0001".into()),
        Err(Fault::Refused { .. })
    ));
    let silent = Server::start(|_| Reply::Silent(5_000));
    assert_eq!(stage.pay(stage.config(&silent.url)).prepay(&ask()), Err(Fault::TimedOut));
    assert_eq!(stage.pay(stage.config(&nobody())).prepay(&ask()), Err(Fault::Unreachable));
}

#[test]
fn the_standby_host_takes_over_when_the_first_cannot_be_reached() {
    let stage = Stage::new();
    let (server, _) = stage.answering(200, r#"{"prepay_id":"wx-prepay-1"}"#);
    let mut config = stage.config(&nobody());
    config.standby = Some(server.url.clone());
    assert!(stage.pay(config).prepay(&ask()).is_ok());
}

#[test]
fn a_query_tells_the_state_strictly() {
    let stage = Stage::new();
    let unpaid = json!({ "appid": "wxapp", "mchid": "1900000001", "out_trade_no": "ORDER-0001",
        "trade_state": "NOTPAY", "trade_state_desc": "未支付" });
    let (server, pay) = stage.answering(200, &unpaid.to_string());
    let trade = pay.query(&"ORDER-0001".into()).expect("an answer").expect("known");
    assert_eq!((trade.state, trade.total, trade.paid), (TradeState::NotPay, None, None));
    assert_eq!(
        server.seen()[0].line,
        "GET /v3/pay/transactions/out-trade-no/ORDER-0001?mchid=1900000001 HTTP/1.1"
    );
    let (_server, pay) = stage.answering(200, &transaction().to_string());
    let trade = pay.query(&"ORDER-0001".into()).expect("an answer").expect("known");
    assert_eq!((trade.total, trade.payer_total), (Some(Fen(20_000)), Some(Fen(19_000))));
    assert_eq!(trade.paid.map(|at| at.as_second()), Some(NOW));
    assert!(pay.query(&"ORDER-0002".into()).is_err(), "an order of another number");
    let mut odd = transaction();
    odd["trade_state"] = json!("PROBABLY");
    let (_server, pay) = stage.answering(200, &odd.to_string());
    assert!(
        matches!(pay.query(&"ORDER-0001".into()), Err(Fault::Garbled(_))),
        "an unknown state is no state"
    );
}
