//! The payment client against a counterpart that signs as told, on a real socket: every check of a signature, a notice
//! and an amount, each failing alone.

mod bills;
mod combined;
mod notices;
mod orders;

use std::sync::{Arc, LazyLock};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clearway_domain::Fen;
use serde_json::{Value, json};

use super::*;
use crate::Pem;
use crate::testing::{Counting, Reply, Seen, Server, SetClock, nobody};

const NOW: i64 = 1_586_052_000;
const API_KEY: &str = "0123456789abcdef0123456789abcdef";
const SERIAL: &str = "5157F09EFDC096DE15EBE81A47057A7200000001";
const PUB_KEY_ID: &str = "PUB_KEY_ID_0000000000000000000000000001";

/// Making keys is slow, so the sides of all tests are made once.
static SIDES: LazyLock<[Side; 3]> = LazyLock::new(|| [Side::new(), Side::new(), Side::new()]);

/// A key pair of one side, made for the run.
struct Side(KeyPair);

impl Side {
    fn new() -> Side {
        Side(KeyPair::generate(KeySize::Rsa2048).expect("a key"))
    }

    fn private_pem(&self) -> String {
        let der: Pkcs8V1Der<'_> = self.0.as_der().expect("PKCS#8");
        pem("PRIVATE KEY", der.as_ref())
    }

    fn public_pem(&self) -> String {
        let der: PublicKeyX509Der<'_> = self.0.public_key().as_der().expect("SPKI");
        pem("PUBLIC KEY", der.as_ref())
    }

    fn sign(&self, message: &[u8]) -> String {
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).expect("signed");
        STANDARD.encode(signature)
    }

    fn verifies(&self, message: &[u8], signature: &str) -> bool {
        let signature = STANDARD.decode(signature).expect("base64");
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, self.0.public_key().as_ref())
            .verify(message, &signature)
            .is_ok()
    }

    /// A platform certificate of this key with a serial and years of life.
    fn certificate(&self, serial: &str, years: (i32, i32)) -> String {
        let key = rcgen::KeyPair::from_pem(&self.private_pem()).expect("a key");
        let mut params = rcgen::CertificateParams::new(Vec::new()).expect("params");
        let serial: Vec<u8> = (0..serial.len() / 2)
            .map(|at| u8::from_str_radix(&serial[2 * at..2 * at + 2], 16).expect("hex"))
            .collect();
        params.serial_number = Some(serial.into());
        params.not_before = rcgen::date_time_ymd(years.0, 1, 1);
        params.not_after = rcgen::date_time_ymd(years.1, 1, 1);
        params.self_signed(&key).expect("a certificate").pem()
    }

    /// The headers of an answer or a notice signed by this side.
    fn signed(&self, serial: &str, time: i64, body: &[u8]) -> Vec<(String, String)> {
        let message = [format!("{time}\nNONCE\n").as_bytes(), body, b"\n"].concat();
        [
            ("Wechatpay-Timestamp", time.to_string()),
            ("Wechatpay-Nonce", "NONCE".to_owned()),
            ("Wechatpay-Signature", self.sign(&message)),
            ("Wechatpay-Serial", serial.to_owned()),
            ("Wechatpay-Signature-Type", "WECHATPAY2-SHA256-RSA2048".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec()
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("ASCII")).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

fn seal(plain: &str, associated: &str) -> Value {
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, API_KEY.as_bytes()).expect("32 bytes"));
    let mut sealed = plain.as_bytes().to_vec();
    let nonce = Nonce::try_assume_unique_for_key(b"abcdefghijkl").expect("12 bytes");
    key.seal_in_place_append_tag(nonce, Aad::from(associated.as_bytes()), &mut sealed).expect("sealed");
    json!({ "algorithm": "AEAD_AES_256_GCM", "nonce": "abcdefghijkl", "associated_data": associated,
        "ciphertext": STANDARD.encode(sealed), "original_type": "transaction" })
}

fn transaction() -> Value {
    json!({
        "appid": "wxapp", "mchid": "1900000001", "out_trade_no": "ORDER-0001", "transaction_id": "4200000001",
        "trade_type": "JSAPI", "trade_state": "SUCCESS", "bank_type": "CMC", "attach": "",
        "success_time": "2020-04-05T10:00:00+08:00", "payer": { "openid": "oPayer" },
        "amount": { "total": 20000, "payer_total": 19000, "currency": "CNY", "payer_currency": "CNY" }
    })
}

fn notice_body(transaction: &Value) -> Value {
    json!({ "id": "EV-1", "create_time": "2020-04-05T10:00:01+08:00", "resource_type": "encrypt-resource",
        "event_type": "TRANSACTION.SUCCESS", "summary": "支付成功",
        "resource": seal(&transaction.to_string(), "transaction") })
}

/// Both sides and a client of ours.
struct Stage {
    platform: &'static Side,
    merchant: &'static Side,
    clock: Arc<SetClock>,
}

impl Stage {
    fn new() -> Stage {
        Stage { platform: &SIDES[0], merchant: &SIDES[1], clock: SetClock::at(NOW) }
    }

    fn config(&self, url: &str) -> PayConfig {
        let mut config: PayConfig = serde_json::from_value(json!({
            "base": url, "appid": "wxapp", "mchid": "1900000001", "merchant_serial": "ABCDEF01",
            "merchant_key_file": self.merchant.private_pem(), "api_v3_key": API_KEY,
            "notify_url": "https://example.invalid/callbacks/wechat-pay", "fetch_certificates": false,
            "limits": { "connect_ms_max": 300, "total_ms_max": 1500, "answer_bytes_max": 100_000 },
        }))
        .expect("a configuration");
        config.platform_certificate_file = Some(Pem::new(self.platform.certificate(SERIAL, (2019, 2024))));
        config
    }

    fn pay(&self, config: PayConfig) -> WeChatPay {
        WeChatPay::new(config, self.clock.clone(), Arc::new(Counting::default())).expect("a client")
    }

    fn opener(&self) -> WeChatPay {
        self.pay(self.config("http://127.0.0.1:9"))
    }

    /// A notice as the platform would send it.
    fn notice(&self, body: &Value) -> (NoticeHeaders, Vec<u8>) {
        let body = body.to_string().into_bytes();
        (headers(&self.platform.signed(SERIAL, NOW, &body)), body)
    }

    /// A platform that gives one signed answer to every call.
    fn answering(&self, status: u16, body: &str) -> (Server, WeChatPay) {
        let reply = Reply::Whole(
            status,
            self.platform.signed(SERIAL, NOW, body.as_bytes()),
            body.as_bytes().to_vec(),
        );
        let server = Server::start(move |_| reply.clone());
        let pay = self.pay(self.config(&server.url));
        (server, pay)
    }

    fn refusing(&self, status: u16, body: &str) -> WeChatPay {
        let reply = Reply::status(status, body.as_bytes().to_vec());
        let server = Server::start(move |_| reply.clone());
        self.pay(self.config(&server.url))
    }
}

fn headers(list: &[(String, String)]) -> NoticeHeaders {
    NoticeHeaders::from_lookup(|name| {
        list.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
    })
}

fn ask() -> PrepayAsk {
    PrepayAsk {
        out_trade_no: "ORDER-0001".to_owned(),
        description: "交通违法罚款 2 笔".to_owned(),
        total: Fen(20_000),
        legs: Vec::new(),
        payer: OpenId::new("oPayer"),
        expires: Some(Timestamp::from_second(NOW + 900).expect("an instant")),
        attach: None,
        payer_ip: None,
        back: "https://clearway.example/orders/1/returned".to_owned(),
    }
}

/// The pieces of an Authorization header by name.
fn authorization(seen: &Seen) -> impl Fn(&str) -> String {
    let header = seen.header("authorization").expect("signed").to_owned();
    let fields = header.strip_prefix("WECHATPAY2-SHA256-RSA2048 ").expect("the scheme").to_owned();
    move |name: &str| {
        let start = fields.find(&format!("{name}=\"")).expect(name) + name.len() + 2;
        fields[start..].split('"').next().expect("closed").to_owned()
    }
}
