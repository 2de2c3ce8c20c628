//! Notices that must not be believed: made to order for tests.

use std::sync::Arc;

use futures_util::future::join_all;
use serde::Deserialize;
use serde_json::{Value, json};

use super::notify::{Notice, envelope, send};
use super::orders::told;
use super::request::headers_by;
use super::{Order, TradeState, combined};
use crate::answer::garble;
use crate::keys::{Signer, random_text};
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
    /// Sign with the first certificate although it has a successor.
    pub predecessor: bool,
    /// Of a combined order: `missing`, `extra` or `duplicate`.
    pub sub_orders: String,
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

/// What a notice speaks of, and to whom.
struct Subject {
    trade: Value,
    notify_url: String,
    public_mode: bool,
}

/// The order or combined order as it would be told if it were paid now.
fn subject(world: &World, twisted: &Twisted) -> Subject {
    let now = world.now();
    let mut pay = world.pay();
    let paid = |mut order: Order, at: usize| {
        order.paid_at.get_or_insert(now);
        order.state = TradeState::Success;
        if order.transaction_id.is_empty() {
            order.transaction_id = format!("4200{:024}", at + 1);
        }
        order
    };
    if let Some(known) = pay.combined.get(&twisted.out_trade_no).cloned() {
        let subs = known.orders(&mut pay, now);
        let subs: Vec<Order> = subs.into_iter().enumerate().map(|(at, sub)| paid(sub, at)).collect();
        let mut trade = combined::told(world, &known, &subs);
        if let Some(list) = trade["sub_orders"].as_array_mut() {
            change_parts(list, &twisted.sub_orders);
        }
        return Subject { trade, notify_url: known.notify_url, public_mode: known.public_mode };
    }
    let order = pay.order(&twisted.out_trade_no, now).cloned();
    let order = paid(order.unwrap_or_else(|| unknown(twisted)), 1);
    Subject { trade: told(world, &order), notify_url: order.notify_url, public_mode: order.public_mode }
}

/// `missing` drops the last one, `extra` adds one that was never asked for, `duplicate` tells the first one twice.
fn change_parts(list: &mut Vec<Value>, how: &str) {
    let Some(mut first) = list.first().cloned() else { return };
    match how {
        "missing" => {
            list.pop();
        }
        "extra" => {
            first["out_trade_no"] = json!("NOBODY-ASKED-1");
            first["transaction_id"] = json!(format!("4200{:024}", 99));
            list.push(first);
        }
        "duplicate" => list.push(first),
        _ => {}
    }
}

fn unknown(twisted: &Twisted) -> Order {
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
        transaction_id: String::new(),
        paid_at: None,
        refunded: false,
        public_mode: false,
        combined: None,
        asked: Value::Null,
    }
}

fn make(world: &World, twisted: &Twisted, id: &str) -> Notice {
    let subject = subject(world, twisted);
    let mut trade = subject.trade;
    put(&mut trade, &twisted.trade);
    let mut outer = envelope(world, id, twisted.event.as_deref().unwrap_or("TRANSACTION.SUCCESS"), &trade);
    put(&mut outer, &twisted.envelope);
    let mut body = outer.to_string().into_bytes();
    let public_mode = subject.public_mode != twisted.other_mode;
    let signer = if twisted.predecessor { Signer::Predecessor } else { Signer::of(public_mode) };
    let mut headers = headers_by(world, signer, &body, twisted.timestamp_shift);
    for (name, value) in &mut headers {
        match *name {
            "wechatpay-signature" if twisted.signature == "probe" => {
                *value = format!("WECHATPAY/SIGNTEST/{value}");
            }
            "wechatpay-signature" if twisted.signature == "wrong_key" => {
                *value = world.keys.sign(Signer::of(!public_mode), b"something else entirely");
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
    Notice { url: subject.notify_url, body, headers }
}

/// Sends them and tells the statuses.
pub async fn send_all(world: &Arc<World>, twisted: &Twisted) -> Value {
    let id = twisted.id.clone().unwrap_or_else(|| random_text(36).to_lowercase());
    let sends = (0..twisted.count.max(1)).map(|_| send(world, make(world, twisted, &id)));
    json!({"id": id, "statuses": join_all(sends).await})
}
