//! The receipt of a payment.

use axum::extract::{Path, State};
use clearway_domain::PersonName;
use clearway_service::citizen::receipt;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::order::about_leg;
use super::quote::Line;
use crate::ctx::Cx;
use crate::figures::capital;
use crate::page::{Page, view};
use crate::private::Private;
use crate::problem::{Problem, ProblemView};
use crate::shown;
use crate::web::{Driver, Web};

/// A receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Receipt {
    /// The order.
    pub order_id: String,
    /// Number to quote.
    pub number: String,
    /// The payment rail's own number.
    pub rail_number: String,
    /// When it was paid.
    pub paid_at: Timestamp,
    /// Who received it.
    pub payee: String,
    /// Who paid, masked.
    pub payer: Private,
    /// Way of payment in words.
    pub method: String,
    /// Lines.
    pub lines: Vec<Line>,
    /// Sum, fen.
    pub total_fen: i64,
    /// Sum in Chinese capital figures, as receipts carry it.
    pub total_words: String,
    /// Sent back, fen.
    pub back_fen: i64,
}

view!(Receipt, "citizen/receipt.html");

/// The receipt of a paid order.
///
/// # Errors
/// While no money has arrived; for somebody else's order.
#[utoipa::path(get, path = "/orders/{id}/receipt", tag = "payments", params(("id" = String, Path)),
    responses((status = 200, body = Receipt), (status = "default", body = ProblemView)))]
pub async fn show(
    State(web): State<Web>,
    cx: Cx,
    driver: Driver,
    Path(id): Path<String>,
) -> Result<Page<Receipt>, Problem> {
    let view = web
        .ask(&cx, driver, move |world, c, who, account| {
            let page = receipt::page(world, who, &id)?;
            let payer = account.name.as_deref().and_then(|name| PersonName::parse(name).ok());
            Ok(Receipt {
                order_id: id,
                number: page.order.out_trade_no.clone(),
                rail_number: page.order.transaction_id.clone().unwrap_or_default(),
                paid_at: page.order.paid_at_ms.map_or(world.now(), shown::instant),
                payee: page.payee_name.clone(),
                payer: payer.map_or_else(String::new, |name| name.masked()).into(),
                method: c.t("method-wechat").into_owned(),
                lines: page
                    .legs
                    .iter()
                    .map(|leg| Line {
                        about: about_leg(world, c, leg),
                        plate: shown::plate_of_key(c, &leg.case.plate).0.into(),
                        points: shown::points(Some(leg.case.points_given)),
                        surcharge_fen: leg.surcharge.0,
                        total_fen: leg.fine.0 + leg.surcharge.0,
                    })
                    .collect(),
                total_fen: page.order.total_fen,
                total_words: capital(page.order.total_fen),
                // What came twice is not on this receipt: it goes back whole.
                back_fen: page.back.iter().filter(|back| back.case_id.is_some()).map(|back| back.fen).sum(),
            })
        })
        .await?;
    Ok(Page::new(cx, view))
}
