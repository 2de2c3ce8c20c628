//! A payment while it is made, unclear, failed, or there. Its first line is decided by the server alone.

mod word;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use clearway_domain::case::CaseState;
use clearway_domain::refusal::Refusal;
use clearway_service::citizen::order::{self, LegView, OrderPage};
use clearway_service::citizen::{Who, quote, turn};
use clearway_service::error::Conflict;
use clearway_service::{Error, World};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

pub use word::OrderWord;
use word::{leg_word, word};

use super::confirm::Said;
use super::reasons::About;
use super::turn::PlaceView;
use crate::body::Body;
use crate::ctx::{Ctx, Cx, Wants};
use crate::money::MoneyLine;
use crate::outward::Whom;
use crate::page::{Go, Page, view, whole_s};
use crate::private::Private;
use crate::problem::{Kind, Problem, ProblemView};
use crate::shown;
use crate::web::{Driver, Web};

/// What the messenger's own payment call needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaySheet {
    /// Account id.
    pub app_id: String,
    /// Seconds since 1970, as text.
    pub time_stamp: String,
    /// Random text.
    pub nonce_str: String,
    /// `prepay_id=…`
    pub package: String,
    /// `RSA`
    pub sign_type: String,
    /// Signature.
    pub pay_sign: String,
}

/// One violation in a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Leg {
    /// The violation.
    pub about: About,
    /// Plate.
    pub plate: Private,
    /// Sum, fen.
    pub total_fen: i64,
    /// The message of where it stands: `leg-<word>`.
    pub word: String,
    /// Its case.
    pub case_id: Option<String>,
}

/// A payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Order {
    /// The order.
    pub id: String,
    /// Number to quote.
    pub number: String,
    /// The fixed first line.
    pub money: MoneyLine,
    /// Where it stands.
    pub word: OrderWord,
    /// Seconds since it was sent to pay.
    pub waited_s: u32,
    /// Milliseconds after which it makes sense to ask how it stands.
    pub again_ms: u32,
    /// Sum, fen.
    pub total_fen: i64,
    /// Who receives it.
    pub payee: String,
    /// What the messenger needs, in the answer that hands it over.
    pub sheet: Option<PaySheet>,
    /// A cashier page, for browsers that are not the messenger, in the answer that hands it over.
    pub cashier: Option<String>,
    /// When it can be paid, where that is still to come.
    pub opens_at: Option<Timestamp>,
    /// Violations in it.
    pub legs: Vec<Leg>,
    /// The next payment, when the payees made two.
    pub next: Option<String>,
    /// Why money goes back, each reason once: messages `back-why-<word>`.
    pub back_why: Vec<String>,
    /// Sum that goes back, fen.
    pub back_fen: i64,
    /// Day by which it should be back.
    pub back_by: Option<Date>,
    /// The last day on which a person has looked; what cannot be handled goes back then.
    pub manual_by: Option<Date>,
    /// The last day for what is not decided yet: by then it is, or its money is on its way back.
    pub decided_by: Option<Date>,
    /// When it was paid.
    pub paid_at: Option<Timestamp>,
    /// The place of the driver, while it is being handled and there is a queue to speak of.
    pub queue: Option<PlaceView>,
}

impl Order {
    /// Whether the page has to keep asking. In a queue it does not: the page of the queue asks for much less.
    pub fn is_live(&self) -> bool {
        self.word.is_live() && self.queue.is_none()
    }

    /// The sentence under the money line. Where only a part of the money goes back it says of how many violations.
    pub fn sentence(&self, c: &Ctx) -> String {
        let count =
            |words: &[&str]| self.legs.iter().filter(|leg| words.contains(&leg.word.as_str())).count();
        let (done, back) = (count(&["done"]), count(&["back", "coming-back"]));
        let key = match self.word {
            OrderWord::ComingBack => "order-partly-coming-back",
            OrderWord::Back => "order-partly-back",
            _ => return c.t(self.word.key()).into_owned(),
        };
        if done == 0 || back == 0 {
            return c.t(self.word.key()).into_owned();
        }
        c.ta(key, &[("a", &done), ("b", &back)])
    }

    /// Seconds after which the page is opened again where no script asks.
    pub fn refresh_s(&self) -> u32 {
        whole_s(self.again_ms)
    }
}

/// The short form that a page asks for again and again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OrderState {
    /// The fixed first line.
    pub money: MoneyLine,
    /// Where it stands.
    pub word: OrderWord,
    /// Seconds since it was sent to pay.
    pub waited_s: u32,
    /// Milliseconds after which it makes sense to ask again.
    pub again_ms: u32,
    /// Whether there is a queue to speak of by now: the page says how long it takes, and asks for less.
    pub queue: bool,
    /// Where to go when it changed.
    pub next: String,
}

/// Asks to pay a quote.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, garde::Validate, ToSchema)]
pub struct OrderAsk {
    /// The quote.
    #[garde(length(min = 1, max = 64))]
    pub quote: String,
    /// The total that was read, fen: another one is never paid silently.
    #[garde(range(min = 0))]
    pub total_fen: i64,
    /// That the facts are right: the button says so.
    #[serde(default)]
    #[garde(skip)]
    pub facts: bool,
    /// That the right to a statement is waived.
    #[serde(default)]
    #[garde(skip)]
    pub waiver: bool,
}

view!(Order, "citizen/order.html");

/// Accepts a quote: one order a payee. A page goes on to the payment; a program gets the first order's address.
///
/// # Errors
/// When the quote is over or the sum is another one; with every reason, the hours among them.
#[utoipa::path(post, path = "/orders", tag = "payments", request_body = OrderAsk,
    responses((status = 303, body = Go), (status = "default", body = ProblemView)))]
pub async fn open(
    State(web): State<Web>,
    cx: Cx,
    driver: Driver,
    Body(ask): Body<OrderAsk>,
) -> Result<Response, Problem> {
    // A payer goes on to the cashier at once. Inside the messenger that has a sheet the page opens it: nothing is handed over before
    // it asks.
    let leaves = cx.wants == Wants::Html
        && (web.payments.rail().own_page || (!cx.in_messenger && web.site.cashier_url.is_some()));
    let (id, page) = web
        .ask(&cx, driver, move |world, c, who, _| {
            if quote::load(world, who, &ask.quote)?.total_fen != ask.total_fen {
                return Err(Error::Conflict(Conflict::AmountChanged));
            }
            let said = Said::of(c, ask.facts, ask.waiver);
            let orders = order::open(world, who, &ask.quote, said.acts())?;
            let first = orders.into_iter().next().ok_or(Error::NotFound("order"))?;
            let page = leaves.then(|| order::hand_over(world, who, &first).ok()).flatten();
            Ok((first, page.and_then(|page| page.cashier)))
        })
        .await
        .map_err(|problem| match money_after(&problem.kind) {
            Some(money) => problem.with_money(money),
            None => problem,
        })?;
    Ok(match page {
        Some(cashier) => Redirect::to(&cashier).into_response(),
        None => Go::to(format!("/orders/{id}")).into_response(),
    })
}

/// What is certain of the money when a quote was not accepted; nothing where it may have been paid from another page.
fn money_after(kind: &Kind) -> Option<MoneyLine> {
    match kind {
        // Nobody has looked whether this quote was accepted before, and paid; or what it was about has moved on since.
        Kind::Unavailable | Kind::Internal | Kind::SignIn | Kind::NotFound => None,
        Kind::Conflict(slug) if *slug == Conflict::CaseMoved.slug() => None,
        // A payment of the same violation is under way: its money may have moved already.
        Kind::Conflict(slug) if *slug == Conflict::PaymentOpen.slug() => Some(MoneyLine::Confirming),
        Kind::Refused(reasons) if reasons.iter().any(|reason| reason.code == Refusal::PPending.code()) => {
            Some(MoneyLine::Confirming)
        }
        _ => Some(MoneyLine::NotCharged),
    }
}

/// An order.
///
/// # Errors
/// For somebody else's order.
#[utoipa::path(get, path = "/orders/{id}", tag = "payments", params(("id" = String, Path)),
    responses((status = 200, body = Order), (status = "default", body = ProblemView)))]
pub async fn show(
    State(web): State<Web>,
    cx: Cx,
    driver: Driver,
    Path(id): Path<String>,
) -> Result<Page<Order>, Problem> {
    let view = web.see(&cx, driver, move |world, c, who| found(world, c, who, &id)).await?;
    Ok(Page::new(cx, view))
}

/// The page of an order as it stands.
fn found(world: &World, c: &Ctx, who: &Who, id: &str) -> Result<Order, Error> {
    let page = order::page(world, who, id)?;
    let again_ms = page.again_ms(world, who)?;
    let mut view = Order { again_ms, ..model(world, c, page) };
    if view.word == OrderWord::Handling {
        view.queue = turn::in_queue(world, who)?.as_ref().map(PlaceView::of);
    }
    Ok(view)
}

/// Hands the payment sheet over: from now on money may move. A page goes on to the cashier, a program gets the sheet.
///
/// # Errors
/// When it can no longer be paid. While the rail does not have it there is no sheet in the answer: look again.
#[utoipa::path(post, path = "/orders/{id}/pay", tag = "payments", params(("id" = String, Path)),
    responses((status = 200, body = Order), (status = 303, body = Go), (status = "default", body = ProblemView)))]
pub async fn pay(
    State(web): State<Web>,
    cx: Cx,
    driver: Driver,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let view = web
        .ask(&cx, driver, move |world, c, who, _| Ok(model(world, c, order::hand_over(world, who, &id)?)))
        .await?;
    Ok(match (cx.wants, &view.cashier) {
        (Wants::Html, Some(cashier)) => Redirect::to(cashier).into_response(),
        (Wants::Html, None) => Go::to(format!("/orders/{}", view.id)).into_response(),
        (Wants::Json, _) => Page::new(cx, view).into_response(),
    })
}

/// The payer is back. What the browser says is never believed: the rail is asked, and the answer is the page of the order.
///
/// # Errors
/// For somebody else's order.
#[utoipa::path(get, path = "/orders/{id}/returned", tag = "payments", params(("id" = String, Path)),
    responses((status = 200, body = Order), (status = "default", body = ProblemView)))]
pub async fn returned(
    State(web): State<Web>,
    cx: Cx,
    driver: Driver,
    Path(id): Path<String>,
) -> Result<Page<Order>, Problem> {
    let place = web.place(Whom::Rail, Some(&driver));
    let asked = web.ask(&cx, driver, move |world, c, who, _| {
        order::returned(world, who, &id, place)?;
        found(world, c, who, &id)
    });
    let view = asked.await?;
    Ok(Page::new(cx, view))
}

/// Whether the rail is to be asked for this look.
#[derive(Debug, Clone, Deserialize, IntoParams)]
pub struct StateQuery {
    /// Ask the rail first.
    #[serde(default)]
    ask: bool,
}

/// The short form of an order, for pages that wait.
///
/// # Errors
/// For somebody else's order.
#[utoipa::path(get, path = "/orders/{id}/state", tag = "payments", params(("id" = String, Path), StateQuery),
    responses((status = 200, body = OrderState), (status = "default", body = ProblemView)))]
pub async fn state(
    State(web): State<Web>,
    cx: Cx,
    driver: Driver,
    Path(id): Path<String>,
    Query(query): Query<StateQuery>,
) -> Result<Json<OrderState>, Problem> {
    if query.ask {
        let id = id.clone();
        web.ask(&cx, driver.clone(), move |world, _, who, _| order::ask_again(world, who, &id)).await?;
    }
    let state = web.see(&cx, driver, move |world, c, who| {
        let next = format!("/orders/{id}");
        if let Some(again_ms) = order::preparing(world, who, &id)? {
            let (money, word) = (MoneyLine::NotCharged, OrderWord::Preparing);
            return Ok(OrderState { money, word, waited_s: 0, again_ms, queue: false, next });
        }
        let page = order::page(world, who, &id)?;
        let again_ms = page.again_ms(world, who)?;
        let Order { money, word, waited_s, .. } = model(world, c, page);
        let queue = word == OrderWord::Handling && turn::in_queue(world, who)?.is_some();
        Ok(OrderState { money, word, waited_s, again_ms, queue, next })
    });
    Ok(Json(state.await?))
}

/// Asks the rail now.
///
/// # Errors
/// For somebody else's order.
#[utoipa::path(post, path = "/orders/{id}/ask", tag = "payments", params(("id" = String, Path)),
    responses((status = 303, body = Go), (status = "default", body = ProblemView)))]
pub async fn ask_again(
    State(web): State<Web>,
    cx: Cx,
    driver: Driver,
    Path(id): Path<String>,
) -> Result<Go, Problem> {
    let next = format!("/orders/{id}");
    web.ask(&cx, driver, move |world, _, who, _| order::ask_again(world, who, &id)).await?;
    Ok(Go::to(next))
}

/// Gives an unpaid order up: the rail is asked and closes first.
///
/// # Errors
/// When the rail cannot say that no money moved.
#[utoipa::path(post, path = "/orders/{id}/cancel", tag = "payments", params(("id" = String, Path)),
    responses((status = 303, body = Go), (status = "default", body = ProblemView)))]
pub async fn cancel(
    State(web): State<Web>,
    cx: Cx,
    driver: Driver,
    Path(id): Path<String>,
) -> Result<Go, Problem> {
    let next = format!("/orders/{id}");
    web.ask_outside(&cx, driver, Whom::Rail, move |world, _, who, _| order::give_up(world, who, &id)).await?;
    Ok(Go::to(next))
}

pub(super) fn about_leg(world: &World, c: &Ctx, leg: &LegView) -> About {
    About {
        id: leg.case.violation.clone(),
        act: shown::act(world, c, leg.code.as_deref(), None),
        at: leg.occurred.unwrap_or_else(|| shown::instant(leg.case.opened_at_ms)),
        place: leg.place.clone().unwrap_or_else(|| c.t("place-unknown").into_owned()),
        fine_fen: leg.fine.0,
        points: shown::points(Some(leg.case.points_given)),
    }
}

fn model(world: &World, c: &Ctx, page: OrderPage) -> Order {
    let sent = page.order.sent_to_pay_at_ms;
    let waited_s = sent.map_or(0, |sent| (world.now().as_millisecond() - sent).max(0) / 1000);
    let word = word(&page, waited_s);
    let leg = |leg: &LegView| Leg {
        about: about_leg(world, c, leg),
        plate: shown::plate_of_key(c, &leg.case.plate).0.into(),
        total_fen: leg.fine.0 + leg.surcharge.0,
        word: leg_word(CaseState::from_slug(&leg.case.state), word).to_owned(),
        case_id: Some(leg.case.case_id.clone()),
    };
    let mut back_why: Vec<String> = page.back.iter().map(|back| back.reason.clone()).collect();
    back_why.sort_unstable();
    back_why.dedup();
    let promised =
        page.back.iter().filter(|back| back.done_at_ms.is_none()).map(|back| back.promised_at_ms).max();
    Order {
        id: page.order.order_id.clone(),
        number: page.order.out_trade_no.clone(),
        money: page.money.into(),
        waited_s: u32::try_from(waited_s).unwrap_or(u32::MAX),
        again_ms: 0,
        total_fen: page.order.total_fen,
        payee: page.payee_name,
        sheet: page.sheet.filter(|_| word == OrderWord::ToPay || word == OrderWord::Waiting).map(|sheet| {
            PaySheet {
                app_id: sheet.app_id,
                time_stamp: sheet.time_stamp,
                nonce_str: sheet.nonce_str,
                package: sheet.package,
                sign_type: sheet.sign_type,
                pay_sign: sheet.pay_sign,
            }
        }),
        cashier: page.cashier,
        opens_at: page.opens,
        legs: page.legs.iter().map(leg).collect(),
        next: page.next_order,
        back_why,
        back_fen: page.back.iter().map(|back| back.fen).sum(),
        back_by: promised.map(|at| clearway_domain::civil_date(shown::instant(at))),
        manual_by: page.manual_by,
        decided_by: page.decided_by,
        paid_at: page.order.paid_at_ms.map(shown::instant),
        queue: None,
        word,
    }
}
