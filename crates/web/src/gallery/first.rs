//! Samples: the first screen, lists, one violation, reasons.

use clearway_service::admission::Deed;
use jiff::civil::date;

use super::{Shot, at, shot};
use crate::citizen::parts::*;
use crate::citizen::reasons::*;
use crate::citizen::vehicle::Vehicle;
use crate::citizen::violation::{After, Choice, Violation};
use crate::citizen::violations::{Checks, Records, Resume, SavingSum, VehicleCard, Violations};
use crate::ctx::{Ctx, Hours};
use crate::problem::{BadWhy, Kind, Problem};

pub(super) fn card(id: &str, act: &str, route: Route, marks: &[Mark]) -> Card {
    Card {
        id: id.into(),
        act: act.into(),
        code: "10395".into(),
        at: at("2020-03-12T08:12:00+08:00"),
        place: "解放大道与建设大道交叉口".into(),
        plate: "鄂A12345".into(),
        fine_fen: 10000,
        points: 3,
        due: None,
        marks: marks.to_vec(),
        route,
        href: format!("/violations/{id}/start?programme=first"),
        payable: !matches!(route, Route::Why | Route::Continue),
        free: route == Route::First,
        total_fen: 10000,
        segment: Segment::Now,
        why: None,
    }
}

fn cards() -> Vec<Card> {
    let late = Due { due_for: DueFor::Pay, date: date(2020, 3, 25), days_left: -11, surcharge_fen: 6600 };
    let soon = Due { due_for: DueFor::Pay, date: date(2020, 4, 12), days_left: 7, surcharge_fen: 0 };
    vec![
        card("v1", "驾驶机动车在城市快速路上不按规定车道行驶", Route::First, &[Mark::First, Mark::Study]),
        Card {
            fine_fen: 15000,
            total_fen: 15000,
            points: 0,
            ..card("v2", "违反规定停放车辆，妨碍其他车辆通行", Route::Pay, &[])
        },
        Card {
            fine_fen: 20000,
            total_fen: 26600,
            due: Some(late),
            ..card("v3", "不按规定使用灯光", Route::Pay, &[Mark::Decided])
        },
        Card {
            due: Some(soon), ..card("v4", "机动车违反禁令标志指示", Route::Study, &[Mark::Study])
        },
        Card {
            segment: Segment::Wait,
            why: Some("证据还在审核，一般 5 个工作日".into()),
            ..card("v5", "违反禁止标线指示", Route::Why, &[Mark::Evidence])
        },
        Card {
            segment: Segment::NotHere,
            fine_fen: 50000,
            points: 6,
            why: Some("罚款超过 200 元，要到窗口办".into()),
            ..card("v6", "驾驶机动车超过规定时速 50% 以下", Route::Why, &[])
        },
    ]
}

pub(super) fn tile(programme: Programme, state: TileState) -> Tile {
    let href = format!("/programmes/{}/reasons", programme.word());
    Tile { programme, state, saving: None, again_from: None, credit: None, href }
}

fn saving(fine_fen: i64, points: i32) -> Option<Saving> {
    Some(Saving {
        violation: "v1".into(),
        act: "不按规定车道行驶".into(),
        at: at("2020-03-12T08:12:00+08:00"),
        fine_fen,
        points,
    })
}

pub(super) fn checks(done: u32, total: u32) -> Checks {
    Checks {
        total,
        done,
        failed: 0,
        finished: done == total,
        slow: false,
        again_ms: if done == total { 0 } else { 2_000 },
        events: done != total,
        version: format!("{done}"),
    }
}

pub(super) fn home() -> Violations {
    let group = Group { plate_key: "02:鄂A12345".into(), plate: "鄂A12345".into(), cards: cards() };
    Violations {
        resume: vec![],
        open_order: None,
        checks: checks(4, 4),
        tiles: vec![
            Tile { saving: saving(10000, 3), ..tile(Programme::First, TileState::Usable) },
            Tile { saving: saving(0, 4), ..tile(Programme::Study, TileState::Usable) },
        ],
        total: Some(SavingSum { fine_fen: 10000, points: 7 }),
        warning_first: true,
        vehicles: vec![vehicle("鄂A12345", false, 6)],
        bar: Bar::of(group.cards.iter()),
        groups: vec![group],
        as_of: Some(at("2020-04-05T10:28:00+08:00")),
        stale: false,
        records: Records::Read,
        appears_after_days: 3,
    }
}

/// A payment that is kept until the opening, one that can be made, and a quiz.
fn unfinished() -> Vec<Resume> {
    let quiz = Resume {
        case_id: "c1".into(),
        act: "不按规定车道行驶".into(),
        step: Step::Quiz,
        order: None,
        opens_at: None,
    };
    let payment = Resume { step: Step::Pay, order: Some("o1".into()), ..quiz.clone() };
    let kept = Resume { opens_at: Some(at("2020-04-06T06:00:00+08:00")), ..payment.clone() };
    vec![kept, payment, quiz]
}

fn vehicle(plate: &str, foreign: bool, open: usize) -> VehicleCard {
    VehicleCard {
        href: format!("/vehicles/02:{plate}").into(),
        plate: plate.into(),
        kind: "小型汽车".into(),
        foreign,
        open,
        now: open.min(4),
    }
}

fn homes() -> Vec<Shot> {
    let several =
        vec![vehicle("鄂A12345", false, 6), vehicle("鄂A8K0T9", false, 0), vehicle("鄂AD12345", true, 2)];
    vec![
        shot("violations", home()),
        (
            "violations-closed",
            Box::new(|c| {
                use crate::page::View as _;
                let mut closed = c.clone();
                let opens_at = Some(at("2020-04-06T06:00:00+08:00"));
                closed.hours = super::hours(Hours { open: false, opens_at, ..Hours::clone(&c.hours) });
                home().html(&closed).expect("a sample renders")
            }),
        ),
        shot(
            "violations-checking",
            Violations {
                checks: checks(2, 4),
                tiles: vec![
                    tile(Programme::First, TileState::Checking),
                    tile(Programme::Study, TileState::Checking),
                ],
                total: None,
                groups: vec![],
                vehicles: several.clone(),
                ..home()
            },
        ),
        shot(
            "violations-blocked",
            Violations {
                checks: Checks { failed: 1, slow: true, ..checks(4, 4) },
                tiles: vec![
                    Tile { again_from: Some(date(2020, 9, 18)), ..tile(Programme::First, TileState::Used) },
                    tile(Programme::Study, TileState::Unknown),
                ],
                total: None,
                resume: unfinished(),
                open_order: Some("o1".into()),
                stale: true,
                ..home()
            },
        ),
        shot(
            "violations-empty",
            Violations {
                tiles: vec![
                    tile(Programme::First, TileState::Blocked),
                    Tile {
                        credit: Some(Credit { left: 3, until: date(2020, 11, 2) }),
                        ..tile(Programme::Study, TileState::Usable)
                    },
                ],
                total: None,
                groups: vec![],
                bar: None,
                vehicles: vec![vehicle("鄂A12345", false, 0)],
                ..home()
            },
        ),
        shot("violations-several", Violations { groups: vec![], bar: None, vehicles: several, ..home() }),
    ]
}

fn choice(route: Route, pay_fen: i64, points: i32, minutes: u32, after: Vec<After>) -> Choice {
    let best = route == Route::First;
    Choice {
        route,
        state: TileState::Usable,
        best,
        pay_fen,
        points,
        minutes,
        after,
        href: "/violations/v1/start".into(),
    }
}

pub(super) fn events() -> Vec<Event> {
    let event = |word: &str, time: Option<&str>, by: &str| Event {
        word: word.into(),
        at: time.map(at),
        expected: None,
        by: Some(by.into()),
        detail: None,
        current: false,
    };
    vec![
        event("recorded", Some("2020-03-12T08:12:00+08:00"), "system"),
        event("audited", Some("2020-03-16T09:00:00+08:00"), "officer"),
        Event {
            current: true,
            detail: Some("规则包 wuhan-2019".into()),
            ..event("checked", Some("2020-04-05T10:28:00+08:00"), "system")
        },
        Event { expected: Some(date(2020, 4, 5)), by: None, ..event("handled", None, "") },
    ]
}

fn violation() -> Violation {
    Violation {
        card: cards().remove(0),
        articles: vec!["《道路交通安全法》第三十六条".into(), "《道路交通安全法》第九十条".into()],
        recorded_by: "武汉市公安局交通管理局江汉大队".into(),
        source: "电子监控设备".into(),
        evidence: Some("/violations/v1/evidence".into()),
        choices: vec![
            choice(Route::First, 0, 0, 2, vec![After::WarningUsed, After::StudyKept]),
            choice(
                Route::Study,
                10000,
                0,
                3,
                vec![
                    After::StudyUsed,
                    After::WarningGone,
                    After::CreditLeft { left: 1, until: date(2020, 11, 2) },
                ],
            ),
            choice(Route::Pay, 10000, 3, 1, vec![After::NoLongerFirst, After::PointsThen { points: 3 }]),
        ],
        order_warning: true,
        give_up: None,
        events: events(),
        notes: Vec::new(),
        as_of: at("2020-04-05T10:28:00+08:00"),
    }
}

pub(super) fn about() -> About {
    About {
        id: "v1".into(),
        act: "驾驶机动车在城市快速路上不按规定车道行驶".into(),
        at: at("2020-03-12T08:12:00+08:00"),
        place: "解放大道与建设大道交叉口".into(),
        fine_fen: 10000,
        points: 3,
    }
}

pub(super) fn place() -> Place {
    Place {
        name: "武汉市江汉区交通大队违法处理窗口".into(),
        address: "江汉区新华路 296 号".into(),
        hours: "工作日 9:00–17:00".into(),
        papers: "身份证、驾驶证、行驶证".into(),
    }
}

fn reason(code: &str, title: &str, kind: CureKind) -> ReasonView {
    ReasonView {
        code: code.into(),
        unknown: false,
        title: title.into(),
        seen: Some("这条罚款 500 元，网上只能办 200 元以下的。".into()),
        facts: vec![FactShown { name: "罚款".into(), value: "500 元".into() }],
        limit: Some("200 元".into()),
        article: "武汉市自助处理范围第三条".into(),
        weak_source: true,
        cure: CureView {
            kind,
            text: "请本人到窗口处理。".into(),
            action: (kind == CureKind::Now)
                .then(|| Link { key: "list-btn-pay".into(), href: "/violations".into() }),
            date: (kind == CureKind::Date).then(|| date(2020, 9, 18)),
            place: (kind == CureKind::Elsewhere).then(place),
        },
    }
}

fn reasons() -> Reasons {
    Reasons {
        about: Some(about()),
        programme: None,
        state: None,
        reasons: vec![
            reason("V_FINE_OVER_200", "罚款超过 200 元", CureKind::Elsewhere),
            reason("F_USED", "本记分周期已经用过一次", CureKind::Date),
            reason("ID_OWNER_PHONE", "没有核验登记的手机号", CureKind::Now),
            ReasonView {
                unknown: true,
                seen: None,
                facts: vec![],
                ..reason("SVC_UPSTREAM_DOWN", "事故记录暂时查不到", CureKind::Never)
            },
        ],
        programmes: vec![ProgrammeReasons {
            programme: Programme::First,
            reasons: vec![reason("F_CODE", "这类违法不在首违警告范围", CureKind::Never)],
        }],
        notes: Vec::new(),
        passed: vec!["不是事故关联的违法".into(), "驾驶证状态正常".into()],
        pack: "wuhan-2019".into(),
        judged_at: at("2020-04-05T10:28:00+08:00"),
        instead: vec![Link { key: "list-btn-pay".into(), href: "/violations/v1".into() }],
        retry: Some("/violations/v1/reasons?retry=1".into()),
    }
}

pub(super) fn shots() -> Vec<Shot> {
    let mut all = homes();
    let group = Group { plate_key: "02:鄂A12345".into(), plate: "鄂A12345".into(), cards: cards() };
    let list = Vehicle {
        kind: "小型汽车".into(),
        bar: Bar::of(group.cards.iter()),
        group,
        checks: checks(4, 4),
        as_of: Some(at("2020-04-05T10:28:00+08:00")),
        stale: false,
        records: Records::Read,
    };
    let empty = |records, as_of| Vehicle {
        group: Group { cards: vec![], ..list.group.clone() },
        bar: None,
        as_of,
        records,
        ..list.clone()
    };
    all.extend([
        shot("vehicle-empty", empty(Records::Read, list.as_of)),
        shot("vehicle-failed", empty(Records::Failed, None)),
        shot("vehicle", list),
        shot("violation", violation()),
        shot(
            "violation-begun",
            Violation {
                card: Card {
                    href: "/cases/c1".into(),
                    ..card("v1", "不按规定车道行驶", Route::Continue, &[Mark::InProgress])
                },
                choices: vec![],
                give_up: Some("c1".into()),
                ..violation()
            },
        ),
        shot("reasons", reasons()),
        shot("reasons-programmes", Reasons { reasons: vec![], retry: None, ..reasons() }),
        shot("reasons-fine", Reasons { reasons: vec![], programmes: vec![], retry: None, ..reasons() }),
        shot(
            "reasons-programme",
            Reasons {
                about: None,
                programme: Some(Programme::First),
                state: Some(TileState::Blocked),
                ..reasons()
            },
        ),
    ]);
    all.extend(problems());
    all
}

fn problems() -> Vec<Shot> {
    let refused =
        Kind::Refused(vec![reason("V_TWELVE", "一次记 12 分的违法不能线上办", CureKind::Elsewhere)]);
    let of = |name: &'static str, problem: Problem| -> Shot {
        (
            name,
            Box::new(move |c| {
                use crate::page::View as _;
                // A field stands on a form that somebody has sent.
                let form = matches!(problem.kind, Kind::BadField(_)).then(|| "/identity".to_owned());
                let c = Ctx { reading: form.is_none(), came_from: form, ..c.clone() };
                problem.view(&c).html(&c).expect("a sample renders")
            }),
        )
    };
    let mut all = vec![
        of("problem-field", Problem::field("id_number", "42010619900101123", BadWhy::Value, "18 位身份证号")),
        of("problem-internal", Problem::from(Kind::Internal).with_money(crate::money::MoneyLine::NotCharged)),
        of("problem-refused", refused.into()),
        of("problem-locked", Kind::Locked(at("2020-04-05T11:00:00+08:00")).into()),
        of("problem-too-many", Kind::TooMany(1).into()),
        of("problem-crowded", Kind::Crowded(3).into()),
        of("problem-too-slow", Problem::from(Kind::TooSlow).with_money(crate::money::MoneyLine::NotCharged)),
    ];
    let plain = [
        Kind::Unreadable,
        Kind::TooLarge,
        Kind::UnsupportedType,
        Kind::Forged,
        Kind::SignIn,
        Kind::TokenKept,
        Kind::Verify,
        Kind::NotFound,
        Kind::WrongMethod,
        Kind::Unavailable,
        Kind::Busy(Deed::Act, 7),
        Kind::Busy(Deed::Read, 7),
        Kind::Busy(Deed::Money, 7),
    ];
    all.extend(plain.into_iter().map(|kind| of("problem-plain", kind.into())));
    let slugs = [
        "case-moved",
        "violation-held",
        "quote-expired",
        "amount-changed",
        "payment-open",
        "not-this-question",
        "study-not-done",
        "no-tries-left",
        "bound-already",
        "bound-here",
        "sign-in-state",
        "snapshot-user",
        "statements-open",
        "ticket-expired",
        "ticket-future",
        "ticket-spent",
    ];
    all.extend(slugs.into_iter().map(|slug| of("problem-conflict", Kind::Conflict(slug).into())));
    all
}
