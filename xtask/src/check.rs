//! `cargo x demo --check`: the three promised journeys, walked over HTTP with the human pauses of the
//! promise, counted in taps and seconds and held against their targets.

use std::collections::HashMap;

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use serde_json::Value;

use crate::say::step;
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
    let mut clock = DemoClock::set(stack.dir().join("clock"), at)?;
    let outcomes = [
        first_warning(stack, &mut clock, &key).context("首违警告")?,
        study_reduction(stack, &mut clock, &key).context("学习减分")?,
        merged_payment(stack, &mut clock).context("合并缴款")?,
    ];
    println!(
        "\n{:<28} {:>5} {:>8} {:>9} {:>10}   ended with",
        "journey", "taps", "at most", "seconds", "at most"
    );
    for outcome in &outcomes {
        let Outcome { name, taps, most_taps, seconds, most_seconds, ended } = outcome;
        let mark = if outcome.holds() { "" } else { "   ABOVE TARGET" };
        println!("{name:<28} {taps:>5} {most_taps:>8} {seconds:>9} {most_seconds:>10}   {ended}{mark}");
    }
    println!(
        "\nseconds = pauses of a person + study + 3 s for the first screen + at least 0.5 s a page change."
    );
    if outcomes.iter().any(|outcome| !outcome.holds()) {
        bail!("a journey is above its target");
    }
    Ok(())
}

fn first_warning(stack: &Stack, clock: &mut DemoClock, key: &AnswerKey) -> Result<Outcome> {
    step("首违警告, from the menu to the warning");
    let (mut walker, home) = Walker::at_home(&stack.url, clock, "demo-zhang-first")?;
    let case = programme(&mut walker, &home, "first", key)?;
    let done = confirm(&mut walker, &case)?;
    let fine = number(&done, "/paid_fen")?;
    if text(&done, "/word")? != "done" || fine != 0 {
        bail!("the case did not end in a free warning: {done}");
    }
    let ended = format!("a warning, {} yuan waived", number(&done, "/waived_fen")? / 100);
    Ok(Outcome::of("首违警告 first warning", &walker, (15, 110), ended))
}

fn study_reduction(stack: &Stack, clock: &mut DemoClock, key: &AnswerKey) -> Result<Outcome> {
    step("学习减分, from the menu to the decision with fewer points");
    let (mut walker, home) = Walker::at_home(&stack.url, clock, "demo-li-study")?;
    let case = programme(&mut walker, &home, "study", key)?;
    let order = confirm(&mut walker, &case)?;
    pay(&mut walker, &order)?;
    let done = walker.until(&format!("/cases/{case}"), "/word", &Value::String("done".into()))?;
    let fewer = number(&done, "/fewer_points")?;
    if fewer <= 0 {
        bail!("no points were saved: {done}");
    }
    let ended = format!("paid, {fewer} points fewer");
    Ok(Outcome::of("学习减分 study", &walker, (15, 120), ended))
}

fn merged_payment(stack: &Stack, clock: &mut DemoClock) -> Result<Outcome> {
    step("three violations of two vehicles in one payment");
    let (mut walker, _) = Walker::at_home(&stack.url, clock, "demo-chen-merge")?;
    let all = walker.tap_to(&format!("{LIST}?view=all"))?;
    walker.think(SCAN_MANY)?;
    let payable = number(&all, "/bar/payable")?;
    // 全选 is a tap of its own, 去缴款 sends.
    walker.taps += 1;
    let quote = walker.tap_send("/quotes", &[("all", "true")])?;
    walker.think(READ_QUOTE)?;
    let total = number(&quote, "/total_fen")?.to_string();
    let order = walker.tap_send("/orders", &[("quote", text(&quote, "/id")?), ("total_fen", &total)])?;
    pay(&mut walker, &order)?;
    let path = format!("/orders/{}", text(&order, "/id")?);
    let paid = walker.until(&path, "/word", &Value::String("done".into()))?;
    let legs = paid.pointer("/legs").and_then(Value::as_array).map_or(0, Vec::len);
    if payable != 3 || legs != 3 {
        bail!("{payable} were payable and {legs} were paid, not three");
    }
    let ended = format!("one payment of {} yuan for {legs}", number(&paid, "/total_fen")? / 100);
    Ok(Outcome::of("三笔合并 three merged", &walker, (5, 45), ended))
}

/// From the list through study and quiz; returns the case.
fn programme(walker: &mut Walker<'_>, home: &Value, name: &str, key: &AnswerKey) -> Result<String> {
    walker.think(SCAN)?;
    let cards =
        home.pointer("/groups/0/cards").and_then(Value::as_array).context("no violations are listed")?;
    let card =
        cards.iter().find(|card| card["route"] == name).context("no violation offers the programme")?;
    let sheet = walker.tap_to(text(card, "/href")?)?;
    let violation = text(&sheet, "/about/id")?.to_owned();
    let study = walker.tap_send("/cases", &[("violation", &violation), ("programme", name)])?;
    let case = text(&study, "/case_id")?.to_owned();
    study_until_ready(walker, &case, study)?;
    let mut quiz = walker.tap_to(&format!("/cases/{case}/quiz"))?;
    loop {
        walker.think(PER_QUESTION)?;
        let answer = key.answer(&quiz)?;
        // Choosing is a tap, 确定 sends, 下一题 goes on.
        walker.taps += 1;
        let id = text(&quiz, "/question/id")?.to_owned();
        let feedback =
            walker.tap_send(&format!("/cases/{case}/quiz"), &[("question", &id), ("answer", &answer)])?;
        if feedback.pointer("/feedback/right") != Some(&Value::Bool(true)) {
            bail!("the right answer was not taken as right: {feedback}");
        }
        quiz = walker.tap_to(&format!("/cases/{case}"))?;
        if quiz.pointer("/question/id").is_none() {
            return Ok(case);
        }
    }
}

/// Reads until the server says that it is enough, with the heartbeats of the page's script.
fn study_until_ready(walker: &mut Walker<'_>, case: &str, mut study: Value) -> Result<()> {
    for _ in 0..200 {
        if study["ready"] == Value::Bool(true) {
            return Ok(());
        }
        let left = number(&study, "/need_s")? - number(&study, "/done_s")?;
        let every = study.get("every_s").and_then(Value::as_i64).unwrap_or(5);
        walker.think(u64::try_from(left.min(every).max(1))?)?;
        let beat = text(&study, "/beat")?.to_owned();
        study = walker
            .quietly(&format!("/cases/{case}/study/beat"), &[("beat", &beat), ("visible", "true")])?
            .json()?;
    }
    bail!("the study clock never became ready: {study}")
}

/// The confirmation: the waiver of the statement is a tap of its own.
fn confirm(walker: &mut Walker<'_>, case: &str) -> Result<Value> {
    let page = walker.open(&format!("/cases/{case}/confirm"))?;
    walker.think(READ_CONFIRMATION)?;
    walker.taps += 1;
    let version = number(&page, "/version")?.to_string();
    walker.tap_send(
        &format!("/cases/{case}/confirm"),
        &[("version", &version), ("facts", "true"), ("waive", "true")],
    )
}

/// The messenger's own payment sheet, played by the pretend cashier: its taps are not ours.
fn pay(walker: &mut Walker<'_>, order: &Value) -> Result<()> {
    let cashier = text(order, "/cashier")?.to_owned();
    let (address, query) = cashier.split_once('?').context("the cashier's address names the payment")?;
    let value = |name: &str| {
        query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}="))).unwrap_or_default()
    };
    walker.think(PAY_SHEET)?;
    let paid = walker.elsewhere(address, &[("prepay_id", value("prepay_id")), ("action", "pay")])?;
    if paid.status >= 400 {
        bail!("the cashier answered {}: {}", paid.status, paid.body);
    }
    shell::pause(100);
    Ok(())
}

/// What one who has studied knows: the right options by the question's stem.
struct AnswerKey(HashMap<String, Vec<String>>);

fn answer_key() -> Result<AnswerKey> {
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
    /// The key of the right option, as the page sends it back.
    fn answer(&self, quiz: &Value) -> Result<String> {
        let stem = text(quiz, "/question/stem")?;
        let right = self.0.get(stem).with_context(|| format!("the bank has no question “{stem}”"))?;
        let answers = quiz
            .pointer("/question/answers")
            .and_then(Value::as_array)
            .context("no answers to choose from")?;
        let keys = answers.iter().filter(|answer| right.iter().any(|right| answer["text"] == right.as_str()));
        let keys: Vec<&str> = keys.filter_map(|answer| answer["key"].as_str()).collect();
        if keys.is_empty() {
            bail!("none of {right:?} can be chosen for “{stem}”: {answers:?}");
        }
        Ok(keys.join(""))
    }
}
