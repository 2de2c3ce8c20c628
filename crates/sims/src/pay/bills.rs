//! Bills: the trade bill and the fund-flow bill of a day, made from what happened here, with exceptions planted and files
//! spoilt on demand.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::Arc;

use axum::extract::{OriginalUri, Query, State};
use axum::http::{HeaderMap, Method};
use axum::response::Response;
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::civil::{Date, time};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use sha1::{Digest, Sha1};

use super::orders::{Outcome, run};
use super::refunds::RefundState;
use super::request::{PayError, Request, signed};
use super::{PayState, TradeState};
use crate::answer::{Answer, Twist};
use crate::clock::{civil_text, day_of, instant};
use crate::keys::random_text;
use crate::state::{Arrived, World};

/// Minutes for which a download address lives.
const ADDRESS_MINUTES: i64 = 5;

/// One thing that the bill of a day says otherwise than it was.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Plant {
    /// `drop` a row, change its `amount`, print it `twice`, or add a payment (`pay`) or a refund (`back`) that never was.
    pub what: String,
    /// Merchant's number of the order, or of the refund.
    pub number: String,
    /// Merchant's number of the refund, for `back`.
    pub refund: String,
    /// Number of the transaction, for `pay` and `back`.
    pub transaction: String,
    /// Payer, for `pay`.
    pub openid: String,
    /// Sum, fen.
    pub fen: i64,
}

/// What is told about the bill of a day under `/control/bill`; later words replace earlier ones.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Plan {
    /// The day.
    pub day: Option<Date>,
    /// It is there before its time.
    pub ready: bool,
    /// It is still being made, whatever the time.
    pub creating: bool,
    /// How its file is spoilt: `sha1`, `truncated`, `bomb`, `decimals`, `no_summary`, `wrong_summary`, `expired`.
    pub spoil: String,
    /// What it says otherwise.
    pub plant: Vec<Plant>,
}

/// Plans of days, and addresses that were handed out.
#[derive(Debug, Default)]
pub struct Bills {
    plans: HashMap<Date, Plan>,
    files: HashMap<String, (Vec<u8>, Timestamp)>,
}

impl Bills {
    /// Takes a plan. False without a day.
    pub fn plan(&mut self, plan: Plan) -> bool {
        let Some(day) = plan.day else { return false };
        self.plans.insert(day, plan);
        true
    }
}

/// A row of the trade bill.
#[derive(Clone, Debug)]
struct Row {
    at: Timestamp,
    transaction: String,
    number: String,
    openid: String,
    /// Merchant's number, platform's number and state of the refund.
    back: Option<(String, String, &'static str)>,
    fen: i64,
}

fn two(fen: i64) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

/// What happened on a day, and what was planted.
fn rows(pay: &PayState, day: Date, plan: &Plan) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for order in pay.orders.values().filter(|order| order.state == TradeState::Success) {
        let Some(at) = order.paid_at.filter(|at| day_of(*at) == day) else { continue };
        rows.push(Row {
            at,
            transaction: order.transaction_id.clone(),
            number: order.out_trade_no.clone(),
            openid: order.openid.clone(),
            back: None,
            fen: order.total,
        });
    }
    for refund in pay.refunds.values().filter(|refund| day_of(refund.ended_at) == day) {
        let status = match refund.ends {
            RefundState::Success => "SUCCESS",
            RefundState::Processing => continue,
            RefundState::Closed => "FAIL",
            RefundState::Abnormal => "CHANGE",
        };
        let Some(order) = pay.peek(&refund.out_trade_no) else { continue };
        rows.push(Row {
            at: refund.ended_at,
            transaction: order.transaction_id.clone(),
            number: refund.out_trade_no.clone(),
            openid: order.openid.clone(),
            back: Some((refund.out_refund_no.clone(), refund.refund_id.clone(), status)),
            fen: refund.fen,
        });
    }
    plan.plant.iter().for_each(|plant| planted(&mut rows, plant, day));
    rows.sort_by(|a, b| (a.at, &a.transaction).cmp(&(b.at, &b.transaction)));
    rows
}

fn planted(rows: &mut Vec<Row>, plant: &Plant, day: Date) {
    let of_it = |row: &Row| match &row.back {
        Some((refund, ..)) => *refund == plant.number,
        None => row.number == plant.number,
    };
    match plant.what.as_str() {
        "drop" => rows.retain(|row| !of_it(row)),
        "amount" => rows.iter_mut().filter(|row| of_it(row)).for_each(|row| row.fen = plant.fen),
        "twice" => {
            let again: Vec<Row> = rows.iter().filter(|row| of_it(row)).cloned().collect();
            rows.extend(again);
        }
        _ => {
            let refund_id = || format!("5030{}", plant.refund);
            let back = (plant.what == "back").then(|| (plant.refund.clone(), refund_id(), "SUCCESS"));
            rows.push(Row {
                at: instant(day.to_datetime(time(23, 59, 0, 0))),
                transaction: plant.transaction.clone(),
                number: plant.number.clone(),
                openid: plant.openid.clone(),
                back,
                fen: plant.fen,
            });
        }
    }
}

const TRADE_HEADER: &str = "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,\
    付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,\
    商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注";
const TRADE_SUMMARY: &str =
    "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额";

/// The trade bill's text. Its texts have commas on purpose.
fn trade_text(world: &World, rows: &[Row], spoil: &str) -> String {
    let material = &world.keys.material;
    let mut text = format!("\u{feff}{TRADE_HEADER}\r\n");
    let (mut paid, mut back) = (0, 0);
    for (nth, row) in rows.iter().enumerate() {
        let (state, paid_fen, back_fen) = match row.back {
            None => ("SUCCESS", row.fen, 0),
            Some(_) => ("REFUND", 0, row.fen),
        };
        paid += paid_fen;
        back += back_fen;
        let (refund, refund_id, status) = row.back.clone().unwrap_or(("0".into(), "0".into(), ""));
        let third = if spoil == "decimals" && nth == 0 { "5" } else { "" };
        let _ = write!(
            text,
            "`{},`{},`{},`0,`,`{},`{},`{},`JSAPI,`{state},`OTHERS,`CNY,`{},`0.00,`{refund_id},`{refund},`{},`0.00,\
             `{},`{status},`交通违法罚款,武汉,`,`0.00000,`0.00%,`{}{third},`{},`\r\n",
            civil_text(row.at),
            material.appid,
            material.mchid,
            row.transaction,
            row.number,
            row.openid,
            two(paid_fen),
            two(back_fen),
            if row.back.is_some() { "ORIGINAL" } else { "" },
            two(paid_fen),
            two(back_fen),
        );
    }
    let count = rows.len() + usize::from(spoil == "wrong_summary");
    let (paid, back) = (two(paid), two(back));
    if spoil != "no_summary" {
        let _ = write!(text, "{TRADE_SUMMARY}\r\n`{count},`{paid},`{back},`0.00,`0.00,`{paid},`{back}\r\n");
    }
    text
}

/// The fund-flow bill's text.
fn flow_text(rows: &[Row]) -> String {
    let mut text = "\u{feff}记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),\
        资金变更提交申请人,备注,业务凭证号\r\n"
        .to_owned();
    let (mut balance, mut income, mut spending) = (0, (0, 0), (0, 0));
    // A refund that failed moved nothing.
    let moved = rows.iter().filter(|row| row.back.as_ref().is_none_or(|(.., state)| *state == "SUCCESS"));
    for (nth, row) in moved.enumerate() {
        let (side, word, way) = match row.back {
            None => (&mut income, "交易", "收入"),
            Some(_) => (&mut spending, "退款", "支出"),
        };
        side.0 += 1;
        side.1 += row.fen;
        balance += if row.back.is_none() { row.fen } else { -row.fen };
        let voucher = row.back.as_ref().map_or(&row.number, |(refund, ..)| refund);
        let balance = if balance < 0 { format!("-{}", two(-balance)) } else { two(balance) };
        let _ = write!(
            text,
            "`{},`{},`{nth},`{word},`{word},`{way},`{},`{balance},`system,`,`{voucher}\r\n",
            civil_text(row.at),
            row.transaction,
            two(row.fen),
        );
    }
    let _ = write!(
        text,
        "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额\r\n`{},`{},`{},`{},`{}\r\n",
        income.0 + spending.0,
        income.0,
        two(income.1),
        spending.0,
        two(spending.1)
    );
    text
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut packing = GzEncoder::new(Vec::new(), Compression::best());
    // Writing to a Vec cannot fail.
    let _ = packing.write_all(bytes);
    packing.finish().unwrap_or_default()
}

/// The file as it is handed out, after its text was hashed.
fn file(text: &str, packs: bool, spoil: &str) -> Vec<u8> {
    let mut bytes = match spoil {
        // A hundred megabytes of nothing.
        "bomb" => packed(&vec![b'`'; 100 << 20]),
        _ if packs => packed(text.as_bytes()),
        _ => text.as_bytes().to_vec(),
    };
    if spoil == "truncated" {
        bytes.truncate(bytes.len() * 2 / 3);
    }
    bytes
}

type Asked = Query<HashMap<String, String>>;

fn address(world: &World, query: &HashMap<String, String>, flow: bool) -> Outcome {
    let day = query.get("bill_date").and_then(|day| day.parse::<Date>().ok());
    let day = day.ok_or_else(|| PayError::parameter("bill_date", "账单日期格式不正确"))?;
    let now = world.now();
    let mut pay = world.pay();
    let plan = pay.bills.plans.get(&day).cloned().unwrap_or_default();
    let ready_at = instant(day.tomorrow().unwrap_or(day).to_datetime(time(10, 0, 0, 0)));
    if plan.creating || (now < ready_at && !plan.ready) {
        return Err(PayError::new(400, "STATEMENT_CREATING", "账单生成中,请稍后重试"));
    }
    let rows = rows(&pay, day, &plan);
    if rows.is_empty() && plan.spoil.is_empty() {
        return Err(PayError::new(400, "NO_STATEMENT_EXIST", "账单文件不存在"));
    }
    let text = if flow { flow_text(&rows) } else { trade_text(world, &rows, &plan.spoil) };
    let hash = match plan.spoil.as_str() {
        "sha1" => Sha1::digest(b"another file"),
        _ => Sha1::digest(text.as_bytes()),
    };
    let packs = query.get("tar_type").is_some_and(|kind| kind == "GZIP");
    let token = random_text(32);
    let minutes = if plan.spoil == "expired" { -1 } else { ADDRESS_MINUTES };
    let until = now + SignedDuration::from_mins(minutes);
    pay.bills.files.insert(token.clone(), (file(&text, packs, &plan.spoil), until));
    let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Some(json!({
        "hash_type": "SHA1",
        "hash_value": hash,
        "download_url": format!("{}/v3/billdownload/file?token={token}", world.public_url),
    })))
}

/// `GET /v3/bill/tradebill?bill_date=&bill_type=&tar_type=`
pub async fn trade(
    State(world): State<Arc<World>>,
    method: Method,
    OriginalUri(uri): OriginalUri,
    Query(query): Asked,
    headers: HeaderMap,
) -> Response {
    let request = Request { method: &method, uri: &uri, headers: &headers, body: b"" };
    let day = query.get("bill_date").cloned().unwrap_or_default();
    run(&world, &request, (&["bill"], &[&day]), || address(&world, &query, false)).await
}

/// `GET /v3/bill/fundflowbill?bill_date=&account_type=&tar_type=`
pub async fn flow(
    State(world): State<Arc<World>>,
    method: Method,
    OriginalUri(uri): OriginalUri,
    Query(query): Asked,
    headers: HeaderMap,
) -> Response {
    let request = Request { method: &method, uri: &uri, headers: &headers, body: b"" };
    let day = query.get("bill_date").cloned().unwrap_or_default();
    run(&world, &request, (&["flow_bill"], &[&day]), || address(&world, &query, true)).await
}

/// `GET /v3/billdownload/file?token=`: signed by the merchant, answered without a signature.
pub async fn download(
    State(world): State<Arc<World>>,
    method: Method,
    OriginalUri(uri): OriginalUri,
    Query(query): Asked,
    headers: HeaderMap,
) -> Response {
    let request = Request { method: &method, uri: &uri, headers: &headers, body: b"" };
    let token = query.get("token").cloned().unwrap_or_default();
    let arrived = Arrived {
        side: "pay",
        calls: &["bill_file"],
        wire: format!("{} {}", method, uri.path()),
        keys: &[],
        habit: String::new(),
        fields: Value::Null,
    };
    let found = || -> Result<Vec<u8>, PayError> {
        request.verify(&world)?;
        let pay = world.pay();
        let (bytes, until) = pay.bills.files.get(&token).ok_or_else(expired)?;
        if *until <= world.now() { Err(expired()) } else { Ok(bytes.clone()) }
    };
    world
        .run(arrived, |twist| match (twist, found()) {
            (Twist::None, Ok(bytes)) => {
                (Answer::new(200, "application/octet-stream", bytes), "ok".to_owned())
            }
            (Twist::Empty, Ok(_)) => (Answer::new(200, "application/octet-stream", ""), "empty".to_owned()),
            (_, Err(error)) => signed(&world, false, Err(error)),
            _ => signed(&world, false, Err(PayError::new(500, "SYSTEM_ERROR", "系统异常"))),
        })
        .await
}

fn expired() -> PayError {
    PayError::new(400, "INVALID_REQUEST", "下载地址不存在或已过期")
}
