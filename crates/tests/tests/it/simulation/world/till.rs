//! The books of the pretend rail: it takes the money of an order, sends it back when asked, and speaks of both.

use std::collections::BTreeMap;

use clearway_connect::Fault;
use clearway_connect::payments::{
    Placed, Prepay, PrepayAsk, Refund, RefundAsk, RefundState, Trade, TradePart, TradeState,
};
use clearway_connect::wechat::OpenId;
use clearway_domain::Fen;
use clearway_sims::city::numbers::Dice;
use jiff::Timestamp;

use super::notices::{Matter, Post, Seal};

/// Money that goes back, as the rail keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Back {
    /// The merchant's number.
    pub no: String,
    /// Number of the order or of the leg's own order.
    pub of: String,
    /// The payment that it is part of.
    pub transaction: String,
    /// How much.
    pub fen: Fen,
    /// Where it stands.
    pub state: RefundState,
    /// When the rail says its next word, ms since 1970, and which.
    pub next: Option<(i64, RefundState)>,
}

/// A leg's own order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The merchant's number.
    pub no: String,
    /// Sum.
    pub total: Fen,
    /// The rail's number of its payment.
    pub transaction: Option<String>,
}

/// An order as the rail keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The merchant's number.
    pub out_trade_no: String,
    /// The rail's number of the unpaid order.
    pub prepay_id: String,
    /// Sum.
    pub total: Fen,
    /// The legs' own orders, on a rail that keeps them.
    pub parts: Vec<Part>,
    /// Who may pay.
    pub payer: OpenId,
    /// After this it cannot be paid.
    pub expires_ms: i64,
    /// State.
    pub state: TradeState,
    /// The rail's numbers of the payments: one, unless the rail erred.
    pub payments: Vec<String>,
    /// When it was paid first.
    pub paid_ms: Option<i64>,
    /// What went back of it.
    pub refunds: Vec<Back>,
    /// The rail took money that it should not have taken: after a close, or twice.
    pub erred: bool,
}

impl Kept {
    /// What came in on it.
    pub fn taken(&self) -> Fen {
        self.payments.iter().map(|_| self.total).sum()
    }

    fn back(&self, state: RefundState) -> Fen {
        self.refunds.iter().filter(|back| back.state == state).map(|back| back.fen).sum()
    }

    /// What is back with the payer.
    pub fn returned(&self) -> Fen {
        self.back(RefundState::Success)
    }

    /// What is on its way back.
    pub fn leaving(&self) -> Fen {
        self.back(RefundState::Processing) + self.back(RefundState::Abnormal)
    }

    /// The order as the rail tells it, of its `n`-th payment.
    pub fn trade(&self, n: usize) -> Trade {
        let payment = self.payments.get(n);
        let per_leg = !self.parts.is_empty();
        let part = |part: &Part| TradePart {
            out_trade_no: part.no.clone(),
            transaction_id: part.transaction.clone().filter(|_| payment.is_some()),
            state: self.state,
            total: Some(part.total).filter(|_| payment.is_some()),
        };
        Trade {
            out_trade_no: self.out_trade_no.clone(),
            state: self.state,
            transaction_id: payment.cloned().filter(|_| !per_leg),
            total: Some(self.total).filter(|_| payment.is_some()),
            payer_total: Some(self.total).filter(|_| payment.is_some()),
            paid: self.paid_ms.and_then(|ms| Timestamp::from_millisecond(ms).ok()),
            payer: Some(self.payer.clone()).filter(|_| payment.is_some()),
            bank: None,
            attach: None,
            parts: self.parts.iter().map(part).collect(),
        }
    }

    /// Whether somebody with the sheet can still pay it.
    pub fn is_payable(&self, now_ms: i64) -> bool {
        matches!(self.state, TradeState::NotPay | TradeState::UserPaying) && self.expires_ms > now_ms
    }
}

/// A payment that money can go back of.
struct Payment {
    order: String,
    /// Number of the order, or of the leg's own order.
    of: String,
    transaction: String,
    total: Fen,
    left: Fen,
}

/// How often and when notices come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Posting {
    /// As chance has it: 0 to 16 times, up to 24 hours late, in any order.
    Drawn,
    /// Once, two seconds later.
    Once,
    /// Never by itself.
    Never,
}

/// Everything that the rail holds.
#[derive(Debug, Clone)]
pub struct Till {
    /// Orders by the merchant's number.
    pub orders: BTreeMap<String, Kept>,
    /// Notices that are on their way.
    pub posts: Vec<Post>,
    /// How notices come.
    pub posting: Posting,
    /// Whether it now and then takes money twice, or after a close.
    pub errs: bool,
    per_leg: bool,
    changes: u64,
    numbers: u64,
    dice: Dice,
}

impl Till {
    /// An empty till.
    pub fn new(seed: u64, posting: Posting, per_leg: bool) -> Till {
        Till {
            orders: BTreeMap::new(),
            posts: Vec::new(),
            posting,
            errs: false,
            per_leg,
            changes: 0,
            numbers: 0,
            dice: Dice::new(seed ^ 0x4A11_0F11_FE00_0005),
        }
    }

    /// How often anything was changed.
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// What the rail holds of an order.
    pub fn holds(&self, out_trade_no: &str) -> Fen {
        self.orders.get(out_trade_no).map_or(Fen::ZERO, |kept| kept.taken() - kept.returned())
    }

    fn next(&mut self, what: &str) -> String {
        self.numbers += 1;
        self.changes += 1;
        format!("{what}{:010}", self.numbers)
    }

    fn later(&mut self, most_ms: usize) -> i64 {
        i64::try_from(self.dice.below(most_ms)).unwrap_or(0)
    }

    /// The order under the rail's own number.
    pub fn by_prepay(&self, prepay_id: &str) -> Option<&Kept> {
        self.orders.values().find(|kept| kept.prepay_id == prepay_id)
    }

    /// When the rail does something by itself next: a notice, or a word about a refund.
    pub fn next_ms(&self) -> Option<i64> {
        let words = self.orders.values().flat_map(|kept| &kept.refunds).filter_map(|back| back.next);
        let posts = self.posts.iter().map(|post| post.at_ms);
        posts.chain(words.map(|(at_ms, _)| at_ms)).min()
    }

    /// Lets time do its work: what has run out is closed, what goes back gets on.
    pub fn lapse(&mut self, now_ms: i64) {
        let mut said = Vec::new();
        for kept in self.orders.values_mut() {
            // Who types has two minutes more.
            let typing_ms = if kept.state == TradeState::UserPaying { 120_000 } else { 0 };
            let unpaid = matches!(kept.state, TradeState::NotPay | TradeState::UserPaying);
            if unpaid && kept.expires_ms + typing_ms <= now_ms {
                kept.state = TradeState::Closed;
                self.changes += 1;
            }
            for back in &mut kept.refunds {
                let Some((_, state)) = back.next.filter(|(at_ms, _)| *at_ms <= now_ms) else { continue };
                back.state = state;
                self.changes += 1;
                // Whoever looks after such things names another way at the rail within two days.
                back.next = (state == RefundState::Abnormal)
                    .then_some((now_ms + 2 * 86_400_000, RefundState::Success));
                said.push(Matter::Refund {
                    out_trade_no: back.of.clone(),
                    no: back.no.clone(),
                    state: back.state,
                    fen: back.fen.0,
                });
            }
        }
        for matter in said {
            self.post(matter, now_ms, 0);
        }
    }

    fn post(&mut self, matter: Matter, now_ms: i64, least: usize) {
        let id = self.next("EV");
        for delay in self.delays(least) {
            // Now and then the rail already signs with its next key.
            let seal = if self.dice.chance(8) { Seal::Rotated } else { Seal::Genuine };
            self.posts.push(Post::new(&id, matter.clone(), now_ms + delay).sealed(seal));
        }
    }

    /// When the notices of one event come, ms from now.
    fn delays(&mut self, least: usize) -> Vec<i64> {
        const LATE: [i64; 16] = [
            0, 15_000, 30_000, 60_000, 240_000, 840_000, 2_040_000, 3_840_000, 5_640_000, 7_440_000,
            11_040_000, 21_840_000, 32_640_000, 43_440_000, 65_040_000, 86_640_000,
        ];
        match self.posting {
            Posting::Never => Vec::new(),
            Posting::Once => vec![2_000],
            Posting::Drawn => {
                let times = (*self.dice.pick(&[0, 1, 1, 1, 1, 2, 3, 5, 16])).max(least);
                let late = if self.dice.chance(20) { self.later(86_400_000) } else { self.later(4_000) };
                LATE.iter().take(times).map(|retry| retry + late).collect()
            }
        }
    }

    /// The payer pays. `false` when the rail does not take it (any more).
    pub fn pay(&mut self, prepay_id: &str, now_ms: i64) -> bool {
        self.lapse(now_ms);
        let Some(number) = self.by_prepay(prepay_id).map(|kept| kept.out_trade_no.clone()) else {
            return false;
        };
        let err = self.errs && self.dice.chance(6);
        let kept = &self.orders[&number];
        let erring = match kept.state {
            TradeState::NotPay | TradeState::UserPaying => false,
            // A rail whose left hand closes what its right hand takes, or that takes an order's money twice.
            TradeState::Closed if err && kept.payments.is_empty() => true,
            TradeState::Success if err && kept.payments.len() == 1 && kept.parts.is_empty() => true,
            _ => return false,
        };
        let transaction = self.next("4200");
        let kept = self.orders.get_mut(&number).expect("found above");
        kept.state = TradeState::Success;
        kept.erred |= erring;
        kept.paid_ms = kept.paid_ms.or(Some(now_ms));
        for (at, part) in kept.parts.iter_mut().enumerate() {
            part.transaction = Some(format!("{transaction}{at}"));
        }
        kept.payments.push(transaction);
        let (first, trade) = (kept.trade(0), kept.trade(kept.payments.len() - 1));
        if erring && kept.payments.len() > 1 {
            self.post(Matter::Trade(Box::new(first)), now_ms, 1);
        }
        // What the rail did wrong it tells at least once: otherwise only the day's bill would.
        self.post(Matter::Trade(Box::new(trade)), now_ms, usize::from(erring));
        true
    }

    /// The payer opens the sheet and types.
    pub fn type_password(&mut self, prepay_id: &str, now_ms: i64) -> bool {
        self.lapse(now_ms);
        let found = self.orders.values_mut().find(|kept| kept.prepay_id == prepay_id);
        let Some(kept) = found.filter(|kept| kept.state == TradeState::NotPay) else { return false };
        kept.state = TradeState::UserPaying;
        true
    }

    /// The payer leaves the sheet without paying.
    pub fn leave(&mut self, prepay_id: &str) {
        let found = self.orders.values_mut().find(|kept| kept.prepay_id == prepay_id);
        if let Some(kept) = found.filter(|kept| kept.state == TradeState::UserPaying) {
            kept.state = TradeState::NotPay;
        }
    }

    pub(super) fn place(&mut self, ask: &PrepayAsk, now_ms: i64) -> Result<Prepay, Fault> {
        self.lapse(now_ms);
        if let Some(kept) = self.orders.get(&ask.out_trade_no) {
            return match kept.state {
                _ if kept.total != ask.total => Err(Fault::refused("INVALID_REQUEST", "other contents")),
                TradeState::NotPay | TradeState::UserPaying => {
                    Ok(Prepay { prepay_id: kept.prepay_id.clone() })
                }
                TradeState::Success | TradeState::Refund => Err(Fault::refused("ORDERPAID", "paid")),
                _ => Err(Fault::refused("ORDER_CLOSED", "closed")),
            };
        }
        let expires_ms = ask.expires.map_or(i64::MAX, Timestamp::as_millisecond);
        let parts: Vec<Part> = ask
            .legs
            .iter()
            .filter(|_| self.per_leg)
            .map(|leg| Part { no: leg.out_trade_no.clone(), total: leg.total, transaction: None })
            .collect();
        let sum: Fen = ask.legs.iter().map(|leg| leg.total).sum();
        if expires_ms <= now_ms || sum != ask.total {
            return Err(Fault::refused("PARAM_ERROR", "the end is over, or the legs are another sum"));
        }
        let prepay_id = self.next("wx");
        let kept = Kept {
            out_trade_no: ask.out_trade_no.clone(),
            prepay_id: prepay_id.clone(),
            total: ask.total,
            parts,
            payer: ask.payer.clone(),
            expires_ms,
            state: TradeState::NotPay,
            payments: Vec::new(),
            paid_ms: None,
            refunds: Vec::new(),
            erred: false,
        };
        self.orders.insert(ask.out_trade_no.clone(), kept);
        Ok(Prepay { prepay_id })
    }

    pub(super) fn ask(&mut self, placed: &Placed, now_ms: i64) -> Option<Trade> {
        self.lapse(now_ms);
        self.orders.get(&placed.out_trade_no).map(|kept| kept.trade(0))
    }

    pub(super) fn close(&mut self, placed: &Placed, now_ms: i64) -> Result<(), Fault> {
        self.lapse(now_ms);
        let unknown = || Fault::refused("ORDER_NOT_EXIST", "no such order");
        let kept = self.orders.get_mut(&placed.out_trade_no).ok_or_else(unknown)?;
        match kept.state {
            TradeState::Success | TradeState::Refund => Err(Fault::refused("ORDERPAID", "paid")),
            TradeState::UserPaying => Err(Fault::refused("USERPAYING", "the payer is typing")),
            _ => {
                kept.state = TradeState::Closed;
                self.changes += 1;
                Ok(())
            }
        }
    }

    /// The payment that a refund names, by its own number or by the merchant's, and how much of it is left.
    fn refundable(&self, ask: &RefundAsk) -> Option<Payment> {
        let named = |transaction: &str, number: &str| match &ask.transaction_id {
            Some(wanted) => wanted == transaction,
            None => number == ask.out_trade_no,
        };
        self.orders.values().find_map(|kept| {
            let whole = kept.payments.iter().filter(|_| kept.parts.is_empty());
            let whole = whole.map(|payment| (payment.clone(), kept.out_trade_no.clone(), kept.total));
            let parts = kept
                .parts
                .iter()
                .filter_map(|part| Some((part.transaction.clone()?, part.no.clone(), part.total)));
            let (transaction, of, total) =
                whole.chain(parts).find(|(transaction, number, _)| named(transaction, number))?;
            let gone: Fen = kept
                .refunds
                .iter()
                .filter(|back| back.transaction == transaction && back.state != RefundState::Closed)
                .map(|back| back.fen)
                .sum();
            Some(Payment { order: kept.out_trade_no.clone(), of, transaction, total, left: total - gone })
        })
    }

    pub(super) fn refund(&mut self, ask: &RefundAsk, now_ms: i64) -> Result<Refund, Fault> {
        self.lapse(now_ms);
        if let Some(known) = self.told(&ask.out_refund_no) {
            let same = known.refund == ask.refund;
            return if same { Ok(known) } else { Err(Fault::refused("INVALID_REQUEST", "other contents")) };
        }
        let unknown = || Fault::refused("RESOURCE_NOT_EXISTS", "no such payment");
        let payment = self.refundable(ask).ok_or_else(unknown)?;
        if ask.total != payment.total || ask.refund > payment.left || ask.refund <= Fen::ZERO {
            return Err(Fault::refused("INVALID_REQUEST", "the sum does not fit"));
        }
        let end = *self.dice.pick(&[
            RefundState::Success,
            RefundState::Success,
            RefundState::Success,
            RefundState::Success,
            RefundState::Success,
            RefundState::Success,
            RefundState::Closed,
            RefundState::Abnormal,
        ]);
        let takes_ms = if self.dice.chance(60) { self.later(60_000) } else { self.later(2 * 86_400_000) };
        let back = Back {
            no: ask.out_refund_no.clone(),
            of: payment.of,
            transaction: payment.transaction,
            fen: ask.refund,
            state: RefundState::Processing,
            next: Some((now_ms + takes_ms + 1, end)),
        };
        self.changes += 1;
        self.orders.get_mut(&payment.order).expect("found above").refunds.push(back);
        self.told(&ask.out_refund_no).ok_or_else(unknown)
    }

    /// A refund as the rail tells it.
    pub(super) fn told(&self, no: &str) -> Option<Refund> {
        let back = self.orders.values().flat_map(|kept| &kept.refunds).find(|back| back.no == no)?;
        Some(Refund {
            out_refund_no: back.no.clone(),
            refund_id: Some(format!("5000{}", back.no)),
            state: back.state,
            refund: back.fen,
            done: None,
        })
    }
}
