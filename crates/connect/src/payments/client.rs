//! The client of WeChat Pay v3: every request is signed over the exact bytes sent, every 2xx answer is verified.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use clearway_domain::{Chance, Clock};
use http::Method;
use jiff::Timestamp;
use jiff::civil::Date;

use super::config::PayConfig;
use super::keys::{ApiKey, KeyRing, MerchantKey, PlatformKey, is_public_key_id};
use super::wire::{
    self, CertificatesBody, ErrorBody, OrderBody, RefundAskBody, TradeFault, order_fault, trade,
};
use super::{
    BillFile, BillKind, Notice, NoticeFault, NoticeHeaders, PaySheet, Payments, Placed, Prepay, PrepayAsk,
    Rail, Refund, RefundAsk, Trade, notice,
};
use crate::Fault;
use crate::chance::nonce;
use crate::http::{Answer, Call, ConfigFault, Http};

/// Furthest that a signature's time may be from ours, in seconds.
pub(crate) const SKEW_S_MAX: i64 = 300;
/// Unknown serials make us ask for certificates at most this often, in seconds: anyone can invent serials.
const FETCH_EVERY_S: i64 = 60;
/// The one signature type that we speak.
const SIGNATURE_TYPE: &str = "WECHATPAY2-SHA256-RSA2048";

/// WeChat Pay v3 (JSAPI), in certificate mode, public-key mode, or both.
pub struct WeChatPay {
    pub(crate) config: PayConfig,
    http: Http,
    key: MerchantKey,
    pub(crate) api_key: ApiKey,
    ring: RwLock<KeyRing>,
    fetched: Mutex<Option<Timestamp>>,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
}

/// Why a signature is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignatureFault {
    Header(&'static str),
    Type,
    UnknownSerial,
    Probe,
    Mismatch,
    Stale,
}

impl WeChatPay {
    /// Reads the keys and builds the client. Nothing is fetched yet.
    ///
    /// # Errors
    /// [`ConfigFault`] when a key cannot be read or does not fit.
    pub fn new(
        config: PayConfig,
        clock: Arc<dyn Clock>,
        chance: Arc<dyn Chance>,
    ) -> Result<WeChatPay, ConfigFault> {
        if config.announce_public_key && config.public_key_id.is_none() {
            return Err(ConfigFault("payments: there is no public key to announce".to_owned()));
        }
        if !config.notify_url.starts_with("http") || config.notify_url.contains('?') {
            return Err(ConfigFault("payments: notify_url must be an address without a query".to_owned()));
        }
        Ok(WeChatPay {
            http: Http::new(&config.limits),
            key: MerchantKey::load(&config.merchant_key_file)?,
            api_key: ApiKey::load(&config.api_v3_key)?,
            ring: RwLock::new(KeyRing::load(&config)?),
            fetched: Mutex::new(None),
            config,
            clock,
            chance,
        })
    }

    fn ring(&self) -> KeyRing {
        self.ring.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The `Authorization` of one request over exactly these bytes.
    fn authorization(&self, method: &Method, path: &str, body: &[u8]) -> Result<String, Fault> {
        let (timestamp, nonce) = (self.clock.now().as_second(), nonce(&*self.chance));
        let mut message = format!("{method}\n{path}\n{timestamp}\n{nonce}\n").into_bytes();
        message.extend_from_slice(body);
        message.push(b'\n');
        let signature = self.key.sign(&message)?;
        Ok(format!(
            "{SIGNATURE_TYPE} mchid=\"{}\",nonce_str=\"{nonce}\",signature=\"{signature}\",\
             timestamp=\"{timestamp}\",serial_no=\"{}\"",
            self.config.mchid, self.config.merchant_serial
        ))
    }

    /// Sends one signed request; the standby host is used only when no connection to the first can be made.
    fn exchange(&self, method: &Method, path: &str, body: Option<Vec<u8>>) -> Result<Answer, Fault> {
        self.exchange_up_to(method, path, body, self.http.limits().answer_bytes_max)
    }

    /// The same with a limit of its own on the answer.
    pub(super) fn exchange_up_to(
        &self,
        method: &Method,
        path: &str,
        body: Option<Vec<u8>>,
        bytes_max: u64,
    ) -> Result<Answer, Fault> {
        let hosts = [Some(&self.config.base), self.config.standby.as_ref()];
        for (failed, host) in hosts.into_iter().flatten().enumerate() {
            let authorization = self.authorization(method, path, body.as_deref().unwrap_or_default())?;
            let mut headers =
                vec![("Authorization", authorization), ("Accept", "application/json".to_owned())];
            if let Some(id) = self.config.public_key_id.as_ref().filter(|_| self.config.announce_public_key) {
                headers.push(("Wechatpay-Serial", id.clone()));
            }
            let call = Call {
                method: method.clone(),
                url: &format!("{}{path}", host.trim_end_matches('/')),
                headers,
                body: body.clone().map(|body| ("application/json", body)),
                deadline: self.http.limits().total_after(failed),
            };
            match self.http.send_up_to(call, bytes_max) {
                Err(Fault::Unreachable) => {}
                other => return other,
            }
        }
        Err(Fault::Unreachable)
    }

    /// An exchange whose answer is verified if it is a 2xx, and made a fault otherwise.
    pub(super) fn call(&self, method: &Method, path: &str, body: Option<Vec<u8>>) -> Result<Answer, Fault> {
        let answer = self.exchange(method, path, body)?;
        if !(200..300).contains(&answer.status) {
            return Err(error_of(&answer));
        }
        let headers = NoticeHeaders::from_lookup(|name| answer.header(name));
        let verified = self.verify(&headers, &answer.body);
        verified
            .map_err(|fault| Fault::garbled(format!("an answer that is not properly signed ({fault:?})")))?;
        Ok(answer)
    }

    /// Checks a signature of theirs over raw bytes.
    pub(crate) fn verify(&self, headers: &NoticeHeaders, body: &[u8]) -> Result<(), SignatureFault> {
        let signed = Signed::of(headers)?;
        let key = self.key_of(signed.serial).ok_or(SignatureFault::UnknownSerial)?;
        signed.check(&key, body, self.clock.now())
    }

    /// The key of a serial; an unknown certificate makes us ask for the present ones.
    fn key_of(&self, serial: &str) -> Option<PlatformKey> {
        let known = self.ring().get(serial, self.clock.now());
        if known.is_some() || is_public_key_id(serial) || !self.config.fetch_certificates {
            return known;
        }
        if let Err(fault) = self.fetch_certificates() {
            tracing::warn!(%fault, "platform certificates could not be fetched");
        }
        self.ring().get(serial, self.clock.now())
    }

    /// Fetches the present platform certificates. Their answer is signed with one of the certificates inside it, so it
    /// is decrypted first (the APIv3 key vouches for the contents) and verified with what was found.
    ///
    /// # Errors
    /// Any [`Fault`]; `Throttled` when they were fetched a moment ago.
    pub fn fetch_certificates(&self) -> Result<(), Fault> {
        let mut fetched = self.fetched.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        if fetched.is_some_and(|last| (now.as_second() - last.as_second()).abs() < FETCH_EVERY_S) {
            return Err(Fault::Throttled);
        }
        *fetched = Some(now);
        let answer = self.exchange(&Method::GET, "/v3/certificates", None)?;
        if answer.status != 200 {
            return Err(error_of(&answer));
        }
        let list: CertificatesBody = answer.json("platform certificates")?;
        let mut ring = self.ring();
        for entry in &list.data {
            let sealed = &entry.encrypt_certificate;
            let opened = (sealed.algorithm == "AEAD_AES_256_GCM")
                .then(|| self.api_key.open(&sealed.nonce, &sealed.associated_data, &sealed.ciphertext))
                .flatten()
                .ok_or_else(|| Fault::garbled("a platform certificate that cannot be decrypted"))?;
            ring.add_pem(&entry.serial_no, &opened)?;
        }
        let headers = NoticeHeaders::from_lookup(|name| answer.header(name));
        Signed::of(&headers)
            .and_then(|signed| {
                let key = ring.get(signed.serial, now).ok_or(SignatureFault::UnknownSerial)?;
                signed.check(&key, &answer.body, now)
            })
            .map_err(|fault| {
                Fault::garbled(format!("certificates that are not properly signed ({fault:?})"))
            })?;
        self.ring.write().unwrap_or_else(PoisonError::into_inner).merge(ring);
        Ok(())
    }

    pub(crate) fn read_trade(&self, json: &[u8]) -> Result<Trade, TradeFault> {
        trade(json, &self.config.appid, &self.config.mchid)
    }
}

/// The path of one order in a family of calls.
pub(super) fn path_of(family: &str, out_trade_no: &str, end: &str) -> Result<String, Fault> {
    let plain = out_trade_no.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-|*".contains(&byte));
    if !plain || out_trade_no.is_empty() {
        return Err(Fault::refused("LOCAL", "out_trade_no has characters that no order number has"));
    }
    let escaped = out_trade_no.replace('|', "%7C");
    Ok(format!("/v3/{family}/out-trade-no/{escaped}{end}"))
}

/// `Ok(None)` for the codes with which the channel says that it does not know an order.
pub(super) fn known(answer: Result<Answer, Fault>) -> Result<Option<Answer>, Fault> {
    match answer {
        Err(fault) if is_unknown_order(&fault) => Ok(None),
        other => other.map(Some),
    }
}

/// Whether the channel says that it does not know an order.
#[must_use]
pub fn is_unknown_order(fault: &Fault) -> bool {
    matches!(fault, Fault::Refused { code, .. }
        if matches!(code.as_str(), "ORDER_NOT_EXIST" | "ORDERNOTEXIST" | "RESOURCE_NOT_EXISTS"))
}

/// Closing twice is closed.
pub(super) fn closed(answer: Result<Answer, Fault>) -> Result<(), Fault> {
    match answer {
        Ok(_) => Ok(()),
        Err(Fault::Refused { code, .. }) if matches!(code.as_str(), "ORDER_CLOSED" | "ORDERCLOSED") => Ok(()),
        Err(fault) => Err(fault),
    }
}

/// Reads the answer to an order that was placed.
pub(super) fn placed(answer: &Answer) -> Result<Prepay, Fault> {
    let prepay: Prepay = answer.json("prepay")?;
    if prepay.prepay_id.is_empty() { Err(Fault::garbled("an order without prepay_id")) } else { Ok(prepay) }
}

/// The parts of a signature of theirs.
struct Signed<'a> {
    timestamp: &'a str,
    nonce: &'a str,
    signature: &'a str,
    serial: &'a str,
}

impl<'a> Signed<'a> {
    fn of(headers: &'a NoticeHeaders) -> Result<Signed<'a>, SignatureFault> {
        fn need<'a>(value: &'a Option<String>, name: &'static str) -> Result<&'a str, SignatureFault> {
            value.as_deref().filter(|text| !text.is_empty()).ok_or(SignatureFault::Header(name))
        }
        if headers.signature_type.as_deref().is_some_and(|kind| kind != SIGNATURE_TYPE) {
            return Err(SignatureFault::Type);
        }
        Ok(Signed {
            timestamp: need(&headers.timestamp, "Wechatpay-Timestamp")?,
            nonce: need(&headers.nonce, "Wechatpay-Nonce")?,
            signature: need(&headers.signature, "Wechatpay-Signature")?,
            serial: need(&headers.serial, "Wechatpay-Serial")?,
        })
    }

    fn check(&self, key: &PlatformKey, body: &[u8], now: Timestamp) -> Result<(), SignatureFault> {
        let mut message = format!("{}\n{}\n", self.timestamp, self.nonce).into_bytes();
        message.extend_from_slice(body);
        message.push(b'\n');
        if !key.verifies(&message, self.signature) {
            let probe = self.signature.starts_with("WECHATPAY/SIGNTEST/");
            return Err(if probe { SignatureFault::Probe } else { SignatureFault::Mismatch });
        }
        let time: i64 = self.timestamp.parse().map_err(|_| SignatureFault::Header("Wechatpay-Timestamp"))?;
        let skew = now.as_second().checked_sub(time).and_then(i64::checked_abs);
        if skew.is_some_and(|skew| skew <= SKEW_S_MAX) { Ok(()) } else { Err(SignatureFault::Stale) }
    }
}

/// An error answer. A 5xx may have acted (`SYSTEM_ERROR`: repeat with the same number, or query); a 4xx has not.
pub(super) fn error_of(answer: &Answer) -> Fault {
    let body: Result<ErrorBody, Fault> = answer.json("error");
    match (answer.status, body) {
        (400..500, Ok(body)) if matches!(body.code.as_str(), "FREQUENCY_LIMITED" | "RATELIMIT_EXCEED") => {
            Fault::Throttled
        }
        (400..500, Ok(body)) => Fault::refused(&body.code, &body.message),
        (status, Ok(body)) => {
            let code: String = body
                .code
                .chars()
                .filter(|letter| letter.is_ascii_uppercase() || *letter == '_')
                .take(40)
                .collect();
            Fault::garbled(format!("HTTP status {status} with {code}"))
        }
        (status, Err(_)) => Fault::garbled(format!("HTTP status {status} without the agreed error")),
    }
}

/// Reads a refund and sees that it is the one that was asked about.
fn refund_of(answer: &Answer, ask: &RefundAsk) -> Result<Refund, Fault> {
    let (_, refund) = wire::refund(&answer.body, None)
        .map_err(|fault| Fault::garbled(format!("a refund that cannot be read ({fault:?})")))?;
    if refund.out_refund_no == ask.out_refund_no {
        Ok(refund)
    } else {
        Err(Fault::garbled("a refund of another number"))
    }
}

impl Payments for WeChatPay {
    fn rail(&self) -> Rail {
        Rail { slug: "wechat", per_leg: false, legs_max: usize::MAX, own_page: false }
    }

    fn prepay(&self, ask: &PrepayAsk) -> Result<Prepay, Fault> {
        if let Some(why) = order_fault(ask) {
            return Err(Fault::refused("LOCAL", why));
        }
        let body = OrderBody::new(&self.config.appid, &self.config.mchid, &self.config.notify_url, ask);
        let body =
            serde_json::to_vec(&body).map_err(|_| Fault::refused("LOCAL", "the order cannot be written"))?;
        placed(&self.call(&Method::POST, "/v3/pay/transactions/jsapi", Some(body))?)
    }

    fn pay_sheet(&self, prepay_id: &str) -> Result<PaySheet, Fault> {
        let time_stamp = self.clock.now().as_second().to_string();
        let nonce_str = nonce(&*self.chance);
        let package = format!("prepay_id={prepay_id}");
        let app_id = self.config.appid.clone();
        let message = format!("{app_id}\n{time_stamp}\n{nonce_str}\n{package}\n");
        let pay_sign = self.key.sign(message.as_bytes())?;
        Ok(PaySheet { app_id, time_stamp, nonce_str, package, sign_type: "RSA".to_owned(), pay_sign })
    }

    fn query(&self, placed: &Placed) -> Result<Option<Trade>, Fault> {
        let out_trade_no = placed.out_trade_no.as_str();
        let path = path_of("pay/transactions", out_trade_no, &format!("?mchid={}", self.config.mchid))?;
        let Some(answer) = known(self.call(&Method::GET, &path, None))? else { return Ok(None) };
        let trade = self
            .read_trade(&answer.body)
            .map_err(|fault| Fault::garbled(format!("an order that cannot be read ({fault:?})")))?;
        if trade.out_trade_no == out_trade_no {
            Ok(Some(trade))
        } else {
            Err(Fault::garbled("an order of another number"))
        }
    }

    fn close(&self, placed: &Placed) -> Result<(), Fault> {
        let path = path_of("pay/transactions", &placed.out_trade_no, "/close")?;
        let body = serde_json::json!({ "mchid": self.config.mchid }).to_string().into_bytes();
        closed(self.call(&Method::POST, &path, Some(body)))
    }

    fn refund(&self, ask: &RefundAsk) -> Result<Refund, Fault> {
        if let Some(why) = wire::refund_fault(ask) {
            return Err(Fault::refused("LOCAL", why));
        }
        let body = serde_json::to_vec(&RefundAskBody::new(&self.config.notify_url, ask))
            .map_err(|_| Fault::refused("LOCAL", "the refund cannot be written"))?;
        refund_of(&self.call(&Method::POST, "/v3/refund/domestic/refunds", Some(body))?, ask)
    }

    fn query_refund(&self, ask: &RefundAsk) -> Result<Option<Refund>, Fault> {
        if let Some(why) = wire::refund_fault(ask) {
            return Err(Fault::refused("LOCAL", why));
        }
        let number = ask.out_refund_no.replace('|', "%7C").replace('@', "%40");
        match self.call(&Method::GET, &format!("/v3/refund/domestic/refunds/{number}"), None) {
            Err(Fault::Refused { code, .. })
                if matches!(code.as_str(), "RESOURCE_NOT_EXISTS" | "REFUND_NOT_EXIST") =>
            {
                Ok(None)
            }
            other => refund_of(&other?, ask).map(Some),
        }
    }

    fn bill(&self, day: Date, kind: BillKind) -> Result<Option<BillFile>, Fault> {
        self.fetch_bill(day, kind)
    }

    fn open_notice(&self, headers: &NoticeHeaders, raw_body: &[u8]) -> Result<Notice, NoticeFault> {
        notice::open(self, headers, raw_body, |json| self.read_trade(json))
    }

    fn signed_notice(&self, headers: &NoticeHeaders, raw_body: &[u8]) -> Option<String> {
        notice::signed(self, headers, raw_body)
    }
}
