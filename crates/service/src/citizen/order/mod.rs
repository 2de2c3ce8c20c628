//! Paying: the quote becomes one order a payee, the rail is asked, and only the server says whether money moved.

use clearway_domain::Fen;
use clearway_domain::case::{CaseEvent, CaseState, OrderState, Route};
use clearway_domain::refusal::{Question, Refusal};
use clearway_domain::rules::Reason;
use clearway_store::Tx;
use clearway_store::case_file::{self, Basis, CaseFile};
use clearway_store::payment::{self, LegRow, OrderRow};
use clearway_store::queue::{self, NewJob};

mod page;

pub use page::{LegView, OrderPage, opens, page, preparing};

use super::confirm::{Acts, now_decide};
use super::quote::{self, Batch, QuoteGroup, QuoteLine};
use super::{Who, found, judged_anew, start_case, turn, unmoved, violations};
use crate::assess::{Assessment, Line, allowed_when_open};
use crate::dossier::state_of;
use crate::error::Conflict;
use crate::money::Move;
use crate::{Error, World, jobs, law, money};

/// Accepts a quote: facts confirmed, statement waived, one order a payee. A second tap answers with the same orders.
///
/// # Errors
/// [`Conflict::QuoteExpired`], [`Conflict::AmountChanged`] when anything differs from the quote,
/// [`Conflict::ViolationHeld`] when another phone was faster, [`Error::Refused`] with every reason but the hours (outside
/// them the order is taken, and placed at the rail when the service opens), [`Error::BadInput`] naming the act that is
/// missing.
pub fn open(world: &World, who: &Who, quote_id: &str, acts: Acts<'_>) -> Result<Vec<String>, Error> {
    let acts = acts.both()?;
    let quoted = quote::load(world, who, quote_id)?;
    if quoted.accepted {
        return of_quote(world, who, quote_id);
    }
    judged_anew(|| match accept(world, who, &quoted, &acts) {
        // Another tap may have been faster at any moment since the quote was read: its orders are the answer then, not
        // the trouble that their cases and claims make for this one.
        Err(trouble) => match quote::load(world, who, quote_id)?.accepted {
            true => of_quote(world, who, quote_id),
            false => Err(trouble),
        },
        opened => opened,
    })
}

/// Seconds for which an order that was placed outside the hours can be paid once the service is open.
const NIGHT_VALID_S: i64 = 7_200;

fn accept(
    world: &World,
    who: &Who,
    quoted: &quote::Quote,
    acts: &[(&'static str, &str); 2],
) -> Result<Vec<String>, Error> {
    let quote_id = quoted.id.as_str();
    if quoted.expires <= world.now() {
        return Err(Error::Conflict(Conflict::QuoteExpired));
    }
    let assessment = violations::judged(world, who)?;
    check(world, &assessment, quoted)?;
    let drafts = drafts(world, &assessment, quoted)?;
    // After the drafts: nothing on a timeline comes before the start of its case.
    let now_ms = world.now().as_millisecond();
    let rail = world.payments.rail();
    let placed = crate::dossier::instant(now_ms);
    let runs = law::opens_next(world.pack_at(placed)?, placed);
    // Somebody who placed it at night need not be there at six: the rail's own order is good for two hours.
    let valid_s =
        if runs > placed { world.site.order_valid_s.max(NIGHT_VALID_S) } else { world.site.order_valid_s };
    let mut orders = Vec::new();
    let mut numbers = Vec::new();
    for group in &quoted.body.groups {
        numbers.push(if rail.per_leg {
            group.lines.iter().map(|_| world.new_id()).collect()
        } else {
            Vec::new()
        });
        orders.push(OrderRow {
            driver: who.driver.clone(),
            order_id: world.new_id(),
            quote_id: quote_id.to_owned(),
            payee: group.payee.clone(),
            out_trade_no: world.new_id(),
            total_fen: group.total_fen,
            state: OrderState::Created.slug().to_owned(),
            version: 1,
            prepay_id: None,
            sent_to_pay_at_ms: None,
            created_at_ms: now_ms,
            expires_at_ms: runs.as_millisecond() + valid_s * 1000,
            paid_at_ms: None,
            transaction_id: None,
            changed_at_ms: now_ms,
            rail: rail.slug.to_owned(),
        });
    }
    let accepted = world.db.write(|tx| {
        if !payment::accept(tx, &who.driver, quote_id, now_ms)? {
            return Ok(false);
        }
        unmoved(tx, &assessment.dossier)?;
        for ((group, order), numbers) in quoted.body.groups.iter().zip(&orders).zip(&numbers) {
            place(tx, group, (order, numbers), &drafts, acts, runs.as_millisecond())?;
        }
        Ok::<_, Error>(true)
    })?;
    if !accepted {
        // The other tap was faster.
        return of_quote(world, who, quote_id);
    }
    for order in orders.iter().filter(|_| runs <= placed) {
        until_placed(world, order);
    }
    Ok(orders.into_iter().map(|order| order.order_id).collect())
}

/// Waits a moment until the rail has an order, where a moment may be enough.
fn until_placed(world: &World, order: &OrderRow) {
    let moment_ms = world.site.moment_ms;
    let wait = world.admission.orders.wait(world.now().as_millisecond(), order.created_at_ms);
    if u64::try_from(wait.least_ms()).is_ok_and(|least_ms| least_ms <= moment_ms) {
        jobs::wait_for(world, &order.driver, jobs::pay::PREPAY, &order.order_id, moment_ms);
    }
}

/// The orders that a quote became, one a payee; none before it was accepted.
///
/// # Errors
/// [`Error::Store`].
pub fn of_quote(world: &World, who: &Who, quote_id: &str) -> Result<Vec<String>, Error> {
    world
        .db
        .read(|tx| payment::of_quote(tx, &who.driver, quote_id).map_err(Error::from))
        .map(|orders| orders.into_iter().map(|order| order.order_id).collect())
}

fn line_of<'a>(assessment: &'a Assessment, quoted: &QuoteLine) -> Result<&'a Line, Error> {
    found(assessment.lines.iter().find(|line| line.violation.id == quoted.violation), "violation")
}

/// Nothing may differ from what was quoted, and every line must be allowed at this very moment.
fn check(world: &World, assessment: &Assessment, quoted: &quote::Quote) -> Result<(), Error> {
    let mut reasons: Vec<Reason> = Vec::new();
    // Each with those before it, as in the quote: since then a sister may have been paid, or points been told.
    let mut batch = Batch::default();
    for quoted in quoted.body.groups.iter().flat_map(|group| &group.lines) {
        let line = line_of(assessment, quoted)?;
        if line.fine != Some(Fen(quoted.fine_fen)) || line.surcharge != Fen(quoted.surcharge_fen) {
            return Err(Error::Conflict(Conflict::AmountChanged));
        }
        if let Some((_, CaseState::Paying, _)) = &line.own_case {
            return Err(Error::Conflict(Conflict::PaymentOpen));
        }
        let mut verdicts = vec![line.pay.clone()];
        if line.violation.decision.is_none() {
            verdicts.push(match quoted.route {
                Route::Pay => batch.handle(world, assessment, line)?,
                // Alone in its quote, and judged by what its own decision gives.
                route => line.handle_on(route).clone(),
            });
            batch.take(line, quoted.points);
        }
        if quoted.route == Route::Study {
            verdicts.push(now_decide(world, line, Question::Study)?);
        }
        reasons.extend(
            verdicts
                .iter()
                .filter(|verdict| !allowed_when_open(verdict))
                .flat_map(|verdict| verdict.reasons.clone()),
        );
    }
    if reasons.is_empty() { Ok(()) } else { Err(Error::Refused(reasons)) }
}

/// Whether an order that was placed outside the hours may be placed at the rail now that the service is open: every leg is
/// still allowed, and nothing costs more or less than what was accepted.
///
/// # Errors
/// [`Error::Store`]; [`Error::NotVerified`] when the person is not verified any more.
pub(crate) fn still_right(world: &World, order: &OrderRow) -> Result<bool, Error> {
    let who = Who { driver: order.driver.clone() };
    let quoted = quote::load(world, &who, &order.quote_id)?;
    let assessment = violations::judged(world, &who)?;
    let lines =
        quoted.body.groups.iter().filter(|group| group.payee == order.payee).flat_map(|group| &group.lines);
    for quoted in lines {
        let Some(line) = assessment.lines.iter().find(|line| line.violation.id == quoted.violation) else {
            return Ok(false);
        };
        let same = line.fine == Some(Fen(quoted.fine_fen)) && line.surcharge == Fen(quoted.surcharge_fen);
        let decided = line.violation.decision.is_some();
        // This very order is the payment that is pending.
        let payable = line.pay.reasons.iter().all(|reason| reason.refusal == Refusal::PPending);
        // What is not known at this moment was known when the order was placed, and is no reason to take it back.
        let credit_gone = quoted.route == Route::Study
            && now_decide(world, line, Question::Study)?
                .refused()
                .any(|refusal| refusal != Refusal::PPending);
        if !same || !payable || credit_gone || !(decided || line.handle_on(quoted.route).is_allowed()) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// New cases for lines that have none.
fn drafts(
    world: &World,
    assessment: &Assessment,
    quoted: &quote::Quote,
) -> Result<Vec<(CaseFile, Basis)>, Error> {
    let pack = world.pack_at(assessment.at)?;
    quoted
        .body
        .groups
        .iter()
        .flat_map(|group| &group.lines)
        .filter(|line| line.case_id.is_none())
        .map(|quoted| {
            let line = line_of(assessment, quoted)?;
            let (mut case, basis) = start_case::draft(world, pack, &assessment.dossier, line, Route::Pay)?;
            if line.violation.decision.is_some() {
                // The decision exists: its points were given with it.
                case.points_given =
                    line.violation.decision.as_ref().and_then(|d| d.points).map_or(0, i64::from);
            }
            Ok((case, basis))
        })
        .collect()
}

fn place(
    tx: &mut Tx,
    group: &QuoteGroup,
    (order, numbers): (&OrderRow, &Vec<String>),
    drafts: &[(CaseFile, Basis)],
    acts: &[(&'static str, &str); 2],
    runs_at_ms: i64,
) -> Result<(), Error> {
    let now_ms = order.created_at_ms;
    let mut legs = Vec::new();
    for line in &group.lines {
        let mut case = match &line.case_id {
            Some(id) => found(case_file::find(tx, &order.driver, id)?, "case")?,
            None => {
                let draft = drafts.iter().find(|(draft, _)| draft.violation == line.violation);
                let (draft, basis) = found(draft, "case")?;
                start_case::open(tx, draft, basis, "started")?;
                draft.clone()
            }
        };
        let mut moves = Vec::new();
        if state_of(&case)? == CaseState::Ready {
            for (act, words) in acts {
                case_file::confirm(tx, &case, act, words, now_ms)?;
            }
            moves.push(Move { event: CaseEvent::Confirm, actor: "driver", detail: "{}" });
        }
        let detail = format!("{{\"order\":\"{}\"}}", order.order_id);
        moves.push(Move { event: CaseEvent::OrderOpened, actor: "driver", detail: &detail });
        case.order_id = Some(order.order_id.clone());
        case.fine_fen = line.fine_fen;
        money::advance_along(tx, &mut case, &moves, now_ms)?;
        legs.push(LegRow {
            case_id: case.case_id.clone(),
            fine_fen: line.fine_fen,
            surcharge_fen: line.surcharge_fen,
            out_trade_no: numbers.get(legs.len()).cloned(),
        });
    }
    payment::open(tx, order, &legs)?;
    money::books::reserve(tx, order, &legs)?;
    // What was placed at night goes to the rail in the order of placing.
    let (driver, key) = (order.driver.as_str(), order.order_id.as_str());
    let prepay = NewJob { driver, kind: jobs::pay::PREPAY, key, run_at_ms: now_ms, payload: "{}" };
    queue::enqueue_due(tx, &prepay, runs_at_ms)?;
    jobs::enqueue(tx, &order.driver, jobs::pay::ASK, &order.order_id, runs_at_ms + 10_000)?;
    Ok(())
}

/// Hands the payer the payment sheet, and notes it first: from now on money may move at any moment. While the rail does not
/// have the order there is nothing to hand over, and the page says so.
///
/// # Errors
/// [`Conflict::CaseMoved`] when the order can no longer be paid; [`Error::Unavailable`] when the sheet cannot be signed.
pub fn hand_over(world: &World, who: &Who, order_id: &str) -> Result<OrderPage, Error> {
    let look = || world.db.read(|tx| found(payment::find(tx, &who.driver, order_id)?, "order"));
    let mut order = look()?;
    if !money::order_state(&order)?.is_open() {
        return Err(Error::Conflict(Conflict::CaseMoved));
    }
    if order.prepay_id.is_none() {
        until_placed(world, &order);
        order = look()?;
    }
    if order.prepay_id.is_none() {
        return page(world, who, order_id);
    }
    let ways = page::ways_to_pay(world, &order)?;
    if ways.is_none() {
        return Err(Error::Unavailable { who: "payments", fault: clearway_connect::Fault::TimedOut });
    }
    let sent = || sent(world, who, order_id, true, None);
    // Two taps in the same moment: the second finds what the first has written.
    match sent() {
        Err(Error::Conflict(_)) => sent()?,
        done => done?,
    }
    page::with_ways(world, who, order_id, ways)
}

fn sent(world: &World, who: &Who, order_id: &str, out: bool, seen: Option<i64>) -> Result<(), Error> {
    let now_ms = world.now().as_millisecond();
    let at_ms = out.then_some(now_ms);
    world.db.write(|tx| money::sent(tx, &who.driver, order_id, at_ms, seen, now_ms))
}

/// How long whoever comes back from the payment sheet waits for the rail's notice before the rail is asked, ms: most notices
/// are as quick as the payer, and a question costs a signature and a call.
const NOTICE_MS: u64 = 150;

/// The payer came back from the payment sheet. What the browser says is never believed: the rail's notice is there in a moment,
/// or the rail is asked. `place` is what that call needs; where there is none the order is as it is stored, and whoever looks again
/// sees what the notice, or the job that asks, has told.
///
/// # Errors
/// [`Error::NotFound`] for somebody else's order.
pub fn returned<P>(
    world: &World,
    who: &Who,
    order_id: &str,
    place: impl FnOnce() -> Option<P>,
) -> Result<OrderState, Error> {
    use clearway_connect::payments::TradeState;
    let load = || found(jobs::pay::load(world, &who.driver, order_id)?, "order");
    let came = load()?.state;
    if !came.is_open() {
        return Ok(came);
    }
    jobs::wait_for_notice(world, &who.driver, order_id, NOTICE_MS);
    let loaded = load()?;
    let state = loaded.state;
    if !state.is_open() {
        if state == OrderState::Paid {
            settle(world, who, order_id);
        }
        return Ok(state);
    }
    let Some(place) = place() else { return Ok(state) };
    let told = jobs::pay::query(world, &loaded);
    drop(place);
    match told {
        Ok(Some(trade)) => {
            let after = match jobs::pay::apply(world, &who.driver, order_id, &trade) {
                // The rail's own notice was faster in the same moment: what it did stands.
                Err(Error::Conflict(_)) => load()?.state,
                applied => match applied? {
                    money::Applied::State(state) => state,
                    money::Applied::WrongSum => OrderState::Unknown,
                },
            };
            if trade.state == TradeState::NotPay && after.is_open() {
                // The same order may be paid again: the rail takes one order's money only once.
                sent(world, who, order_id, false, Some(loaded.order.version))?;
            }
            if after == OrderState::Paid {
                settle(world, who, order_id);
            }
            Ok(after)
        }
        Ok(None) | Err(_) => Ok(state),
    }
}

/// Waits a moment for the decisions of a paid order, so that the page can show them at once.
fn settle(world: &World, who: &Who, order_id: &str) {
    let legs = world.db.read(|tx| payment::legs(tx, &who.driver, order_id)).unwrap_or_default();
    world.bell.ring();
    if turn::is_crowded(world) {
        return;
    }
    let each = world.site.moment_ms / legs.len().max(1) as u64;
    for leg in legs {
        jobs::wait_for(world, &who.driver, jobs::decide::DECIDE, &leg.case_id, each);
    }
}

/// Asks the rail now, on the driver's wish or because a page waits. The answer comes with the next look. While nobody
/// can have paid the order there is nothing to ask.
///
/// # Errors
/// [`Error::Store`].
pub fn ask_again(world: &World, who: &Who, order_id: &str) -> Result<(), Error> {
    let now_ms = world.now().as_millisecond();
    let loaded = found(jobs::pay::load(world, &who.driver, order_id)?, "order")?;
    if jobs::pay::is_unplaced(&loaded.order, loaded.state) || !loaded.state.is_open() {
        return Ok(());
    }
    world.db.write(|tx| {
        let order = found(payment::find(tx, &who.driver, order_id)?, "order")?;
        if money::order_state(&order)?.is_open() {
            jobs::enqueue(tx, &who.driver, jobs::pay::ASK, order_id, now_ms)?;
        }
        Ok::<_, Error>(())
    })?;
    jobs::wait_for(world, &who.driver, jobs::pay::ASK, order_id, world.site.moment_ms);
    Ok(())
}

/// Gives an unpaid order up: the rail is asked and closes first.
///
/// # Errors
/// [`Conflict::PaymentOpen`] when the rail cannot say that no money moved.
pub fn give_up(world: &World, who: &Who, order_id: &str) -> Result<OrderState, Error> {
    jobs::pay::give_up(world, &who.driver, order_id)
}
