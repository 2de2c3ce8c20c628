//! Notices of payment, with their retries.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::Order;
use super::orders::{sealed, told};
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

/// The envelope around an encrypted trade.
pub fn envelope(world: &World, id: &str, event: &str, trade: &Value) -> Value {
    let mut resource = sealed(world, "transaction", trade.to_string().as_bytes());
    resource["original_type"] = json!("transaction");
    json!({
        "id": id,
        "create_time": offset_text(world.now()),
        "resource_type": "encrypt-resource",
        "event_type": event,
        "summary": "支付成功",
        "resource": resource,
    })
}

/// The notice of a paid order.
pub fn of(world: &World, order: &Order, id: &str) -> Notice {
    let body = envelope(world, id, "TRANSACTION.SUCCESS", &told(world, order)).to_string().into_bytes();
    let headers = signature_headers(world, order.public_mode, &body);
    Notice { url: order.notify_url.clone(), body, headers }
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
    let id = random_text(36).to_lowercase();
    for wait in [0].into_iter().chain(WAITS_MS) {
        pause(wait).await;
        let calls = ["notify"];
        let keys = [order.out_trade_no.as_str(), order.prepay_id.as_str()];
        let fault = world.faults.take(&calls, &keys);
        let arrived = Arrived {
            side: "pay",
            calls: &calls,
            wire: format!("POST {}", order.notify_url),
            keys: &keys,
            habit: if order.public_mode { "public_key".into() } else { "certificate".into() },
            fields: json!({"id": id, "out_trade_no": order.out_trade_no, "total": order.total}),
        };
        let n = world.note(&arrived, fault.as_ref().map(|f| format!("{f:?}")).unwrap_or_default());
        let status = once(&world, &order, &id, fault).await;
        world.journal.outcome(n, &format!("status {status}"));
        if status == 200 || status == 204 {
            return;
        }
    }
}

async fn once(world: &World, order: &Order, id: &str, fault: Option<Fault>) -> u16 {
    match fault {
        Some(Fault::Never) => return 0,
        Some(Fault::Late(ms)) => pause(ms).await,
        Some(Fault::Twice) => {
            send(world, of(world, order, id)).await;
        }
        Some(Fault::Garbled) => {
            let mut notice = of(world, order, id);
            garble(&mut notice.body);
            return send(world, notice).await;
        }
        Some(Fault::Truncated) => {
            let mut notice = of(world, order, id);
            notice.body.truncate(notice.body.len() / 2);
            return send(world, notice).await;
        }
        // The platform lost our acceptance: it will come again.
        Some(Fault::ActedNoReply) => {
            send(world, of(world, order, id)).await;
            return 0;
        }
        _ => {}
    }
    send(world, of(world, order, id)).await
}
