//! The named personas: one person per situation, so that every reason and every programme state can be visited.

mod driver;
mod first;
mod identity;
mod main_line;
mod money;
mod study;
mod vehicle;
mod violation;

use super::build::{Cast, Story};

/// Where to look, in both languages.
pub(crate) type Visit = (&'static str, &'static str);

pub(crate) const HOME: Visit = ("我的违法首页", "the home page, My violations");
pub(crate) const VIOLATION: Visit =
    ("我的违法 → 选车 → 点“无法处理”", "My violations → the vehicle → tap “cannot handle”");
pub(crate) const FIRST: Visit = (
    "首页点首违警告图标，或看违法上的原因",
    "tap the first-violation-warning icon, or the reason on the violation",
);
pub(crate) const STUDY: Visit =
    ("首页点学习减分图标，或看违法上的原因", "tap the study icon, or the reason on the violation");
pub(crate) const PAY: Visit = ("我的违法 → 勾选 → 去缴款", "My violations → tick → pay");
pub(crate) const IDENTITY: Visit = ("登录后看认证页面", "the identity page after signing in");
pub(crate) const BINDING: Visit = ("我的车辆 → 添加他人车辆", "My vehicles → add another person's vehicle");

/// Adds all of them.
pub(crate) fn add_all(cast: &mut Cast) {
    main_line::add(cast);
    identity::add(cast);
    violation::add(cast);
    vehicle::add(cast);
    driver::add(cast);
    first::add(cast);
    study::add(cast);
    money::add(cast);
}

/// Shorter than writing the field names sixty times.
pub(crate) const fn story(
    openid: &'static str,
    name: &'static str,
    group: &'static str,
    zh: &'static str,
    en: &'static str,
    visit: Visit,
    shows: &'static [&'static str],
) -> Story {
    Story { openid, name, group, zh, en, visit, shows }
}
