//! Situations of a single record.

use super::super::build::{Car, Cast, Money, Rec, Who};
use super::super::places;
use super::{FIRST, PAY, VIOLATION, story};

const GROUP: &str = "违法记录";

pub(crate) fn add(cast: &mut Cast) {
    handled(cast);
    too_big(cast);
    elsewhere(cast);
    not_ready(cast);
    old(cast);
}

/// A persona with one car and one open record.
fn simple(
    cast: &mut Cast,
    openid: &'static str,
    name: &'static str,
    words: (&'static str, &'static str),
    code: &str,
    shows: &'static [&'static str],
) -> (Who, Car, Rec) {
    let who = cast.person(&story(openid, name, GROUP, words.0, words.1, VIOLATION, shows));
    let car = cast.own_car(who);
    let rec = cast.open(car, code, 12);
    (who, car, rec)
}

fn handled(cast: &mut Cast) {
    let who = cast.person(&story(
        "demo-handled",
        "陶已办",
        GROUP,
        "两起都在别处处理过：一起已缴款，一起还没缴。",
        "Both records were handled elsewhere: one paid, one not.",
        PAY,
        &["V_ALREADY_HANDLED", "V_ALREADY_PAID"],
    ));
    let car = cast.own_car(who);
    cast.decided(who, car, "1039", (40, 20), Money::Paid);
    cast.decided(who, car, "1043", (30, 5), Money::Unpaid);

    let words = ("平台上已写明正在 12123 办理。", "Another channel (12123) holds the record right now.");
    let (.., rec) = simple(cast, "demo-other-channel", "邹别处", words, "1039", &["V_IN_OTHER_CHANNEL"]);
    cast.city.records[rec.0].other_channel = "交管12123".into();

    let words = (
        "记录在页面打开以后才被窗口处理：办理时会被拦住。",
        "Looks open; a test marks it handled in another channel meanwhile.",
    );
    simple(cast, "demo-race", "喻抢办", words, "1039", &["later V_ALREADY_HANDLED"]);

    let words = ("已核实应当消除（例如套牌）：不用处理。", "Found to be removed: nothing to do.");
    let (.., rec) = simple(cast, "demo-removed", "柏消除", words, "1039", &["V_TO_BE_REMOVED"]);
    cast.city.records[rec.0].handled = "2".into();
}

fn too_big(cast: &mut Cast) {
    let words = ("罚款 500 元，要走一般程序。", "A fine of 500 yuan needs the general procedure.");
    simple(cast, "demo-fine-over", "水罚多", words, "1087", &["V_FINE_OVER_200"]);
    let words = ("一次记 12 分。", "A 12-point violation.");
    simple(cast, "demo-twelve", "窦十二", words, "1734", &["V_TWELVE", "V_POINTS_OVER_LIMIT"]);
    let words = ("无证驾驶：可能拘留，不能线上办。", "Driving without a licence: detention is possible.");
    simple(cast, "demo-detention", "章无证", words, "1005", &["V_DETENTION_POSSIBLE", "V_FINE_OVER_200"]);
    let words = ("饮酒驾驶：还要暂扣驾驶证。", "Drink driving: the licence is suspended as well.");
    simple(cast, "demo-suspension", "云暂扣", words, "1712", &["V_NEEDS_SUSPENSION", "V_TWELVE"]);
    let words = ("有扣车的强制措施凭证。", "A compulsory-measure slip exists.");
    let (.., rec) = simple(cast, "demo-compulsory", "苏凭证", words, "1039", &["V_COMPULSORY_MEASURE"]);
    cast.city.records[rec.0].compulsory = "420100300000123".into();
    let words = ("罚款 0 元，线上不用缴。", "A fine of 0 yuan: nothing to pay online.");
    let code = cast.by_regime("6050", "6094");
    simple(cast, "demo-zero-fine", "潘零元", words, code, &["V_ZERO_FINE"]);
    let words = ("不在自助范围的违法。", "An offence outside self-service.");
    let code = cast.by_regime("1087", "6098");
    simple(cast, "demo-scope", "葛范围", words, code, &["V_OUT_OF_SCOPE_CODE"]);
}

fn elsewhere(cast: &mut Cast) {
    let words = ("宜昌交警录入的记录。", "Recorded by another city of the province (Yichang).");
    let (.., rec) = simple(cast, "demo-yichang", "奚外市", words, "1039", &["V_OTHER_CITY_OWN_PROVINCE"]);
    let record = &mut cast.city.records[rec.0];
    record.office = "420500000400".into();
    record.office_name = "宜昌市公安局交通警察支队".into();
    record.place = "宜昌市峡畔大道与夷江路交叉口".into();
    record.payee = "420500".into();
    record.payee_name = "宜昌市财政非税收入专户".into();

    let words = ("高速交警录入的记录。", "Recorded by the highway corps.");
    let (.., rec) =
        simple(cast, "demo-highway", "范高速", words, "4312", &["V_HIGHWAY_CORPS", "V_NOT_CITY_RECORD"]);
    let record = &mut cast.city.records[rec.0];
    record.office = "420000600300".into();
    record.office_name = "湖北省公安厅高速公路警察总队三支队".into();
    record.payee = places::PROVINCE_PAYEE.0.into();
    record.payee_name = places::PROVINCE_PAYEE.1.into();

    let who = cast.person(&story(
        "demo-changsha",
        "彭外省",
        GROUP,
        "长沙录入的记录：可以缴，首违警告只用于本市记录。",
        "Recorded in Changsha: payable, but the warning is for this city's records only.",
        FIRST,
        &["V_NOT_CITY_RECORD", "first:not_usable"],
    ));
    let car = cast.own_car(who);
    let code = cast.by_regime("1208", "6095");
    let rec = cast.open(car, code, 12);
    let record = &mut cast.city.records[rec.0];
    record.office = "430100000400".into();
    record.office_name = "长沙市公安局交通警察支队".into();
    record.place = "长沙市岳望大道与枫韵路交叉口".into();
    record.payee = places::CHANGSHA_PAYEE.0.into();
    record.payee_name = places::CHANGSHA_PAYEE.1.into();
}

fn not_ready(cast: &mut Cast) {
    let words = ("证据照片还没有传到。", "The evidence photos have not arrived.");
    let (.., rec) = simple(cast, "demo-no-evidence", "郎无图", words, "1039", &["V_NO_EVIDENCE_YET"]);
    cast.city.records[rec.0].evidence = "3".into();
    let words = ("记录还在审核。", "The record is still being audited.");
    let (.., rec) = simple(cast, "demo-not-audited", "鲁待审", words, "1039", &["V_NOT_AUDITED"]);
    cast.city.records[rec.0].audited = false;
    let words = ("已提出异议，等待审查。", "An objection is under review.");
    let (.., rec) = simple(cast, "demo-dispute", "韦异议", words, "1039", &["V_DISPUTE_PENDING"]);
    cast.city.records[rec.0].dispute = true;
}

fn old(cast: &mut Cast) {
    let words = ("违法时间早于领证日期。", "The violation is older than the licence.");
    let (who, car, _) = simple(cast, "demo-before-licence", "昌新证", words, "1039", &["V_BEFORE_LICENCE"]);
    let first = cast.date_ago(500);
    let driver = &mut cast.city.drivers[who.driver];
    driver.first_licence = first;
    driver.valid_from = first;
    driver.points_clear_on = first + jiff::Span::new().years(2);
    driver.probation_until = Some(first + jiff::Span::new().years(1));
    cast.open(car, "1039", 520);

    let words = ("告知后超过 30 天没有来处理。", "More than 30 days since the notice.");
    let (_, car, _) = simple(cast, "demo-notice-expired", "马久等", words, "1039", &["V_NOTICE_EXPIRED"]);
    cast.open(car, "1043", 75);

    let words = (
        "违法发生在 2022 年 4 月新规之前，现在处理按较轻的规定。",
        "Happened before the law changed in April 2022: the lighter rule applies.",
    );
    let (_, car, _) = simple(cast, "demo-old-law", "苗旧规", words, "1039", &["V_OLD_LAW"]);
    let days = if cast.national() {
        i64::from((cast.today() - jiff::civil::date(2022, 3, 20)).get_days())
    } else {
        90
    };
    cast.open(car, "1352", days);
    cast.open(car, "1345", days);
}
