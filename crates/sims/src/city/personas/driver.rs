//! Situations of the licence.

use jiff::ToSpan;

use super::super::build::{Car, Cast, Money, Who};
use super::{STUDY, VIOLATION, story};

const GROUP: &str = "驾驶证";

pub(crate) fn add(cast: &mut Cast) {
    licence(cast);
    totals(cast);
    age(cast);
}

fn one(
    cast: &mut Cast,
    openid: &'static str,
    name: &'static str,
    words: (&'static str, &'static str),
    shows: &'static [&'static str],
) -> (Who, Car) {
    let who = cast.person(&story(openid, name, GROUP, words.0, words.1, VIOLATION, shows));
    let car = cast.own_car(who);
    let code = cast.by_regime("1344", "1116");
    cast.open(car, code, 10);
    (who, car)
}

fn licence(cast: &mut Cast) {
    let words = ("查不到驾驶证。", "The platform has no licence for this person.");
    let (who, _) = one(cast, "demo-no-licence", "余无驾", words, &["D_NO_LICENCE"]);
    cast.city.drivers[who.driver].no_licence = true;
    let words =
        ("驾驶证逾期未换证，同时有未处理违法（状态 HM）。", "Licence renewal overdue, state letters HM.");
    let (who, _) = one(cast, "demo-licence-state", "元换证", words, &["D_STATE"]);
    cast.city.drivers[who.driver].licence_state = "HM".into();
    let words = ("驾驶证被暂扣。", "The licence is suspended.");
    let (who, _) = one(cast, "demo-suspended", "卜暂扣", words, &["D_STATE"]);
    cast.city.drivers[who.driver].licence_state = "D".into();
    let words = ("长沙核发的驾驶证。", "A licence issued in Changsha.");
    let (who, _) = one(cast, "demo-licence-away", "顾外证", words, &["D_NOT_LOCAL"]);
    let driver = &mut cast.city.drivers[who.driver];
    driver.issuer = "湘A".into();
    driver.office = "430100000400".into();
}

fn totals(cast: &mut Cast) {
    let words = (
        "本周期已记 9 分，再处理一起 3 分的就满 12 分。",
        "Nine points this cycle: one more 3-point violation would make twelve.",
    );
    let (who, car) = one(cast, "demo-points-nine", "孟九分", words, &["D_POINTS_12"]);
    cast.decided(who, car, "1625", (120, 110), Money::Paid);
    let code = cast.by_regime("1344", "1369");
    cast.decided(who, car, code, (90, 80), Money::Paid);
    if cast.national() {
        cast.open(car, "1373", 9);
    }

    let words =
        ("已满 12 分，只能继续处理同一辆车。", "Twelve points reached: only the same vehicle may go on.");
    let (who, car) =
        one(cast, "demo-points-twelve", "平十二", words, &["D_OTHER_VEHICLE_FULL", "D_POINTS_12", "D_STATE"]);
    cast.decided(who, car, "1625", (120, 110), Money::Paid);
    cast.decided(who, car, "1625", (100, 90), Money::Paid);
    let driver = &mut cast.city.drivers[who.driver];
    driver.points = Some(12);
    driver.licence_state = "B".into();
    let second = cast.plain_car(who.driver);
    cast.bind(who, second, 300, true);
    cast.open(second, "1039", 8);
    let code = cast.by_regime("1344", "1116");
    cast.open(second, code, 7);

    let words = ("一个周期内已处理 24 分。", "Twenty-four points handled in one cycle.");
    let (who, car) = one(cast, "demo-twenty-four", "黄廿四", words, &["D_24_PER_CYCLE"]);
    for n in 0..4_i64 {
        cast.decided(who, car, "1625", (180 - n * 5, 170 - n * 5), Money::Paid);
    }
    let studied = cast.date_ago(120);
    cast.city.driver_files[who.file].full_mark_studies.push(studied);
    let driver = &mut cast.city.drivers[who.driver];
    driver.points = Some(0);

    let words = ("有一张决定书过了 15 天还没缴。", "A decision is past its fifteen days.");
    let (who, car) = one(cast, "demo-overdue", "和逾期", words, &["D_UNPAID_OLD", "P_OVERDUE"]);
    cast.decided(who, car, "1039", (60, 27), Money::Unpaid);
}

fn age(cast: &mut Cast) {
    let who = cast.person(&story(
        "demo-probation",
        "穆实习",
        GROUP,
        "驾驶证在实习期。",
        "The licence is on probation.",
        STUDY,
        &["D_PROBATION"],
    ));
    let first = cast.date_ago(150);
    let driver = &mut cast.city.drivers[who.driver];
    driver.first_licence = first;
    driver.valid_from = first;
    driver.valid_until = first + 6.years();
    driver.points_clear_on = first + 1.year();
    driver.probation_until = Some(first + 1.year());
    let car = cast.own_car(who);
    let code = cast.by_regime("1344", "1116");
    if cast.national() {
        cast.decided(who, car, code, (40, 20), Money::Paid);
    } else {
        cast.open(car, code, 20);
    }

    let who = cast.person(&story(
        "demo-minor",
        "萧未成",
        GROUP,
        "当事人 17 岁（轻便摩托车）。",
        "The party is 17 years old (moped).",
        VIOLATION,
        &["D_UNDER_14_18"],
    ));
    let birth = cast.date_ago(200) - 17.years();
    let id = super::super::numbers::id_number("420106", birth, 901);
    let first = cast.date_ago(100);
    let driver = &mut cast.city.drivers[who.driver];
    driver.id_number.clone_from(&id);
    driver.licence_class = "F".into();
    driver.first_licence = first;
    driver.valid_from = first;
    driver.valid_until = first + 6.years();
    driver.points_clear_on = first + 1.year();
    driver.probation_until = Some(first + 1.year());
    cast.city.driver_files[who.file].id_number.clone_from(&id);
    cast.city.accounts[who.account].id_number = Some(id);
    let car = cast.vehicle(who.driver, "08", "鄂AQ2468".into());
    cast.city.vehicles[car.0].vehicle_type = "M22".into();
    cast.bind(who, car, 90, true);
    cast.open(car, "1039", 10);
}
