//! The pretend payment rail in this process, behind the network: with one order for all legs, or one for each.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use clearway_connect::Fault;
use clearway_connect::payments::{
    Notice, NoticeFault, NoticeHeaders, PaySheet, Payments, Placed, Prepay, PrepayAsk, Rail, Refund,
    RefundAsk, Trade,
};

use super::chance::Life;
use super::network::{Call, Network};
use super::notices;
use super::till::{Posting, Till};

/// The rail behind the network.
pub struct SimRail {
    life: Arc<Life>,
    network: Arc<Network>,
    till: Mutex<Till>,
    per_leg: bool,
}

impl SimRail {
    /// A rail without orders.
    pub fn new(
        seed: u64,
        posting: Posting,
        per_leg: bool,
        life: &Arc<Life>,
        network: &Arc<Network>,
    ) -> Arc<SimRail> {
        let till = Mutex::new(Till::new(seed, posting, per_leg));
        Arc::new(SimRail { life: Arc::clone(life), network: Arc::clone(network), till, per_leg })
    }

    /// What it holds, to look at and to change.
    pub fn till(&self) -> MutexGuard<'_, Till> {
        self.till.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Payments for SimRail {
    fn rail(&self) -> Rail {
        let slug = if self.per_leg { "wechat-combined" } else { "wechat" };
        Rail { slug, per_leg: self.per_leg, legs_max: 10, own_page: false }
    }

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

    fn query(&self, placed: &Placed) -> Result<Option<Trade>, Fault> {
        self.network.carry(Call::Query, || Ok(self.till().ask(placed, self.life.ms())))
    }

    fn close(&self, placed: &Placed) -> Result<(), Fault> {
        self.network.carry(Call::Close, || self.till().close(placed, self.life.ms()))
    }

    fn refund(&self, ask: &RefundAsk) -> Result<Refund, Fault> {
        self.network.carry(Call::Refund, || self.till().refund(ask, self.life.ms()))
    }

    fn query_refund(&self, ask: &RefundAsk) -> Result<Option<Refund>, Fault> {
        self.network.carry(Call::QueryRefund, || {
            let mut till = self.till();
            till.lapse(self.life.ms());
            Ok(till.told(&ask.out_refund_no))
        })
    }

    fn open_notice(&self, headers: &NoticeHeaders, raw_body: &[u8]) -> Result<Notice, NoticeFault> {
        notices::open(headers, raw_body, self.life.ms())
    }
}
