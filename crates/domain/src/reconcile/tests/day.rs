//! The life of a day, and until when somebody must have looked.

use jiff::Timestamp;

use super::*;
use crate::calendar::Calendar;

#[test]
fn a_closed_day_takes_nothing_but_being_opened_again() {
    let events = [DayEvent::Fits, DayEvent::Differs, DayEvent::Sign, DayEvent::Reopen];
    for day in Day::ALL {
        assert_eq!(Day::from_slug(day.slug()), Some(day));
        let taken: Vec<DayEvent> = events.into_iter().filter(|event| day.after(*event).is_some()).collect();
        match day {
            Day::Open => assert_eq!(taken, [DayEvent::Fits, DayEvent::Differs, DayEvent::Sign]),
            Day::Balanced | Day::Signed => assert_eq!(taken, [DayEvent::Reopen], "{day:?}"),
        }
    }
    assert_eq!(Day::Open.after(DayEvent::Fits), Some(Day::Balanced));
    assert_eq!(Day::Open.after(DayEvent::Sign), Some(Day::Signed));
    assert_eq!(Day::Signed.after(DayEvent::Reopen), Some(Day::Open));
}

#[test]
fn kinds_come_back_and_each_has_an_owner_and_a_due_time() {
    let friday: Timestamp = "2020-04-03T10:05:00+08:00".parse().expect("an instant");
    for kind in Kind::ALL {
        assert_eq!(Kind::from_slug(kind.slug()), Some(kind));
        let due = due(kind, friday, &Calendar::builtin());
        match kind {
            Kind::LateFile => assert_eq!(due, "2020-04-03T14:05:00+08:00".parse::<Timestamp>().expect("one")),
            // Qingming: the 4th to the 6th are days off, so the next working day is the 7th.
            _ => assert_eq!(due, "2020-04-08T00:00:00+08:00".parse::<Timestamp>().expect("one")),
        }
        assert_eq!(kind.owner() == Owner::Operations, kind == Kind::LateFile);
    }
}

#[test]
fn what_is_suggested_never_gives_back_more_than_is_in_question() {
    let with = |kind, ours, rails| Exception {
        order_id: Some("o1".to_owned()),
        ours,
        rails,
        ..Exception::new(kind, "s")
    };
    let yuan = |yuan| Some(Fen::from_yuan(yuan));
    for (exception, action) in [
        (with(Kind::AmountDiffers, yuan(200), yuan(250)), Action::Refund(Fen::from_yuan(50))),
        (with(Kind::AmountDiffers, yuan(200), yuan(150)), Action::AskRail),
        (with(Kind::RefundPartial, yuan(200), yuan(150)), Action::Refund(Fen::from_yuan(50))),
        (with(Kind::Duplicate, yuan(200), yuan(200)), Action::Refund(Fen::from_yuan(200))),
        (with(Kind::UnknownPayer, None, yuan(7)), Action::Refund(Fen::from_yuan(7))),
        (with(Kind::RefundMissing, yuan(200), None), Action::AskRail),
        (with(Kind::OursOnly, yuan(200), None), Action::AskRail),
        (with(Kind::PaidNotDecided, yuan(200), None), Action::Decide),
        (with(Kind::DecidedNotPaid, yuan(200), None), Action::CollectOrAnnul),
        (with(Kind::ReturnAfterSettlement, None, yuan(200)), Action::CollectOrAnnul),
        (with(Kind::LateFile, None, None), Action::FetchBill),
        (Exception::flow_differs(DAY, "wechat", Fen(1), Fen(2)), Action::AskRail),
    ] {
        assert_eq!(exception.action(), action, "{exception:?}");
        assert!(action.fen() <= exception.fen());
    }
}
