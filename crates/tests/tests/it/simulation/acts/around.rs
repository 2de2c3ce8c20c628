//! The rest of the world: the platform's other channels, notices genuine and not, the weather, and time.

use clearway_connect::payments::TradeState;
use clearway_domain::{Fen, civil, world::instant};
use clearway_service::callbacks::wechat_pay::Answer;
use jiff::ToSpan;
use jiff::civil::Time;

use super::super::stage::Stage;
use super::super::world::network::Weather;
use super::super::world::notices::{Post, Seal};
use super::driver::short;

/// A worker runs some jobs.
pub fn work(stage: &Stage) -> String {
    let most = stage.below(4) + 1;
    let run = (0..most).take_while(|_| stage.sim.run_job()).count();
    stage.count("jobs");
    format!("a worker runs {run} jobs")
}

/// One of the notices that are due arrives, in any order.
pub fn post(stage: &Stage) -> String {
    let mut due = stage.sim.due_posts();
    if due.is_empty() {
        return work(stage);
    }
    let one = due.swap_remove(stage.below(due.len()));
    stage.sim.rail.till().posts.extend(due);
    let answer = stage.sim.deliver(&one);
    if !matches!(answer, Some(Ok(_))) {
        let again = Post { at_ms: stage.sim.life.ms() + 15_000, ..one.clone() };
        stage.sim.rail.till().posts.push(again);
    }
    match &answer {
        Some(Ok(Answer::Refused(fault))) => stage.broken(format!("a genuine notice was refused: {fault}")),
        Some(Err(error)) if super::super::stage::is_accident(error) => {
            stage.broken(format!("a genuine notice ended in an accident: {error}"));
        }
        _ => {}
    }
    stage.count("notice");
    format!("a notice of {} arrives: {}", short(one.matter.number()), told(answer.as_ref()))
}

fn told(answer: Option<&Result<Answer, clearway_service::Error>>) -> String {
    match answer {
        None => "the process died".to_owned(),
        Some(Ok(answer)) => format!("{answer:?}"),
        Some(Err(error)) => error.to_string(),
    }
}

/// Somebody sends a notice that must not be believed.
pub fn forge(stage: &Stage) -> String {
    let kept: Vec<_> = stage.sim.rail.till().orders.values().cloned().collect();
    let Some(mut kept) = stage.one_of(&kept) else { return post(stage) };
    let seal = *[
        Seal::Forged,
        Seal::Tampered,
        Seal::Stale,
        Seal::Expired,
        Seal::Unknown,
        Seal::Bare,
        Seal::OtherMerchant,
        Seal::Amount(1),
        Seal::Amount(-100),
    ]
    .get(stage.below(9))
    .unwrap_or(&Seal::Forged);
    kept.state = TradeState::Success;
    kept.payments = vec![format!("9999{}", kept.out_trade_no)];
    kept.paid_ms = Some(stage.sim.life.ms());
    let id = format!("FORGED{}", stage.below(1_000_000));
    let post = Post::of_trade(&id, kept.trade(0), stage.sim.life.ms()).sealed(seal);
    let answer = stage.sim.deliver(&post);
    let believed = match (&answer, seal) {
        (Some(Ok(Answer::Parked(_))), Seal::Amount(_)) => false,
        (Some(Ok(Answer::Refused(_))), _) => false,
        (Some(Ok(_)), _) => true,
        (Some(Err(_)) | None, _) => false,
    };
    if believed {
        stage.broken(format!("a notice with {seal:?} was answered with {answer:?}"));
    }
    stage.count("forged notice");
    format!("a notice with {seal:?} for {}: {}", short(&kept.out_trade_no), told(answer.as_ref()))
}

/// Something changes at the platform that we did not do.
pub fn elsewhere(stage: &Stage) -> String {
    let at = stage.sim.life.at();
    let (open, unpaid, people) = {
        let files = stage.sim.authority.files();
        let open: Vec<String> = files
            .records
            .values()
            .filter(|record| record.handled != Some(true))
            .map(|record| record.xh.clone())
            .collect();
        let unpaid: Vec<String> = files
            .decisions
            .values()
            .filter(|kept| kept.record.paid == Some(clearway_connect::authority::Paid::No))
            .map(|kept| kept.record.number.clone())
            .collect();
        let people: Vec<_> = files.drivers.values().filter_map(|driver| driver.id.clone()).collect();
        (open, unpaid, people)
    };
    let (record, number, person) = (stage.one_of(&open), stage.one_of(&unpaid), stage.one_of(&people));
    let (what, fen) = (stage.below(6), stage.below(9));
    let mut files = stage.sim.authority.files();
    let said = match (what, record, number, person) {
        (0, Some(record), _, Some(person)) => {
            format!("another channel handles {record}: {}", files.handle_elsewhere(&record, &person, at))
        }
        (1, Some(record), ..) => format!("record {record} is taken back: {}", files.remove(&record)),
        (2, Some(record), ..) => {
            files.dispute(&record, true);
            format!("an objection is filed against {record}")
        }
        (3, Some(record), ..) => {
            let fine = Fen(i64::try_from(fen).unwrap_or(0) * 1_000 + 2_000);
            format!("record {record} costs another sum: {}", files.reprice(&record, fine))
        }
        (4, _, Some(number), _) => {
            format!("another channel takes the money of {number}: {}", files.pay_elsewhere(&number, at))
        }
        _ => {
            format!("{} objections are answered", files.answer_objections())
        }
    };
    drop(files);
    stage.count("elsewhere");
    said
}

/// The network gets better or worse.
pub fn weather(stage: &Stage) -> String {
    let weather = match stage.below(8) {
        0 => Weather { police_down: true, ..Weather::default() },
        1 => Weather { rail_down: true, ..Weather::default() },
        2 => Weather { police: 400, rail: 400, ..Weather::default() },
        3 => Weather { police: 150, rail: 50, ..Weather::default() },
        4 => Weather { police: 50, rail: 200, ..Weather::default() },
        _ => Weather::default(),
    };
    stage.sim.network.set_weather(weather);
    stage.count("weather");
    format!("{weather:?}")
}

/// Seconds or minutes go by.
pub fn wait(stage: &Stage) -> String {
    let most_s = *[10, 60, 600, 1_800].get(stage.below(4)).unwrap_or(&60);
    let ms = i64::try_from(stage.below(most_s * 1000)).unwrap_or(0);
    stage.sim.advance(ms);
    format!("{} s go by", ms / 1000)
}

/// The clock goes on to just before or after a time at which something begins or ends.
pub fn jump(stage: &Stage) -> String {
    let (hour, minute, second) =
        *[(21, 59, 58), (22, 0, 1), (5, 59, 59), (6, 0, 1), (23, 59, 59), (0, 0, 1), (12, 0, 0)]
            .get(stage.below(7))
            .unwrap_or(&(12, 0, 0));
    until(stage, hour, minute, second)
}

/// The night is over.
pub fn morning(stage: &Stage) -> String {
    until(stage, 6, 0, 1)
}

fn until(stage: &Stage, hour: i8, minute: i8, second: i8) -> String {
    let now = stage.sim.life.at();
    let today = civil(now).date();
    let time = Time::constant(hour, minute, second, 0);
    let mut then = instant(today.to_datetime(time));
    if then <= now {
        then = instant((today + 1.day()).to_datetime(time));
    }
    stage.sim.life.pass(then.as_millisecond() - now.as_millisecond());
    stage.count("jump");
    format!("the clock goes on to {hour:02}:{minute:02}:{second:02}")
}
