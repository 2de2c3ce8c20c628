//! Careless ways with the rail.

use std::sync::Arc;

use clearway_connect::Fault;
use clearway_connect::payments::{
    Notice, NoticeFault, NoticeHeaders, NoticeMatter, PaySheet, Payments, Placed, Prepay, PrepayAsk, Rail,
    Refund, RefundAsk, RefundState, Trade, TradeState,
};
use clearway_domain::Fen;

use super::Plant;
use crate::simulation::world::notices;
use crate::simulation::world::rail::SimRail;

/// The rail, used carelessly.
pub struct Careless {
    /// How.
    pub plant: Plant,
    /// The rail.
    pub real: Arc<SimRail>,
}

impl Careless {
    fn total(&self, out_trade_no: &str) -> Option<Fen> {
        self.real.till().orders.get(out_trade_no).map(|kept| kept.total)
    }
}

impl Payments for Careless {
    fn rail(&self) -> Rail {
        self.real.rail()
    }

    fn prepay(&self, ask: &PrepayAsk) -> Result<Prepay, Fault> {
        match self.real.prepay(ask) {
            Err(fault) if self.plant == Plant::PlacesTwice && fault.may_have_acted() => {
                let number = format!("{}X", &ask.out_trade_no[1..]);
                self.real.prepay(&PrepayAsk { out_trade_no: number, ..ask.clone() })
            }
            answer => answer,
        }
    }

    fn pay_sheet(&self, prepay_id: &str) -> Result<PaySheet, Fault> {
        self.real.pay_sheet(prepay_id)
    }

    fn query(&self, placed: &Placed) -> Result<Option<Trade>, Fault> {
        let told = self.real.query(placed)?;
        Ok(match (self.plant, told) {
            (Plant::ReadsAllAsUnknown, _) => None,
            (Plant::ReadsPaidAsUnpaid, Some(trade)) if trade.state == TradeState::Success => {
                Some(Trade { state: TradeState::NotPay, ..trade })
            }
            (Plant::TrustsTheBrowser, Some(mut trade)) if trade.state == TradeState::NotPay => {
                trade.state = TradeState::Success;
                trade.total = self.total(&placed.out_trade_no);
                trade.transaction_id = Some(format!("said{}", placed.out_trade_no));
                Some(trade)
            }
            (_, told) => told,
        })
    }

    fn close(&self, placed: &Placed) -> Result<(), Fault> {
        if self.plant == Plant::ClosesOnlyHere { Ok(()) } else { self.real.close(placed) }
    }

    fn refund(&self, ask: &RefundAsk) -> Result<Refund, Fault> {
        match self.plant {
            Plant::DropsRefunds => Ok(Refund {
                out_refund_no: ask.out_refund_no.clone(),
                refund_id: None,
                state: RefundState::Success,
                refund: ask.refund,
                done: None,
            }),
            Plant::RefundsTwice => {
                let other = RefundAsk { out_refund_no: format!("{}b", ask.out_refund_no), ..ask.clone() };
                let answer = self.real.refund(ask);
                let _ = self.real.refund(&other);
                answer
            }
            _ => self.real.refund(ask),
        }
    }

    fn query_refund(&self, ask: &RefundAsk) -> Result<Option<Refund>, Fault> {
        self.real.query_refund(ask)
    }

    fn open_notice(&self, headers: &NoticeHeaders, raw_body: &[u8]) -> Result<Notice, NoticeFault> {
        if self.plant == Plant::TakesAnySeal {
            return notices::read(raw_body);
        }
        let mut notice = self.real.open_notice(headers, raw_body)?;
        if let (Plant::TakesAnySum, NoticeMatter::Trade(trade)) = (self.plant, &mut notice.matter) {
            trade.total = self.total(&trade.out_trade_no).or(trade.total);
        }
        Ok(notice)
    }
}
