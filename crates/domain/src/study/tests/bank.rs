use super::{super::*, cards_toml, questions_toml, small};

fn problems(cards: &str, questions: &str) -> Vec<Problem> {
    Bank::parse(cards, questions, |code| ["1039", "1625"].contains(&code)).map(|_| ()).unwrap_err()
}

/// What is found when one piece of the question file is written differently.
fn with(from: &str, to: &str) -> Vec<Problem> {
    let text = questions_toml();
    assert!(text.contains(from), "the test no longer fits its file");
    problems(&cards_toml(), &text.replacen(from, to, 1))
}

#[test]
fn the_small_bank_is_fine() {
    let bank = small();
    assert_eq!((bank.topics().len(), bank.cards().len(), bank.questions().len()), (3, 3, 30));
}

#[test]
fn each_slip_is_named_with_its_line_and_a_fix() {
    let cases = [
        ("id = \"parking-q1\"", "id = \"parking-q0\"", "id"),
        ("id = \"parking-q1\"", "id = \"Parking Q1\"", "id"),
        ("answer = \"B\"", "answer = \"E\"", "answer"),
        ("answer = \"B\"", "answer = \"AB\"", "answer"),
        ("answer = \"B\"", "answer = \"\"", "answer"),
        ("answer = \"ACD\"", "answer = \"A\"", "answer"),
        ("answer = \"ACD\"", "answer = \"CA\"", "answer"),
        ("answer = \"对\"", "answer = \"true\"", "answer"),
        ("answer = \"对\"", "answer = \"对\"\noptions = [\"对\"]", "options"),
        ("[\"甲\", \"乙\", \"丙\", \"丁\"]", "[\"甲\", \"乙\", \"丙\"]", "options_en"),
        ("[\"甲\", \"乙\", \"丙\", \"丁\"]", "[\"甲\", \"乙\", \"乙\", \"丁\"]", "options"),
        ("stem = \"parking第1问\"", "stem = \"parking第0问?\"", "stem"),
        ("stem = \"parking第1问\"", "stem = \"\"", "stem"),
        ("stem_en = \"Question\"", "stem_en = \" \"", "stem_en"),
        ("explanation = \"因为\"", "explanation = \"\"", "explanation"),
        ("articles = [\"RTSL-90\"]", "articles = []", "articles"),
        ("articles = [\"RTSL-90\"]", "articles = [\"RTSL-999\"]", "articles"),
        ("articles = [\"RTSL-90\"]", "articles = [\"XYZ-1\"]", "articles"),
        ("articles = [\"RTSL-90\"]", "articles = [\"ORD163-12(4)\"]", "from"),
        ("articles = [\"RTSL-90\"]", "articles = [\"PTS123-3\"]", "until"),
        ("topic = \"parking\"", "topic = \"nothing\"", "topic"),
        ("answer = \"B\"", "answer = \"B\"\ncodes = [\"4711\"]", "codes"),
        ("answer = \"B\"", "answer = \"B\"\nclasses = [\"Z9\"]", "classes"),
        ("answer = \"B\"", "answer = \"B\"\nfrom = \"2020-13-01\"", "from"),
        ("answer = \"B\"", "answer = \"B\"\nfrom = \"2021-01-01\"\nuntil = \"2020-01-01\"", "until"),
        ("answer = \"B\"", "answer = \"B\"\nversion = 0", "version"),
        ("answer = \"B\"", "answer = \"B\"\nhint = \"x\"", "toml"),
        ("kind = \"single\"", "kind = \"essay\"", "toml"),
    ];
    for (from, to, field) in cases {
        let found = with(from, to);
        let named =
            found.iter().any(|problem| problem.field == field && problem.line > 0 && !problem.fix.is_empty());
        assert!(named, "{from} -> {to}: {found:#?}");
    }
}

#[test]
fn the_line_is_that_of_the_entry() {
    let text = questions_toml().replacen("answer = \"B\"", "answer = \"E\"", 1);
    let line = text.lines().position(|line| line == "id = \"parking-q1\"").unwrap();
    let found = problems(&cards_toml(), &text);
    assert_eq!((found[0].file.as_str(), found[0].line), ("questions.toml", line));
    let unknown = questions_toml().replacen("answer = \"B\"", "answer = \"B\"\nhint = 1", 1);
    let line = unknown.lines().position(|line| line == "hint = 1").unwrap() + 1;
    assert_eq!(problems(&cards_toml(), &unknown)[0].line, line);
}

#[test]
fn all_problems_are_told_not_only_the_first() {
    let text = questions_toml().replace("articles = [\"RTSL-90\"]", "articles = []");
    assert_eq!(problems(&cards_toml(), &text).len(), 30);
}

#[test]
fn every_topic_has_a_card_and_enough_questions_on_every_day() {
    let late = questions_toml()
        .replace("topic = \"signal\"\nkind", "topic = \"signal\"\nfrom = \"2022-04-01\"\nkind");
    let found = problems(&cards_toml(), &late);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].message.contains("\"signal\" has 0 questions on 2000-01-01"), "{}", found[0]);
    let both = cards_toml().replace("id = \"signal\"\n", "id = \"signal\"\nfrom = \"2022-04-01\"\n");
    assert!(Bank::parse(&both, &late, |_| true).is_ok(), "a topic taught from the same day on");
    let no_card = cards_toml()
        .replace("topic = \"signal\"\ntitle", "topic = \"signal\"\nuntil = \"2022-03-31\"\ntitle");
    let found = problems(&no_card, &questions_toml());
    assert!(found[0].message.contains("no card on 2022-04-01"), "{}", found[0]);
}

#[test]
fn a_new_version_follows_the_old_one() {
    let entry = |version: u32, term: &str| {
        format!(
            "[[question]]\nid = \"points-new\"\nversion = {version}\ntopic = \"points\"\nkind = \"true_false\"\n{term}\n\
             stem = \"同一个题干\"\nstem_en = \"Stem\"\nanswer = \"对\"\nexplanation = \"因\"\nexplanation_en = \"b\"\n\
             articles = [\"RTSL-90\"]\n"
        )
    };
    let old = entry(1, "until = \"2022-03-31\"");
    let next = format!("{}{old}{}", questions_toml(), entry(2, "from = \"2022-04-01\""));
    let bank = Bank::parse(&cards_toml(), &next, |_| true).unwrap();
    let id = QuestionId("points-new".into());
    assert!(
        bank.question(&id, 1).is_some() && bank.question(&id, 2).is_some() && bank.question(&id, 3).is_none()
    );
    let clash = format!("{}{old}{}", questions_toml(), entry(2, ""));
    let fields: Vec<String> =
        problems(&cards_toml(), &clash).into_iter().map(|problem| problem.field).collect();
    assert_eq!(fields, ["stem", "version"]);
}

#[test]
fn articles_are_read_and_written_as_the_law_writes_them() {
    let zh = |text: &str| ArticleRef::parse(text).unwrap().zh();
    assert_eq!(zh("RTSL-91.1(2)"), "《道路交通安全法》第九十一条第一款第二项");
    assert_eq!(zh("RTSR-110"), "《道路交通安全法实施条例》第一百一十条");
    assert_eq!(zh("RTSR-105"), "《道路交通安全法实施条例》第一百零五条");
    assert_eq!(zh("ORD163-20"), "《道路交通安全违法行为记分管理办法》第二十条");
    assert_eq!(zh("ORD163-12(10)"), "《道路交通安全违法行为记分管理办法》第十二条第十项");
    assert_eq!(zh("CRIM-133+1"), "《刑法》第一百三十三条之一");
    assert_eq!(
        ArticleRef::parse("RTSL-91.1(2)").unwrap().en(),
        "Road Traffic Safety Law, art. 91, para. 1, item 2"
    );
    for text in ["RTSL-91.1(2)", "ORD163-8(7)", "CRIM-133+1", "RTSR-62"] {
        let article = ArticleRef::parse(text).unwrap();
        assert_eq!(article.to_string(), text);
        assert_eq!(
            serde_json::from_str::<ArticleRef>(&serde_json::to_string(&article).unwrap()).unwrap(),
            article
        );
    }
    for text in ["RTSL", "RTSL-", "RTSL-0", "RTSL-9.x", "RTSL-9(1", "RTSL-9()", "RTSL-125", "LAW-1"] {
        assert!(ArticleRef::parse(text).is_err(), "{text}");
    }
}
