//! `cargo x demo --check`: the three promised journeys, walked over HTTP with the human pauses of the
//! promise, counted in taps and seconds and held against their targets.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::say::{self, step, wide};
use crate::shell;
use crate::stack::Stack;
use crate::walk::{DemoClock, LIST, Walker, number, text};

/// Human pauses, in seconds: design estimates until they are timed with people.
const SCAN: u64 = 14;
const SCAN_MANY: u64 = 15;
const PER_QUESTION: u64 = 14;
const READ_CONFIRMATION: u64 = 12;
const READ_QUOTE: u64 = 10;
const PAY_SHEET: u64 = 13;

/// From here on study takes points off the licence after half an hour of lessons: no two minutes are promised.
const NATIONAL: &str = "2022-04-01T00:00:00+08:00";

/// What one journey needed and may need.
struct Outcome {
    name: &'static str,
    taps: u32,
    most_taps: u32,
    seconds: u64,
    most_seconds: u64,
    ended: String,
}

impl Outcome {
    fn of(name: &'static str, walker: &Walker<'_>, most: (u32, u64), ended: String) -> Outcome {
        let seconds = walker.spent.as_millis().div_ceil(1_000);
        let seconds = u64::try_from(seconds).unwrap_or(u64::MAX);
        Outcome { name, taps: walker.taps, most_taps: most.0, seconds, most_seconds: most.1, ended }
    }

    fn holds(&self) -> bool {
        self.taps <= self.most_taps && self.seconds <= self.most_seconds
    }
}

/// Walks all journeys; an error if one cannot be walked or is above its target.
pub fn run(stack: &Stack, at: Timestamp) -> Result<()> {
    let key = answer_key()?;
    let mut clock = DemoClock::set(stack.dir().join("clock"), when_open(at)?)?;
    let mut outcomes = vec![first_warning(stack, &mut clock, &key).context("首违警告")?];
    if at < NATIONAL.parse()? {
        outcomes.push(study_reduction(stack, &mut clock, &key).context("学习减分")?);
    }
    outcomes.push(merged_payment(stack, &mut clock).context("合并缴款")?);
    println!(
        "\n{:<28} {:>5} {:>8} {:>9} {:>10}   ended with",
        "journey", "taps", "at most", "seconds", "at most"
    );
    for outcome in &outcomes {
        let Outcome { name, taps, most_taps, seconds, most_seconds, ended } = outcome;
        let mark = if outcome.holds() { "" } else { "   ABOVE TARGET" };
        println!(
            "{} {taps:>5} {most_taps:>8} {seconds:>9} {most_seconds:>10}   {ended}{mark}",
            wide(name, 28)
        );
    }
    println!(
        "\nseconds = pauses of a person + study + 3 s for the first screen + at least 0.5 s a page change."
    );
    if outcomes.iter().any(|outcome| !outcome.holds()) {
        bail!("a journey is above its target");
    }
    Ok(())
}

/// The instant itself, or the next ten o'clock in China when the service is closed then.
fn when_open(at: Timestamp) -> Result<Timestamp> {
    let china = jiff::tz::Offset::constant(8).to_time_zone();
    let local = china.to_datetime(at);
    if (6..21).contains(&local.hour()) {
        return Ok(at);
    }
    let day = if local.hour() < 6 { local.date() } else { local.date().tomorrow()? };
    Ok(china.to_timestamp(day.at(10, 0, 0, 0))?)
}

fn first_warning(stack: &Stack, clock: &mut DemoClock, key: &AnswerKey) -> Result<Outcome> {
    step("首违警告, from the menu to the warning");
    let (mut walker, home) = Walker::at_home(&stack.url, clock, "demo-zhang-first")?;
    let (case, _) = programme(&mut walker, &home, "first", key)?;
    // Waiving the statement is a tap of its own.
    walker.think(READ_CONFIRMATION)?;
    walker.taps += 1;
    walker.tap_send(&format!("/cases/{case}/confirm"), &json!({ "facts": true, "waiver": true }))?;
    let done = walker.until(&format!("/cases/{case}"), "/word", &Value::String("done".into()))?;
    let (paid, waived) = (number(&done, "/paid_fen")?, number(&done, "/waived_fen")?);
    if paid != 0 || waived <= 0 || done["decision"] != Value::Bool(true) {
        bail!("the case did not end in a free warning with its decision: {done}");
    }
    let ended = format!("a warning, {} yuan waived", waived / 100);
    Ok(Outcome::of("首违警告 first warning", &walker, (15, 110), ended))
}

fn study_reduction(stack: &Stack, clock: &mut DemoClock, key: &AnswerKey) -> Result<Outcome> {
    step("学习减分, from the menu to the decision with fewer points");
    let (mut walker, home) = Walker::at_home(&stack.url, clock, "demo-li-study")?;
    let (case, quote) = programme(&mut walker, &home, "study", key)?;
    walker.think(READ_CONFIRMATION)?;
    let order = accept(&mut walker, &quote)?;
    pay(&mut walker, &order)?;
    let done = walker.until(&format!("/cases/{case}"), "/word", &Value::String("done".into()))?;
    let fewer = number(&done, "/fewer_points")?;
    if fewer <= 0 || number(&done, "/paid_fen")? <= 0 {
        bail!("no points were saved, or nothing was paid first: {done}");
    }
    let ended = format!("paid, {fewer} points fewer");
    Ok(Outcome::of("学习减分 study", &walker, (15, 120), ended))
}

fn merged_payment(stack: &Stack, clock: &mut DemoClock) -> Result<Outcome> {
    step("three violations of two vehicles in one payment");
    let (mut walker, home) = Walker::at_home(&stack.url, clock, "demo-chen-merge")?;
    let listed = home.pointer("/groups/0").is_some();
    let all = if listed { home } else { walker.tap_to(&format!("{LIST}?view=all"))? };
    walker.think(SCAN_MANY)?;
    let payable = number(&all, "/bar/payable")?;
    // 全选 is a tap of its own, 去缴款 sends.
    walker.taps += 1;
    let quote = walker.tap_send("/quotes", &json!({ "all": true }))?;
    walker.think(READ_QUOTE)?;
    let order = accept(&mut walker, &quote)?;
    let paid = pay(&mut walker, &order)?;
    let legs = paid.pointer("/legs").and_then(Value::as_array).map_or(0, Vec::len);
    if payable != 3 || legs != 3 {
        bail!("{payable} were payable and {legs} were paid, not three");
    }
    let ended = format!("one payment of {} yuan for {legs}", number(&paid, "/total_fen")? / 100);
    Ok(Outcome::of("三笔合并 three merged", &walker, (5, 45), ended))
}

/// From the list through study and quiz; returns the case and the page behind the last question.
fn programme(walker: &mut Walker<'_>, home: &Value, name: &str, key: &AnswerKey) -> Result<(String, Value)> {
    walker.think(SCAN)?;
    let cards =
        home.pointer("/groups/0/cards").and_then(Value::as_array).context("no violations are listed")?;
    let card =
        cards.iter().find(|card| card["route"] == name).context("no violation offers the programme")?;
    let sheet = walker.tap_to(text(card, "/href")?)?;
    let violation = text(&sheet, "/about/id")?.to_owned();
    let study = walker.tap_send("/cases", &json!({ "violation": violation, "programme": name }))?;
    let case = text(&study, "/case_id")?.to_owned();
    let sitting = study_until_ready(walker, &case, &study)?;
    let mut page = walker.tap_send(&format!("/cases/{case}/study"), &json!({ "sitting": sitting }))?;
    while page.pointer("/question/id").is_some() {
        walker.think(PER_QUESTION)?;
        let chosen = key.answer(&page)?;
        // Choosing is a tap each, 确定 sends, 下一题 goes on.
        walker.taps += u32::try_from(chosen.len())?;
        let answer = json!({ "question": page["question"]["id"], "index": page["question"]["index"], "chosen": chosen });
        let feedback = walker.tap_send(&format!("/cases/{case}/quiz"), &answer)?;
        if feedback.pointer("/feedback/right") != Some(&Value::Bool(true)) {
            bail!("the right answer was not taken as right: {feedback}");
        }
        page = walker.tap_to(&format!("/cases/{case}"))?;
    }
    Ok((case, page))
}

/// Reads until the server says that it is enough, with the heartbeats of the page's script; returns the sitting.
fn study_until_ready(walker: &mut Walker<'_>, case: &str, study: &Value) -> Result<i64> {
    let every = number(study, "/every_s")?;
    let sitting = number(study, "/sitting")?;
    let mut left = number(study, "/need_s")? - number(study, "/done_s")?;
    for seq in 1..=200 {
        if left <= 0 {
            return Ok(sitting);
        }
        walker.think(u64::try_from(left.min(every).max(1))?)?;
        let beat = json!({ "sitting": sitting, "seq": seq, "visible": true });
        let beat = walker.quietly(&format!("/cases/{case}/study/beat"), &beat)?.json()?;
        left = number(&beat, "/left_s")?;
    }
    bail!("the study clock never became ready; {left} s are left")
}

/// 确认并支付: the waiver of the statement is a tap of its own, the button sends; returns the order.
fn accept(walker: &mut Walker<'_>, quote: &Value) -> Result<Value> {
    walker.taps += 1;
    let yes = json!({ "quote": quote["id"], "total_fen": quote["total_fen"], "facts": true, "waiver": true });
    walker.tap_send("/orders", &yes)
}

/// The messenger's own payment sheet, played by the pretend cashier: it opens by itself, its taps are not
/// ours. Returns the order once the server says that it is paid; the allowance covers sheet and result.
fn pay(walker: &mut Walker<'_>, order: &Value) -> Result<Value> {
    let path = format!("/orders/{}", text(order, "/id")?);
    let handed = walker.quietly(&format!("{path}/pay"), &json!({}))?.json()?;
    let cashier = text(&handed, "/cashier")?.to_owned();
    let (address, query) = cashier.split_once('?').context("the cashier's address names the payment")?;
    let value = |name: &str| {
        query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}="))).unwrap_or_default()
    };
    let (before, from) = (walker.spent, say::now());
    walker.think(PAY_SHEET)?;
    let paid = walker.elsewhere(address, &[("prepay_id", value("prepay_id")), ("action", "pay")])?;
    if paid.status >= 400 {
        bail!("the cashier answered {}: {}", paid.status, paid.body);
    }
    walker.open(&format!("{path}/returned"))?;
    let done = walker.until(&path, "/word", &Value::String("done".into()))?;
    walker.spent = before + Duration::from_secs(PAY_SHEET).max(from.elapsed());
    Ok(done)
}

/// What one who has studied knows: the right options by the question's stem.
pub struct AnswerKey(HashMap<String, Vec<String>>);

/// Reads the question banks.
pub fn answer_key() -> Result<AnswerKey> {
    let mut key = HashMap::new();
    let folder = shell::root().join("packs/bank");
    for entry in std::fs::read_dir(&folder).with_context(|| format!("{} is missing", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_none_or(|ending| ending != "toml") {
            continue;
        }
        let bank: toml::Table =
            std::fs::read_to_string(&path)?.parse().with_context(|| path.display().to_string())?;
        let questions = bank.get("question").and_then(toml::Value::as_array).map_or(&[][..], Vec::as_slice);
        for question in questions {
            let word = |name: &str| question.get(name).and_then(toml::Value::as_str).unwrap_or_default();
            let options = question.get("options").and_then(toml::Value::as_array);
            let right = match options {
                None => vec![word("answer").to_owned()],
                Some(options) => word("answer")
                    .bytes()
                    .filter_map(|letter| options.get(usize::from(letter.saturating_sub(b'A')))?.as_str())
                    .map(str::to_owned)
                    .collect(),
            };
            key.insert(word("stem").to_owned(), right);
        }
    }
    Ok(AnswerKey(key))
}

impl AnswerKey {
    /// The places of the right options, as the page sends them back.
    pub fn answer(&self, quiz: &Value) -> Result<Vec<i64>> {
        let stem = text(quiz, "/question/stem")?;
        let right = self.0.get(stem).with_context(|| format!("the bank has no question “{stem}”"))?;
        let answers = quiz
            .pointer("/question/answers")
            .and_then(Value::as_array)
            .context("no answers to choose from")?;
        let chosen =
            answers.iter().filter(|answer| right.iter().any(|right| answer["text"] == right.as_str()));
        let places: Vec<i64> = chosen.filter_map(|answer| answer["place"].as_i64()).collect();
        if places.len() != right.len() {
            bail!("{right:?} cannot be chosen for “{stem}”: {answers:?}");
        }
        Ok(places)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_waits_for_the_doors_to_open() {
        let open = |text: &str| when_open(text.parse().unwrap()).unwrap().to_string();
        assert_eq!(open("2020-04-05T10:00:00+08:00"), "2020-04-05T02:00:00Z");
        assert_eq!(open("2020-04-05T02:30:00+08:00"), "2020-04-05T02:00:00Z");
        assert_eq!(open("2020-04-05T21:30:00+08:00"), "2020-04-06T02:00:00Z");
    }
}
