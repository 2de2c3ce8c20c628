//! Samples: quotes, orders in every state, the receipt.

use jiff::civil::date;

use super::first::about;
use super::{Shot, at, shot};
use crate::citizen::order::{Leg, Order, OrderWord, PaySheet};
use crate::citizen::parts::Programme;
use crate::citizen::quote::{LeftOut, Line, Nudge, Payment, Quote, WarningLost};
use crate::citizen::receipt::Receipt;
use crate::money::MoneyLine;

fn line(surcharge_fen: i64) -> Line {
    Line {
        about: about(),
        plate: "鄂A12345".into(),
        points: 3,
        surcharge_fen,
        total_fen: 10000 + surcharge_fen,
    }
}

fn quote() -> Quote {
    Quote {
        id: "q1".into(),
        expires_at: at("2020-04-05T10:40:00+08:00"),
        expired: false,
        payments: vec![Payment {
            payee: "武汉市财政局".into(),
            total_fen: 23300,
            lines: vec![line(0), line(3300)],
        }],
        total_fen: 23300,
        points: 6,
        left_out: vec![],
        could_be_free: 0,
        warning_lost: None,
        study: false,
        accepted: false,
        closed_until: None,
        nudge: None,
    }
}

fn order(word: OrderWord, money: MoneyLine) -> Order {
    let leg = match word {
        OrderWord::Done => "done",
        OrderWord::Handling => "paid",
        OrderWord::Manual => "manual",
        OrderWord::ComingBack | OrderWord::Twice => "coming-back",
        OrderWord::Back => "back",
        OrderWord::NotPaid => "not-paid",
        OrderWord::Waiting | OrderWord::Unknown => "confirming",
        OrderWord::Preparing | OrderWord::ToPay => "waiting",
    };
    Order {
        id: "o1".into(),
        number: "CW202004051029000123".into(),
        money,
        word,
        waited_s: 4,
        again_ms: 2_000,
        total_fen: 10000,
        payee: "武汉市财政局".into(),
        sheet: (word == OrderWord::ToPay).then(|| PaySheet {
            app_id: "wx".into(),
            time_stamp: "1".into(),
            nonce_str: "n".into(),
            package: "prepay_id=x".into(),
            sign_type: "RSA".into(),
            pay_sign: "s".into(),
        }),
        cashier: (word == OrderWord::ToPay).then(|| "http://127.0.0.1:8081/cashier".into()),
        opens_at: None,
        legs: vec![Leg {
            about: about(),
            plate: "鄂A12345".into(),
            total_fen: 10000,
            word: leg.into(),
            case_id: Some("c1".into()),
        }],
        next: None,
        back_why: match word {
            OrderWord::ComingBack | OrderWord::Back => vec!["handled-elsewhere".into()],
            OrderWord::Twice => vec!["twice".into()],
            _ => Vec::new(),
        },
        back_fen: if matches!(word, OrderWord::ComingBack | OrderWord::Twice | OrderWord::Back) {
            10000
        } else {
            0
        },
        back_by: matches!(word, OrderWord::ComingBack | OrderWord::Twice).then(|| date(2020, 4, 8)),
        manual_by: (word == OrderWord::Manual).then(|| date(2020, 4, 9)),
        decided_by: (word == OrderWord::Handling).then(|| date(2020, 4, 14)),
        paid_at: None,
        queue: None,
    }
}

/// Three violations of which one could not be handled.
fn partly(word: OrderWord) -> Order {
    let one = order(word, MoneyLine::Charged);
    let done = Leg { word: "done".into(), ..one.legs[0].clone() };
    Order { legs: vec![done.clone(), done, one.legs[0].clone()], total_fen: 30000, ..one }
}

#[test]
fn a_part_of_the_money_does_not_read_as_all_of_it() {
    let zh = super::ctx(crate::text::Lang::Zh);
    let said = partly(OrderWord::Back).sentence(&zh);
    assert_eq!(said, "2 条已处理；1 条没办成，这 1 条的钱已退回。");
    assert!(partly(OrderWord::ComingBack).sentence(&zh).ends_with("正在原路退回。"));
    assert_eq!(order(OrderWord::Back, MoneyLine::Charged).sentence(&zh), "钱已退回。");
}

pub(super) fn shots() -> Vec<Shot> {
    let nudge = Nudge {
        about: about(),
        programme: Programme::First,
        minutes: 2,
        href: "/violations/v1/start".into(),
    };
    let mut split = quote();
    split
        .payments
        .push(Payment { payee: "荆州市财政局".into(), total_fen: 10000, lines: vec![line(0)] });
    split.total_fen += 10000;
    let left = LeftOut { about: about(), reasons: vec![] };
    let mut all = vec![
        shot("quote", quote()),
        shot("quote-split", Quote { left_out: vec![left], could_be_free: 1, ..split }),
        shot(
            "quote-warning-lost",
            Quote {
                warning_lost: Some(WarningLost::Paying { act: about().act, waived_fen: 10000 }),
                ..quote()
            },
        ),
        shot(
            "quote-warning-lost-study",
            Quote { study: true, warning_lost: Some(WarningLost::Studying), ..quote() },
        ),
        shot("quote-nudge", Quote { nudge: Some(nudge), ..quote() }),
        shot("quote-expired", Quote { expired: true, ..quote() }),
        shot(
            "receipt",
            Receipt {
                order_id: "o1".into(),
                number: "CW202004051029000123".into(),
                rail_number: "4200000531202004051234567890".into(),
                paid_at: at("2020-04-05T10:29:00+08:00"),
                payee: "武汉市财政局".into(),
                payer: "王*明".into(),
                method: "微信支付".into(),
                lines: vec![line(0), line(3300)],
                total_fen: 23300,
                total_words: "贰佰叁拾叁元整".into(),
                back_fen: 0,
            },
        ),
    ];
    all.extend(orders());
    all
}

fn orders() -> Vec<Shot> {
    use MoneyLine::{Charged, Confirming, NotCharged};
    vec![
        shot("order-preparing", order(OrderWord::Preparing, NotCharged)),
        shot("order-to-pay", order(OrderWord::ToPay, NotCharged)),
        shot(
            "order-at-opening",
            Order {
                opens_at: Some(at("2020-04-06T06:00:00+08:00")),
                sheet: None,
                cashier: None,
                ..order(OrderWord::ToPay, NotCharged)
            },
        ),
        shot("order-waiting", order(OrderWord::Waiting, Confirming)),
        shot("order-unknown", order(OrderWord::Unknown, Confirming)),
        shot("order-not-paid", order(OrderWord::NotPaid, NotCharged)),
        shot("order-handling", order(OrderWord::Handling, Charged)),
        shot(
            "order-in-queue",
            Order {
                queue: Some(super::queue::place(
                    12_408,
                    crate::citizen::turn::WaitWord::Between,
                    Some(610),
                    Some(790),
                )),
                ..order(OrderWord::Handling, Charged)
            },
        ),
        shot("order-done", Order { next: Some("o2".into()), ..order(OrderWord::Done, Charged) }),
        shot("order-manual", order(OrderWord::Manual, Charged)),
        shot("order-twice", order(OrderWord::Twice, Charged)),
        shot("order-coming-back", order(OrderWord::ComingBack, Charged)),
        shot("order-back", order(OrderWord::Back, Charged)),
        shot("order-partly-back", partly(OrderWord::Back)),
        shot("order-partly-coming-back", partly(OrderWord::ComingBack)),
    ]
}
