//! Situations of study: the credit of the legacy packs, and the points taken off under the national rule.

use jiff::ToSpan;

use super::super::build::{Car, Cast, Money, Who};
use super::super::{Blacklist, ProgrammeUse};
use super::{STUDY, story};

const GROUP: &str = "学习减分";

pub(crate) fn add(cast: &mut Cast) {
    points(cast);
    excluded(cast);
    states(cast);
}

/// A persona whose study is usable but for one thing: legacy: an open 3-point record; national: 3 decided points.
fn one(
    cast: &mut Cast,
    openid: &'static str,
    name: &'static str,
    words: (&'static str, &'static str),
    shows: &'static [&'static str],
) -> (Who, Car) {
    let who = cast.person(&story(openid, name, GROUP, words.0, words.1, STUDY, shows));
    let car = cast.own_car(who);
    if cast.national() {
        cast.decided(who, car, "1357", (60, 40), Money::Paid);
    } else {
        cast.open(car, "1344", 12);
    }
    (who, car)
}

fn points(cast: &mut Cast) {
    let words = ("没有可减的记分。", "There are no points to take off.");
    let who = cast.person(&story(
        "demo-study-none",
        "成零分",
        GROUP,
        words.0,
        words.1,
        STUDY,
        &["S_NO_POINTS", "study:not_usable"],
    ));
    let car = cast.own_car(who);
    cast.open(car, "1039", 12);

    let words = (
        "违法记 6 分，超过可减的分数。（现行规定下：还有没处理的记录。）",
        "A 6-point violation is above what the credit covers. (Today's law: an open record blocks.)",
    );
    let shows: &[&str] = if cast.national() {
        &["S_OPEN_RECORDS", "study:not_usable"]
    } else {
        &["S_LEGACY_LIMIT", "study:not_usable"]
    };
    let who = cast.person(&story("demo-study-limit", "戴超额", GROUP, words.0, words.1, STUDY, shows));
    let car = cast.own_car(who);
    cast.open(car, "1625", 12);

    let words = ("还有没处理完的违法记录。", "Open violations remain (today's law).");
    let (_, car) = one(cast, "demo-study-open", "谈未清", words, &["S_OPEN_RECORDS"]);
    cast.open(car, "1039", 9);

    let words = ("累计满 12 分。", "Twelve points: full-mark study instead.");
    let (who, car) = one(cast, "demo-study-full", "宋满分", words, &["S_FULL", "D_STATE"]);
    cast.decided(who, car, "1625", (100, 90), Money::Paid);
    cast.decided(who, car, "1625", (98, 80), Money::Paid);

    let words = ("本周期已减满 6 分。", "Six points were already taken off this cycle.");
    let (who, _) = one(cast, "demo-study-cap", "茅减满", words, &["S_CAP", "national study:used"]);
    for n in 0..6_i64 {
        let used_at = cast.days_ago(150 - n * 10);
        cast.city.driver_files[who.file].programme_uses.push(used("study_points", used_at, 1));
    }

    let words = ("本记分周期的学习减分已经用过。", "The credit of this cycle was already used.");
    let (who, _) = one(cast, "demo-study-used", "庞用完", words, &["S_CREDIT_USED", "legacy study:used"]);
    let used_at = cast.days_ago(90);
    cast.city.driver_files[who.file].programme_uses.push(used("study", used_at, 3));
}

fn used(programme: &str, used_at: jiff::Timestamp, points: i32) -> ProgrammeUse {
    ProgrammeUse {
        programme: programme.into(),
        used_at,
        points,
        channel: "交管12123".into(),
        decision: String::new(),
        annulled: Some(false),
    }
}

fn excluded(cast: &mut Cast) {
    let words = ("上个周期两次满分学习。", "Two full-mark studies in the last cycle.");
    let (who, _) = one(cast, "demo-study-fullmark", "熊两满", words, &["S_FULLMARK_TWICE"]);
    let days = [cast.date_ago(420), cast.date_ago(300)];
    cast.city.driver_files[who.file].full_mark_studies.extend(days);

    let words = ("三个周期内有饮酒驾驶处罚。", "Punished for drink driving within three cycles.");
    let (who, car) = one(cast, "demo-study-serious", "纪酒驾", words, &["S_SERIOUS_3C"]);
    cast.on_site(who, car, "1712", 500, Money::Paid);

    let words = ("驾驶证逾期未审验。", "The licence review is overdue.");
    let (who, _) = one(cast, "demo-study-review", "舒审验", words, &["S_REVIEW_OVERDUE"]);
    let overdue = cast.date_ago(30);
    let driver = &mut cast.city.drivers[who.driver];
    driver.licence_state = "S".into();
    driver.review_due = overdue;

    let words = ("驾驶证被扣留。", "The licence is held.");
    let (who, _) = one(cast, "demo-study-held", "屈扣证", words, &["S_LICENCE_HELD", "D_STATE"]);
    cast.city.drivers[who.driver].licence_state = "U".into();

    let words = ("名下有逾期未检验的车。", "A vehicle in the driver's name has an overdue inspection.");
    let (_, car) = one(cast, "demo-study-vehicle", "项年检", words, &["S_VEHICLE_OVERDUE"]);
    let overdue = cast.date_ago(20);
    let vehicle = &mut cast.city.vehicles[car.0];
    vehicle.state = "Q".into();
    vehicle.inspection_until = overdue;

    let words = ("学习中弄虚作假被记录过。", "A mark for cheating in study.");
    let (who, _) = one(cast, "demo-study-cheated", "祝作弊", words, &["S_CHEATED"]);
    let day = cast.date_ago(400);
    let until = cast.date_ago(-330);
    let file = &mut cast.city.driver_files[who.file];
    file.study_cheating.push(day);
    file.blacklist = Some(Blacklist { why: "学习弄虚作假".into(), from: day, until });
}

fn states(cast: &mut Cast) {
    let words = (
        "减分学习可以用，违法 3 分。适合走一遍超时、不及格。",
        "Study is usable: try running out of time or failing.",
    );
    one(
        cast,
        "demo-study-try",
        "董试学",
        words,
        &["study:usable", "S_TIME", "S_EXAM_FAIL", "S_EXAM_WINDOW", "S_FACE"],
    );

    let words = (
        "记分周期三天后清零：学习额度也快到期。",
        "The points year ends in three days, and the credit with it.",
    );
    let (who, _) = one(cast, "demo-study-expiring", "梁将清", words, &["study:usable"]);
    let clear = cast.date_ago(-3);
    let driver = &mut cast.city.drivers[who.driver];
    driver.points_clear_on = clear;
    driver.first_licence = clear - 8.years();
    driver.probation_until = Some(clear - 7.years());

    let words = (
        "2 月 29 日初次领证：看记分周期怎么算。",
        "First licensed on 29 February: see how the cycle is counted.",
    );
    let (who, _) = one(cast, "demo-leap-day", "杜闰日", words, &["study:usable"]);
    let first = jiff::civil::date(if cast.national() { 2016 } else { 2012 }, 2, 29);
    let mut start = first;
    let mut years = 0_i64;
    while start <= cast.today() {
        years += 1;
        start = jiff::civil::date(first.year() + i16::try_from(years).unwrap_or(0), 2, 28) + 1.day();
    }
    let driver = &mut cast.city.drivers[who.driver];
    driver.first_licence = first;
    driver.points_clear_on = start;
    driver.probation_until = Some(first + 1.year());
}
