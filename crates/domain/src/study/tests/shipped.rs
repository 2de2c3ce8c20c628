//! What the bank in `packs/bank` promises.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::{super::*, at, legacy, national};
use crate::offences::OffenceTable;
use crate::study::shipped::SHIPPED;

/// Days on which the bank is looked at: both city regimes, the new procedure rules, the day of order 163, today's law.
const DAYS: [Date; 5] = [
    Date::constant(2018, 6, 1),
    Date::constant(2020, 4, 5),
    Date::constant(2021, 12, 31),
    Date::constant(2022, 4, 1),
    Date::constant(2026, 11, 23),
];

fn in_force(bank: &Bank, on: Date) -> Vec<&Question> {
    bank.questions().iter().filter(|question| question.validity.holds(on)).collect()
}

#[test]
fn the_shipped_bank_has_no_problem() {
    let offences = OffenceTable::builtin();
    if let Err(problems) = Bank::parse_files(SHIPPED, |code| offences.lookup(code).is_some()) {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        panic!("{}", lines.join("\n"));
    }
}

#[test]
fn every_file_of_the_folder_is_shipped() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../packs/bank");
    let there: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| format!("packs/bank/{}", entry.unwrap().file_name().into_string().unwrap()))
        .collect();
    let shipped: BTreeSet<String> = SHIPPED.iter().map(|file| file.name.to_owned()).collect();
    assert_eq!(there, shipped);
}

#[test]
fn it_is_large_enough_under_every_regime() {
    let bank = Bank::shipped();
    println!(
        "{} cards, {} questions, {} topics",
        bank.cards().len(),
        bank.questions().len(),
        bank.topics().len()
    );
    for on in DAYS {
        let questions = in_force(&bank, on).len();
        let cards = bank.cards().iter().filter(|card| card.validity.holds(on)).count();
        println!("  {on}: {cards} cards, {questions} questions");
        assert!(questions >= 120, "{questions} questions on {on}");
        assert!(cards >= 40, "{cards} cards on {on}");
    }
}

/// Every category that the offence table offers for a first-violation warning is taught, under every regime.
#[test]
fn every_category_of_the_warning_is_taught() {
    let bank = Bank::shipped();
    let offences = OffenceTable::builtin();
    let mut categories: BTreeMap<String, BTreeSet<TopicId>> = BTreeMap::new();
    for offence in offences.iter().filter(|offence| offence.first_warning_candidate) {
        for on in DAYS {
            let topics = bank.topics_of_code(&offence.code, on);
            assert!(!topics.is_empty(), "{} ({}) is taught nowhere on {on}", offence.code, offence.category);
            for topic in &topics {
                let questions = in_force(&bank, on).into_iter().filter(|one| one.topic == *topic).count();
                assert!(questions >= 4, "{topic} has {questions} questions on {on}");
                assert!(
                    !bank.cards_of(std::slice::from_ref(topic), on).is_empty(),
                    "{topic} has no card on {on}"
                );
            }
            categories.entry(offence.category.clone()).or_default().extend(topics);
        }
    }
    assert!(categories.len() >= 20, "{categories:#?}");
}

/// Whoever always chooses the same letter gains nothing, in the file and even more on the page.
#[test]
fn right_answers_are_evenly_spread() {
    let bank = Bank::shipped();
    let singles: Vec<&Question> = bank.questions().iter().filter(|one| one.kind == Kind::Single).collect();
    let mut in_file = [0_usize; 4];
    for question in &singles {
        assert_eq!(question.options.len(), 4, "{}", question.id);
        in_file[usize::from(question.answer[0])] += 1;
    }
    println!("right answers A, B, C, D in the files: {in_file:?} of {}", singles.len());
    assert!(
        in_file.iter().all(|count| count * 100 >= singles.len() * 20 && count * 100 <= singles.len() * 30)
    );
    let even: Vec<&Question> = bank.questions().iter().filter(|one| one.kind == Kind::TrueFalse).collect();
    let right = even.iter().filter(|one| one.answer == [0]).count();
    println!("right-or-wrong questions: {right} right, {} wrong", even.len() - right);
    assert!(right * 100 >= even.len() * 35 && right * 100 <= even.len() * 65);
    let mut on_page = [0_usize; 4];
    for seed in 0..400_u32 {
        let ask = StudyAsk { codes: &["1039"], class: Some("C1"), on: DAYS[1] };
        let mut quiz = Quiz::draw(&bank, &ask, &legacy(), &seed.to_be_bytes(), at(0)).unwrap();
        let (view, _) = quiz.serve(&bank, at(0)).unwrap();
        if view.kind == Kind::Single {
            let feedback = quiz.answer(&bank, 0, &view.id, &[0], at(1)).unwrap();
            on_page[usize::from(feedback.right[0])] += 1;
        }
    }
    let shown: usize = on_page.iter().sum();
    println!("right answers by place on the page: {on_page:?} of {shown}");
    assert!(on_page.iter().all(|count| count * 100 >= shown * 17 && count * 100 <= shown * 33));
}

/// The right option is not given away by being the longest, in either language.
#[test]
fn the_longest_option_is_not_the_right_one() {
    let bank = Bank::shipped();
    let singles: Vec<&Question> = bank.questions().iter().filter(|one| one.kind == Kind::Single).collect();
    let longest = |text: fn(&Words) -> &str| {
        let gives_away = |one: &&&Question| {
            let length = |place: usize| text(&one.options[place]).chars().count();
            let right = usize::from(one.answer[0]);
            (0..one.options.len()).all(|place| place == right || length(place) < length(right))
        };
        singles.iter().filter(gives_away).count()
    };
    let (zh, en) = (longest(|words| &words.zh), longest(|words| &words.en));
    println!(
        "right option strictly longest in {zh} (Chinese) and {en} (English) of {} single choices",
        singles.len()
    );
    assert!(zh * 100 <= singles.len() * 30, "{zh} of {}", singles.len());
    assert!(en * 100 <= singles.len() * 45, "{en} of {}", singles.len());
}

/// How many options of a question with several answers are right cannot be known beforehand.
#[test]
fn several_answers_are_sometimes_two_sometimes_all() {
    let bank = Bank::shipped();
    let mut sizes: BTreeMap<usize, usize> = BTreeMap::new();
    for question in bank.questions().iter().filter(|one| one.kind == Kind::Multiple) {
        *sizes.entry(question.answer.len()).or_default() += 1;
    }
    println!("right options of questions with several answers: {sizes:?}");
    assert!(sizes.keys().copied().eq([2, 3, 4]), "{sizes:?}");
    assert!(sizes.values().all(|count| *count >= 4), "{sizes:?}");
}

/// Draws a thousand papers of each programme and prints the chance of somebody who only guesses.
#[test]
fn guessing_does_not_pass() {
    let bank = Bank::shipped();
    let papers = |settings: &StudySettings, on: Date, codes: &[&str]| -> u32 {
        let ask = StudyAsk { codes, class: Some("C1"), on };
        let chances = (0..1_000_u32).map(|seed| {
            let mut quiz = Quiz::draw(&bank, &ask, settings, &seed.to_be_bytes(), at(0)).unwrap();
            let mut questions = Vec::new();
            for _ in 0..quiz.len() {
                let (view, _) = quiz.serve(&bank, at(0)).unwrap();
                quiz.answer(
                    &bank,
                    view.index,
                    &view.id,
                    if view.kind == Kind::Multiple { &[0, 1] } else { &[0] },
                    at(1),
                )
                .unwrap();
                questions.push(bank.question(&view.id, view.version).unwrap());
            }
            guess_pass_ppm(&questions, usize::from(settings.pass))
        });
        let chances: Vec<u32> = chances.collect();
        chances.iter().sum::<u32>() / 1_000
    };
    for code in ["1039", "1344", "1352", "1208", "1211"] {
        let chance = papers(&legacy(), DAYS[1], &[code]);
        println!("3 of 3 on {code}: guessing passes {chance} in a million");
        assert!(chance < 25_000, "{code}: {chance}");
    }
    let exam = StudySettings { wrong_limit: None, ..national() };
    let chance = papers(&exam, DAYS[4], &["1039", "6093"]);
    println!("18 of 20: guessing passes {chance} in a million");
    assert!(chance == 0);
}

/// A driver studies what the violation was about: the first card names it or its topic, and three cards take 30 to 50 seconds.
#[test]
fn the_study_fits_the_violation_and_the_time() {
    let bank = Bank::shipped();
    for on in DAYS {
        for (code, topic) in [("10391", "parking"), ("1344", "signs"), ("1208", "lanes"), ("1048", "lights")]
        {
            let ask = StudyAsk { codes: &[code], class: Some("C1"), on };
            let cards = bank.study_cards(&ask, 3);
            assert_eq!(cards.len(), 3);
            assert_eq!(cards[0].topic.0, topic);
            let characters: usize = cards.iter().map(|card| card.body.zh.chars().count()).sum();
            assert!((180..=320).contains(&characters), "{code}: {characters} characters");
        }
    }
    let ask = StudyAsk { codes: &["1048"], class: Some("C1"), on: DAYS[4] };
    assert_eq!(bank.study_cards(&ask, 3)[0].id.0, "lights-3", "the card that names the code comes first");
}

/// Nobody is asked about points of another time.
#[test]
fn points_of_the_two_regimes_are_not_mixed() {
    let bank = Bank::shipped();
    for (on, other) in [(DAYS[1], Law::Ord163), (DAYS[4], Law::Pts123)] {
        let strays: Vec<&Question> = in_force(&bank, on)
            .into_iter()
            .filter(|question| question.articles.iter().any(|article| article.law == other))
            .collect();
        assert!(strays.is_empty(), "{on}: {strays:?}");
        let own = in_force(&bank, on).into_iter().filter(|one| one.topic.0 == "points").count();
        assert!(own >= 6, "{own} questions on points on {on}");
    }
}

/// Chinese in Chinese, English in English, each ending as a sentence should.
#[test]
fn texts_are_in_their_language_and_finished() {
    let bank = Bank::shipped();
    let han = |text: &str| text.chars().filter(|letter| ('\u{4e00}'..='\u{9fff}').contains(letter)).count();
    let mut texts: Vec<(&str, &Words)> = Vec::new();
    for card in bank.cards() {
        assert!(card.body.zh.ends_with('。') && card.body.en.ends_with('.'), "{}", card.id);
        let words = card.body.en.split_whitespace().count();
        assert!((25..=75).contains(&words), "{}: {words} English words", card.id);
        texts.extend([(card.id.0.as_str(), &card.title), (card.id.0.as_str(), &card.body)]);
    }
    for question in bank.questions() {
        let id = question.id.0.as_str();
        assert!(question.explanation.zh.ends_with('。') && question.explanation.en.ends_with('.'), "{id}");
        assert!(question.stem.zh.ends_with(['？', '。']) && question.stem.en.ends_with(['?', '.']), "{id}");
        texts.extend([(id, &question.stem), (id, &question.explanation)]);
        texts.extend(question.options.iter().map(|option| (id, option)));
    }
    for (id, text) in texts {
        assert!(han(&text.en) == 0, "{id}: Chinese in \"{}\"", text.en);
        assert!(
            !text.zh.contains([',', '?', '!', ';', ':']),
            "{id}: half-width punctuation in \"{}\"",
            text.zh
        );
        assert!(
            han(&text.zh) > 0 || text.zh.chars().any(|letter| letter.is_ascii_digit()),
            "{id}: \"{}\"",
            text.zh
        );
    }
}
