//! Notices as the rail makes them: sealed with AES-GCM, signed with RSA over the raw bytes, under keys of every age; and the
//! page from which a client of ours fetches the rail's present certificates.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock};
use std::thread;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clearway_connect::payments::{NoticeHeaders, PayConfig};
use clearway_connect::{Limits, Pem, Secret};
use jiff::Timestamp;
use serde_json::{Value, json};

/// The merchant and the account that notices are for.
pub const MERCHANT: &str = "1900000109";
/// The account.
pub const APP: &str = "wx0123456789abcdef";
const API_KEY: &str = "0123456789abcdef0123456789abcdef";
const PUBLIC_KEY_ID: &str = "PUB_KEY_ID_0100000000000000000000000001";
const NEXT_PUBLIC_KEY_ID: &str = "PUB_KEY_ID_0100000000000000000000000002";

/// How notices are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// With platform certificates, which have a life and successors.
    Certificate,
    /// With a public key that the merchant keeps.
    PublicKey,
}

/// Under which key a notice is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Under {
    /// The present one of the mode.
    Present,
    /// The present one's name, but a stranger's key.
    Stranger,
    /// A platform certificate whose life is over.
    Expired,
    /// The one that comes after the present one of the mode.
    Next,
}

/// A key pair.
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
}

/// A key pair with its certificate.
struct Certified {
    side: Side,
    serial: String,
    pem: String,
}

impl Certified {
    fn new(number: u8, from: (i32, u8, u8), until: (i32, u8, u8)) -> Certified {
        let side = Side::new();
        let key = rcgen::KeyPair::from_pkcs8_pem_and_sign_algo(&side.private_pem(), &rcgen::PKCS_RSA_SHA256);
        let mut params = rcgen::CertificateParams::default();
        let serial = [0x5A, 1, 2, 3, 4, 5, 6, number];
        params.serial_number = Some(rcgen::SerialNumber::from(serial.to_vec()));
        params.not_before = rcgen::date_time_ymd(from.0, from.1, from.2);
        params.not_after = rcgen::date_time_ymd(until.0, until.1, until.2);
        let pem = params.self_signed(&key.expect("a key")).expect("a certificate").pem();
        Certified { side, serial: serial.iter().map(|byte| format!("{byte:02X}")).collect(), pem }
    }
}

/// Every key of the matrix. Making keys is slow, so they are made once.
struct Keys {
    merchant: Side,
    stranger: Side,
    public: Side,
    next_public: Side,
    present: Certified,
    expired: Certified,
    next: Certified,
}

static KEYS: LazyLock<Keys> = LazyLock::new(|| Keys {
    merchant: Side::new(),
    stranger: Side::new(),
    public: Side::new(),
    next_public: Side::new(),
    present: Certified::new(1, (2018, 1, 1), (2023, 1, 1)),
    expired: Certified::new(2, (2014, 1, 1), (2019, 6, 1)),
    next: Certified::new(3, (2019, 1, 1), (2024, 1, 1)),
});

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("ASCII")).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// What a client of ours is told in a mode: one knows the present platform certificate and may fetch others from `base`;
/// the other holds a public key, and the certificate from which it was switched.
pub fn config(mode: Mode, base: &str) -> PayConfig {
    let keys = &*KEYS;
    let of_certificate = mode == Mode::Certificate;
    let known = if of_certificate { &keys.present } else { &keys.expired };
    PayConfig {
        base: base.to_owned(),
        standby: None,
        appid: APP.to_owned(),
        mchid: MERCHANT.to_owned(),
        merchant_serial: "5157F09E".to_owned(),
        merchant_key_file: Pem::new(keys.merchant.private_pem()),
        api_v3_key: Secret::new(API_KEY),
        notify_url: "https://product.invalid/notify".to_owned(),
        platform_certificate_file: Some(Pem::new(known.pem.clone())),
        platform_serial: Some(known.serial.clone()),
        fetch_certificates: of_certificate,
        public_key_id: (!of_certificate).then(|| PUBLIC_KEY_ID.to_owned()),
        public_key_file: (!of_certificate).then(|| Pem::new(keys.public.public_pem())),
        announce_public_key: !of_certificate,
        limits: Limits { connect_ms_max: 2_000, total_ms_max: 5_000, ..Limits::default() },
    }
}

fn seal(nonce: &str, associated: &str, plain: &[u8]) -> String {
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, API_KEY.as_bytes()).expect("32 bytes"));
    let nonce = Nonce::try_assume_unique_for_key(nonce.as_bytes()).expect("12 bytes");
    let mut sealed = plain.to_vec();
    key.seal_in_place_append_tag(nonce, Aad::from(associated.as_bytes()), &mut sealed).expect("sealed");
    STANDARD.encode(sealed)
}

fn signed(side: &Side, serial: &str, at: Timestamp, nonce: &str, body: &[u8]) -> NoticeHeaders {
    let stamp = at.as_second().to_string();
    let mut message = format!("{stamp}\n{nonce}\n").into_bytes();
    message.extend_from_slice(body);
    message.push(b'\n');
    NoticeHeaders {
        timestamp: Some(stamp),
        nonce: Some(nonce.to_owned()),
        signature: Some(side.sign(&message)),
        serial: Some(serial.to_owned()),
        signature_type: Some("WECHATPAY2-SHA256-RSA2048".to_owned()),
    }
}

/// What a notice says of a payment.
#[derive(Debug, Clone)]
pub struct Said {
    /// The rail's number of the notice.
    pub id: String,
    /// For which merchant.
    pub merchant: &'static str,
    /// Our number of the order.
    pub out_trade_no: String,
    /// The rail's number of the payment.
    pub transaction: String,
    /// Fen.
    pub fen: i64,
    /// When it was paid.
    pub paid: Timestamp,
}

/// The notice on the wire: headers and raw bytes, signed at an instant.
pub fn notice(said: &Said, mode: Mode, under: Under, at: Timestamp, nonce: &str) -> (NoticeHeaders, Vec<u8>) {
    let trade = json!({
        "appid": APP, "mchid": said.merchant, "out_trade_no": said.out_trade_no,
        "transaction_id": said.transaction, "trade_type": "JSAPI", "trade_state": "SUCCESS",
        "trade_state_desc": "支付成功", "bank_type": "OTHERS", "attach": "",
        "success_time": said.paid.to_string(), "payer": { "openid": "oPayer" },
        "amount": { "total": said.fen, "payer_total": said.fen, "currency": "CNY", "payer_currency": "CNY" },
    });
    let sealed = seal("fdasfjihihih", "transaction", trade.to_string().as_bytes());
    let body: Value = json!({
        "id": said.id, "create_time": at.to_string(), "resource_type": "encrypt-resource",
        "event_type": "TRANSACTION.SUCCESS", "summary": "支付成功",
        "resource": {
            "original_type": "transaction", "algorithm": "AEAD_AES_256_GCM", "ciphertext": sealed,
            "nonce": "fdasfjihihih", "associated_data": "transaction",
        },
    });
    let body = body.to_string().into_bytes();
    let keys = &*KEYS;
    let (side, serial): (&Side, &str) = match (under, mode) {
        (Under::Present, Mode::Certificate) => (&keys.present.side, &keys.present.serial),
        (Under::Present, Mode::PublicKey) => (&keys.public, PUBLIC_KEY_ID),
        (Under::Stranger, Mode::Certificate) => (&keys.stranger, &keys.present.serial),
        (Under::Stranger, Mode::PublicKey) => (&keys.stranger, PUBLIC_KEY_ID),
        (Under::Expired, _) => (&keys.expired.side, &keys.expired.serial),
        (Under::Next, Mode::Certificate) => (&keys.next.side, &keys.next.serial),
        (Under::Next, Mode::PublicKey) => (&keys.next_public, NEXT_PUBLIC_KEY_ID),
    };
    (signed(side, serial, at, nonce, &body), body)
}

/// The page of the rail's present certificates, on a real socket.
pub struct CertificatePage {
    /// Its address.
    pub base: String,
    now_s: Arc<AtomicI64>,
}

impl CertificatePage {
    /// Opens it.
    pub fn open() -> CertificatePage {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let now_s = Arc::new(AtomicI64::new(0));
        let shown = Arc::clone(&now_s);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let _ = answer(&stream, shown.load(Ordering::SeqCst));
            }
        });
        CertificatePage { base, now_s }
    }

    /// What o'clock it is for the rail.
    pub fn set_now(&self, at: Timestamp) {
        self.now_s.store(at.as_second(), Ordering::SeqCst);
    }
}

fn answer(mut stream: &TcpStream, now_s: i64) -> Option<()> {
    let mut line = String::new();
    let mut reader = BufReader::new(stream);
    while reader.read_line(&mut line).ok()? > 2 {
        line.clear();
    }
    let keys = &*KEYS;
    let entry = |one: &Certified| {
        json!({
            "serial_no": one.serial, "effective_time": "2018-06-08T10:34:56+08:00",
            "expire_time": "2024-12-08T10:34:56+08:00",
            "encrypt_certificate": {
                "algorithm": "AEAD_AES_256_GCM", "nonce": "61f9c719728a", "associated_data": "certificate",
                "ciphertext": seal("61f9c719728a", "certificate", one.pem.as_bytes()),
            },
        })
    };
    let body = json!({ "data": [entry(&keys.present), entry(&keys.next)] }).to_string();
    let at = Timestamp::from_second(now_s).ok()?;
    let headers = signed(&keys.present.side, &keys.present.serial, at, "n", body.as_bytes());
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\
         Wechatpay-Timestamp: {}\r\nWechatpay-Nonce: {}\r\nWechatpay-Signature: {}\r\nWechatpay-Serial: {}\r\n\r\n",
        body.len(),
        headers.timestamp?,
        headers.nonce?,
        headers.signature?,
        headers.serial?
    );
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(body.as_bytes()).ok()
}
