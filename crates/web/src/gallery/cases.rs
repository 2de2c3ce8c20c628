//! Samples: a case from its sheet to its end.

use jiff::civil::date;

use super::first::{about, events, place};
use super::{Shot, at, shot};
use crate::citizen::confirm::Confirm;
use crate::citizen::decision::Decision;
use crate::citizen::done::{Done, DoneWord};
use crate::citizen::help::HelpPage;
use crate::citizen::identity::Identity;
use crate::citizen::parts::{Programme, Step, Steps};
use crate::citizen::programmes::{ConditionView, PackRef, ProgrammeDoc, Programmes};
use crate::citizen::quiz::{Answer, Feedback, Passed, Question, Quiz, Rules};
use crate::citizen::settings::Settings;
use crate::citizen::share::{Share, ShareConfig};
use crate::citizen::sign_in::SignIn;
use crate::citizen::start_case::StartCase;
use crate::citizen::study::{Study, StudyCard};
use crate::citizen::timeline::Timeline;
use crate::citizen::turn::WaitWord;
use crate::citizen::vehicles::{BoundVehicle, CodeFor, PlateKindChoice, Vehicles};
use crate::citizen::violation::After;
use crate::citizen::welcome::Welcome;
use crate::ctx::{Help, Hours};
use crate::money::MoneyLine;

fn steps(programme: Programme, now: Step) -> Steps {
    let all = match programme {
        Programme::First => vec![Step::Study, Step::Quiz, Step::Confirm],
        Programme::Study => vec![Step::Study, Step::Quiz, Step::Confirm, Step::Pay, Step::Handle],
    };
    Steps { all, now }
}

fn start(programme: Programme) -> StartCase {
    let first = programme == Programme::First;
    StartCase {
        about: about(),
        programme,
        steps: steps(programme, Step::Study),
        minutes: 2,
        study_s: 30,
        questions: 3,
        pass: 3,
        pay_fen: if first { 0 } else { 10000 },
        waived_fen: if first { 10000 } else { 0 },
        points_from: 3,
        points_to: 0,
        after: if first {
            vec![After::WarningUsed, After::StudyKept]
        } else {
            vec![After::StudyUsed, After::WarningGone]
        },
        face_check: false,
        article: "武汉市首违警告办法第四条".into(),
    }
}

fn study(done_s: u32) -> Study {
    let card = |yours: bool, title: &str| StudyCard {
        id: title.into(),
        title: title.into(),
        paragraphs: vec![
            "快速路按车道限速，标有方向的车道只能按标线走。看到走错，不要压实线急变，到下一个出口再绕回来。"
                .into(),
            "实线变道是快速路追尾的主要原因之一，后车的反应时间往往不到两秒。".into(),
        ],
        article: "《道路交通安全法》第三十六条".into(),
        yours,
    };
    Study {
        case_id: "c1".into(),
        programme: Programme::First,
        steps: steps(Programme::First, Step::Study),
        topic: "按车道行驶".into(),
        cards: vec![card(true, "走错车道怎么办"), card(false, "实线和虚线")],
        need_s: 30,
        done_s,
        ready: done_s >= 30,
        sitting: 1,
        every_s: 5,
    }
}

fn quiz() -> Quiz {
    Quiz {
        case_id: "c1".into(),
        steps: steps(Programme::First, Step::Quiz),
        rules: None,
        question: None,
        feedback: None,
        passed: None,
    }
}

fn question() -> Question {
    let answer = |place, text: &str| Answer { place, text: text.into() };
    Question {
        id: "q1".into(),
        index: 0,
        of: 3,
        stem: "在快速路上发现自己开进了右转专用车道，前方是实线，应该怎么做？".into(),
        several: false,
        answers: vec![
            answer(0, "打转向灯，趁没车压实线回到直行车道"),
            answer(1, "按车道方向右转，到前面再找路绕回来"),
            answer(2, "停在车道上等有空再变道"),
        ],
        answer_by: None,
    }
}

fn feedback(right: bool) -> Feedback {
    Feedback {
        id: "q1".into(),
        number: if right { 3 } else { 1 },
        of: None,
        stem: question().stem,
        right,
        late: false,
        answer: question().answers[1].text.clone(),
        why: "进入导向车道后要按标线方向走，压实线变道会让后车来不及反应。".into(),
        article: "《道路交通安全法实施条例》第五十一条".into(),
        last: right,
        next: "/cases/c1/quiz".into(),
    }
}

fn confirm() -> Confirm {
    Confirm {
        case_id: "c1".into(),
        version: 7,
        programme: Programme::First,
        steps: steps(Programme::First, Step::Confirm),
        about: about(),
        code: "10395".into(),
        plate: "鄂A12345".into(),
        waived_fen: 10000,
        waived_points: 3,
        after: vec![After::WarningUsed, After::StudyKept],
        closed_until: None,
    }
}

fn done(word: DoneWord, programme: Option<Programme>) -> Done {
    Done {
        case_id: "c1".into(),
        word,
        programme,
        about: about(),
        money: (programme != Some(Programme::First)).then_some(MoneyLine::Charged),
        waived_fen: if programme == Some(Programme::First) { 10000 } else { 0 },
        paid_fen: 10000,
        fewer_points: 3,
        points: 3,
        took_s: Some(104),
        decision: word == DoneWord::Done,
        order_id: (programme != Some(Programme::First)).then(|| "o1".into()),
        left: 5,
        reasons: vec![],
        refusal: (word == DoneWord::NotHandled).then(|| "记录正在复核".into()),
        stopped: None,
        manual_by: (word == DoneWord::Manual).then(|| date(2020, 4, 9)),
        back_why: matches!(word, DoneWord::ComingBack | DoneWord::Back).then(|| "record-removed".into()),
        runs_at: None,
        queue: None,
        again_ms: (word == DoneWord::Handling).then_some(1_000),
        reconsider_by: None,
        reconsider_asked: false,
    }
}

fn decision(warning: bool) -> Decision {
    Decision {
        case_id: "c1".into(),
        warning,
        number: "420103190012345".into(),
        check_digit: Some("7".into()),
        office: "武汉市公安局交通管理局江汉大队".into(),
        name: "王小明".into(),
        file_number: Some("4201****1234".into()),
        licence: "4201**********1234".into(),
        class: "C1".into(),
        contact: Some("138****5678".into()),
        licence_office: Some("湖北省武汉市公安局交通管理局".into()),
        plate: "鄂A12345".into(),
        vehicle_kind: "小型汽车".into(),
        at: about().at,
        place: about().place,
        act: about().act,
        code: "10395".into(),
        broken: vec!["《道路交通安全法》第三十六条".into()],
        applied: vec!["《道路交通安全法》第九十条".into(), "《行政处罚法》第五十一条".into()],
        evidence: "电子监控设备记录照片 2 张".into(),
        fine_fen: if warning { 0 } else { 10000 },
        fine_words: "壹佰元整".into(),
        points: if warning { 0 } else { 3 },
        points_article: "《道路交通安全违法行为记分管理办法》".into(),
        performance: if warning {
            "无需缴款。".into()
        } else {
            "自收到决定书之日起 15 日内缴纳；逾期每日按罚款数额的 3% 加处罚款，加处总额不超过罚款数额。"
                .into()
        },
        paid_at: (!warning).then(|| at("2020-04-05T10:29:00+08:00")),
        reconsideration_body: "武汉市人民政府".into(),
        reconsideration_by: date(2020, 6, 4),
        court: "武汉市江汉区人民法院".into(),
        court_by: date(2020, 10, 5),
        reconsideration_first: false,
        decided_place: "武汉市（网上处理）".into(),
        decided_on: date(2020, 4, 5),
        officer: "电子印章（自助处理）".into(),
        served: "2020年4月5日经当事人同意电子送达".into(),
        confirmed_at: Some(at("2020-04-05T10:29:00+08:00")),
        waived_at: Some(at("2020-04-05T10:29:00+08:00")),
        education: warning.then(|| "2020年4月5日完成学习并通过答题（3/3）".into()),
        remark: None,
    }
}

fn programmes() -> Programmes {
    let condition = |text: &str, weak_source| ConditionView {
        text: text.into(),
        article: "武汉市首违警告办法".into(),
        weak_source,
    };
    let pack = |id: &str, name: &str, from, to, shown| PackRef {
        id: id.into(),
        name: name.into(),
        from,
        to,
        shown,
        in_force: shown,
    };
    let doc = |programme| ProgrammeDoc {
        programme,
        enabled: true,
        effect: "只警告，不罚款，不记分。每个记分周期一次。".into(),
        study_s: 30,
        questions: 3,
        pass: 3,
        minutes: 2,
        conditions: vec![
            condition("本市核发的驾驶证，本市登记的车辆，本市交警录入的记录", false),
            condition("车辆登记或变更满 12 个月", false),
            condition("罚款不超过 200 元，记分少于 6 分", true),
        ],
    };
    Programmes {
        on: date(2020, 4, 5),
        pack: Some(pack("wuhan-2019", "武汉 2019 年版", date(2019, 12, 1), None, true)),
        programmes: vec![doc(Programme::First), doc(Programme::Study)],
        study_blocks_warning: true,
        packs: vec![
            pack("wuhan-2019", "武汉 2019 年版", date(2019, 12, 1), Some(date(2022, 3, 31)), true),
            pack("wuhan-2016", "武汉 2016 年版", date(2016, 12, 31), Some(date(2019, 11, 30)), false),
        ],
    }
}

fn vehicles() -> Vehicles {
    Vehicles {
        vehicles: vec![
            BoundVehicle {
                plate_key: "02:鄂A12345".into(),
                plate: "鄂A12345".into(),
                kind: "小型汽车".into(),
                foreign: false,
                phone_open: true,
                since: None,
            },
            BoundVehicle {
                plate_key: "52:鄂AD12345".into(),
                plate: "鄂AD12345".into(),
                kind: "小型新能源汽车".into(),
                foreign: true,
                phone_open: false,
                since: Some(at("2020-04-01T11:00:00+08:00")),
            },
        ],
        foreign_left: 2,
        foreign_max: 3,
        ever_max: 5,
        kinds: vec![PlateKindChoice { code: "02".into(), name: "小型汽车".into() }],
        code_for: Some(CodeFor {
            plate_key: "02:鄂A777A7".into(),
            plate: "鄂A777A7".into(),
            phone_tail: "0000".into(),
            own: false,
        }),
    }
}

fn people() -> Vec<Shot> {
    let identity = Identity { id_masked: None, phone_tail: None, locked_until: None, verified_at: None };
    let settings = Settings {
        lang: crate::text::Lang::Zh,
        size: crate::choice::Size::Standard,
        theme: crate::choice::Theme::System,
        name: Some("王*明".into()),
        messages: true,
        statistics: false,
    };
    let qr = fast_qr::QRBuilder::new("https://example.test/violations").build().expect("a short text fits");
    let qr = fast_qr::convert::svg::SvgBuilder::default().to_str(&qr);
    let sign_in = SignIn {
        in_wechat: false,
        enter: "/wechat/enter".into(),
        qr: qr.clone(),
        link: "https://example.test".into(),
    };
    let config =
        ShareConfig { app_id: "wx".into(), timestamp: 1, nonce_str: "n".into(), signature: "s".into() };
    vec![
        shot("identity", identity.clone()),
        shot("identity-code", Identity { phone_tail: Some("5678".into()), ..identity.clone() }),
        shot(
            "identity-locked",
            Identity { locked_until: Some(at("2020-04-05T11:00:00+08:00")), ..identity.clone() },
        ),
        shot(
            "identity-done",
            Identity {
                verified_at: Some(at("2020-04-01T11:00:00+08:00")),
                id_masked: Some("4201**********1234".into()),
                ..identity
            },
        ),
        shot("settings", settings),
        shot("sign-in", sign_in),
        shot(
            "share",
            Share {
                title: "武汉交通违法自助处理".into(),
                text: "查违法、用首违警告、学习减分、合并缴款".into(),
                link: "https://example.test/programmes".into(),
                qr,
                config: Some(config),
            },
        ),
        shot(
            "welcome",
            Welcome {
                city: "武汉".into(),
                office: "武汉市公安局交通管理局".into(),
                keep_years: 3,
                version: "1".into(),
                next: "/violations".into(),
                messages: true,
                statistics: false,
            },
        ),
        shot(
            "help",
            HelpPage {
                help: Help::clone(&super::ctx(crate::text::Lang::Zh).help),
                hours: Hours::clone(&super::ctx(crate::text::Lang::Zh).hours),
                windows: vec![place()],
                about: String::new(),
            },
        ),
        shot("vehicles", vehicles()),
    ]
}

pub(super) fn shots() -> Vec<Shot> {
    let rules = |tries_left: Option<u8>, failed| Rules {
        questions: 3,
        pass: 3,
        tries_left,
        again_at: tries_left.is_none().then(|| at("2020-04-06T00:00:00+08:00")),
        failed,
    };
    let mut all = vec![
        shot("start-first", start(Programme::First)),
        shot("start-study", start(Programme::Study)),
        shot("study", study(12)),
        shot("study-ready", study(30)),
        shot("quiz", Quiz { question: Some(question()), ..quiz() }),
        shot("quiz-wrong", Quiz { feedback: Some(feedback(false)), ..quiz() }),
        shot("quiz-right", Quiz { feedback: Some(feedback(true)), ..quiz() }),
        shot("quiz-several", Quiz { question: Some(Question { several: true, ..question() }), ..quiz() }),
        shot("quiz-passed", Quiz { passed: Some(Passed { right: 3, of: 3 }), ..quiz() }),
        shot("quiz-rules", Quiz { rules: Some(rules(Some(3), None)), ..quiz() }),
        shot("quiz-failed", Quiz { rules: Some(rules(Some(2), Some((2, 1)))), ..quiz() }),
        shot("quiz-stopped", Quiz { rules: Some(rules(None, Some((1, 2)))), ..quiz() }),
        shot("confirm", confirm()),
        shot("confirm-closed", Confirm { closed_until: Some(at("2020-04-06T06:00:00+08:00")), ..confirm() }),
        shot("done-first", done(DoneWord::Done, Some(Programme::First))),
        shot("done-study", done(DoneWord::Done, Some(Programme::Study))),
        shot("done-pay", done(DoneWord::Done, None)),
        shot("done-reconsider", Done { reconsider_by: Some(date(2020, 6, 4)), ..done(DoneWord::Done, None) }),
        shot("done-reconsider-asked", Done { reconsider_asked: true, ..done(DoneWord::Done, None) }),
        shot("done-handling", done(DoneWord::Handling, Some(Programme::First))),
        shot(
            "done-at-opening",
            Done {
                runs_at: Some(at("2020-04-06T06:00:00+08:00")),
                again_ms: None,
                ..done(DoneWord::Handling, Some(Programme::First))
            },
        ),
        shot(
            "done-in-queue",
            Done {
                queue: Some(super::queue::place(12_408, WaitWord::Between, Some(610), Some(790))),
                ..done(DoneWord::Handling, Some(Programme::First))
            },
        ),
        shot("done-manual", done(DoneWord::Manual, None)),
        shot(
            "done-stopped",
            Done { refusal: None, stopped: Some("differs".into()), ..done(DoneWord::NotHandled, None) },
        ),
        shot("done-not-handled", done(DoneWord::NotHandled, None)),
        shot("done-coming-back", done(DoneWord::ComingBack, None)),
        shot("done-back", done(DoneWord::Back, None)),
        shot("done-annulled", done(DoneWord::Annulled, None)),
        shot("done-given-up", done(DoneWord::GivenUp, Some(Programme::First))),
        shot("decision-warning", decision(true)),
        shot("decision-fine", decision(false)),
        shot("timeline", Timeline { case_id: "c1".into(), about: about(), events: events() }),
        shot("programmes", programmes()),
    ];
    all.extend(people());
    all
}
