//! The pretend cashier: what a phone shows instead of the payment sheet.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::{TradeState, combined, nontax, notify};
use crate::answer::Answer;
use crate::authority::yuan;
use crate::page;
use crate::state::World;
use crate::xml::escape;

/// What the page is asked with, and what its form sends.
#[derive(Deserialize)]
pub struct Asked {
    prepay_id: String,
    #[serde(default, rename = "return")]
    back: String,
    #[serde(default)]
    action: String,
}

/// What lies on the cashier's desk, of whatever rail.
struct Till {
    description: String,
    /// Fen.
    total: i64,
    state: TradeState,
    /// Where the merchant said that the payer is to come back to.
    back: String,
}

fn till_behind(world: &World, prepay_id: &str) -> Option<Till> {
    let now = world.now();
    let mut pay = world.pay();
    if let Some(order) = pay.nontax.order(prepay_id) {
        let state = match order.status(now) {
            1 => TradeState::NotPay,
            12 => TradeState::Closed,
            _ => TradeState::Success,
        };
        let (description, back) = (order.desc.clone(), order.return_url.clone());
        return Some(Till { description, total: order.fee, state, back });
    }
    let number = pay.number_of(prepay_id)?;
    let orders = match pay.combined.get(&number).cloned() {
        Some(combined) => combined.orders(&mut pay, now),
        None => vec![pay.order(&number, now)?.clone()],
    };
    Some(Till {
        description: orders.first()?.description.clone(),
        total: orders.iter().map(|order| order.total).sum(),
        state: orders.first()?.state,
        back: String::new(),
    })
}

/// The page.
pub async fn show(State(world): State<Arc<World>>, Query(asked): Query<Asked>) -> Response {
    let Some(order) = till_behind(&world, &asked.prepay_id) else {
        return Answer::html(page::page("收银台", "<p>没有这笔订单。</p>")).send();
    };
    let back = if asked.back.is_empty() { &order.back } else { &asked.back };
    let head = format!(
        "<p class=\"center soft\">{}</p><p class=\"sum\">¥{}</p>",
        escape(&order.description),
        yuan_two(order.total)
    );
    let body = if order.state == TradeState::NotPay {
        format!(
            "{head}<form method=\"post\" action=\"/cashier\">{}{}<button class=\"go\" name=\"action\" value=\"pay\">支付</button><button name=\"action\" value=\"cancel\">取消</button><button name=\"action\" value=\"pay_stay\">付款后不回来</button><button name=\"action\" value=\"fail\">银行拒绝</button></form><p class=\"soft\">“付款后不回来”：钱已付，但页面停在这里，像关掉了手机。</p>",
            page::hidden("prepay_id", &asked.prepay_id),
            page::hidden("return", back)
        )
    } else {
        format!("{head}<p class=\"center\">{}</p>{}", order.state.words(), back_link(back))
    };
    Answer::html(page::page("收银台", &body)).send()
}

fn yuan_two(fen: i64) -> String {
    let text = yuan(fen);
    if text.contains('.') { text } else { format!("{text}.00") }
}

fn back_link(back: &str) -> String {
    if back.starts_with("http://") || back.starts_with("https://") {
        format!("<a class=\"button\" href=\"{}\">回到商家</a>", escape(back))
    } else {
        String::new()
    }
}

/// A button was pressed.
pub async fn act(State(world): State<Arc<World>>, Form(asked): Form<Asked>) -> Response {
    if till_behind(&world, &asked.prepay_id).is_none() {
        return Answer::html(page::page("收银台", "<p>没有这笔订单。</p>")).send();
    }
    // A refusal by the bank leaves the order unpaid: the payer may try again.
    if matches!(asked.action.as_str(), "pay" | "pay_stay") {
        settle(&world, &asked.prepay_id);
    }
    let stays = asked.action == "pay_stay";
    let returns = asked.back.starts_with("http://") || asked.back.starts_with("https://");
    if stays || !returns {
        let body = format!("<p class=\"center\">已支付，页面停在这里。</p>{}", back_link(&asked.back));
        let body = if asked.action == "cancel" {
            "<p class=\"center\">已取消，没有付款。</p>".to_owned()
        } else {
            body
        };
        return Answer::html(page::page("收银台", &body)).send();
    }
    Answer::redirect(&asked.back).send()
}

/// Pays an order by its number or prepay id, and starts its notice. False when it can no longer be paid.
pub fn settle(world: &Arc<World>, number: &str) -> bool {
    pay(world, number, &[TradeState::NotPay])
}

/// Pays an order even though it was closed: the payment and the closing crossed at the platform.
pub fn settle_late(world: &Arc<World>, number: &str) -> bool {
    pay(world, number, &[TradeState::NotPay, TradeState::Closed])
}

fn pay(world: &Arc<World>, number: &str, from: &[TradeState]) -> bool {
    let now = world.now();
    if let Some(paid) = nontax::pay(world, number, from.contains(&TradeState::Closed)) {
        return paid;
    }
    let behind = world.pay().number_of(number);
    let number = behind.as_deref().unwrap_or(number);
    if let Some(paid) = combined::pay(world, number, from) {
        return paid;
    }
    let order = {
        let mut pay = world.pay();
        let transaction = pay.next_transaction();
        let Some(order) = pay.order(number, now) else { return false };
        if order.combined.is_some() || !from.contains(&order.state) {
            return false;
        }
        order.state = TradeState::Success;
        order.transaction_id = transaction;
        order.paid_at = Some(now);
        order.clone()
    };
    tokio::spawn(notify::deliver(world.clone(), order));
    true
}
