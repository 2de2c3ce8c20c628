//! The fund-flow bill: what moved on the merchant's account on a day. It is the third total beside our books and the trade
//! bill.

use jiff::civil::Date;

use super::columns::{BillFault, Columns, Cut, Fields};
use crate::money::Fen;

const AT: &str = "记账时间";
const BUSINESS: &str = "业务类型";
const DIRECTION: &str = "收支类型";
const SUM: &str = "收支金额(元)";
const NEEDED: [&str; 4] = [AT, BUSINESS, DIRECTION, SUM];

/// What the rows of a fund-flow bill add up to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FlowTotals {
    /// Rows.
    pub rows: u64,
    /// Rows of money that came in, and their sum.
    pub income: (u64, Fen),
    /// Rows of money that went out, and their sum.
    pub spending: (u64, Fen),
    /// What payers paid.
    pub paid: Fen,
    /// What went back to payers.
    pub back: Fen,
}

/// Reads a fund-flow bill line by line; nothing may be done with what it adds up to before [`Flow::finish`].
#[derive(Debug)]
pub struct Flow {
    day: Date,
    columns: Columns,
    totals: FlowTotals,
}

impl Flow {
    /// A reader of the fund-flow bill of a day.
    #[must_use]
    pub fn of(day: Date) -> Flow {
        Flow { day, columns: Columns::new("资金流水总笔数"), totals: FlowTotals::default() }
    }

    /// Takes the next line, without its line end.
    ///
    /// # Errors
    /// The first [`BillFault`]; the file is refused whole.
    pub fn line(&mut self, text: &str) -> Result<(), BillFault> {
        match self.columns.line(text, &NEEDED)? {
            Cut::Names | Cut::Nothing => Ok(()),
            Cut::Row(fields) => self.row(&fields),
            Cut::Summary(fields) => self.sums_up(&fields),
        }
    }

    /// The end of the file.
    ///
    /// # Errors
    /// [`BillFault::NoSummary`] when it was cut off, [`BillFault::Empty`].
    pub fn finish(self) -> Result<FlowTotals, BillFault> {
        self.columns.finish().map(|()| self.totals)
    }

    fn row(&mut self, fields: &Fields<'_>) -> Result<(), BillFault> {
        let line = fields.line;
        let fen = fields.yuan(SUM)?;
        if fields.at(AT)?.date() != self.day {
            return Err(fields.bad(AT));
        }
        let totals = &mut self.totals;
        let (side, of_payers, whose) = match fields.text(DIRECTION) {
            "收入" => (&mut totals.income, &mut totals.paid, "交易"),
            "支出" => (&mut totals.spending, &mut totals.back, "退款"),
            _ => return Err(fields.bad(DIRECTION)),
        };
        totals.rows += 1;
        side.0 += 1;
        side.1 = side.1.checked_add(fen).ok_or(BillFault::TooLarge { line })?;
        if fields.text(BUSINESS) == whose {
            *of_payers = of_payers.checked_add(fen).ok_or(BillFault::TooLarge { line })?;
        }
        Ok(())
    }

    fn sums_up(&self, fields: &Fields<'_>) -> Result<(), BillFault> {
        let read = &self.totals;
        fields.says("资金流水总笔数", &read.rows.to_string())?;
        fields.says("收入笔数", &read.income.0.to_string())?;
        fields.says_yuan("收入金额", read.income.1)?;
        fields.says("支出笔数", &read.spending.0.to_string())?;
        fields.says_yuan("支出金额", read.spending.1)
    }
}
