//! Checking of signed requests over their raw bytes, and signing of answers.

use axum::http::{HeaderMap, Method, Uri};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::keys::{Signer, random_text};
use crate::state::World;

/// A request as it arrived.
pub struct Request<'a> {
    /// Method.
    pub method: &'a Method,
    /// Path and query, raw.
    pub uri: &'a Uri,
    /// Headers.
    pub headers: &'a HeaderMap,
    /// Raw body.
    pub body: &'a [u8],
}

/// An error of the payment platform.
#[derive(Debug)]
pub struct PayError {
    /// HTTP status.
    pub status: u16,
    /// Code of the platform.
    pub code: &'static str,
    /// In words.
    pub message: String,
    /// Field at fault, if one.
    pub field: &'static str,
}

impl PayError {
    /// An error without a field.
    pub fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), field: "" }
    }

    /// A wrong parameter.
    pub fn parameter(field: &'static str, message: impl Into<String>) -> Self {
        Self { status: 400, code: "PARAM_ERROR", message: message.into(), field }
    }

    fn body(&self) -> Value {
        let detail = if self.field.is_empty() {
            json!({})
        } else {
            json!({"field": self.field, "issue": self.message, "location": "body"})
        };
        json!({"code": self.code, "message": self.message, "detail": detail})
    }
}

impl Request<'_> {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }

    /// Does the merchant announce public-key mode?
    pub fn public_mode(&self) -> bool {
        self.header("wechatpay-serial").starts_with("PUB_KEY_ID_")
    }

    /// Checks scheme, merchant, serial, time and signature.
    ///
    /// # Errors
    /// 401 `SIGN_ERROR`, or 400 for a public-key id that is not this platform's.
    pub fn verify(&self, world: &World) -> Result<(), PayError> {
        let refuse = |text: &str| Err(PayError::new(401, "SIGN_ERROR", text));
        let material = &world.keys.material;
        let Some(list) = self.header("authorization").strip_prefix("WECHATPAY2-SHA256-RSA2048 ") else {
            return refuse("缺少签名,或认证类型不是 WECHATPAY2-SHA256-RSA2048");
        };
        let field = |name: &str| {
            list.split(',').find_map(|pair| {
                let (key, value) = pair.trim().split_once('=')?;
                (key == name).then(|| value.trim_matches('"'))
            })
        };
        let (Some(mchid), Some(nonce), Some(timestamp), Some(serial), Some(signature)) =
            (field("mchid"), field("nonce_str"), field("timestamp"), field("serial_no"), field("signature"))
        else {
            return refuse("签名信息不完整");
        };
        if mchid != material.mchid {
            return refuse("商户号不存在");
        }
        if !serial.eq_ignore_ascii_case(&material.merchant_serial) {
            return refuse("商户证书序列号不正确");
        }
        let seconds: i64 = timestamp.parse().unwrap_or(0);
        if (world.now().as_second() - seconds).abs() > 300 {
            return refuse("时间戳与当前时间相差超过5分钟");
        }
        let path = self.uri.path_and_query().map_or("/", |p| p.as_str());
        let mut message = format!("{}\n{path}\n{timestamp}\n{nonce}\n", self.method).into_bytes();
        message.extend_from_slice(self.body);
        message.push(b'\n');
        if !world.keys.merchant_signed(&message, signature) {
            return refuse("签名验证失败");
        }
        if self.public_mode() && self.header("wechatpay-serial") != material.public_key_id {
            return Err(PayError::new(400, "PARAM_ERROR", "微信支付公钥ID不正确"));
        }
        Ok(())
    }
}

/// The three signed parts and the serial: headers of answers and notices alike.
pub fn signature_headers(world: &World, public_mode: bool, body: &[u8]) -> Vec<(&'static str, String)> {
    headers_by(world, Signer::of(public_mode), body, 0)
}

/// The same by any of the platform's keys, and with the timestamp moved by so many seconds.
pub fn headers_by(world: &World, signer: Signer, body: &[u8], shift_s: i64) -> Vec<(&'static str, String)> {
    let timestamp = (world.now().as_second() + shift_s).to_string();
    let nonce = random_text(32);
    let mut message = format!("{timestamp}\n{nonce}\n").into_bytes();
    message.extend_from_slice(body);
    message.push(b'\n');
    vec![
        ("wechatpay-timestamp", timestamp),
        ("wechatpay-nonce", nonce),
        ("wechatpay-signature", world.keys.sign(signer, &message)),
        ("wechatpay-serial", world.keys.serial(signer)),
        ("wechatpay-signature-type", "WECHATPAY2-SHA256-RSA2048".into()),
        ("request-id", random_text(24)),
    ]
}

/// A signed answer: `None` as body is the empty 204.
pub fn signed(
    world: &World,
    public_mode: bool,
    outcome: Result<Option<Value>, PayError>,
) -> (Answer, String) {
    let (mut answer, words) = match outcome {
        Ok(Some(value)) => {
            (Answer::new(200, "application/json; charset=utf-8", value.to_string()), "ok".to_owned())
        }
        Ok(None) => (Answer::new(204, "application/json", ""), "ok".to_owned()),
        Err(error) => {
            let words = format!("refused: {} {}", error.code, error.message);
            (Answer::new(error.status, "application/json; charset=utf-8", error.body().to_string()), words)
        }
    };
    answer.headers = signature_headers(world, public_mode, &answer.body);
    (answer, words)
}
