use super::{super::*, legacy, national, small};

#[test]
fn the_promise_of_the_screens_is_computed() {
    assert_eq!(estimate_seconds(&legacy(), false), 107);
    assert_eq!(estimate_seconds(&legacy(), true), 120);
    assert_eq!(estimate_minutes(&legacy(), true), 2);
    assert_eq!(estimate_seconds(&national(), false), 1800 + 280 + 35);
    assert_eq!(estimate_minutes(&national(), false), 36);
}

#[test]
fn advertised_minutes_may_not_be_shorter_than_the_computed_time() {
    assert!(advertised_ok(2, &legacy(), true));
    let longer = StudySettings { study_s: 31, ..legacy() };
    assert!(!advertised_ok(2, &longer, true), "one second over two minutes");
    assert!(advertised_ok(3, &longer, true));
    assert!(!advertised_ok(0, &legacy(), false));
}

#[test]
fn guessing_is_counted_exactly() {
    let bank = small();
    let of = |id: &str| bank.question(&QuestionId(id.into()), 1).unwrap();
    let (even, single, multiple) = (of("parking-q0"), of("parking-q1"), of("parking-q2"));
    assert_eq!((even.guesses(), single.guesses(), multiple.guesses()), (2, 4, 11));
    assert_eq!(guess_pass_ppm(&[single; 3], 3), 15_625);
    assert_eq!(guess_pass_ppm(&[even, even], 1), 750_000);
    assert_eq!(guess_pass_ppm(&[single], 0), 1_000_000);
    assert!(guess_pass_ppm(&[multiple; 3], 3) < 1_000);
}

#[test]
fn settings_that_contradict_themselves_are_named() {
    assert_eq!(legacy().problems(), []);
    assert_eq!(national().problems(), []);
    let fields = |settings: StudySettings| -> Vec<String> {
        settings.problems().into_iter().map(|problem| problem.field).collect()
    };
    assert_eq!(fields(StudySettings { pass: 4, ..legacy() }), ["pass"]);
    assert_eq!(fields(StudySettings { pass: 0, ..legacy() }), ["pass"]);
    assert_eq!(fields(StudySettings { wrong_limit: Some(2), ..national() }), ["wrong_limit"]);
    assert_eq!(fields(StudySettings { wrong_limit: Some(0), ..national() }), ["wrong_limit"]);
    assert_eq!(fields(StudySettings { per_question_s: Some(5), ..national() }), ["per_question_s"]);
    assert_eq!(fields(StudySettings { tries_per_day: 0, ..legacy() }), ["tries_per_day"]);
    assert_eq!(fields(StudySettings { study_valid_s: 29, ..legacy() }), ["study_valid_s"]);
    assert!(
        toml::from_str::<StudySettings>("study_s = 1\nquestion = 3").is_err(),
        "unknown keys are refused"
    );
}
