//! Bills on the wire and as files: each way in which a file is not the one that the rail spoke of refuses it whole.

use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};

use clearway_domain::reconcile::{Bill, BillFault};
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::civil::{Date, date};
use sha1::{Digest, Sha1};

use super::*;
use crate::Fault;

const DAY: Date = date(2020, 4, 5);

const TEXT: &str = "\u{feff}交易时间,微信订单号,商户订单号,openid,交易状态,应结订单金额,微信退款单号,商户退款单号,退款金额,退款状态,商品名称,订单金额,申请退款金额\n\
`2020-04-05 10:00:00,`4200001,`N1,`oPayer,`SUCCESS,`200.00,`0,`0,`0.00,`,`罚款,一笔,`200.00,`0.00\n\
总交易单数,应结订单总金额,退款总金额,订单总金额,申请退款总金额\n\
`1,`200.00,`0.00,`200.00,`0.00\n";

fn packed(text: &[u8]) -> Vec<u8> {
    let mut packing = GzEncoder::new(Vec::new(), Compression::default());
    packing.write_all(text).expect("packed");
    packing.finish().expect("packed")
}

fn sha1_of(text: &[u8]) -> String {
    Sha1::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Rows of a file, or the words of its refusal.
fn read(file: &BillFile) -> Result<usize, String> {
    let (mut bill, mut rows) = (Bill::of(DAY), 0);
    let read: Result<String, FileFault> = file.lines(|line| {
        rows += usize::from(bill.line(line)?.is_some());
        Ok(())
    });
    read.and_then(|_| bill.finish().map_err(FileFault::from)).map_err(|fault| fault.to_string())?;
    Ok(rows)
}

fn file(bytes: Vec<u8>) -> BillFile {
    BillFile::new(bytes, Some(sha1_of(TEXT.as_bytes())))
}

#[test]
fn a_bill_is_read_packed_and_unpacked() {
    assert_eq!(read(&file(packed(TEXT.as_bytes()))), Ok(1));
    assert_eq!(read(&file(TEXT.as_bytes().to_vec())), Ok(1));
    let upper = BillFile::new(packed(TEXT.as_bytes()), Some(sha1_of(TEXT.as_bytes()).to_uppercase()));
    assert_eq!(read(&upper), Ok(1), "hexadecimal in either case");
    assert_eq!(read(&BillFile::new(packed(TEXT.as_bytes()), None)), Ok(1), "given by hand");
    assert!(!format!("{:?}", file(TEXT.as_bytes().to_vec())).contains("oPayer"));
}

#[test]
fn a_wrong_sha_1_refuses_the_file() {
    let told = sha1_of(b"another file");
    let refused = read(&BillFile::new(packed(TEXT.as_bytes()), Some(told.clone()))).expect_err("refused");
    assert!(refused.contains(&told) && refused.contains(&sha1_of(TEXT.as_bytes())), "{refused}");
    let altered = TEXT.replace("`N1", "`N2");
    assert!(read(&file(packed(altered.as_bytes()))).is_err(), "one letter is another file");
}

#[test]
fn a_truncated_packed_file_is_refused_wherever_it_ends() {
    let whole = packed(TEXT.as_bytes());
    for kept in 2..whole.len() {
        let refused = read(&file(whole[..kept].to_vec()));
        assert!(refused.is_err(), "{kept} of {} bytes were taken for a bill", whole.len());
    }
    let mut spoilt = whole.clone();
    let middle = whole.len() / 2;
    spoilt[middle] ^= 0x55;
    assert!(read(&file(spoilt)).is_err());
    let mut more = whole;
    more.extend_from_slice(b"more");
    assert_eq!(read(&file(more)), Err("something follows the packed file".to_owned()));
}

#[test]
fn a_packed_bomb_is_refused_before_it_has_unpacked() {
    // Two hundred million zeros in one line: the longest line of a bill ends it.
    let mut packing = GzEncoder::new(Vec::new(), Compression::best());
    let zeros = vec![b'0'; 1 << 20];
    for _ in 0..200 {
        packing.write_all(&zeros).expect("packed");
    }
    let bomb = BillFile::new(packing.finish().expect("packed"), None);
    assert!(read(&bomb).expect_err("refused").contains("line 1 is too long"));
    // And one of lines that each look like a bill's.
    let mut packing = GzEncoder::new(Vec::new(), Compression::best());
    let mut lines = TEXT.lines();
    let (header, row) = (lines.next().expect("a header"), lines.next().expect("a row"));
    packing.write_all(format!("{header}\n").as_bytes()).expect("packed");
    let many = format!("{row}\n").repeat(10_000);
    for _ in 0..20 {
        packing.write_all(many.as_bytes()).expect("packed");
    }
    let bomb = BillFile::new(packing.finish().expect("packed"), None);
    assert!(read(&bomb).expect_err("refused").contains("unpacks to more"));
}

#[test]
fn bytes_that_are_no_text_are_refused_with_their_line() {
    let mut bytes = TEXT.as_bytes().to_vec();
    let at = TEXT.find("罚").expect("there");
    bytes[at] = 0xb7;
    assert_eq!(read(&BillFile::new(bytes, None)), Err("line 2 is not UTF-8".to_owned()));
    let cut: String = TEXT.lines().take(2).map(|line| format!("{line}\n")).collect();
    assert_eq!(read(&BillFile::new(cut.into_bytes(), None)), Err(BillFault::NoSummary.to_string()));
}

/// A platform that tells an address and hands out a file, both as given.
fn platform(
    stage: &Stage,
    host: Option<&str>,
    download: impl Fn(usize) -> Reply + Send + Sync + 'static,
) -> (Server, WeChatPay) {
    let host = host.map(str::to_owned);
    let body = move |seen: &Seen| {
        let ours = format!("http://{}", seen.header("host").expect("a host"));
        let url = format!("{}/v3/billdownload/file?token=abc", host.as_deref().unwrap_or(&ours));
        json!({ "hash_type": "SHA1", "hash_value": sha1_of(TEXT.as_bytes()), "download_url": url })
            .to_string()
    };
    let platform = stage.platform;
    let downloads = AtomicUsize::new(0);
    let server = Server::start(move |seen| {
        if seen.line.contains("/v3/billdownload/") {
            return download(downloads.fetch_add(1, Ordering::SeqCst));
        }
        let body = body(seen);
        Reply::Whole(200, platform.signed(SERIAL, NOW, body.as_bytes()), body.into_bytes())
    });
    let pay = stage.pay(stage.config(&server.url));
    (server, pay)
}

#[test]
fn a_bill_is_asked_for_and_its_download_is_signed_over_path_and_query() {
    let stage = Stage::new();
    // The download's answer carries no signature of theirs.
    let (server, pay) = platform(&stage, None, |_| Reply::ok(packed(TEXT.as_bytes())));
    let bill = pay.bill(DAY, BillKind::Trade).expect("an answer").expect("a bill");
    assert_eq!(read(&bill), Ok(1));
    pay.bill(DAY, BillKind::FundFlow).expect("an answer").expect("a bill");
    let seen = server.seen();
    let lines: Vec<&str> = seen.iter().map(|seen| seen.line.as_str()).collect();
    assert!(lines[0].starts_with("GET /v3/bill/tradebill?bill_date=2020-04-05&bill_type=ALL&tar_type=GZIP "));
    assert!(
        lines[2]
            .starts_with("GET /v3/bill/fundflowbill?bill_date=2020-04-05&account_type=BASIC&tar_type=GZIP ")
    );
    let field = authorization(&seen[1]);
    let message =
        format!("GET\n/v3/billdownload/file?token=abc\n{}\n{}\n\n", field("timestamp"), field("nonce_str"));
    assert!(stage.merchant.verifies(message.as_bytes(), &field("signature")));
}

#[test]
fn an_expired_address_is_asked_for_again_once() {
    let stage = Stage::new();
    let expired = || Reply::status(400, r#"{"code":"INVALID_REQUEST","message":"expired"}"#);
    let (server, pay) =
        platform(
            &stage,
            None,
            move |nth| if nth == 0 { expired() } else { Reply::ok(packed(TEXT.as_bytes())) },
        );
    assert!(pay.bill(DAY, BillKind::Trade).expect("an answer").is_some());
    assert_eq!(server.seen().len(), 4);
    let (server, pay) = platform(&stage, None, move |_| expired());
    assert!(
        matches!(pay.bill(DAY, BillKind::Trade), Err(Fault::Refused { code, .. }) if code == "INVALID_REQUEST")
    );
    assert_eq!(server.seen().len(), 4, "and then the job comes again later");
}

#[test]
fn a_signed_request_never_goes_to_a_made_up_address() {
    let stage = Stage::new();
    for host in ["http://127.0.0.1:9", "file:///etc", "https://api.mch.weixin.qq.com.evil.example"] {
        let (server, pay) = platform(&stage, Some(host), |_| Reply::ok(packed(TEXT.as_bytes())));
        assert!(matches!(pay.bill(DAY, BillKind::Trade), Err(Fault::Garbled(_))), "{host}");
        assert_eq!(server.seen().len(), 1);
    }
}

#[test]
fn no_trades_are_an_answer_and_a_bill_in_the_making_is_asked_for_again() {
    let stage = Stage::new();
    let error = |code: &str| format!(r#"{{"code":"{code}","message":"…"}}"#);
    let none = stage.refusing(400, &error("NO_STATEMENT_EXIST"));
    assert_eq!(none.bill(DAY, BillKind::Trade), Ok(None));
    let making = stage.refusing(400, &error("STATEMENT_CREATING"));
    let told = making.bill(DAY, BillKind::Trade);
    assert!(matches!(&told, Err(Fault::Refused { code, .. }) if code == "STATEMENT_CREATING"), "{told:?}");
    let busy = stage.refusing(429, "");
    assert_eq!(busy.bill(DAY, BillKind::Trade), Err(Fault::Throttled));
    let broken = stage.refusing(502, "<html>");
    assert!(matches!(broken.bill(DAY, BillKind::Trade), Err(Fault::Garbled(_))));
    // An address in an answer that nobody signed is no address.
    let unsigned = stage.refusing(200, r#"{"hash_type":"SHA1","hash_value":"","download_url":"http://x/"}"#);
    assert!(matches!(unsigned.bill(DAY, BillKind::Trade), Err(Fault::Garbled(_))));
}
