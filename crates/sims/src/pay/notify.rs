//! Notices of payment, with their retries.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::Order;
use super::combined::{self, Combined};
use super::orders::{sealed, told};
use super::refunds::{Refund, noticed};
use super::request::signature_headers;
use crate::answer::garble;
use crate::clock::offset_text;
use crate::faults::{Fault, pause};
use crate::keys::random_text;
use crate::state::{Arrived, World};

/// Waits before the next try, in real milliseconds: the platform's 15 s / 15 s / 30 s / 3 m … made short for a demo.
const WAITS_MS: [u64; 9] = [500, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000, 60_000];

/// A notice ready to be sent.
pub struct Notice {
    /// Where to.
    pub url: String,
    /// Raw body.
    pub body: Vec<u8>,
    /// Headers.
    pub headers: Vec<(&'static str, String)>,
}

/// The envelope around an encrypted trade or refund.
pub fn envelope(world: &World, id: &str, event: &str, matter: &Value) -> Value {
    let kind = if event.starts_with("REFUND.") { "refund" } else { "transaction" };
    let mut resource = sealed(world, kind, matter.to_string().as_bytes());
    resource["original_type"] = json!(kind);
    json!({
        "id": id,
        "create_time": offset_text(world.now()),
        "resource_type": "encrypt-resource",
        "event_type": event,
        "summary": if kind == "refund" { "退款通知" } else { "支付成功" },
        "resource": resource,
    })
}

/// Whom a notice goes to, and under which keys a fault may match it.
struct To {
    url: String,
    keys: Vec<String>,
    public_mode: bool,
}

impl To {
    fn of(order: &Order) -> Self {
        let keys = vec![order.out_trade_no.clone(), order.prepay_id.clone()];
        Self { url: order.notify_url.clone(), keys, public_mode: order.public_mode }
    }

    /// A notice of something that was paid.
    fn paid(&self, world: &World, id: &str, trade: &Value) -> Notice {
        self.notice(world, id, "TRANSACTION.SUCCESS", trade)
    }

    fn notice(&self, world: &World, id: &str, event: &str, matter: &Value) -> Notice {
        let body = envelope(world, id, event, matter).to_string().into_bytes();
        let headers = signature_headers(world, self.public_mode, &body);
        Notice { url: self.url.clone(), body, headers }
    }
}

/// Sends a notice once; the status, or 0 when nothing came back within 5 seconds.
pub async fn send(world: &World, notice: Notice) -> u16 {
    let mut request = world
        .http
        .post(&notice.url)
        .timeout(Duration::from_secs(5))
        .header("content-type", "application/json")
        .body(notice.body);
    for (name, value) in notice.headers {
        request = request.header(name, value);
    }
    request.send().await.map_or(0, |answer| answer.status().as_u16())
}

/// Notifies of a paid order until it is accepted or the waits are used up.
pub async fn deliver(world: Arc<World>, order: Order) {
    let to = To::of(&order);
    let fields = json!({"out_trade_no": order.out_trade_no, "total": order.total});
    repeat(&world, "notify", &to, fields, |world, id| to.paid(world, id, &told(world, &order))).await;
}

/// Notifies of a paid combined order.
pub async fn deliver_combined(world: Arc<World>, order: Combined, subs: Vec<Order>) {
    let keys = [order.out_trade_no.clone(), order.prepay_id.clone()];
    let to = To {
        url: order.notify_url.clone(),
        keys: keys.into_iter().chain(order.subs.iter().cloned()).collect(),
        public_mode: order.public_mode,
    };
    let total: i64 = subs.iter().map(|sub| sub.total).sum();
    let fields = json!({"combine_out_trade_no": order.out_trade_no, "total": total});
    let trade = combined::told(&world, &order, &subs);
    repeat(&world, "notify", &to, fields, |world, id| to.paid(world, id, &trade)).await;
}

/// Notifies of a refund that has come to its end.
pub async fn deliver_refund(world: Arc<World>, order: Order, refund: Refund) {
    let to = To { url: refund.notify_url.clone(), ..To::of(&order) };
    let fields = json!({"out_refund_no": refund.out_refund_no, "refund": refund.fen});
    let notice = |world: &World, id: &str| {
        let event = format!("REFUND.{}", refund.state(world.now()).wire());
        to.notice(world, id, &event, &noticed(world, &order, &refund))
    };
    repeat(&world, "refund_notify", &to, fields, notice).await;
}

/// Sends a notice again and again until it is accepted or the waits are used up.
async fn repeat(
    world: &World,
    call: &str,
    to: &To,
    mut fields: Value,
    make: impl Fn(&World, &str) -> Notice,
) {
    let id = random_text(36).to_lowercase();
    fields["id"] = json!(id);
    for wait in [0].into_iter().chain(WAITS_MS) {
        pause(wait).await;
        let calls = [call];
        let keys: Vec<&str> = to.keys.iter().map(String::as_str).collect();
        let fault = world.faults.take(&calls, &keys);
        let arrived = Arrived {
            side: "pay",
            calls: &calls,
            wire: format!("POST {}", to.url),
            keys: &keys,
            habit: if to.public_mode { "public_key".into() } else { "certificate".into() },
            fields: fields.clone(),
        };
        let n = world.note(&arrived, fault.as_ref().map(|f| format!("{f:?}")).unwrap_or_default());
        let status = once(world, || make(world, &id), fault).await;
        world.journal.outcome(n, &format!("status {status}"));
        if status == 200 || status == 204 {
            return;
        }
    }
}

async fn once(world: &World, make: impl Fn() -> Notice, fault: Option<Fault>) -> u16 {
    match fault {
        Some(Fault::Never) => return 0,
        Some(Fault::Late(ms)) => pause(ms).await,
        Some(Fault::Twice) => {
            send(world, make()).await;
        }
        Some(Fault::Garbled) => {
            let mut notice = make();
            garble(&mut notice.body);
            return send(world, notice).await;
        }
        Some(Fault::Truncated) => {
            let mut notice = make();
            notice.body.truncate(notice.body.len() / 2);
            return send(world, notice).await;
        }
        // The platform lost our acceptance: it will come again.
        Some(Fault::ActedNoReply) => {
            send(world, make()).await;
            return 0;
        }
        _ => {}
    }
    send(world, make()).await
}
