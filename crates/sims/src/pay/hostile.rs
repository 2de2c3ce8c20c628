//! Notices that must not be believed: made to order for tests.

use std::sync::Arc;

use futures_util::future::join_all;
use serde::Deserialize;
use serde_json::{Value, json};

use super::notify::{Notice, envelope, send};
use super::orders::told;
use super::request::signature_headers;
use super::{Order, TradeState};
use crate::answer::garble;
use crate::keys::random_text;
use crate::state::World;

/// How a notice differs from an honest one. Everything absent is honest.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Twisted {
    /// The order that it speaks of; it need not exist.
    pub out_trade_no: String,
    /// Where to, when the order does not exist.
    pub notify_url: String,
    /// `probe` (WECHATPAY/SIGNTEST/), `wrong_key`, `missing`, `merchant` (signed by nobody known).
    pub signature: String,
    /// Seconds by which the timestamp is moved, signed accordingly.
    pub timestamp_shift: i64,
    /// Spoil the body after signing.
    pub tampered: bool,
    /// Serial header instead of the right one.
    pub serial: Option<String>,
    /// Sign in the other mode than the order's.
    pub other_mode: bool,
    /// Values put into the decrypted trade, by JSON pointer, for example `/amount/total`.
    pub trade: serde_json::Map<String, Value>,
    /// Values put into the envelope, by JSON pointer.
    pub envelope: serde_json::Map<String, Value>,
    /// Event type.
    pub event: Option<String>,
    /// Id of the notice, to repeat one.
    pub id: Option<String>,
    /// How many, all at once.
    pub count: usize,
}

fn put(into: &mut Value, changes: &serde_json::Map<String, Value>) {
    for (pointer, value) in changes {
        if let Some(place) = into.pointer_mut(pointer) {
            *place = value.clone();
        } else if let Some(name) = pointer.strip_prefix('/').filter(|n| !n.contains('/')) {
            into[name] = value.clone();
        }
    }
}

fn order_for(world: &World, twisted: &Twisted) -> Order {
    let now = world.now();
    if let Some(order) = world.pay().order(&twisted.out_trade_no, now) {
        let mut order = order.clone();
        order.paid_at.get_or_insert(now);
        order.state = TradeState::Success;
        if order.transaction_id.is_empty() {
            order.transaction_id = format!("4200{:024}", 1);
        }
        return order;
    }
    Order {
        out_trade_no: twisted.out_trade_no.clone(),
        description: String::new(),
        attach: None,
        notify_url: twisted.notify_url.clone(),
        total: 10_000,
        openid: "demo-nobody".into(),
        expires: None,
        prepay_id: String::new(),
        state: TradeState::Success,
        transaction_id: format!("4200{:024}", 2),
        paid_at: Some(now),
        public_mode: false,
        refunded: false,
        asked: Value::Null,
    }
}

fn make(world: &World, order: &Order, twisted: &Twisted, id: &str) -> Notice {
    let mut trade = told(world, order);
    put(&mut trade, &twisted.trade);
    let mut outer = envelope(world, id, twisted.event.as_deref().unwrap_or("TRANSACTION.SUCCESS"), &trade);
    put(&mut outer, &twisted.envelope);
    let mut body = outer.to_string().into_bytes();
    let public_mode = order.public_mode != twisted.other_mode;
    let mut headers = signature_headers(world, public_mode, &body);
    if twisted.timestamp_shift != 0 {
        resign(world, public_mode, &body, &mut headers, twisted.timestamp_shift);
    }
    for (name, value) in &mut headers {
        match *name {
            "wechatpay-signature" if twisted.signature == "probe" => {
                *value = format!("WECHATPAY/SIGNTEST/{value}");
            }
            "wechatpay-signature" if twisted.signature == "wrong_key" => {
                *value = world.keys.sign(!public_mode, b"something else entirely");
            }
            "wechatpay-serial" => {
                if let Some(serial) = &twisted.serial {
                    value.clone_from(serial);
                }
            }
            _ => {}
        }
    }
    if twisted.signature == "missing" {
        headers.retain(|(name, _)| *name != "wechatpay-signature");
    }
    if twisted.tampered {
        garble(&mut body);
    }
    Notice { url: order.notify_url.clone(), body, headers }
}

/// Signs again with a moved timestamp.
fn resign(world: &World, public_mode: bool, body: &[u8], headers: &mut [(&'static str, String)], shift: i64) {
    let timestamp = (world.now().as_second() + shift).to_string();
    let nonce = random_text(32);
    let message = [format!("{timestamp}\n{nonce}\n").as_bytes(), body, b"\n"].concat();
    let signature = world.keys.sign(public_mode, &message);
    for (name, value) in headers {
        match *name {
            "wechatpay-timestamp" => value.clone_from(&timestamp),
            "wechatpay-nonce" => value.clone_from(&nonce),
            "wechatpay-signature" => value.clone_from(&signature),
            _ => {}
        }
    }
}

/// Sends them and tells the statuses.
pub async fn send_all(world: &Arc<World>, twisted: &Twisted) -> Value {
    let order = order_for(world, twisted);
    let id = twisted.id.clone().unwrap_or_else(|| random_text(36).to_lowercase());
    let sends = (0..twisted.count.max(1)).map(|_| send(world, make(world, &order, twisted, &id)));
    json!({"id": id, "statuses": join_all(sends).await})
}
