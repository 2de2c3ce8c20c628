//! The calls of the family: `access_token` in the query, JSON both ways, `errcode` with HTTP 200.
//!
//! Codes of their own, as the interface agreement has them for the notified side: 210 the data is not of the agreed form,
//! 232 the notice is paid. Made up for this platform: 230 no such notice or order, 233 nothing paid that could go back, 234
//! more than was paid, 235 the refund's number was used with other contents.

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::response::Response;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan as _, tz::Offset};
use serde_json::{Value, json};

use super::{DEPARTMENT, DEPARTMENT_NAME, ITEM, Order, REGION, Refund, told};
use crate::answer::Twist;
use crate::keys::random_text;
use crate::pay::refunds::RefundState;
use crate::state::{Arrived, World};
use crate::wechat::{errcode, is_openid, token_error, told as answered};

type Asked = Query<HashMap<String, String>>;

/// A refusal: code and words.
struct Refused(i64, &'static str);

type Outcome = Result<Value, Refused>;

const MALFORMED: Refused = Refused(210, "data format error");
const UNKNOWN: Refused = Refused(230, "no such notice or order");

/// The body of a call.
struct Fields(Value);

impl Fields {
    fn text(&self, name: &str) -> String {
        self.0.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    fn whole(&self, name: &str) -> Option<i64> {
        self.0.get(name).and_then(Value::as_i64)
    }

    fn need(&self, name: &str) -> Result<String, Refused> {
        Some(self.text(name)).filter(|text| !text.is_empty()).ok_or(MALFORMED)
    }

    /// Whether region and unit are this platform's.
    fn place(&self) -> Result<(), Refused> {
        let here = self.need("region_code")? == REGION && self.need("department_code")? == DEPARTMENT;
        if here { Ok(()) } else { Err(UNKNOWN) }
    }

    /// Exactly one of the two numbers: notice, order number.
    fn matter(&self) -> Result<(String, String), Refused> {
        let (notice, order_no) = (self.text("payment_notice_no"), self.text("order_no"));
        if notice.is_empty() == order_no.is_empty() { Err(MALFORMED) } else { Ok((notice, order_no)) }
    }
}

/// Draws the fault, checks the token and the account, performs, answers.
async fn run(
    world: &World,
    q: &HashMap<String, String>,
    body: &[u8],
    (name, also): (&str, &str),
    act: impl Fn(&Fields) -> Outcome,
) -> Response {
    let fields = Fields(serde_json::from_slice(body).unwrap_or(Value::Null));
    let call = format!("nontax_{name}");
    let keys =
        ["order_id", "payment_notice_no", "order_no", "refund_out_id", "openid"].map(|key| fields.text(key));
    let keys: Vec<&str> = keys.iter().map(String::as_str).filter(|key| !key.is_empty()).collect();
    let arrived = Arrived {
        side: "pay",
        calls: &[&call, also],
        wire: format!("POST /nontax/{name}"),
        keys: &keys,
        habit: String::new(),
        fields: fields.0.clone(),
    };
    world
        .run(arrived, |twist| {
            let outcome = match twist {
                Twist::Refuse(text) => Ok(errcode(text.parse().unwrap_or(-1), "refused on demand")),
                Twist::Dollar => Ok(errcode(-1, "system error")),
                _ => match token_error(world, q) {
                    Some(error) => Ok(error),
                    None if fields.text("appid") != world.keys.material.appid => {
                        Ok(errcode(40013, "invalid appid"))
                    }
                    None => act(&fields),
                },
            };
            let value = match outcome {
                Ok(value) => world.pay().nontax.answer(name, value),
                Err(Refused(code, words)) => errcode(code, words),
            };
            let code = value.get("errcode").and_then(Value::as_i64).unwrap_or(0);
            let words = if code == 0 { "ok".to_owned() } else { format!("errcode {code}") };
            let mut answer = answered(&value);
            if *twist == Twist::Empty {
                answer.body.clear();
            }
            (answer, words)
        })
        .await
}

/// What a payment notice asks for today: the fine, and three percent of it for each day after the fifteenth.
struct Due {
    name: String,
    fine: i64,
    penalty: i64,
    decided: Timestamp,
}

fn china(at: Timestamp) -> Date {
    Offset::constant(8).to_datetime(at).date()
}

fn due(world: &World, notice: &str) -> Result<Due, Refused> {
    let live = world.live();
    let decision = live.decision(notice).filter(|decision| decision.fine_fen > 0).ok_or(UNKNOWN)?;
    let paid_here = || {
        let pay = world.pay();
        pay.nontax.orders.iter().any(|order| order.notice == notice && order.paid_at.is_some())
    };
    if decision.paid == "1" || paid_here() {
        return Err(Refused(232, "the notice is paid"));
    }
    let mut last = china(decision.decided_at).saturating_add(15.days());
    while matches!(last.weekday().to_monday_one_offset(), 6 | 7) {
        last = last.saturating_add(1.day());
    }
    let late = china(world.now()).since(last).map_or(0, |span| i64::from(span.get_days())).max(0);
    let penalty = (decision.fine_fen * 3 * late / 100).min(decision.fine_fen);
    // Masked as on paper notices: the payer sees whose it is, a stranger does not.
    let name: String = live
        .driver(&decision.id_number)
        .map_or_else(String::new, |driver| driver.name.chars().take(1).chain("**".chars()).collect());
    Ok(Due { name, fine: decision.fine_fen, penalty, decided: decision.decided_at })
}

/// `POST /nontax/queryfee`
pub async fn query_fee(State(world): State<Arc<World>>, Query(q): Asked, body: Bytes) -> Response {
    run(&world, &q, &body, ("queryfee", "nontax_queryfee"), |fields| {
        let notice = fields.need("payment_notice_no")?;
        fields.place()?;
        let due = due(&world, &notice)?;
        let fee = due.fine + due.penalty;
        Ok(json!({
            "errcode": 0, "errmsg": "ok", "user_name": due.name, "fee": fee, "payment_notice_no": notice,
            "items": [{"no": 1, "item_id": ITEM, "item_name": "交通违法罚款", "overdue": 0, "penalty": due.penalty,
                "fee": fee}],
            "department_code": DEPARTMENT, "department_name": DEPARTMENT_NAME, "payment_notice_type": 2,
            "region_code": REGION, "payment_notice_create_time": due.decided.as_second(),
            "payment_expire_date": "",
        }))
    })
    .await
}

/// `POST /nontax/unifiedorder`: every call makes a new order, so that one notice can have several.
pub async fn unified_order(State(world): State<Arc<World>>, Query(q): Asked, body: Bytes) -> Response {
    run(&world, &q, &body, ("unifiedorder", "prepay"), |fields| {
        let order = order_of(&world, fields)?;
        let mut pay = world.pay();
        if pay.nontax.orders.iter().any(|other| other.paid_at.is_some() && other.same_matter(&order)) {
            return Err(Refused(232, "the notice is paid"));
        }
        let pay_url = format!("{}/cashier?prepay_id={}", world.public_url, order.order_id);
        let answer = json!({"errcode": 0, "errmsg": "ok", "order_id": order.order_id, "pay_url": pay_url});
        pay.nontax.orders.push(order);
        Ok(answer)
    })
    .await
}

fn order_of(world: &World, fields: &Fields) -> Result<Order, Refused> {
    const SCENES: [&str; 7] = ["biz", "ctiyservice", "miniprogram", "offline", "pc", "app", "other"];
    let openid = fields.need("openid")?;
    if !is_openid(&openid) {
        return Err(Refused(40003, "invalid openid"));
    }
    fields.place()?;
    let (notice, order_no) = fields.matter()?;
    let fee = fields.whole("fee").filter(|fee| *fee > 0).ok_or(MALFORMED)?;
    let items = fields.0.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    let right = |item: &Value| {
        let filled = |name: &str| item.get(name).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
        item.get("no").is_some_and(Value::is_i64) && filled("item_id") && filled("item_name")
    };
    let sum: Option<i64> = items.iter().map(|item| item.get("fee").and_then(Value::as_i64)).sum();
    let known = SCENES.contains(&fields.need("scene")?.as_str());
    let dated = fields.whole("payment_notice_create_time").is_some_and(|at| at > 0);
    if items.is_empty() || !items.iter().all(right) || sum != Some(fee) || !known || !dated {
        return Err(MALFORMED);
    }
    let _ = (fields.need("ip")?, fields.need("department_name")?);
    if !notice.is_empty() {
        let due = due(world, &notice)?;
        if due.fine + due.penalty != fee {
            return Err(Refused(210, "the fee is not that of the notice"));
        }
    }
    let now = world.now();
    let unpaid_s = world.pay().nontax.unpaid_s;
    Ok(Order {
        order_id: random_text(28),
        openid,
        desc: fields.need("desc")?,
        fee,
        return_url: fields.need("return_url")?,
        notice,
        order_no,
        items: items.into(),
        created_at: now,
        ends_at: now + SignedDuration::from_secs(unpaid_s),
        paid_at: None,
        trans_id: String::new(),
        refunds: Vec::new(),
    })
}

/// `POST /nontax/getorder`
pub async fn get_order(State(world): State<Arc<World>>, Query(q): Asked, body: Bytes) -> Response {
    run(&world, &q, &body, ("getorder", "query"), |fields| {
        let id = fields.need("order_id")?;
        let pay = world.pay();
        let order = pay.nontax.orders.iter().find(|order| order.order_id == id).ok_or(UNKNOWN)?;
        Ok(told(&world, order, world.now()))
    })
    .await
}

/// `POST /nontax/getorderlist`
pub async fn get_order_list(State(world): State<Arc<World>>, Query(q): Asked, body: Bytes) -> Response {
    run(&world, &q, &body, ("getorderlist", "nontax_getorderlist"), |fields| {
        fields.place()?;
        let (notice, order_no) = fields.matter()?;
        let pay = world.pay();
        let list: Vec<&Order> = pay
            .nontax
            .orders
            .iter()
            .filter(|order| order.notice == notice && order.order_no == order_no)
            .collect();
        let paid = list.iter().find(|order| order.paid_at.is_some());
        Ok(json!({
            "errcode": 0, "errmsg": "ok",
            "order_id_list": list.iter().map(|order| &order.order_id).collect::<Vec<_>>(),
            "paid_order_id": paid.map_or("", |order| order.order_id.as_str()),
        }))
    })
    .await
}

/// `POST /nontax/refund`
pub async fn refund(State(world): State<Arc<World>>, Query(q): Asked, body: Bytes) -> Response {
    run(&world, &q, &body, ("refund", "refund"), |fields| {
        let (id, reason) = (fields.need("order_id")?, fields.need("reason")?);
        let now = world.now();
        let mut pay = world.pay();
        let habit = pay.refund_habit;
        let number = pay.next_transaction().replacen("4200", "5030", 1);
        let order = pay.nontax.orders.iter_mut().find(|order| order.order_id == id).ok_or(UNKNOWN)?;
        if order.paid_at.is_none() {
            return Err(Refused(233, "the order is not paid"));
        }
        let left = order.fee - order.refunds.iter().map(|refund| refund.fee).sum::<i64>();
        // Without a sum the whole goes back; a part needs sum and number.
        let fee = fields.whole("refund_fee").unwrap_or(order.fee);
        let out_id = fields.text("refund_out_id");
        if fee != order.fee && out_id.is_empty() {
            return Err(MALFORMED);
        }
        if let Some(known) = order.refunds.iter().find(|known| !out_id.is_empty() && known.out_id == out_id) {
            let same = known.fee == fee && known.reason == reason;
            let answer = json!({"errcode": 0, "errmsg": "ok", "refund_order_id": known.order_id});
            return if same {
                Ok(answer)
            } else {
                Err(Refused(235, "the number was used with other contents"))
            };
        }
        if fee <= 0 || fee > left {
            return Err(Refused(234, "more than was paid"));
        }
        let ends = now + SignedDuration::from_millis(habit.after_ms);
        let done_at = (habit.ends == RefundState::Success).then_some(ends);
        order.refunds.push(Refund { out_id, order_id: number.clone(), fee, reason, done_at });
        Ok(json!({"errcode": 0, "errmsg": "ok", "refund_order_id": number}))
    })
    .await
}
