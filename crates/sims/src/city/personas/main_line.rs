//! The main journeys.

use jiff::ToSpan;

use super::super::build::{Cast, Money};
use super::super::places;
use super::{FIRST, HOME, IDENTITY, PAY, STUDY, VIOLATION, story};

const GROUP: &str = "主线";

pub(crate) fn add(cast: &mut Cast) {
    first_and_study(cast);
    payments(cast);
    people(cast);
    grey(cast);
    visitors(cast);
}

fn first_and_study(cast: &mut Cast) {
    let who = cast.person(&story(
        "demo-zhang-first",
        "张首安",
        GROUP,
        "一辆车，一起 100 元的违法，两年来没有别的记录：可以用首违警告，不罚款、不记分。",
        "One car, one 100-yuan violation, a clean past: can use the first-violation warning, no fine, no points.",
        FIRST,
        &["first:usable"],
    ));
    let car = cast.own_car(who);
    let code = cast.by_regime("1208", "6095");
    cast.open(car, code, 9);

    let who = cast.person(&story(
        "demo-li-study",
        "李学益",
        GROUP,
        "上个记分周期有过超速，首违警告用不了；学习减分可以用。",
        "A speeding record in the last cycle rules out the warning; study can be used.",
        STUDY,
        &["study:usable", "first:not_usable", "legacy F_SERIOUS_2Y"],
    ));
    let car = cast.own_car(who);
    if cast.national() {
        cast.decided(who, car, "1116", (60, 40), Money::Paid);
        cast.decided(who, car, "1117", (50, 30), Money::Paid);
        cast.decided(who, car, "1120", (45, 25), Money::Paid);
        cast.decided(who, car, "1369", (430, 420), Money::Paid);
    } else {
        cast.decided(who, car, "1352", (430, 420), Money::Paid);
        cast.open(car, "1344", 12);
    }

    let who = cast.person(&story(
        "demo-wang-both",
        "王两可",
        GROUP,
        "一起 100 元的违法，几种办法都能比较。先比较再选；用了学习减分就不能再用首违警告。",
        "One 100-yuan violation with several ways to handle it. Compare first: once study is used, the warning is gone.",
        FIRST,
        &["first:usable", "legacy study:usable"],
    ));
    let car = cast.own_car(who);
    let code = cast.by_regime("1208", "6095");
    cast.open(car, code, 15);

    let who = cast.person(&story(
        "demo-zhao-nudge",
        "赵提醒",
        GROUP,
        "两起违法，其中一起可以免罚：点缴款时会提醒一次。",
        "Two violations, one of which could be free: stopped once when about to pay it.",
        PAY,
        &["first:usable", "later F_UNUSED_REMINDER", "F_NOT_FIRST"],
    ));
    let car = cast.own_car(who);
    let code = cast.by_regime("1208", "6095");
    cast.open(car, code, 20);
    let code = cast.by_regime("1043", "1043");
    cast.open(car, code, 8);
}

fn payments(cast: &mut Cast) {
    let who = cast.person(&story(
        "demo-chen-merge",
        "陈合缴",
        GROUP,
        "两辆车三起违法，一次付清。",
        "Three payable violations over two vehicles: one payment.",
        PAY,
        &["F_HAS_RECORD"],
    ));
    let car = cast.own_car(who);
    let second = cast.energy_car(who.driver);
    cast.bind(who, second, 300, true);
    cast.decided(who, car, "1039", (120, 100), Money::Paid);
    cast.open(car, "1039", 14);
    cast.open(car, "1043", 11);
    let code = cast.by_regime("1345", "1117");
    cast.open(second, code, 6);

    let who = cast.person(&story(
        "demo-liu-payees",
        "刘双户",
        GROUP,
        "两起违法属于两个收款单位（武汉和长沙），会分成两笔。",
        "Two violations with two payees (Wuhan and Changsha): split into two payments, both sums shown.",
        PAY,
        &["V_NOT_CITY_RECORD"],
    ));
    let car = cast.own_car(who);
    cast.open(car, "1039", 16);
    let away = cast.open(car, "1039", 22);
    let record = &mut cast.city.records[away.0];
    record.office = "430100000400".into();
    record.office_name = "长沙市公安局交通警察支队".into();
    record.place = "长沙市岳望大道与枫韵路交叉口".into();
    record.payee = places::CHANGSHA_PAYEE.0.into();
    record.payee_name = places::CHANGSHA_PAYEE.1.into();

    let who = cast.person(&story(
        "demo-sun-street",
        "孙街头",
        GROUP,
        "一张现场开的决定书还没缴款：直接缴就行，不受绑定和金额限制。",
        "An on-the-spot decision waits for payment: pay it, no limits apply.",
        PAY,
        &["V_ON_SITE_TICKET"],
    ));
    let car = cast.own_car(who);
    cast.on_site(who, car, "1039", 6, Money::Unpaid);
}

fn people(cast: &mut Cast) {
    let who = cast.person(&story(
        "demo-fresh",
        "周初来",
        GROUP,
        "第一次来，还不是实名用户：从认证开始，名下有一辆车一起违法。",
        "Here for the first time, not yet a real-name user: starts with identity; one car, one violation.",
        IDENTITY,
        &["ID_NOT_VERIFIED"],
    ));
    let car = cast.plain_car(who.driver);
    let code = cast.by_regime("1208", "6095");
    cast.open(car, code, 7);
    let account = &mut cast.city.accounts[who.account];
    account.verified = false;
    account.verified_at = None;
}

fn grey(cast: &mut Cast) {
    let who = cast.person(&story(
        "demo-wu-grey",
        "吴难办",
        GROUP,
        "一辆车七起违法，每起都有不同的原因办不了。",
        "One car, seven violations, each blocked for another reason.",
        VIOLATION,
        &[
            "V_TWELVE",
            "V_POINTS_OVER_LIMIT",
            "V_FINE_OVER_200",
            "V_NO_EVIDENCE_YET",
            "V_NOT_AUDITED",
            "V_DISPUTE_PENDING",
            "V_HIGHWAY_CORPS",
            "V_IN_OTHER_CHANNEL",
        ],
    ));
    let car = cast.own_car(who);
    cast.open(car, "1734", 40);
    cast.open(car, "1087", 35);
    let rec = cast.open(car, "1039", 30);
    cast.city.records[rec.0].evidence = "3".into();
    let rec = cast.open(car, "1039", 2);
    cast.city.records[rec.0].audited = false;
    let rec = cast.open(car, "1043", 25);
    cast.city.records[rec.0].dispute = true;
    let rec = cast.open(car, "4312", 21);
    let record = &mut cast.city.records[rec.0];
    record.office = "420000600300".into();
    record.office_name = "湖北省公安厅高速公路警察总队三支队".into();
    record.payee = places::PROVINCE_PAYEE.0.into();
    record.payee_name = places::PROVINCE_PAYEE.1.into();
    let rec = cast.open(car, "1039", 18);
    cast.city.records[rec.0].other_channel = "交管12123".into();
}

fn visitors(cast: &mut Cast) {
    cast.person(&story(
        "demo-clean",
        "郑无违",
        GROUP,
        "名下一辆车，没有违法：看空页面。",
        "One car and no violations: the empty page.",
        HOME,
        &[],
    ));
    let who = super::super::build::Who {
        account: cast.city.accounts.len() - 1,
        driver: cast.city.drivers.len() - 1,
        file: cast.city.driver_files.len() - 1,
    };
    cast.own_car(who);

    let who = cast.person(&story(
        "demo-snapshot",
        "快照访客",
        GROUP,
        "微信快照页的虚拟账号：不能登录，请先打开完整页面。",
        "The virtual account of WeChat's snapshot page: sign-in is refused.",
        IDENTITY,
        &[],
    ));
    let account = &mut cast.city.accounts[who.account];
    account.snapshot = true;
    account.verified = false;
    account.id_number = None;

    let who = cast.person(&story(
        "demo-many",
        "冯很多",
        GROUP,
        "三辆车四十起违法，看长列表。",
        "Three cars, forty violations: long lists.",
        PAY,
        &["F_NOT_FIRST"],
    ));
    for n in 0..3_i64 {
        let car = cast.own_car(who);
        for m in 0..13_i64 {
            cast.open(car, "1039", 5 + m * 3 + n);
        }
    }
    let at = cast.city.at - 30.hours();
    let car = super::super::build::Car(cast.city.vehicles.len() - 1);
    cast.open_at(car, "1039", at);
}
