//! A rail in this process whose notices are real: its books are a few lines, its seals are opened by the real client.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use clearway_connect::Fault;
use clearway_connect::payments::{
    Notice, NoticeFault, NoticeHeaders, PaySheet, Payments, Placed, Prepay, PrepayAsk, Rail, Refund,
    RefundAsk, RefundState, Trade, TradeState,
};
use clearway_domain::Fen;
use jiff::Timestamp;

use crate::simulation::world::chance::Life;

/// An order as the rail keeps it.
#[derive(Debug, Clone)]
pub struct Kept {
    /// The rail's handle.
    pub prepay_id: String,
    /// Sum, fen.
    pub fen: i64,
    /// Until when it can be paid, ms.
    pub expires_ms: i64,
    /// Whether it was closed unpaid.
    pub closed: bool,
    /// Payments: the rail's number, and when, ms. A good rail has one at most; a bad one takes money twice, or late.
    pub payments: Vec<(String, i64)>,
    /// Money that went back: our number, the payment's number, fen.
    pub refunds: Vec<(String, String, i64)>,
}

impl Kept {
    /// Taken less given back, fen.
    pub fn holds(&self) -> i64 {
        let taken = self.fen * i64::try_from(self.payments.len()).expect("few");
        taken - self.refunds.iter().map(|(.., fen)| fen).sum::<i64>()
    }

    fn trade(&self, out_trade_no: &str) -> Trade {
        let paid = self.payments.first();
        Trade {
            out_trade_no: out_trade_no.to_owned(),
            state: match (paid, self.closed) {
                (Some(_), _) if !self.refunds.is_empty() => TradeState::Refund,
                (Some(_), _) => TradeState::Success,
                (None, true) => TradeState::Closed,
                (None, false) => TradeState::NotPay,
            },
            transaction_id: paid.map(|(number, _)| number.clone()),
            total: paid.map(|_| Fen(self.fen)),
            payer_total: paid.map(|_| Fen(self.fen)),
            paid: paid.and_then(|(_, ms)| Timestamp::from_millisecond(*ms).ok()),
            payer: None,
            bank: None,
            attach: None,
            parts: Vec::new(),
        }
    }
}

/// How the rail speaks.
#[derive(Debug, Clone, Copy)]
pub struct Habit {
    /// Its name.
    pub slug: &'static str,
    /// What it tells of orders cannot be read.
    pub garbles: bool,
    /// Fen by which it tells less of a refund than went back.
    pub short_fen: i64,
}

/// What is to happen while the rail has our order and its answer is not out yet.
pub type During = Box<dyn FnOnce(&Till, &str) + Send>;

/// The rail.
pub struct Till {
    life: Arc<Life>,
    opener: Mutex<Arc<dyn Payments>>,
    orders: Mutex<BTreeMap<String, Kept>>,
    silent: AtomicBool,
    habit: Mutex<Habit>,
    during: Mutex<Option<During>>,
    answers_create: AtomicBool,
}

impl Till {
    /// A rail without orders, whose notices are opened by a client.
    pub fn new(life: &Arc<Life>, opener: Arc<dyn Payments>) -> Arc<Till> {
        Arc::new(Till {
            life: Arc::clone(life),
            opener: Mutex::new(opener),
            orders: Mutex::default(),
            silent: AtomicBool::new(false),
            habit: Mutex::new(Habit { slug: "wechat", garbles: false, short_fen: 0 }),
            during: Mutex::new(None),
            answers_create: AtomicBool::new(true),
        })
    }

    /// Its books.
    pub fn orders(&self) -> MutexGuard<'_, BTreeMap<String, Kept>> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on it answers questions or does not.
    pub fn set_silent(&self, silent: bool) {
        self.silent.store(silent, Ordering::SeqCst);
    }

    /// How it speaks.
    pub fn habit(&self) -> MutexGuard<'_, Habit> {
        self.habit.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What happens during the next create call, and whether its answer comes through.
    pub fn set_during(&self, during: During, answers: bool) {
        *self.during.lock().unwrap_or_else(PoisonError::into_inner) = Some(during);
        self.answers_create.store(answers, Ordering::SeqCst);
    }

    /// It takes the money of an order, closed or not, once more or for the first time.
    pub fn take_money(&self, out_trade_no: &str, transaction: &str) {
        let now_ms = self.life.ms();
        let mut orders = self.orders();
        let kept = orders.get_mut(out_trade_no).expect("an order that was placed");
        kept.payments.push((transaction.to_owned(), now_ms));
    }

    fn speaks(&self) -> Result<(), Fault> {
        if self.silent.load(Ordering::SeqCst) { Err(Fault::TimedOut) } else { Ok(()) }
    }
}

impl Payments for Till {
    fn rail(&self) -> Rail {
        Rail { slug: self.habit().slug, per_leg: false, legs_max: 50, own_page: false }
    }

    fn prepay(&self, ask: &PrepayAsk) -> Result<Prepay, Fault> {
        let number = ask.out_trade_no.clone();
        let prepay_id = {
            let mut orders = self.orders();
            let kept = orders.entry(number.clone()).or_insert_with(|| Kept {
                prepay_id: format!("wx{number}"),
                fen: ask.total.0,
                expires_ms: ask.expires.map_or(i64::MAX, Timestamp::as_millisecond),
                closed: false,
                payments: Vec::new(),
                refunds: Vec::new(),
            });
            if !kept.payments.is_empty() {
                return Err(Fault::refused("ORDERPAID", "paid"));
            }
            kept.prepay_id.clone()
        };
        let during = self.during.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(during) = during {
            during(self, &number);
        }
        match self.answers_create.swap(true, Ordering::SeqCst) {
            true => Ok(Prepay { prepay_id }),
            false => Err(Fault::TimedOut),
        }
    }

    fn pay_sheet(&self, prepay_id: &str) -> Result<PaySheet, Fault> {
        self.opener.lock().unwrap_or_else(PoisonError::into_inner).pay_sheet(prepay_id)
    }

    fn query(&self, placed: &Placed) -> Result<Option<Trade>, Fault> {
        self.speaks()?;
        if self.habit().garbles {
            return Err(Fault::garbled("an order in an unknown state"));
        }
        let mut orders = self.orders();
        let Some(kept) = orders.get_mut(&placed.out_trade_no) else { return Ok(None) };
        kept.closed |= kept.payments.is_empty() && kept.expires_ms <= self.life.ms();
        Ok(Some(kept.trade(&placed.out_trade_no)))
    }

    fn close(&self, placed: &Placed) -> Result<(), Fault> {
        self.speaks()?;
        let mut orders = self.orders();
        let unknown = || Fault::refused("ORDER_NOT_EXIST", "no such order");
        let kept = orders.get_mut(&placed.out_trade_no).ok_or_else(unknown)?;
        if !kept.payments.is_empty() {
            return Err(Fault::refused("ORDERPAID", "paid"));
        }
        kept.closed = true;
        Ok(())
    }

    fn refund(&self, ask: &RefundAsk) -> Result<Refund, Fault> {
        self.speaks()?;
        let mut orders = self.orders();
        let unknown = || Fault::refused("RESOURCE_NOT_EXISTS", "no such payment");
        let found = orders.iter_mut().find_map(|(number, kept)| {
            let of = match &ask.transaction_id {
                Some(wanted) => kept.payments.iter().find(|(paid, _)| paid == wanted),
                None if *number == ask.out_trade_no => kept.payments.first(),
                None => None,
            };
            of.map(|(paid, _)| paid.clone()).map(|paid| (kept, paid))
        });
        let (kept, paid) = found.ok_or_else(unknown)?;
        if !kept.refunds.iter().any(|(no, ..)| *no == ask.out_refund_no) {
            let before: i64 = kept.refunds.iter().filter(|(_, of, _)| *of == paid).map(|(.., fen)| fen).sum();
            if ask.total.0 != kept.fen || before + ask.refund.0 > kept.fen {
                return Err(Fault::refused("NOT_ENOUGH", "more than was paid"));
            }
            kept.refunds.push((ask.out_refund_no.clone(), paid, ask.refund.0));
        }
        Ok(told(ask, self.habit().short_fen, self.life.at()))
    }

    fn query_refund(&self, ask: &RefundAsk) -> Result<Option<Refund>, Fault> {
        self.speaks()?;
        let known = |kept: &Kept| kept.refunds.iter().any(|(no, ..)| *no == ask.out_refund_no);
        Ok(self.orders().values().any(known).then(|| told(ask, self.habit().short_fen, self.life.at())))
    }

    fn open_notice(&self, headers: &NoticeHeaders, raw_body: &[u8]) -> Result<Notice, NoticeFault> {
        let opener = Arc::clone(&self.opener.lock().unwrap_or_else(PoisonError::into_inner));
        opener.open_notice(headers, raw_body)
    }
}

fn told(ask: &RefundAsk, short_fen: i64, at: Timestamp) -> Refund {
    Refund {
        out_refund_no: ask.out_refund_no.clone(),
        refund_id: Some(format!("50{}", ask.out_refund_no)),
        state: RefundState::Success,
        refund: Fen(ask.refund.0 - short_fen),
        done: Some(at),
    }
}
