//! Situations of the account and of the service.

use super::super::build::Cast;
use super::{FIRST, HOME, IDENTITY, story};

const GROUP: &str = "身份与系统";

pub(crate) fn add(cast: &mut Cast) {
    accounts(cast);
    doubtful(cast);
    service(cast);
}

fn accounts(cast: &mut Cast) {
    let who = cast.person(&story(
        "demo-no-12123",
        "何未注册",
        GROUP,
        "不是交管12123注册用户：首违警告用不了，注册后可以。",
        "Not registered with 12123: the warning is not usable until registered.",
        FIRST,
        &["ID_NO_12123", "first:not_usable"],
    ));
    let car = cast.own_car(who);
    let code = cast.by_regime("1208", "6095");
    cast.open(car, code, 10);
    cast.city.driver_files[who.file].registered_12123 = Some(false);

    let who = cast.person(&story(
        "demo-face-fail",
        "吕光暗",
        GROUP,
        "人脸核验已经失败三次。",
        "The face check has failed three times.",
        IDENTITY,
        &["ID_FACE_FAIL"],
    ));
    let car = cast.own_car(who);
    cast.open(car, "1039", 10);
    cast.city.accounts[who.account].face_failures = 3;

    let who = cast.person(&story(
        "demo-owner-phone",
        "施换号",
        GROUP,
        "车辆登记的手机号是旧号，和现在的不一样。",
        "The phone on the vehicle's file is an old one.",
        FIRST,
        &["ID_OWNER_PHONE", "first:not_usable"],
    ));
    let car = cast.own_car(who);
    let code = cast.by_regime("1208", "6095");
    cast.open(car, code, 10);
    cast.city.vehicles[car.0].owner_phone = "19900009999".into();
}

fn doubtful(cast: &mut Cast) {
    let who = cast.person(&story(
        "demo-bound-first",
        "孔先绑",
        GROUP,
        "这本驾驶证先绑定在这个账号上。",
        "This licence is bound to this account already.",
        HOME,
        &[],
    ));
    cast.own_car(who);
    let (id, phone) = {
        let account = &cast.city.accounts[who.account];
        (account.id_number.clone(), account.phone.clone())
    };
    let story = story(
        "demo-bound-elsewhere",
        "孔后绑",
        GROUP,
        "用同一本驾驶证再来认证：证已被别的账号绑定。",
        "Tries to verify with a licence that another account holds.",
        IDENTITY,
        &["ID_LICENCE_BOUND_ELSEWHERE"],
    );
    let who = cast.person(&story);
    let account = &mut cast.city.accounts[who.account];
    account.id_number = id;
    account.phone = phone;
    account.verified = false;
    account.verified_at = None;

    let who = cast.person(&story_of_review());
    let car = cast.own_car(who);
    cast.open(car, "1039", 10);
    cast.city.accounts[who.account].under_review = true;
}

fn story_of_review() -> super::super::build::Story {
    story(
        "demo-under-review",
        "严待查",
        GROUP,
        "账号正在人工核查。",
        "The account is under manual review.",
        HOME,
        &["ID_UNDER_REVIEW"],
    )
}

fn service(cast: &mut Cast) {
    let who = cast.person(&story(
        "demo-upstream-down",
        "华断线",
        GROUP,
        "公安网查不到他的数据：两项都是“没核对成”，但照样可以缴款。",
        "The police platform cannot answer about this driver: “could not check”, never “not eligible”; paying still works.",
        HOME,
        &["first:could_not_check", "legacy study:could_not_check", "SVC_UPSTREAM_DOWN"],
    ));
    let car = cast.own_car(who);
    let code = cast.by_regime("1208", "6095");
    cast.open(car, code, 10);
    cast.city.drivers[who.driver].unavailable =
        vec!["driver".into(), "driver_file".into(), "decisions".into()];

    let who = cast.person(&story(
        "demo-file-down",
        "魏半通",
        GROUP,
        "只有驾驶人档案查不到：首违警告没核对成。",
        "Only the driver file is unavailable: the warning could not be checked.",
        HOME,
        &["first:could_not_check", "SVC_UPSTREAM_DOWN"],
    ));
    let car = cast.own_car(who);
    let code = cast.by_regime("1208", "6095");
    cast.open(car, code, 10);
    cast.city.drivers[who.driver].unavailable = vec!["driver_file".into()];

    let who = cast.person(&story(
        "demo-slow",
        "姜慢查",
        GROUP,
        "档案要 8 秒才回来：图标先是灰的，数字真实地增加。",
        "The file takes 8 seconds: icons stay grey with real counts, then colour.",
        HOME,
        &["first:checking", "SVC_CHECKING"],
    ));
    let car = cast.own_car(who);
    let code = cast.by_regime("1208", "6095");
    cast.open(car, code, 10);
    let driver = &mut cast.city.drivers[who.driver];
    driver.slow_ms = 8_000;
    driver.slow = vec!["driver_file".into()];

    let who = cast.person(&story(
        "demo-unknown-fact",
        "戚缺项",
        GROUP,
        "平台没有说是否注册 12123：资格暂时无法判断，不是“不符合”。",
        "The platform does not say whether 12123 is registered: cannot be determined.",
        FIRST,
        &["SVC_CANNOT_DETERMINE", "first:could_not_check"],
    ));
    let car = cast.own_car(who);
    let code = cast.by_regime("1208", "6095");
    cast.open(car, code, 10);
    cast.city.driver_files[who.file].registered_12123 = None;

    let who = cast.person(&story(
        "demo-unknown-letter",
        "谢怪码",
        GROUP,
        "驾驶证状态里有不认识的字母：无法判断，不当作正常。",
        "An unknown letter in the licence state: cannot be determined, not normal.",
        HOME,
        &["SVC_CANNOT_DETERMINE"],
    ));
    let car = cast.own_car(who);
    cast.open(car, "1039", 10);
    cast.city.drivers[who.driver].licence_state = "AY".into();
}
