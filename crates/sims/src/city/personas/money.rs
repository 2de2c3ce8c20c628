//! Situations of payment.

use super::super::build::{Cast, Money};
use super::{PAY, story};

const GROUP: &str = "缴款";

pub(crate) fn add(cast: &mut Cast) {
    let who = cast.person(&story(
        "demo-pay-one",
        "阮单缴",
        GROUP,
        "一起 200 元的违法，直接缴款。",
        "One 200-yuan violation: simply pay.",
        PAY,
        &["P_PENDING", "P_FAILED"],
    ));
    let car = cast.own_car(who);
    cast.decided(who, car, "1039", (150, 140), Money::Paid);
    cast.open(car, "1043", 9);

    let who = cast.person(&story(
        "demo-surcharge",
        "蓝加罚",
        GROUP,
        "决定书过期 20 天：有加处罚款，每天在涨，金额会变。",
        "A decision twenty days late: a surcharge that grows daily, so the amount may change.",
        PAY,
        &["P_OVERDUE", "P_AMOUNT_CHANGED", "D_UNPAID_OLD"],
    ));
    let car = cast.own_car(who);
    cast.decided(who, car, "1039", (70, 36), Money::Unpaid);

    let who = cast.person(&story(
        "demo-surcharge-cap",
        "闵封顶",
        GROUP,
        "决定书过期很久：加处罚款已到罚款本身。",
        "A decision so late that the surcharge has reached the fine.",
        PAY,
        &["P_OVERDUE", "P_DEFER", "D_UNPAID_OLD"],
    ));
    let car = cast.own_car(who);
    cast.decided(who, car, "1039", (150, 100), Money::Unpaid);

    several(cast);
}

fn several(cast: &mut Cast) {
    let who = cast.person(&story(
        "demo-partial",
        "席部分",
        GROUP,
        "三起一起缴，其中一起正在别处办：其余照常缴。",
        "Three at once, one of them held by another channel: the rest can be paid.",
        PAY,
        &["P_BATCH_PARTIAL", "V_IN_OTHER_CHANNEL"],
    ));
    let car = cast.own_car(who);
    cast.decided(who, car, "1043", (150, 140), Money::Paid);
    cast.open(car, "1039", 18);
    cast.open(car, "1043", 14);
    let rec = cast.open(car, "1019", 10);
    cast.city.records[rec.0].other_channel = "交管12123".into();

    let who = cast.person(&story(
        "demo-points-batch",
        "麻连记",
        GROUP,
        "四起各 3 分：一起缴会满 12 分，最多办三起。",
        "Four 3-point violations: together they would make twelve.",
        PAY,
        &["later D_POINTS_12"],
    ));
    let car = cast.own_car(who);
    cast.decided(who, car, "1039", (160, 150), Money::Paid);
    for days in [20, 16, 12, 8] {
        cast.open(car, "1357", days);
    }

    let who = cast.person(&story(
        "demo-due-holiday",
        "强顺延",
        GROUP,
        "昨天刚作出的决定：看 15 天到期日遇节假日怎么顺延。",
        "Decided yesterday: see how the fifteen days move over a holiday.",
        PAY,
        &[],
    ));
    let car = cast.own_car(who);
    cast.decided(who, car, "1039", (20, 1), Money::Unpaid);
}
