//! Bills that are read and bills that are refused, the comparison as a table, and random books with planted exceptions.

mod bills;
mod books;
mod day;
mod table;

use jiff::civil::{Date, date};

use super::*;
use crate::money::Fen;

/// The day of all these tests.
pub const DAY: Date = date(2020, 4, 5);

/// Columns of a trade bill, in another order than the real one and with columns that nobody reads.
pub const HEADER: &str = "\u{feff}交易时间,公众账号ID,商户号,微信订单号,商户订单号,用户标识,交易类型,交易状态,应结订单金额,\
    微信退款单号,商户退款单号,退款金额,退款状态,商品名称,手续费,费率,订单金额,申请退款金额";

/// The header of the rows that sum up.
pub const SUMMARY: &str =
    "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额";

pub fn yuan(fen: i64) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

/// A payment's line.
pub fn paid_line(transaction: &str, number: &str, fen: i64) -> String {
    let fen = yuan(fen);
    format!(
        "`2020-04-05 11:22:33,`wx1,`1900000001,`{transaction},`{number},`oPayer,`JSAPI,`SUCCESS,`{fen},`0,`0,`0.00,`,\
         `武汉,交通违法,`0.00000,`0.60%,`{fen},`0.00"
    )
}

/// A refund's line.
pub fn back_line(transaction: &str, number: &str, refund_no: &str, fen: i64, status: &str) -> String {
    let fen = yuan(fen);
    format!(
        "`2020-04-05 11:22:33,`wx1,`1900000001,`{transaction},`{number},`oPayer,`JSAPI,`REFUND,`0.00,`50300001,\
         `{refund_no},`{fen},`{status},`武汉交通违法,`0.00000,`0.60%,`0.00,`{fen}"
    )
}

/// The rows that sum up: how many, what was paid, what goes back.
pub fn summary_line(rows: usize, paid: i64, back: i64) -> String {
    let (paid, back) = (yuan(paid), yuan(back));
    format!("`{rows},`{paid},`{back},`0.00,`0.00,`{paid},`{back}")
}

/// Reads a whole bill.
pub fn read(lines: &[String]) -> Result<(Vec<BillRow>, BillTotals), BillFault> {
    let mut bill = Bill::of(DAY);
    let mut rows = Vec::new();
    for line in lines {
        rows.extend(bill.line(line)?);
    }
    Ok((rows, bill.finish()?))
}

/// Lines with their header and the rows that sum up.
pub fn whole(lines: &[String], paid: i64, back: i64) -> Vec<String> {
    let mut all = vec![HEADER.to_owned()];
    all.extend_from_slice(lines);
    all.push(SUMMARY.to_owned());
    all.push(summary_line(lines.len(), paid, back));
    all
}
