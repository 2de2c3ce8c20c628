//! Situations of the first-violation warning.

use jiff::ToSpan;

use super::super::build::{Car, Cast, Money, Who};
use super::super::{Crash, ProgrammeUse};
use super::{FIRST, story};

const GROUP: &str = "首违警告";

pub(crate) fn add(cast: &mut Cast) {
    record(cast);
    past(cast);
    used(cast);
}

fn one(
    cast: &mut Cast,
    openid: &'static str,
    name: &'static str,
    words: (&'static str, &'static str),
    code: &str,
    shows: &'static [&'static str],
) -> (Who, Car) {
    let who = cast.person(&story(openid, name, GROUP, words.0, words.1, FIRST, shows));
    let car = cast.own_car(who);
    cast.open(car, code, 10);
    (who, car)
}

fn record(cast: &mut Cast) {
    let words = ("这类违法不在首违警告范围。", "This offence is not on the list of the warning.");
    one(cast, "demo-first-code", "尹不在列", words, "1043", &["F_CODE", "first:not_usable"]);
    let words = ("闯红灯 6 分：超过首违警告的分值。", "A 6-point red light is too heavy for the warning.");
    one(cast, "demo-first-points", "姚六分", words, "1625", &["F_FINE_POINTS", "F_CODE", "first:not_usable"]);
    let words = ("群众举报的记录，不是电子警察。", "A public report, not a camera record.");
    let code = cast.by_regime("1208", "6095");
    let (_, car) =
        one(cast, "demo-first-report", "邵举报", words, code, &["F_NOT_CAMERA", "first:not_usable"]);
    if let Some(record) = cast.city.records.iter_mut().rfind(|r| r.plate == cast.city.vehicles[car.0].plate) {
        record.device = "8".into();
    }
    let words = ("这起违法造成了事故。", "The violation caused a crash.");
    let (_, car) = one(cast, "demo-first-crash", "湛剐蹭", words, code, &["F_ACCIDENT", "first:not_usable"]);
    if let Some(record) = cast.city.records.iter_mut().rfind(|r| r.plate == cast.city.vehicles[car.0].plate) {
        record.crash = true;
    }
    let words = ("这起违法造成了拥堵。", "The violation caused a jam.");
    let (_, car) = one(cast, "demo-first-jam", "汪拥堵", words, code, &["F_JAM"]);
    if let Some(record) = cast.city.records.iter_mut().rfind(|r| r.plate == cast.city.vehicles[car.0].plate) {
        record.jam = true;
    }
}

fn past(cast: &mut Cast) {
    let code = cast.by_regime("1208", "6095");
    let words =
        ("不是本周期第一起：更早的一起还没处理。", "Not the first of the year: an older one is still open.");
    let (_, car) = one(cast, "demo-first-not-first", "祁第二", words, code, &["F_NOT_FIRST"]);
    cast.open(car, "1043", 60);

    let words = ("本记分周期已处理过一起违法。", "A violation was already decided in this points year.");
    let (who, car) =
        one(cast, "demo-first-record", "毛有案", words, code, &["F_HAS_RECORD", "first:not_usable"]);
    cast.decided(who, car, "1039", (120, 100), Money::Paid);

    let words = ("前两个记分周期里闯过红灯。", "Ran a red light in the two earlier points years.");
    let (who, car) =
        one(cast, "demo-first-serious", "禹红灯", words, code, &["F_SERIOUS_2Y", "first:not_usable"]);
    cast.decided(who, car, "1625", (420, 400), Money::Paid);

    let words = ("本周期有一起轻微事故。", "A slight crash this year.");
    let (who, car) =
        one(cast, "demo-first-accident", "狄事故", words, code, &["F_ACCIDENT", "first:not_usable"]);
    let at = cast.days_ago(70);
    let plate = cast.city.vehicles[car.0].plate.clone();
    cast.city.driver_files[who.file].crashes.push(Crash { at, plate, grade: "slight".into() });

    let words = ("旧的违法还没处理完。", "Older violations are still open.");
    let (_, car) = one(cast, "demo-first-open-old", "米旧案", words, code, &["F_OPEN_OLD", "F_NOT_FIRST"]);
    cast.open(car, "1039", 110);

    let words = (
        "6 个月内有过违法（有的城市要求 6 个月干净）。",
        "A violation within six months (some cities ask for six clean months).",
    );
    let (who, car) =
        one(cast, "demo-first-months", "贝半年", words, code, &["F_NOT_CLEAN_MONTHS", "F_HAS_RECORD"]);
    cast.decided(who, car, "1043", (130, 125), Money::Paid);
}

fn used(cast: &mut Cast) {
    let code = cast.by_regime("1208", "6095");
    let words = ("本周期首违警告已经用过。", "The warning was already used this year.");
    let (who, car) =
        one(cast, "demo-first-used", "明用过", words, code, &["F_USED", "first:used", "F_HAS_RECORD"]);
    let decision = cast.decided(who, car, code, (90, 85), Money::Warned);
    let number = {
        let row = &mut cast.city.decisions[decision];
        row.programme = "first_warning".into();
        row.number.clone()
    };
    let used_at = cast.days_ago(85);
    cast.city.driver_files[who.file].programme_uses.push(ProgrammeUse {
        programme: "first_warning".into(),
        used_at,
        points: 0,
        channel: "窗口".into(),
        decision: number,
        annulled: Some(false),
    });

    let words = (
        "用过一次，但那张决定已被撤销：资格回来了。",
        "Used once, but that decision was annulled: the right is back.",
    );
    let (who, _) = one(cast, "demo-first-annulled", "臧撤销", words, code, &["first:usable"]);
    let used_at = cast.days_ago(100);
    cast.city.driver_files[who.file].programme_uses.push(ProgrammeUse {
        programme: "first_warning".into(),
        used_at,
        points: 0,
        channel: "窗口".into(),
        decision: String::new(),
        annulled: Some(true),
    });

    let words =
        ("本周期已经用过学习减分，首违警告不能再用。", "Study was used this year: the warning is gone.");
    let (who, _) = one(
        cast,
        "demo-first-study-used",
        "计学过",
        words,
        code,
        &["F_STUDY_USED", "first:not_usable", "legacy study:used"],
    );
    let used_at = cast.days_ago(60);
    let (programme, points) = if cast.national() { ("study_points", 1) } else { ("study", 3) };
    cast.city.driver_files[who.file].programme_uses.push(ProgrammeUse {
        programme: programme.into(),
        used_at,
        points,
        channel: "公众号".into(),
        decision: String::new(),
        annulled: Some(false),
    });

    let words = (
        "上个记分周期用过首违警告，这个周期又可以用。",
        "Used the warning last points year; it is open again this year.",
    );
    let (who, _) = one(cast, "demo-first-last-year", "伏去年", words, code, &["first:usable"]);
    let used_at = cast.city.at - (300 * 24).hours();
    cast.city.driver_files[who.file].programme_uses.push(ProgrammeUse {
        programme: "first_warning".into(),
        used_at,
        points: 0,
        channel: "公众号".into(),
        decision: String::new(),
        annulled: Some(false),
    });
}
