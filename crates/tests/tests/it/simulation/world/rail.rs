//! The pretend payment rail in this process: it takes the money of an order once, sends it back when asked, and speaks
//! of both in sealed notices.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use clearway_connect::Fault;
use clearway_connect::payments::{
    Notice, NoticeFault, NoticeHeaders, PaySheet, Payments, Prepay, PrepayAsk, Trade, TradeState,
};
use clearway_connect::wechat::OpenId;
use clearway_domain::Fen;
use clearway_sims::city::numbers::Dice;
use jiff::Timestamp;

use super::chance::Life;
use super::network::{Call, Network};
use super::notices::{self, Post};

/// Money that goes back, as the rail keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Back {
    /// The merchant's number.
    pub no: String,
    /// How much.
    pub fen: Fen,
    /// Whether it reached the payer, failed, or is on its way.
    pub state: BackState,
    /// When that is decided, ms since 1970.
    pub settles_ms: i64,
}

/// Where money that goes back stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackState {
    /// On its way.
    Processing,
    /// With the payer.
    Success,
    /// It could not be given to the payer's card.
    Abnormal,
    /// Given up.
    Closed,
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
    /// Who may pay.
    pub payer: OpenId,
    /// After this it cannot be paid.
    pub expires_ms: i64,
    /// State.
    pub state: TradeState,
    /// The rail's number of the payment.
    pub transaction: Option<String>,
    /// When it was paid.
    pub paid_ms: Option<i64>,
    /// What went back of it.
    pub refunds: Vec<Back>,
}

impl Kept {
    /// What came in on it.
    pub fn taken(&self) -> Fen {
        if self.transaction.is_some() { self.total } else { Fen::ZERO }
    }

    fn back(&self, state: BackState) -> Fen {
        self.refunds.iter().filter(|back| back.state == state).map(|back| back.fen).sum()
    }

    /// What is back with the payer.
    pub fn returned(&self) -> Fen {
        self.back(BackState::Success)
    }

    /// What is on its way back.
    pub fn leaving(&self) -> Fen {
        self.back(BackState::Processing) + self.back(BackState::Abnormal)
    }

    /// The order as the rail tells it.
    pub fn trade(&self) -> Trade {
        let paid = self.transaction.is_some();
        Trade {
            out_trade_no: self.out_trade_no.clone(),
            state: self.state,
            transaction_id: self.transaction.clone(),
            total: Some(self.total).filter(|_| paid),
            payer_total: Some(self.total).filter(|_| paid),
            paid: self.paid_ms.and_then(|ms| Timestamp::from_millisecond(ms).ok()),
            payer: Some(self.payer.clone()).filter(|_| paid),
            bank: None,
            attach: None,
        }
    }
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
    changes: u64,
    numbers: u64,
    dice: Dice,
}

impl Till {
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

    /// The order under the rail's own number.
    pub fn by_prepay(&self, prepay_id: &str) -> Option<&Kept> {
        self.orders.values().find(|kept| kept.prepay_id == prepay_id)
    }

    /// Closes what has run out of its time.
    fn lapse(&mut self, now_ms: i64) {
        for kept in self.orders.values_mut() {
            // Who types has two minutes more.
            let typing_ms = if kept.state == TradeState::UserPaying { 120_000 } else { 0 };
            let unpaid = matches!(kept.state, TradeState::NotPay | TradeState::UserPaying);
            if unpaid && kept.expires_ms + typing_ms <= now_ms {
                kept.state = TradeState::Closed;
                self.changes += 1;
            }
        }
    }

    /// The payer pays. `false` when the rail does not take it (any more).
    pub fn pay(&mut self, prepay_id: &str, now_ms: i64) -> bool {
        self.lapse(now_ms);
        let transaction = self.next("4200");
        let payable = |state| matches!(state, TradeState::NotPay | TradeState::UserPaying);
        let Some(kept) =
            self.orders.values_mut().find(|kept| kept.prepay_id == prepay_id && payable(kept.state))
        else {
            return false;
        };
        kept.state = TradeState::Success;
        kept.transaction = Some(transaction);
        kept.paid_ms = Some(now_ms);
        let trade = kept.trade();
        let id = self.next("EV");
        for delay in self.delays() {
            self.posts.push(Post::of_trade(&id, trade.clone(), now_ms + delay));
        }
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

    /// When the notices of one event come, ms from now.
    fn delays(&mut self) -> Vec<i64> {
        const LATE: [i64; 16] = [
            0, 15_000, 30_000, 60_000, 240_000, 840_000, 2_040_000, 3_840_000, 5_640_000, 7_440_000,
            11_040_000, 21_840_000, 32_640_000, 43_440_000, 65_040_000, 86_640_000,
        ];
        match self.posting {
            Posting::Never => Vec::new(),
            Posting::Once => vec![2_000],
            Posting::Drawn => {
                let times = *self.dice.pick(&[0, 1, 1, 1, 1, 2, 3, 5, 16]);
                let late =
                    if self.dice.chance(20) { self.dice.below(86_400_000) } else { self.dice.below(4_000) };
                let late = i64::try_from(late).unwrap_or(0);
                LATE.iter().take(times).map(|retry| retry + late).collect()
            }
        }
    }

    fn place(&mut self, ask: &PrepayAsk, now_ms: i64) -> Result<Prepay, Fault> {
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
        let prepay_id = self.next("wx");
        let kept = Kept {
            out_trade_no: ask.out_trade_no.clone(),
            prepay_id: prepay_id.clone(),
            total: ask.total,
            payer: ask.payer.clone(),
            expires_ms: ask.expires.map_or(i64::MAX, Timestamp::as_millisecond),
            state: TradeState::NotPay,
            transaction: None,
            paid_ms: None,
            refunds: Vec::new(),
        };
        self.orders.insert(ask.out_trade_no.clone(), kept);
        Ok(Prepay { prepay_id })
    }

    fn close(&mut self, out_trade_no: &str, now_ms: i64) -> Result<(), Fault> {
        self.lapse(now_ms);
        let unknown = || Fault::refused("ORDER_NOT_EXIST", "no such order");
        let kept = self.orders.get_mut(out_trade_no).ok_or_else(unknown)?;
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
}

/// The rail behind the network.
pub struct SimRail {
    life: Arc<Life>,
    network: Arc<Network>,
    till: Mutex<Till>,
}

impl SimRail {
    /// A rail without orders.
    pub fn new(seed: u64, posting: Posting, life: &Arc<Life>, network: &Arc<Network>) -> Arc<SimRail> {
        let till = Till {
            orders: BTreeMap::new(),
            posts: Vec::new(),
            posting,
            changes: 0,
            numbers: 0,
            dice: Dice::new(seed ^ 0x4A11_0F11_FE00_0005),
        };
        Arc::new(SimRail { life: Arc::clone(life), network: Arc::clone(network), till: Mutex::new(till) })
    }

    /// What it holds, to look at and to change.
    pub fn till(&self) -> MutexGuard<'_, Till> {
        self.till.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Payments for SimRail {
    fn prepay(&self, ask: &PrepayAsk) -> Result<Prepay, Fault> {
        self.network.carry(Call::Prepay, || self.till().place(ask, self.life.ms()))
    }

    fn pay_sheet(&self, prepay_id: &str) -> Result<PaySheet, Fault> {
        Ok(PaySheet {
            app_id: "sim".to_owned(),
            time_stamp: (self.life.ms() / 1000).to_string(),
            nonce_str: "sim".to_owned(),
            package: format!("prepay_id={prepay_id}"),
            sign_type: "RSA".to_owned(),
            pay_sign: "sim".to_owned(),
        })
    }

    fn query(&self, out_trade_no: &str) -> Result<Option<Trade>, Fault> {
        self.network.carry(Call::Query, || {
            let mut till = self.till();
            till.lapse(self.life.ms());
            Ok(till.orders.get(out_trade_no).map(Kept::trade))
        })
    }

    fn close(&self, out_trade_no: &str) -> Result<(), Fault> {
        self.network.carry(Call::Close, || self.till().close(out_trade_no, self.life.ms()))
    }

    fn open_notice(&self, headers: &NoticeHeaders, raw_body: &[u8]) -> Result<Notice, NoticeFault> {
        notices::open(headers, raw_body, self.life.ms())
    }
}
