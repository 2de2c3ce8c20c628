//! The trade bill: every payment and every refund of a day, a row each.

use jiff::civil::{Date, DateTime};

use super::columns::{BillFault, Columns, Cut, Fields};
use crate::money::Fen;

const AT: &str = "交易时间";
const TRANSACTION: &str = "微信订单号";
const NUMBER: &str = "商户订单号";
const STATE: &str = "交易状态";
const SETTLED: &str = "应结订单金额";
const REFUND_ID: &str = "微信退款单号";
const REFUND_NO: &str = "商户退款单号";
const BACK: &str = "退款金额";
const BACK_STATUS: &str = "退款状态";
const TOTAL: &str = "订单金额";
const BACK_ASKED: &str = "申请退款金额";

/// The columns without which the bill cannot be used. The payer has a column of two names.
const NEEDED: [&str; 11] =
    [AT, TRANSACTION, NUMBER, STATE, SETTLED, REFUND_ID, REFUND_NO, BACK, BACK_STATUS, TOTAL, BACK_ASKED];
const PAYER: [&str; 2] = ["用户标识", "openid"];

/// What became of a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackStatus {
    /// The money is back.
    Success,
    /// Under way.
    Processing,
    /// Ended, or stuck: no money went back.
    NotBack,
}

/// What a row is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Matter {
    /// A payment.
    Paid {
        /// The order's sum; what coupons of the rail paid is in it.
        fen: Fen,
    },
    /// Money that went back, or goes back.
    Back {
        /// Our number of the refund; the rail's own when it was not made by us.
        refund_no: String,
        /// How much was asked to go back.
        fen: Fen,
        /// What became of it.
        status: BackStatus,
    },
}

/// A row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BillRow {
    /// Its line in the file, from 1.
    pub line: u64,
    /// When, in China's civil time.
    pub at: DateTime,
    /// Our number: of the order, or of the sub-order on a rail that keeps one for each leg.
    pub number: String,
    /// The rail's number of the payment.
    pub transaction: String,
    /// Who paid, as the rail names people.
    pub payer: Option<String>,
    /// Payment or refund.
    pub matter: Matter,
}

impl BillRow {
    /// What makes two rows the same money: the payment, or the refund.
    #[must_use]
    pub fn key(&self) -> String {
        match &self.matter {
            Matter::Paid { .. } => format!("pay:{}", self.transaction),
            Matter::Back { refund_no, .. } => format!("back:{refund_no}"),
        }
    }

    /// How much it is about.
    #[must_use]
    pub fn fen(&self) -> Fen {
        match &self.matter {
            Matter::Paid { fen } | Matter::Back { fen, .. } => *fen,
        }
    }

    /// Whether money moved: a refund that is under way, or ended without effect, moved none yet.
    #[must_use]
    pub fn moved(&self) -> bool {
        matches!(&self.matter, Matter::Paid { .. } | Matter::Back { status: BackStatus::Success, .. })
    }
}

/// What the rows of a bill add up to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BillTotals {
    /// Rows.
    pub rows: u64,
    /// Payments, as they are settled.
    pub settled: Fen,
    /// Payments, as they were ordered.
    pub ordered: Fen,
    /// Refunds, as they are settled.
    pub back: Fen,
    /// Refunds, as they were asked for.
    pub back_asked: Fen,
}

/// Reads a trade bill line by line. Every row is checked as it comes; only [`Bill::finish`] says that the file is whole, so
/// nothing may be done with a row before.
#[derive(Debug)]
pub struct Bill {
    day: Date,
    columns: Columns,
    totals: BillTotals,
}

impl Bill {
    /// A reader of the bill of a day.
    #[must_use]
    pub fn of(day: Date) -> Bill {
        Bill { day, columns: Columns::new("总交易单数"), totals: BillTotals::default() }
    }

    /// Takes the next line, without its line end.
    ///
    /// # Errors
    /// The first [`BillFault`]; the file is refused whole.
    pub fn line(&mut self, text: &str) -> Result<Option<BillRow>, BillFault> {
        match self.columns.line(text, &NEEDED)? {
            Cut::Names | Cut::Nothing => Ok(None),
            Cut::Row(fields) => self.row(&fields).map(Some),
            Cut::Summary(fields) => self.sums_up(&fields).map(|()| None),
        }
    }

    /// The end of the file.
    ///
    /// # Errors
    /// [`BillFault::NoSummary`] when it was cut off, [`BillFault::Empty`].
    pub fn finish(self) -> Result<BillTotals, BillFault> {
        self.columns.finish().map(|()| self.totals)
    }

    fn row(&mut self, fields: &Fields<'_>) -> Result<BillRow, BillFault> {
        let (settled, back) = (fields.yuan(SETTLED)?, fields.yuan(BACK)?);
        let (ordered, back_asked) = (fields.yuan(TOTAL)?, fields.yuan(BACK_ASKED)?);
        self.add(fields.line, settled, ordered, back, back_asked)?;
        let at = fields.at(AT)?;
        let matter = match fields.text(STATE) {
            // The instant of a refund's row may be that of its payment; a payment's own must be of the day.
            "SUCCESS" if at.date() != self.day => return Err(fields.bad(AT)),
            "SUCCESS" if ordered <= Fen::ZERO => return Err(fields.bad(TOTAL)),
            "SUCCESS" => Matter::Paid { fen: ordered },
            "REFUND" | "REVOKED" => Matter::Back {
                refund_no: match fields.text(REFUND_NO) {
                    "" => fields.some(REFUND_ID)?.to_owned(),
                    ours => ours.to_owned(),
                },
                fen: back_asked,
                status: match fields.text(BACK_STATUS) {
                    "SUCCESS" => BackStatus::Success,
                    "PROCESSING" => BackStatus::Processing,
                    "FAIL" | "CHANGE" | "CLOSED" | "ABNORMAL" => BackStatus::NotBack,
                    _ => return Err(fields.bad(BACK_STATUS)),
                },
            },
            _ => return Err(fields.bad(STATE)),
        };
        Ok(BillRow {
            line: fields.line,
            at,
            number: fields.some(NUMBER)?.to_owned(),
            transaction: fields.some(TRANSACTION)?.to_owned(),
            payer: PAYER
                .map(|name| fields.text(name))
                .into_iter()
                .find(|id| !id.is_empty())
                .map(str::to_owned),
            matter,
        })
    }

    fn add(&mut self, line: u64, settled: Fen, ordered: Fen, back: Fen, asked: Fen) -> Result<(), BillFault> {
        let totals = &mut self.totals;
        totals.rows += 1;
        for (sum, fen) in [
            (&mut totals.settled, settled),
            (&mut totals.ordered, ordered),
            (&mut totals.back, back),
            (&mut totals.back_asked, asked),
        ] {
            *sum = sum.checked_add(fen).ok_or(BillFault::TooLarge { line })?;
        }
        Ok(())
    }

    fn sums_up(&self, fields: &Fields<'_>) -> Result<(), BillFault> {
        let read = &self.totals;
        fields.says("总交易单数", &read.rows.to_string())?;
        fields.says_yuan("应结订单总金额", read.settled)?;
        fields.says_yuan("退款总金额", read.back)?;
        fields.says_yuan("订单总金额", read.ordered)?;
        fields.says_yuan("申请退款总金额", read.back_asked)
    }
}
