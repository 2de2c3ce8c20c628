//! Choosing cards and questions: the violation's own first, never two of the same, guessing kept hard.

use std::collections::BTreeSet;

use super::{
    bank::{Bank, Card, Kind, Question, QuestionId, StudyAsk, TopicId, names},
    seed::SeedStream,
};

/// Cards for a study, see [`Bank::study_cards`].
pub(super) fn cards<'a>(bank: &'a Bank, ask: &StudyAsk<'_>, count: usize) -> Vec<&'a Card> {
    let topics = bank.topics_of(ask);
    let mut own: Vec<Vec<&Card>> =
        topics.iter().map(|topic| bank.cards_of(std::slice::from_ref(topic), ask.on)).collect();
    for cards in &mut own {
        let of_another = |card: &Card| !card.codes.is_empty();
        let named = |card: &Card| ask.codes.iter().any(|code| names(&card.codes, code));
        cards.sort_by_key(|card| (!named(card), of_another(card)));
    }
    let mut chosen = deal(&own, count.max(topics.len()));
    let general = bank.topics.iter().filter(|topic| topic.general && !topics.contains(&topic.id));
    let rest: Vec<Vec<&Card>> =
        general.map(|topic| bank.cards_of(std::slice::from_ref(&topic.id), ask.on)).collect();
    let missing = count.saturating_sub(chosen.len());
    chosen.extend(deal(&rest, missing));
    chosen
}

/// One from each hand in turn, until there are `count`.
fn deal<'a>(hands: &[Vec<&'a Card>], count: usize) -> Vec<&'a Card> {
    let rounds = hands.iter().map(Vec::len).max().unwrap_or(0);
    let dealt = (0..rounds).flat_map(|round| hands.iter().filter_map(move |hand| hand.get(round).copied()));
    dealt.take(count).collect()
}

/// What a paper is drawn from.
pub(super) struct Draw<'a> {
    pub(super) bank: &'a Bank,
    pub(super) ask: StudyAsk<'a>,
    /// Questions that must not come again.
    pub(super) asked: &'a BTreeSet<QuestionId>,
    /// Leave out questions with several right options.
    pub(super) one_tap: bool,
    pub(super) chance: SeedStream,
}

impl<'a> Draw<'a> {
    /// A fresh paper of `count` questions: those naming the offence code, then the rest of its topics, then general
    /// ones in turn. Fewer come back only if the whole bank holds fewer.
    pub(super) fn paper(&mut self, count: usize) -> Vec<&'a Question> {
        let own = self.bank.topics_of(&self.ask);
        let mut chosen: Vec<&Question> = Vec::new();
        let named = |one: &Question| self.ask.codes.iter().any(|code| names(&one.codes, code));
        let of_own = self.pool(|one| own.contains(&one.topic));
        let (mut first, mut second): (Vec<_>, Vec<_>) = of_own.into_iter().partition(|one| named(one));
        self.shuffle_by_topic(&mut first);
        self.shuffle_by_topic(&mut second);
        take(&mut chosen, &first, count);
        take(&mut chosen, &second, count);
        let general: BTreeSet<&TopicId> =
            self.bank.topics.iter().filter(|topic| topic.general).map(|topic| &topic.id).collect();
        let mut rest = self.pool(|one| general.contains(&one.topic) && !own.contains(&one.topic));
        self.shuffle_by_topic(&mut rest);
        take(&mut chosen, &rest, count);
        let mut any = self.pool(|one| !general.contains(&one.topic) && !own.contains(&one.topic));
        self.shuffle_by_topic(&mut any);
        take(&mut chosen, &any, count);
        top_up(&mut chosen, &[first, second, rest, any].concat(), count);
        chosen
    }

    /// One question for each of these topics, new ones while there are any.
    pub(super) fn for_topics(&mut self, topics: &[TopicId]) -> Vec<&'a Question> {
        let mut chosen: Vec<&Question> = Vec::new();
        for topic in topics {
            let unused =
                |one: &&Question, chosen: &[&Question]| !chosen.iter().any(|other| other.id == one.id);
            let mut fresh = self.pool(|one| one.topic == *topic);
            fresh.retain(|one| unused(one, &chosen));
            if fresh.is_empty() {
                fresh = self.everything(|one| one.topic == *topic);
                fresh.retain(|one| unused(one, &chosen));
            }
            self.chance.shuffle(&mut fresh);
            fresh.sort_by_key(|one| one.kind == Kind::TrueFalse);
            chosen.extend(fresh.first());
        }
        chosen
    }

    fn everything(&self, wanted: impl Fn(&Question) -> bool) -> Vec<&'a Question> {
        let taught =
            |one: &Question| self.bank.topic(&one.topic).is_some_and(|t| t.validity.holds(self.ask.on));
        let kind = |one: &Question| !self.one_tap || one.kind != Kind::Multiple;
        let fits = |one: &&Question| {
            kind(one) && one.asked_of(self.ask.class, self.ask.on) && taught(one) && wanted(one)
        };
        self.bank.questions.iter().filter(fits).collect()
    }

    fn pool(&self, wanted: impl Fn(&Question) -> bool) -> Vec<&'a Question> {
        self.everything(|one| !self.asked.contains(&one.id) && wanted(one))
    }

    /// Shuffles, then deals the topics in turn so that no topic fills the paper alone.
    fn shuffle_by_topic(&mut self, questions: &mut [&'a Question]) {
        self.chance.shuffle(questions);
        let mut seen: Vec<(&TopicId, usize)> = Vec::new();
        let mut turns = Vec::with_capacity(questions.len());
        for question in questions.iter() {
            let turn = match seen.iter_mut().find(|(topic, _)| **topic == question.topic) {
                Some((_, turn)) => {
                    *turn += 1;
                    *turn
                }
                None => {
                    seen.push((&question.topic, 0));
                    0
                }
            };
            turns.push((turn, *question));
        }
        turns.sort_by_key(|(turn, _)| *turn);
        for (place, (_, question)) in questions.iter_mut().zip(turns) {
            *place = question;
        }
    }
}

/// Takes from `from` until there are `count`; at most one third of a paper, rounded up, may be right-or-wrong.
fn take<'a>(chosen: &mut Vec<&'a Question>, from: &[&'a Question], count: usize) {
    for question in from {
        let even = chosen.iter().filter(|one| one.kind == Kind::TrueFalse).count();
        let too_easy = question.kind == Kind::TrueFalse && even >= count.div_ceil(3);
        if chosen.len() < count && !too_easy {
            chosen.push(question);
        }
    }
}

/// Fills what the share of right-or-wrong questions left open.
fn top_up<'a>(chosen: &mut Vec<&'a Question>, from: &[&'a Question], count: usize) {
    for question in from {
        if chosen.len() >= count {
            return;
        }
        if !chosen.iter().any(|one| one.id == question.id) {
            chosen.push(question);
        }
    }
}
