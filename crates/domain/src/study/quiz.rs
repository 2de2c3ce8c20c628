//! The quiz: one question at a time, the key on the server, every answer once.
//!
//! The stored state names question, version and option order, so that what a driver saw can be shown again years later.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    bank::{Bank, Kind, Question, QuestionId, StudyAsk, TopicId},
    draw::Draw,
    seed::SeedStream,
    settings::{Retake, StudySettings},
    view::{Feedback, OptionView, Outcome, QuestionView, QuizRefusal},
};

/// Time on the wire that is not the driver's: an answer may arrive so much after the limit of its question, seconds.
const WIRE_S: i64 = 3;

/// One place of a paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    id: QuestionId,
    version: u32,
    topic: TopicId,
    kind: Kind,
    /// `order[shown]` is the place in the bank's file.
    order: Vec<u8>,
    /// Right places as shown, rising.
    key: Vec<u8>,
    served_at: Option<Timestamp>,
    given: Option<Given>,
}

/// An answer as it was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    chosen: Vec<u8>,
    at: Timestamp,
    late: bool,
}

impl Item {
    fn is_right(&self) -> bool {
        self.given.as_ref().is_some_and(|given| !given.late && given.chosen == self.key)
    }

    fn is_wrong(&self) -> bool {
        self.given.is_some() && !self.is_right()
    }
}

/// A paper: what was drawn, what was answered. Stored as JSON; it holds the key and never goes to a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quiz {
    items: Vec<Item>,
    /// Right answers that pass, those carried over included.
    pass: u8,
    carried: u8,
    per_question_s: Option<u32>,
    wrong_limit: Option<u8>,
    retake: Retake,
    /// Everything asked in this paper and the papers before it.
    asked: BTreeSet<QuestionId>,
    drawn_at: Timestamp,
}

impl Quiz {
    /// Draws a paper.
    ///
    /// # Errors
    /// [`QuizRefusal::TooFewQuestions`] if the bank cannot fill it.
    pub fn draw(
        bank: &Bank,
        ask: &StudyAsk<'_>,
        settings: &StudySettings,
        seed: &[u8],
        now: Timestamp,
    ) -> Result<Self, QuizRefusal> {
        Self::fresh(bank, ask, settings, &BTreeSet::new(), seed, now)
    }

    fn fresh(
        bank: &Bank,
        ask: &StudyAsk<'_>,
        settings: &StudySettings,
        asked: &BTreeSet<QuestionId>,
        seed: &[u8],
        now: Timestamp,
    ) -> Result<Self, QuizRefusal> {
        let wanted = usize::from(settings.questions);
        let nothing = BTreeSet::new();
        let mut draw =
            Draw { bank, ask: *ask, asked, one_tap: settings.one_tap, chance: SeedStream::new(seed) };
        let mut paper = draw.paper(wanted);
        if paper.len() < wanted && !asked.is_empty() {
            // The bank is used up by earlier tries: old questions come again rather than none.
            draw.asked = &nothing;
            paper = draw.paper(wanted);
        }
        enough(paper.len(), wanted)?;
        let items: Vec<Item> = paper.into_iter().map(|one| item(one, &mut draw.chance)).collect();
        Ok(Self {
            asked: asked.iter().cloned().chain(items.iter().map(|item| item.id.clone())).collect(),
            items,
            pass: settings.pass,
            carried: 0,
            per_question_s: settings.per_question_s,
            wrong_limit: settings.wrong_limit,
            retake: settings.retake,
            drawn_at: now,
        })
    }

    /// The paper after a failed one. With [`Retake::MissedTopics`] it asks one new question for each one missed, of
    /// the same topic, and keeps the right answers; with [`Retake::Whole`] it is a whole new paper. Tries per day and
    /// pauses are [`Tries`](super::Tries)' matter.
    ///
    /// # Errors
    /// [`QuizRefusal::NotFailed`] or [`QuizRefusal::TooFewQuestions`].
    pub fn retake(
        &self,
        bank: &Bank,
        ask: &StudyAsk<'_>,
        settings: &StudySettings,
        seed: &[u8],
        now: Timestamp,
    ) -> Result<Self, QuizRefusal> {
        let Outcome::Failed { right, .. } = self.outcome() else { return Err(QuizRefusal::NotFailed) };
        if self.retake == Retake::Whole {
            return Self::fresh(bank, ask, settings, &self.asked, seed, now);
        }
        let missed = self.missed_items();
        let mut draw = Draw {
            bank,
            ask: *ask,
            asked: &self.asked,
            one_tap: settings.one_tap,
            chance: SeedStream::new(seed),
        };
        let paper = draw.for_topics(&missed);
        enough(paper.len(), missed.len())?;
        let items: Vec<Item> = paper.into_iter().map(|one| item(one, &mut draw.chance)).collect();
        Ok(Self {
            asked: self.asked.iter().cloned().chain(items.iter().map(|item| item.id.clone())).collect(),
            items,
            carried: right,
            drawn_at: now,
            ..self.clone()
        })
    }

    fn missed_items(&self) -> Vec<TopicId> {
        self.items.iter().filter(|item| !item.is_right()).map(|item| item.topic.clone()).collect()
    }

    /// Topics with a wrong or missing answer, each once: their cards are read again before a retake.
    #[must_use]
    pub fn missed_topics(&self) -> Vec<TopicId> {
        let mut topics = self.missed_items();
        let mut seen = BTreeSet::new();
        topics.retain(|topic| seen.insert(topic.clone()));
        topics
    }

    /// Questions of this paper.
    #[must_use]
    pub fn len(&self) -> u8 {
        u8::try_from(self.items.len()).unwrap_or(u8::MAX)
    }

    /// Whether the paper is empty; a drawn one never is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Right answers that pass.
    #[must_use]
    pub fn pass(&self) -> u8 {
        self.pass
    }

    /// Right answers kept from an earlier paper.
    #[must_use]
    pub fn carried(&self) -> u8 {
        self.carried
    }

    /// When the paper was drawn.
    #[must_use]
    pub fn drawn_at(&self) -> Timestamp {
        self.drawn_at
    }

    /// When the last answer was given.
    #[must_use]
    pub fn answered_at(&self) -> Option<Timestamp> {
        self.items.iter().filter_map(|item| item.given.as_ref().map(|given| given.at)).max()
    }

    fn next(&self) -> usize {
        self.items.iter().position(|item| item.given.is_none()).unwrap_or(self.items.len())
    }

    fn right(&self) -> u8 {
        let here = self.items.iter().filter(|item| item.is_right()).count();
        self.carried.saturating_add(u8::try_from(here).unwrap_or(u8::MAX))
    }

    /// How the paper stands.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        let (next, right) = (self.next(), self.right());
        let wrong = self.items.iter().filter(|item| item.is_wrong()).count();
        let stopped = self.wrong_limit.is_some_and(|limit| wrong >= usize::from(limit));
        if next < self.items.len() && !stopped {
            return Outcome::Open { next: u8::try_from(next).unwrap_or(u8::MAX) };
        }
        if right >= self.pass && !stopped {
            return Outcome::Passed { right };
        }
        Outcome::Failed { right, short: self.pass.saturating_sub(right).max(1) }
    }

    /// Marks the open question blank if its time is over. To be called, and stored, before a page is shown.
    /// Says whether anything changed.
    pub fn tick(&mut self, now: Timestamp) -> bool {
        let Outcome::Open { next } = self.outcome() else { return false };
        let limit = self.limit(usize::from(next));
        let item = &mut self.items[usize::from(next)];
        if limit.is_none_or(|limit| now <= limit) {
            return false;
        }
        item.given = Some(Given { chosen: Vec::new(), at: now, late: true });
        true
    }

    /// The last instant at which an answer to the question at this place is taken.
    fn limit(&self, index: usize) -> Option<Timestamp> {
        let served = self.items.get(index)?.served_at?;
        Some(served + SignedDuration::from_secs(i64::from(self.per_question_s?) + WIRE_S))
    }

    /// Shows the open question and, the first time, starts its clock. The caller stores the quiz when `served_at`
    /// was set for the first time (`true` in the answer).
    ///
    /// # Errors
    /// [`QuizRefusal::Ended`], [`QuizRefusal::Withdrawn`].
    pub fn serve(&mut self, bank: &Bank, now: Timestamp) -> Result<(QuestionView, bool), QuizRefusal> {
        let Outcome::Open { next } = self.outcome() else { return Err(QuizRefusal::Ended) };
        let of = self.len();
        let per_question_s = self.per_question_s;
        let item = &mut self.items[usize::from(next)];
        let question = in_bank(bank, item)?;
        let first = item.served_at.is_none();
        let served = *item.served_at.get_or_insert(now);
        let view = QuestionView {
            index: next,
            of,
            id: item.id.clone(),
            version: item.version,
            topic: item.topic.clone(),
            kind: item.kind,
            stem: question.stem.clone(),
            options: shown(item, question),
            answer_by: per_question_s.map(|limit| served + SignedDuration::from_secs(i64::from(limit))),
        };
        Ok((view, first))
    }

    /// Shows the open question beside the feedback of the one before, so that going on needs no request. `None` where questions
    /// have a time of their own, because reading why the last answer was right must not cost any of it; where the paper has
    /// ended; and where the question was withdrawn. The caller stores the quiz.
    pub fn serve_ahead(&mut self, bank: &Bank, now: Timestamp) -> Option<QuestionView> {
        if self.per_question_s.is_some() {
            return None;
        }
        self.serve(bank, now).ok().map(|(view, _)| view)
    }

    /// Takes the answer to the open question: places as shown, in any order.
    ///
    /// # Errors
    /// Any [`QuizRefusal`] but those of drawing; the state is then unchanged.
    pub fn answer(
        &mut self,
        bank: &Bank,
        index: u8,
        id: &QuestionId,
        chosen: &[u8],
        now: Timestamp,
    ) -> Result<Feedback, QuizRefusal> {
        let place = usize::from(index);
        let Some(item) = self.items.get(place).filter(|item| item.id == *id) else {
            return Err(QuizRefusal::NotAsked { index, id: id.clone() });
        };
        if item.given.is_some() {
            return Err(QuizRefusal::AlreadyAnswered { index });
        }
        let Outcome::Open { next } = self.outcome() else { return Err(QuizRefusal::Ended) };
        if next != index {
            return Err(QuizRefusal::OutOfOrder { next });
        }
        if item.served_at.is_none() {
            return Err(QuizRefusal::NotShown { index });
        }
        in_bank(bank, item)?;
        let late = self.limit(place).is_some_and(|limit| now > limit);
        let chosen = choice(item, chosen)?;
        self.items[place].given = Some(Given { chosen, at: now, late });
        self.feedback(bank, index)
    }

    /// The feedback of an answered question again: after a double tap, a Back, a closed page.
    ///
    /// # Errors
    /// [`QuizRefusal::OutOfOrder`] if it is not answered yet, [`QuizRefusal::Ended`] if it never will be,
    /// [`QuizRefusal::Withdrawn`].
    pub fn feedback(&self, bank: &Bank, index: u8) -> Result<Feedback, QuizRefusal> {
        let item = self.items.get(usize::from(index));
        let Some((item, given)) = item.and_then(|item| Some((item, item.given.as_ref()?))) else {
            return Err(match self.outcome() {
                Outcome::Open { next } => QuizRefusal::OutOfOrder { next },
                Outcome::Passed { .. } | Outcome::Failed { .. } => QuizRefusal::Ended,
            });
        };
        let question = in_bank(bank, item)?;
        let options = shown(item, question);
        let right_texts = options.into_iter().filter(|option| item.key.contains(&option.place));
        Ok(Feedback {
            index,
            id: item.id.clone(),
            correct: item.is_right(),
            late: given.late,
            chosen: given.chosen.clone(),
            right: item.key.clone(),
            right_texts: right_texts.map(|option| option.text).collect(),
            explanation: question.explanation.clone(),
            articles: question.articles.clone(),
            outcome: self.outcome(),
        })
    }
}

fn enough(found: usize, wanted: usize) -> Result<(), QuizRefusal> {
    if found >= wanted && wanted > 0 {
        return Ok(());
    }
    let narrow = |count: usize| u8::try_from(count).unwrap_or(u8::MAX);
    Err(QuizRefusal::TooFewQuestions { found: narrow(found), wanted: narrow(wanted) })
}

/// Right and wrong keep their order; other options are shuffled.
fn item(question: &Question, chance: &mut SeedStream) -> Item {
    let count = u8::try_from(question.options.len()).unwrap_or(u8::MAX);
    let mut order: Vec<u8> = (0..count).collect();
    if question.kind != Kind::TrueFalse {
        chance.shuffle(&mut order);
    }
    let key = (0..count).filter(|shown| question.answer.contains(&order[usize::from(*shown)])).collect();
    Item {
        id: question.id.clone(),
        version: question.version,
        topic: question.topic.clone(),
        kind: question.kind,
        order,
        key,
        served_at: None,
        given: None,
    }
}

fn in_bank<'a>(bank: &'a Bank, item: &Item) -> Result<&'a Question, QuizRefusal> {
    bank.question(&item.id, item.version)
        .filter(|question| question.options.len() == item.order.len())
        .ok_or_else(|| QuizRefusal::Withdrawn { id: item.id.clone(), version: item.version })
}

fn shown(item: &Item, question: &Question) -> Vec<OptionView> {
    let view = |(place, source): (u8, &u8)| {
        let text = question.options.get(usize::from(*source))?.clone();
        Some(OptionView { place, text })
    };
    (0..).zip(&item.order).filter_map(view).collect()
}

fn choice(item: &Item, chosen: &[u8]) -> Result<Vec<u8>, QuizRefusal> {
    let distinct: BTreeSet<u8> = chosen.iter().copied().collect();
    let exists = distinct.iter().all(|place| usize::from(*place) < item.order.len());
    let fits = match item.kind {
        Kind::TrueFalse | Kind::Single => distinct.len() == 1,
        Kind::Multiple => !distinct.is_empty(),
    };
    if !exists || !fits || distinct.len() != chosen.len() {
        return Err(QuizRefusal::BadChoice);
    }
    Ok(distinct.into_iter().collect())
}
