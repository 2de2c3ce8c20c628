//! The daily comparison with the rail's bill: a day, what does not fit, signing and opening again.

use std::fmt::Display;

use axum::extract::{Path, State};
use axum::response::Response;
use clearway_domain::Fen;
use clearway_domain::case::Outward;
use clearway_domain::reconcile::Day;
use clearway_service::Error;
use clearway_service::reconcile::{self, Report, Shown};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Operator, answer};
use crate::body::Body;
use crate::ctx::Cx;
use crate::money::MoneyLine;
use crate::problem::{BadWhy, Problem, ProblemView};
use crate::shown;
use crate::text::{self, Lang};
use crate::web::Web;

/// What one side says about a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Side {
    /// `ours`, `bill` or `flow` (the rail's fund-flow bill, which tells sums only).
    pub side: &'static str,
    /// The side in words.
    pub words: String,
    /// Payments.
    pub paid_count: Option<i64>,
    /// Their sum, fen.
    pub paid_fen: i64,
    /// Refunds that reached the payer.
    pub back_count: Option<i64>,
    /// Their sum, fen.
    pub back_fen: i64,
}

/// A day of the comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DayView {
    /// Civil day in China.
    pub day: String,
    /// The rail.
    pub rail: String,
    /// `open`, `balanced` or `signed`.
    pub state: &'static str,
    /// One line that says it all.
    pub words: String,
    /// Our books, the bill, and the fund-flow bill where it could be had.
    pub sides: Vec<Side>,
    /// Lines of the bill that fit to the fen.
    pub matched: i64,
    /// Exceptions that nobody has closed.
    pub open_exceptions: usize,
    /// SHA-1 of the bill that was compared.
    pub bill_sha1: Option<String>,
    /// When the bill was there first.
    pub arrived_at: Option<Timestamp>,
    /// Why it is not there.
    pub missing: Option<String>,
    /// Since when it is known to be late.
    pub late_since: Option<Timestamp>,
    /// When it was compared last.
    pub ran_at: Timestamp,
    /// Who signed it.
    pub signed_by: Option<String>,
    /// Why.
    pub signed_why: Option<String>,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
}

/// What the driver reads at this moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Citizen {
    /// First line of the order's page.
    pub money: Option<MoneyLine>,
    /// The same in words, and the word of the case.
    pub words: Vec<String>,
}

/// What is suggested.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Suggested {
    /// `ask-rail`, `refund`, `decide`, `collect-or-annul` or `fetch-bill`.
    #[serde(rename = "do")]
    pub deed: &'static str,
    /// How much money it would move, fen.
    pub fen: i64,
    /// What would happen, in words.
    pub words: String,
}

/// One thing that does not fit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ExceptionView {
    /// Its id in the queue.
    pub id: String,
    /// Its kind.
    pub kind: &'static str,
    /// The kind in words.
    pub cause: String,
    /// What it is about: a number of an order, a payment, a refund or a case.
    pub subject: String,
    /// The order, where there is one.
    pub order: Option<String>,
    /// The case, where it is about one.
    pub case: Option<String>,
    /// How much is in question, fen.
    pub fen: i64,
    /// What our books say, fen.
    pub ours_fen: Option<i64>,
    /// What the bill says, fen.
    pub rails_fen: Option<i64>,
    /// Line of the bill, from 1.
    pub line: Option<u64>,
    /// What the driver reads now.
    pub citizen: Citizen,
    /// What is suggested.
    pub suggested: Suggested,
    /// `finance`, `cases` or `operations`.
    pub owner: &'static str,
    /// The owner in words.
    pub owner_words: String,
    /// When it was found first.
    pub found_at: Timestamp,
    /// Until when somebody must have looked.
    pub due_at: Timestamp,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// By whom; `system` when it fitted later.
    pub closed_by: Option<String>,
    /// Why.
    pub closing: Option<String>,
}

/// Everything that a day found, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Exceptions {
    /// The day.
    pub day: DayView,
    /// What does not fit, or did not when the day was compared before.
    pub exceptions: Vec<ExceptionView>,
}

/// Signs a day, or opens it again.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, garde::Validate, ToSchema)]
pub struct WhyAsk {
    /// Reason, 4 to 400 characters; it stands in the audit.
    #[garde(skip)]
    pub why: String,
}

/// A sum as bills write it: `50.00`.
#[must_use]
pub fn yuan(fen: i64) -> String {
    let (sign, fen) = (if fen < 0 { "-" } else { "" }, fen.unsigned_abs());
    format!("{sign}{}.{:02}", fen / 100, fen % 100)
}

fn say(lang: Lang, start: &str, end: &str, args: &[(&str, &dyn Display)]) -> String {
    text::ta(lang, &format!("{start}{end}"), args)
}

/// A day in the words of a language.
#[must_use]
pub fn day_view(report: &Report, lang: Lang, now: Timestamp) -> DayView {
    let row = &report.day;
    let open = report.open().count();
    let words = match report.state {
        Day::Balanced => say(
            lang,
            "day-",
            "balanced",
            &[("day", &row.day), ("n", &row.matched_count), ("yuan", &yuan(row.bill_paid.1))],
        ),
        Day::Signed => {
            let (by, why) = (row.signed_by.as_deref(), row.signed_why.as_deref());
            let args: [(&str, &dyn Display); 4] = [
                ("day", &row.day),
                ("by", &by.unwrap_or_default()),
                ("why", &why.unwrap_or_default()),
                ("n", &open),
            ];
            say(lang, "day-", "signed", &args)
        }
        Day::Open if row.arrived_at_ms.is_none() => {
            say(lang, "day-", "missing", &[("day", &row.day), ("n", &open)])
        }
        Day::Open => {
            let oldest = report.open().map(|shown| shown.found).min().unwrap_or(now);
            let hours = now.duration_since(oldest).as_hours();
            say(lang, "day-", "open", &[("day", &row.day), ("n", &open), ("hours", &hours)])
        }
    };
    let side = |side: &'static str, paid: (i64, i64), back: (i64, i64)| Side {
        side,
        words: say(lang, "side-", side, &[]),
        paid_count: Some(paid.0),
        paid_fen: paid.1,
        back_count: Some(back.0),
        back_fen: back.1,
    };
    let mut sides =
        vec![side("ours", row.ours_paid, row.ours_back), side("bill", row.bill_paid, row.bill_back)];
    if let (Some(paid), Some(back)) = (row.flow_paid_fen, row.flow_back_fen) {
        sides.push(Side { paid_count: None, back_count: None, ..side("flow", (0, paid), (0, back)) });
    }
    DayView {
        day: row.day.clone(),
        rail: row.rail.clone(),
        state: report.state.slug(),
        words,
        sides,
        matched: row.matched_count,
        open_exceptions: open,
        bill_sha1: row.bill_sha1.clone(),
        arrived_at: row.arrived_at_ms.map(shown::instant),
        missing: row.missing_why.clone(),
        late_since: row.late_at_ms.map(shown::instant),
        ran_at: shown::instant(row.ran_at_ms),
        signed_by: row.signed_by.clone(),
        signed_why: row.signed_why.clone(),
        closed_at: row.closed_at_ms.map(shown::instant),
    }
}

/// The message of a case's outward word: the one of the driver's own page where that has one.
const fn outward_key(word: Outward) -> &'static str {
    match word {
        Outward::Learning => "outward-learning",
        Outward::ToConfirm => "outward-to-confirm",
        Outward::ToPay => "outward-to-pay",
        Outward::ConfirmingMoney => "money-confirming",
        Outward::Handling => "done-handling",
        Outward::Done => "done-done",
        Outward::HumanLooks => "done-manual",
        Outward::MoneyComingBack => "done-coming-back",
        Outward::MoneyBack => "done-back",
        Outward::NotHandled => "done-not-handled",
        Outward::GivenUp => "done-given-up",
        Outward::Annulled => "done-annulled",
    }
}

fn citizen(shown: &Shown, lang: Lang) -> Citizen {
    let money = shown.words.money.map(MoneyLine::from);
    let mut words: Vec<String> = money.iter().map(|line| text::t(lang, line.key()).into_owned()).collect();
    if let Some(case) = shown.words.case {
        let word = text::t(lang, outward_key(case)).into_owned();
        if !words.contains(&word) {
            words.push(word);
        }
    }
    if words.is_empty() {
        words.push(text::t(lang, "citizen-none").into_owned());
    }
    Citizen { money, words }
}

/// An exception in the words of a language.
#[must_use]
pub fn exception_view(shown: &Shown, lang: Lang) -> ExceptionView {
    let exception = &shown.exception;
    let (kind, action) = (exception.kind, exception.action());
    let owner = kind.owner().slug();
    let fen = |fen: Option<Fen>| fen.map(|fen| fen.0);
    let closed = shown.closed.clone();
    ExceptionView {
        id: shown.id.clone(),
        kind: kind.slug(),
        cause: say(lang, "exception-", kind.slug(), &[]),
        subject: exception.subject.clone(),
        order: exception.order_id.clone(),
        case: exception.case_id.clone(),
        fen: exception.fen().0,
        ours_fen: fen(exception.ours),
        rails_fen: fen(exception.rails),
        line: exception.line,
        citizen: citizen(shown, lang),
        suggested: Suggested {
            deed: action.slug(),
            fen: action.fen().0,
            words: say(lang, "action-", action.slug(), &[("yuan", &yuan(exception.fen().0))]),
        },
        owner,
        owner_words: say(lang, "owner-", owner, &[]),
        found_at: shown.found,
        due_at: shown.due,
        closed_at: closed.as_ref().map(|(at, ..)| *at),
        closed_by: closed.as_ref().map(|(_, by, _)| by.clone()),
        closing: closed.map(|(.., why)| why),
    }
}

fn day_of(text: &str) -> Result<Date, Problem> {
    text.parse().map_err(|_| Problem::field("day", text, BadWhy::Value, "2020-04-05"))
}

async fn day_answer(
    web: Web,
    cx: Cx,
    act: impl FnOnce(&clearway_service::World) -> Result<Report, Error> + Send + 'static,
) -> Result<Response, Problem> {
    let view = web.run(&cx, move |world, c| Ok(day_view(&act(world)?, c.lang, world.now()))).await?;
    Ok(answer(&view))
}

/// A day.
///
/// # Errors
/// Without a token; for a day that was never compared.
#[utoipa::path(get, path = "/officer/reconciliation/{day}", tag = "officer", params(("day" = String, Path)),
    responses((status = 200, body = DayView), (status = "default", body = ProblemView)))]
pub async fn day(
    State(web): State<Web>,
    cx: Cx,
    _who: Operator,
    Path(day): Path<String>,
) -> Result<Response, Problem> {
    let day = day_of(&day)?;
    day_answer(web, cx, move |world| reconcile::report(world, day)).await
}

/// What does not fit on a day.
///
/// # Errors
/// Without a token; for a day that was never compared.
#[utoipa::path(get, path = "/officer/reconciliation/{day}/exceptions", tag = "officer", params(("day" = String, Path)),
    responses((status = 200, body = Exceptions), (status = "default", body = ProblemView)))]
pub async fn exceptions(
    State(web): State<Web>,
    cx: Cx,
    _who: Operator,
    Path(day): Path<String>,
) -> Result<Response, Problem> {
    let day = day_of(&day)?;
    let view = web
        .run(&cx, move |world, c| {
            let report = reconcile::report(world, day)?;
            Ok(Exceptions {
                day: day_view(&report, c.lang, world.now()),
                exceptions: report.exceptions.iter().map(|shown| exception_view(shown, c.lang)).collect(),
            })
        })
        .await?;
    Ok(answer(&view))
}

/// Closes a day that does not balance, in the operator's name and with a reason.
///
/// # Errors
/// Without a token or a reason; for a day that was never compared or is closed.
#[utoipa::path(post, path = "/officer/reconciliation/{day}/signature", tag = "officer",
    params(("day" = String, Path)), request_body = WhyAsk,
    responses((status = 200, body = DayView), (status = "default", body = ProblemView)))]
pub async fn sign(
    State(web): State<Web>,
    cx: Cx,
    Operator(by): Operator,
    Path(day): Path<String>,
    Body(ask): Body<WhyAsk>,
) -> Result<Response, Problem> {
    let day = day_of(&day)?;
    day_answer(web, cx, move |world| reconcile::sign(world, day, &by, &ask.why)).await
}

/// Opens a closed day again, in the operator's name and with a reason.
///
/// # Errors
/// Without a token or a reason; for a day that was never compared or is open.
#[utoipa::path(post, path = "/officer/reconciliation/{day}/reopening", tag = "officer",
    params(("day" = String, Path)), request_body = WhyAsk,
    responses((status = 200, body = DayView), (status = "default", body = ProblemView)))]
pub async fn reopen(
    State(web): State<Web>,
    cx: Cx,
    Operator(by): Operator,
    Path(day): Path<String>,
    Body(ask): Body<WhyAsk>,
) -> Result<Response, Problem> {
    let day = day_of(&day)?;
    day_answer(web, cx, move |world| reconcile::reopen(world, day, &by, &ask.why)).await
}

#[cfg(test)]
mod tests {
    use clearway_domain::reconcile::{Action, Kind};

    use super::*;

    #[test]
    fn every_word_of_an_exception_is_there_in_both_languages() {
        let mut keys: Vec<String> = Vec::new();
        for kind in Kind::ALL {
            keys.push(format!("exception-{}", kind.slug()));
            keys.push(format!("owner-{}", kind.owner().slug()));
        }
        let actions = [
            Action::AskRail,
            Action::Refund(Fen(1)),
            Action::Decide,
            Action::CollectOrAnnul,
            Action::FetchBill,
        ];
        keys.extend(actions.map(|action| format!("action-{}", action.slug())));
        keys.extend(["balanced", "signed", "missing", "open"].map(|word| format!("day-{word}")));
        keys.extend(["ours", "bill", "flow"].map(|side| format!("side-{side}")));
        keys.extend(["learning", "to-confirm", "to-pay"].map(|word| format!("outward-{word}")));
        keys.extend(["citizen-none", "done-handling", "done-done", "done-manual"].map(str::to_owned));
        for lang in Lang::ALL {
            let missing: Vec<&String> = keys.iter().filter(|key| !text::has(lang, key)).collect();
            assert!(missing.is_empty(), "{}: {missing:?}", lang.tag());
            for kind in Kind::ALL {
                assert!(!say(lang, "exception-", kind.slug(), &[]).contains('⟦'));
            }
            for action in actions {
                assert!(!say(lang, "action-", action.slug(), &[("yuan", &"50.00")]).contains('⟦'));
            }
        }
        assert_eq!(
            say(Lang::Zh, "action-", "refund", &[("yuan", &yuan(5_000))]),
            "退 50.00 元，原路，预计 1–3 天"
        );
    }
}
