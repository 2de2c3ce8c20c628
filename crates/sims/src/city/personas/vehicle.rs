//! Situations of the vehicle and of its relation to the driver.

use jiff::ToSpan;

use super::super::build::{Car, Cast, Money, Who};
use super::{BINDING, FIRST, VIOLATION, story};

const GROUP: &str = "车辆";

pub(crate) fn add(cast: &mut Cast) {
    relation(cast);
    limits(cast);
    counts(cast);
    states(cast);
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
    let code = cast.by_regime("1208", "6095");
    cast.open(car, code, 10);
    (who, car)
}

fn relation(cast: &mut Cast) {
    let words = (
        "备案了朋友的车：可以缴款处理，首违警告只给本人名下的车。",
        "Handles a friend's bound car: paying works, the warning is for own vehicles only.",
    );
    let who = cast.person(&story(
        "demo-others-car",
        "花借车",
        GROUP,
        words.0,
        words.1,
        FIRST,
        &["VEH_NOT_OWNED", "first:not_usable"],
    ));
    let car = cast.strangers_car("方车主");
    cast.bind(who, car, 120, false);
    let code = cast.by_regime("1208", "6095");
    cast.open(car, code, 10);

    let words =
        ("朋友的车备案以前的违法不能线上办。", "A friend's car: the violation is older than the binding.");
    let who = cast.person(&story(
        "demo-bound-after",
        "俞晚绑",
        GROUP,
        words.0,
        words.1,
        VIOLATION,
        &["VEH_BOUND_AFTER"],
    ));
    let car = cast.strangers_car("任车主");
    cast.bind(who, car, 5, false);
    cast.open(car, "1039", 20);
    cast.open(car, "1043", 3);

    let words = ("名下有车没绑定。", "Owns a car that is not bound to the account.");
    let who = cast.person(&story(
        "demo-not-bound",
        "袁未绑",
        GROUP,
        words.0,
        words.1,
        VIOLATION,
        &["VEH_NOT_BOUND"],
    ));
    let car = cast.plain_car(who.driver);
    cast.open(car, "1039", 10);
}

fn limits(cast: &mut Cast) {
    let words =
        ("已绑定 3 辆他人车辆，再绑会被拒绝。", "Three other people's cars are bound: a fourth is refused.");
    let who = cast.person(&story(
        "demo-bind-three",
        "柳三车",
        GROUP,
        words.0,
        words.1,
        BINDING,
        &["VEH_BIND_LIMIT_USER"],
    ));
    for name in ["酆车主", "鲍车主", "史车主"] {
        let car = cast.strangers_car(name);
        cast.bind(who, car, 60, false);
    }

    let words = ("历史累计绑定过 5 辆他人车辆。", "Has bound five other people's cars over time.");
    let who = cast.person(&story(
        "demo-bind-five",
        "唐五车",
        GROUP,
        words.0,
        words.1,
        BINDING,
        &["VEH_BIND_LIMIT_HISTORY"],
    ));
    for (n, name) in ["费车主", "廉车主", "岑车主", "薛车主", "雷车主"].into_iter().enumerate()
    {
        let car = cast.strangers_car(name);
        cast.bind(who, car, 300, false);
        if n > 0 {
            let ended = cast.days_ago(100);
            let bound = cast.city.accounts[who.account].bound.last_mut();
            if let Some(bound) = bound {
                bound.ended_at = Some(ended);
            }
        }
    }

    let words = (
        "想绑的车 鄂A·贺 已有 3 个非车主备案。",
        "The car to be bound already has three users who are not its owner.",
    );
    let car = cast.strangers_car("贺车主");
    for (openid, name) in [("demo-user-one", "倪甲"), ("demo-user-two", "汤乙"), ("demo-user-three", "滕丙")]
    {
        let who = cast.person(&story(
            openid,
            name,
            GROUP,
            "同一辆车的备案使用人。",
            "One of three users of the same car.",
            BINDING,
            &[],
        ));
        cast.bind(who, car, 90, false);
    }
    let who = cast.person(&story(
        "demo-bind-vehicle",
        "殷第四",
        GROUP,
        words.0,
        words.1,
        BINDING,
        &["VEH_BIND_LIMIT_VEHICLE"],
    ));
    let plate = cast.city.vehicles[car.0].plate.clone();
    let account = &mut cast.city.accounts[who.account];
    account.story_zh = format!("想绑的车 {plate} 已有 3 个非车主备案。");
    account.story_en = format!("Tries to bind {plate}, which already has three users who are not its owner.");
}

fn counts(cast: &mut Cast) {
    let words = (
        "本记分周期已处理过 3 辆车的违法，第四辆要去窗口。",
        "Three vehicles handled in this cycle: the fourth needs the window.",
    );
    let (who, _) = one(cast, "demo-three-vehicles", "罗四车", words, &["VEH_3_PER_CYCLE"]);
    for name in ["毕车主", "郝车主", "邬车主"] {
        let car = cast.strangers_car(name);
        cast.bind(who, car, 190, false);
        cast.decided(who, car, "1043", (100, 90), Money::Paid);
    }

    let words =
        ("这辆车本周期已有 3 本驾驶证处理过。", "Three licences handled this car's violations in the cycle.");
    let (_, car) = one(cast, "demo-three-licences", "安多证", words, &["VEH_3_LICENCES"]);
    for name in ["常帮办", "乐帮办", "于帮办"] {
        let driver = cast.bare_driver(name);
        let (driver, _) = cast.add_driver(driver);
        let rec = cast.open(car, "1043", 80);
        cast.decide(driver, rec, 60, Money::Paid);
    }
}

fn states(cast: &mut Cast) {
    let words = ("单位的车。", "A company vehicle.");
    let (who, car) = one(cast, "demo-company", "时单位", words, &["VEH_COMPANY", "VEH_NOT_OWNED"]);
    let vehicle = &mut cast.city.vehicles[car.0];
    vehicle.owner_kind = "company".into();
    vehicle.owner_id = "91420100MA4KSIM00X".into();
    vehicle.owner_name = "武汉望鹤物流有限公司".into();
    if let Some(bound) = cast.city.accounts[who.account].bound.last_mut() {
        bound.own = false;
    }

    let words = ("大型汽车，C1 不能开。", "A large vehicle that a C1 licence does not cover.");
    let who = cast.person(&story(
        "demo-class",
        "傅大车",
        GROUP,
        words.0,
        words.1,
        VIOLATION,
        &["VEH_CLASS_MISMATCH"],
    ));
    let car = cast.vehicle(who.driver, "01", "鄂AH1234".into());
    cast.city.vehicles[car.0].vehicle_type = "H11".into();
    cast.bind(who, car, 380, true);
    cast.open(car, "1039", 10);

    let words = ("车辆被查扣。", "The vehicle is held.");
    let (_, car) = one(cast, "demo-vehicle-held", "皮扣车", words, &["VEH_STATE"]);
    cast.city.vehicles[car.0].state = "L".into();
    let words = ("车辆被盗抢。", "The vehicle is registered as stolen.");
    let (_, car) = one(cast, "demo-stolen", "卞失车", words, &["VEH_STATE"]);
    cast.city.vehicles[car.0].state = "CG".into();

    let words = ("外地登记的车。", "A vehicle registered in another province.");
    let who = cast.person(&story(
        "demo-vehicle-away",
        "齐外牌",
        GROUP,
        words.0,
        words.1,
        VIOLATION,
        &["VEH_NOT_LOCAL"],
    ));
    let car = cast.vehicle(who.driver, "02", "湘AK5678".into());
    let vehicle = &mut cast.city.vehicles[car.0];
    vehicle.issuer = "湘A".into();
    vehicle.office = "430100000400".into();
    cast.bind(who, car, 380, true);
    cast.open(car, "1039", 10);

    let words = (
        "车辆登记只有 5 个月：满 12 个月才能用首违警告。",
        "Registered five months ago: the warning opens after twelve.",
    );
    let (_, car) = one(cast, "demo-vehicle-new", "康新车", words, &["VEH_NEW", "first:not_usable"]);
    let registered = cast.date_ago(0) - 5.months();
    let vehicle = &mut cast.city.vehicles[car.0];
    vehicle.first_registered = registered;
    vehicle.last_changed = registered;

    let words = ("重点监管车辆。", "A vehicle on the watch list.");
    let (_, car) = one(cast, "demo-key-watch", "伍重点", words, &["VEH_KEY_WATCH"]);
    cast.city.vehicles[car.0].key_watch = true;
}
