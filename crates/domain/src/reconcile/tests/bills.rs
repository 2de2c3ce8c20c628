//! `protocols.md` §7, rows of the bill: BOM, back-ticks, commas in text, three decimals, missing summary, and their like.

use super::*;

fn one() -> Vec<String> {
    whole(&[paid_line("4200001", "N1", 20_000)], 20_000, 0)
}

#[test]
fn a_bill_with_mark_back_ticks_and_commas_in_its_text_is_read_to_the_fen() {
    let lines = [paid_line("4200001", "N1", 20_005), back_line("4200001", "N1", "R1", 5, "SUCCESS")];
    let (rows, totals) = read(&whole(&lines, 20_005, 5)).expect("a bill");
    assert_eq!((rows[0].number.as_str(), rows[0].transaction.as_str()), ("N1", "4200001"));
    assert_eq!((rows[0].payer.as_deref(), rows[0].line), (Some("oPayer"), 2));
    assert_eq!(rows[0].matter, Matter::Paid { fen: Fen(20_005) });
    let back = Matter::Back { refund_no: "R1".to_owned(), fen: Fen(5), status: BackStatus::Success };
    assert_eq!((rows[1].key(), &rows[1].matter), ("back:R1".to_owned(), &back));
    assert_eq!((totals.rows, totals.ordered, totals.back_asked), (2, Fen(20_005), Fen(5)));
    let without_mark: Vec<String> =
        one().iter().map(|line| line.trim_start_matches('\u{feff}').to_owned()).collect();
    assert!(read(&without_mark).is_ok(), "the mark is welcome, not needed");
    let windows: Vec<String> = one().iter().map(|line| format!("{line}\r")).collect();
    assert!(read(&windows).is_ok());
    let mut ended = one();
    ended.push(String::new());
    assert!(read(&ended).is_ok(), "a last line end");
}

#[test]
fn columns_are_found_by_name() {
    let swapped = |line: &str| {
        let mut fields: Vec<&str> = line.split(',').collect();
        fields.swap(3, 4);
        fields.join(",")
    };
    let mut lines = one();
    lines[0] = swapped(&lines[0]);
    lines[1] = swapped(&lines[1]);
    let (rows, _) = read(&lines).expect("a bill");
    assert_eq!((rows[0].number.as_str(), rows[0].transaction.as_str()), ("N1", "4200001"));
}

#[test]
fn a_day_without_trades_has_an_empty_bill() {
    assert_eq!(read(&whole(&[], 0, 0)).map(|(rows, totals)| (rows.len(), totals.rows)), Ok((0, 0)));
}

/// What stands in one line, what stands there instead, and the words of the refusal.
const REFUSED: [(usize, &str, &str, &str); 17] = [
    (0, "商户订单号", "订单号", "the column 商户订单号 exactly once"),
    (0, "商户号", "商户订单号", "the column 商户订单号 exactly once"),
    (1, "`2020", "2020", "line 2: a row begins with a back-tick"),
    (1, ",`0.60%", "", "line 2: 17 fields, the header has 18"),
    (1, ",`0.60%", ",`0.60%,`1", "line 2: 19 fields"),
    (1, "`200.00,`0.00", "`200.001,`0.00", "line 2, column 订单金额: \"200.001\" is not an amount"),
    (1, "`SUCCESS,`200.00", "`SUCCESS,`200", "line 2, column 应结订单金额: \"200\" is not an amount"),
    (1, "`200.00,`0.00", "`2e2,`0.00", "line 2, column 订单金额: \"2e2\""),
    (1, "`200.00,`0.00", "`-200.00,`0.00", "line 2, column 订单金额: \"-200.00\""),
    (1, "`200.00,`0.00", "`99999999999999999999.00,`0.00", "line 2, column 订单金额"),
    (1, "2020-04-05", "2020-04-06", "line 2, column 交易时间: \"2020-04-06 11:22:33\" cannot be used"),
    (1, "2020-04-05 11:22:33", "yesterday", "line 2, column 交易时间: \"yesterday\" cannot be used"),
    (1, "`SUCCESS", "`PAID", "line 2, column 交易状态: \"PAID\" cannot be used"),
    (1, "`N1", "`", "line 2, column 商户订单号: \"\" cannot be used"),
    (3, "`1,", "`2,", "the summary says 总交易单数 is 2, read were 1"),
    (3, "`200.00,`0.00,`0.00,`0.00,`200.00", "`200.00,`0.00,`0.00,`0.00,`200.01", "订单总金额 is 200.01"),
    (3, "`200.00,`0.00,`0.00", "`200.00,`0.01,`0.00", "the summary says 退款总金额 is 0.01, read were 0.00"),
];

#[test]
fn what_is_not_right_to_the_last_character_refuses_the_whole_file() {
    for (at, there, instead, words) in REFUSED {
        let mut lines = one();
        assert!(lines[at].contains(there), "{there}");
        lines[at] = lines[at].replacen(there, instead, 1);
        let refused = read(&lines).expect_err(words).to_string();
        assert!(refused.contains(words), "{instead}: {refused}");
    }
}

#[test]
fn a_missing_summary_is_a_file_that_was_cut_off() {
    let lines = one();
    for kept in 1..lines.len() {
        assert_eq!(read(&lines[..kept]), Err(BillFault::NoSummary), "{kept} lines");
    }
    assert_eq!(read(&[]), Err(BillFault::Empty));
    assert_eq!(read(&[String::new()]), Err(BillFault::Empty));
    let mut more = one();
    more.push(paid_line("4200002", "N2", 1));
    assert_eq!(read(&more), Err(BillFault::AfterSummary { line: 5 }));
}

#[test]
fn a_payment_of_nothing_is_refused() {
    let lines = whole(&[paid_line("4200001", "N1", 0)], 0, 0);
    assert!(matches!(read(&lines), Err(BillFault::Value { column: "订单金额", line: 2, .. })));
}

const FLOW: [&str; 5] = [
    "\u{feff}记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),资金变更提交申请人,备注,业务凭证号",
    "`2020-04-05 10:00:00,`4200001,`1,`交易,`交易,`收入,`200.00,`200.00,`system,`,`N1",
    "`2020-04-05 12:00:00,`5030001,`2,`退款,`退款,`支出,`50.00,`150.00,`system,`,`R1",
    "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额",
    "`2,`1,`200.00,`1,`50.00",
];

fn flow(lines: &[String]) -> Result<FlowTotals, BillFault> {
    let mut flow = Flow::of(DAY);
    lines.iter().try_for_each(|line| flow.line(line))?;
    flow.finish()
}

#[test]
fn a_fund_flow_is_read_and_its_summary_compared() {
    let lines = FLOW.map(str::to_owned);
    let read = flow(&lines).expect("a bill");
    assert_eq!((read.rows, read.paid, read.back), (2, Fen(20_000), Fen(5_000)));
    for (at, there, instead, words) in [
        (4, "`2,", "`3,", "资金流水总笔数 is 3, read were 2"),
        (4, "`200.00", "`200.01", "收入金额 is 200.01, read were 200.00"),
        (4, "`50.00", "`50.000", "支出金额: \"50.000\" is not an amount"),
        (1, "收入", "进账", "line 2, column 收支类型"),
        (2, "2020-04-05", "2020-04-04", "line 3, column 记账时间"),
    ] {
        let mut lines = lines.clone();
        lines[at] = lines[at].replacen(there, instead, 1);
        let refused = flow(&lines).expect_err(words).to_string();
        assert!(refused.contains(words), "{refused}");
    }
    assert_eq!(flow(&lines[..3]), Err(BillFault::NoSummary));
}
