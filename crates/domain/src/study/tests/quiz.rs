use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{super::*, ask, at, legacy, national, small, today};

fn drawn(bank: &Bank, settings: &StudySettings, seed: u64) -> Quiz {
    Quiz::draw(bank, &ask(&["1039"]), settings, &seed.to_be_bytes(), at(0)).unwrap()
}

/// The right places as shown, found out from the bank the way an officer would.
fn right(bank: &Bank, view: &QuestionView) -> Vec<u8> {
    let question = bank.question(&view.id, view.version).unwrap();
    let texts: BTreeSet<&str> =
        question.answer.iter().map(|p| question.options[usize::from(*p)].zh.as_str()).collect();
    view.options
        .iter()
        .filter(|option| texts.contains(option.text.zh.as_str()))
        .map(|option| option.place)
        .collect()
}

/// One place that makes the answer wrong.
fn wrong(bank: &Bank, view: &QuestionView) -> Vec<u8> {
    let right = right(bank, view);
    let other = view.options.iter().find(|option| !right.contains(&option.place)).unwrap();
    vec![other.place]
}

fn step(quiz: &mut Quiz, bank: &Bank, good: bool, now: i64) -> Feedback {
    let (view, _) = quiz.serve(bank, at(now)).unwrap();
    let chosen = if good { right(bank, &view) } else { wrong(bank, &view) };
    quiz.answer(bank, view.index, &view.id, &chosen, at(now + 1_000)).unwrap()
}

#[test]
fn a_paper_asks_about_the_violation_and_passes_when_all_is_right() {
    let bank = small();
    let mut quiz = drawn(&bank, &legacy(), 1);
    for index in 0..3 {
        assert_eq!(quiz.outcome(), Outcome::Open { next: index });
        let (view, _) = quiz.serve(&bank, at(0)).unwrap();
        assert_eq!((view.topic.0.as_str(), view.of), ("parking", 3));
        let feedback = step(&mut quiz, &bank, true, 0);
        assert!(feedback.correct && !feedback.right_texts.is_empty());
        assert_eq!(feedback.explanation.zh, "因为");
        assert_eq!(feedback.articles[0].zh(), "《道路交通安全法》第九十条");
    }
    assert_eq!(quiz.outcome(), Outcome::Passed { right: 3 });
    assert_eq!(quiz.serve(&bank, at(0)).unwrap_err(), QuizRefusal::Ended);
}

#[test]
fn the_view_holds_no_key() {
    let bank = small();
    let mut quiz = drawn(&bank, &legacy(), 2);
    let (view, first) = quiz.serve(&bank, at(0)).unwrap();
    assert!(first && !quiz.serve(&bank, at(5)).unwrap().1, "served once, shown again");
    let json = serde_json::to_value(&view).unwrap();
    let keys: BTreeSet<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
    let allowed = ["answer_by", "id", "index", "kind", "of", "options", "stem", "topic", "version"];
    assert_eq!(keys, BTreeSet::from(allowed));
    let option_keys: Vec<&String> = json["options"][0].as_object().unwrap().keys().collect();
    assert_eq!(option_keys, ["place", "text"]);
}

#[test]
fn answers_that_were_not_asked_for_change_nothing() {
    let bank = small();
    let mut quiz = drawn(&bank, &legacy(), 3);
    let unseen = quiz.clone();
    let mut peek = quiz.clone();
    let (first, _) = peek.serve(&bank, at(0)).unwrap();
    let answer =
        |quiz: &mut Quiz, index, id: &QuestionId, chosen: &[u8]| quiz.answer(&bank, index, id, chosen, at(1));
    assert_eq!(answer(&mut quiz, 0, &first.id, &[0]), Err(QuizRefusal::NotShown { index: 0 }));
    assert_eq!(quiz, unseen);
    quiz.serve(&bank, at(0)).unwrap();
    let shown = quiz.clone();
    let stranger = QuestionId("signal-q1".into());
    let refused = answer(&mut quiz, 0, &stranger, &[0]);
    assert_eq!(refused, Err(QuizRefusal::NotAsked { index: 0, id: stranger.clone() }));
    assert_eq!(
        answer(&mut quiz, 9, &first.id, &[0]),
        Err(QuizRefusal::NotAsked { index: 9, id: first.id.clone() })
    );
    let later = peek_at(&quiz, &bank, 1);
    assert_eq!(answer(&mut quiz, 1, &later, &[0]), Err(QuizRefusal::OutOfOrder { next: 0 }));
    for bad in [&[][..], &[9], &[0, 0], &[255]] {
        assert_eq!(answer(&mut quiz, 0, &first.id, bad), Err(QuizRefusal::BadChoice), "{bad:?}");
    }
    assert_eq!(quiz, shown);
}

/// The question that stands at a later place, as somebody would know who drew the same paper before.
fn peek_at(quiz: &Quiz, bank: &Bank, place: u8) -> QuestionId {
    let mut quiz = quiz.clone();
    loop {
        let (view, _) = quiz.serve(bank, at(0)).unwrap();
        if view.index == place {
            return view.id;
        }
        step(&mut quiz, bank, true, 0);
    }
}

#[test]
fn a_double_tap_is_told_apart_and_its_feedback_read_again() {
    let bank = small();
    let mut quiz = drawn(&bank, &legacy(), 4);
    let first = step(&mut quiz, &bank, false, 0);
    let after = quiz.clone();
    let again = quiz.answer(&bank, 0, &first.id, &first.right, at(9_000));
    assert_eq!(
        again,
        Err(QuizRefusal::AlreadyAnswered { index: 0 }),
        "a second answer cannot mend the first"
    );
    assert_eq!(quiz, after);
    assert_eq!(quiz.feedback(&bank, 0).unwrap(), first);
    assert_eq!(quiz.feedback(&bank, 1), Err(QuizRefusal::OutOfOrder { next: 1 }));
}

#[test]
fn the_third_wrong_answer_ends_the_national_paper() {
    let bank = small();
    let mut quiz = drawn(&bank, &national(), 5);
    assert_eq!(quiz.len(), 20);
    step(&mut quiz, &bank, true, 0);
    step(&mut quiz, &bank, false, 0);
    step(&mut quiz, &bank, false, 0);
    let last = step(&mut quiz, &bank, false, 0);
    assert_eq!(last.outcome, Outcome::Failed { right: 1, short: 17 });
    assert_eq!(quiz.feedback(&bank, 5), Err(QuizRefusal::Ended));
    let next = quiz.retake(&bank, &ask(&["1039"]), &national(), b"again", at(0)).unwrap();
    assert_eq!((next.len(), next.carried()), (20, 0), "the national exam is taken again as a whole");
}

#[test]
fn eighteen_of_twenty_pass_with_two_wrong() {
    let bank = small();
    let mut quiz = drawn(&bank, &national(), 6);
    for index in 0..20 {
        step(&mut quiz, &bank, index != 3 && index != 19, 0);
    }
    assert_eq!(quiz.outcome(), Outcome::Passed { right: 18 });
}

#[test]
fn the_next_question_comes_with_the_feedback_unless_it_has_a_time_of_its_own() {
    let bank = small();
    for limit in [None, Some(60)] {
        let settings = StudySettings { per_question_s: limit, ..national() };
        let mut quiz = drawn(&bank, &settings, 7);
        step(&mut quiz, &bank, true, 0);
        let ahead = quiz.serve_ahead(&bank, at(2_000));
        let (shown, first) = quiz.serve(&bank, at(3_000)).expect("it is open");
        match limit {
            None => assert_eq!((ahead, first), (Some(shown), false), "the very same, and it was shown then"),
            Some(_) => assert_eq!((ahead, first), (None, true), "its time begins when it is asked for"),
        }
    }
}

#[test]
fn time_over_is_a_blank_answer_and_a_late_one_never_counts() {
    let bank = small();
    let mut quiz = drawn(&bank, &national(), 7);
    let (view, _) = quiz.serve(&bank, at(0)).unwrap();
    assert_eq!(view.answer_by, Some(at(60_000)));
    assert!(!quiz.tick(at(63_000)), "three seconds belong to the wire");
    let late = quiz.answer(&bank, 0, &view.id, &right(&bank, &view), at(63_001)).unwrap();
    assert!(late.late && !late.correct);
    quiz.serve(&bank, at(70_000)).unwrap();
    assert!(quiz.tick(at(140_000)) && !quiz.tick(at(140_000)), "once");
    assert_eq!(quiz.outcome(), Outcome::Open { next: 2 });
    assert!(!quiz.tick(at(999_000)), "a question that was not shown does not run");
    assert_eq!(quiz.feedback(&bank, 1).unwrap().chosen, [0_u8; 0]);
}

#[test]
fn a_retake_asks_only_what_was_missed_with_new_questions() {
    let bank = small();
    let mut quiz = Quiz::draw(&bank, &ask(&["1039", "1625"]), &legacy(), b"x", at(0)).unwrap();
    assert_eq!(quiz.retake(&bank, &ask(&["1039"]), &legacy(), b"y", at(0)), Err(QuizRefusal::NotFailed));
    let mut asked = BTreeSet::new();
    let mut missed = TopicId("none".into());
    for index in 0..3 {
        let (view, _) = quiz.serve(&bank, at(0)).unwrap();
        asked.insert(view.id.clone());
        if index == 1 {
            missed = view.topic.clone();
        }
        step(&mut quiz, &bank, index != 1, 0);
    }
    assert_eq!(quiz.outcome(), Outcome::Failed { right: 2, short: 1 });
    assert_eq!(quiz.missed_topics(), std::slice::from_ref(&missed));
    let mut again = quiz.retake(&bank, &ask(&["1039", "1625"]), &legacy(), b"y", at(0)).unwrap();
    let (view, _) = again.serve(&bank, at(0)).unwrap();
    assert_eq!((view.of, &view.topic, again.carried()), (1, &missed, 2));
    assert!(!asked.contains(&view.id), "a new question");
    step(&mut again, &bank, true, 0);
    assert_eq!(again.outcome(), Outcome::Passed { right: 3 });
}

#[test]
fn retakes_never_run_dry_though_the_topic_is_small() {
    let bank = small();
    let mut quiz = drawn(&bank, &legacy(), 8);
    for round in 0..12 {
        let count = quiz.len();
        for _ in 0..count {
            step(&mut quiz, &bank, false, 0);
        }
        assert_eq!(quiz.outcome(), Outcome::Failed { right: 0, short: 3 }, "round {round}");
        quiz = quiz.retake(&bank, &ask(&["1039"]), &legacy(), &[round], at(0)).unwrap();
        assert_eq!(quiz.len(), 3);
    }
}

#[test]
fn a_bank_that_is_too_small_is_a_refusal() {
    let bank = small();
    let huge = StudySettings { questions: 31, ..legacy() };
    let refused = Quiz::draw(&bank, &ask(&["1039"]), &huge, b"s", at(0));
    assert_eq!(refused, Err(QuizRefusal::TooFewQuestions { found: 30, wanted: 31 }));
}

#[test]
fn a_question_taken_out_of_the_bank_is_named() {
    let bank = small();
    let mut quiz = drawn(&bank, &legacy(), 9);
    let (view, _) = quiz.serve(&bank, at(0)).unwrap();
    let mut stored = serde_json::to_value(&quiz).unwrap();
    stored["items"][0]["version"] = 2.into();
    let mut quiz: Quiz = serde_json::from_value(stored).unwrap();
    let gone = QuizRefusal::Withdrawn { id: view.id.clone(), version: 2 };
    assert_eq!(quiz.serve(&bank, at(0)).unwrap_err(), gone);
    assert_eq!(quiz.answer(&bank, 0, &view.id, &[0], at(0)), Err(gone));
}

#[test]
fn a_code_with_a_local_digit_finds_its_topic_and_an_unknown_one_gets_general_questions() {
    let bank = small();
    assert_eq!(bank.topics_of_code("10393", today()), [TopicId("parking".into())]);
    assert_eq!(bank.topics_of_code("9999", today()), []);
    let mut quiz = Quiz::draw(&bank, &ask(&["9999"]), &legacy(), b"s", at(0)).unwrap();
    assert_eq!(quiz.serve(&bank, at(0)).unwrap().0.topic.0, "points");
    let cards: Vec<&str> =
        bank.study_cards(&ask(&["9999"]), 3).iter().map(|card| card.id.0.as_str()).collect();
    assert_eq!(cards, ["points-1"]);
    let cards: Vec<&str> =
        bank.study_cards(&ask(&["16250", "1039"]), 1).iter().map(|card| card.id.0.as_str()).collect();
    assert_eq!(cards, ["signal-1", "parking-1"], "every topic gets its card");
}

#[test]
fn tries_end_with_the_day_and_pause_in_between() {
    let settings = legacy();
    let mut tries = Tries::default();
    assert_eq!(tries.may_begin(&settings, at(0)), Ok(3));
    tries.failed(at(0));
    tries.failed(at(0));
    assert_eq!(tries.left_today(&settings, at(0)), 2, "the same failure counts once");
    assert_eq!(tries.may_begin(&settings, at(59_999)), Err(TryRefusal::CoolingDown { until: at(60_000) }));
    assert_eq!(tries.may_begin(&settings, at(60_000)), Ok(2));
    tries.failed(at(70_000));
    tries.failed(at(200_000));
    let midnight: jiff::Timestamp = "2020-04-06T00:00:00+08:00".parse().unwrap();
    assert_eq!(tries.may_begin(&settings, at(900_000)), Err(TryRefusal::DayUsed { until: midnight }));
    assert_eq!(tries.may_begin(&settings, midnight), Ok(3));
    let mut late = Tries::default();
    for minutes in [0, 2, 4] {
        late.failed(
            "2020-04-05T23:55:00+08:00".parse::<jiff::Timestamp>().unwrap()
                + jiff::SignedDuration::from_mins(minutes),
        );
    }
    let last = "2020-04-05T23:59:30+08:00".parse().unwrap();
    let opens: jiff::Timestamp = "2020-04-06T00:00:00+08:00".parse().unwrap();
    assert_eq!(late.may_begin(&settings, last).unwrap_err().until(), opens);
    assert_eq!(
        late.may_begin(&StudySettings { cooldown_s: 120, ..settings }, last).unwrap_err().until(),
        opens + jiff::SignedDuration::from_mins(1)
    );
}

proptest! {
    /// Any paper: as many questions as asked, no two alike, few right-or-wrong ones, the same seed the same paper.
    #[test]
    fn papers_are_well_made(seed in any::<[u8; 16]>(), count in 1..20_u8) {
        let bank = small();
        let settings = StudySettings { questions: count, pass: count, ..legacy() };
        let draw = || Quiz::draw(&bank, &ask(&["1039"]), &settings, &seed, at(0)).unwrap();
        let mut quiz = draw();
        prop_assert_eq!(&quiz, &draw());
        let stored = serde_json::to_string(&quiz).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Quiz>(&stored).unwrap(), &quiz);
        let mut seen = BTreeSet::new();
        let mut even = 0;
        for _ in 0..count {
            let (view, _) = quiz.serve(&bank, at(0)).unwrap();
            even += usize::from(view.kind == Kind::TrueFalse);
            prop_assert!(seen.insert(view.id.clone()));
            let places: Vec<u8> = view.options.iter().map(|option| option.place).collect();
            prop_assert_eq!(places, (0..).take(view.options.len()).collect::<Vec<u8>>());
            step(&mut quiz, &bank, true, 0);
        }
        prop_assert!(even <= usize::from(count).div_ceil(3));
        prop_assert_eq!(quiz.outcome(), Outcome::Passed { right: count });
    }
}

#[test]
fn a_one_tap_paper_holds_no_question_with_several_right_options() {
    let bank = Bank::shipped();
    let settings = StudySettings { one_tap: true, ..legacy() };
    for seed in 0..200_u8 {
        for code in ["1208", "1344", "1039", "4305"] {
            let ask = StudyAsk { codes: &[code], class: Some("C1"), on: jiff::civil::date(2020, 4, 5) };
            let mut quiz =
                Quiz::draw(&bank, &ask, &settings, &[seed; 32], jiff::Timestamp::UNIX_EPOCH).unwrap();
            let (view, _) = quiz.serve(&bank, jiff::Timestamp::UNIX_EPOCH).unwrap();
            assert_ne!(view.kind, Kind::Multiple, "{code} {seed}");
        }
    }
}
