//! Seeded fact sets: a driver and violation with nothing in the way, of which some facts are otherwise or unknown.

use clearway_domain::Calendar;
use clearway_domain::facts::RawFacts;
use clearway_domain::rules::{Fact, Facts, Kind, Pack, Val, cases, derive};
use jiff::civil::Date;
use jiff::{Span, Timestamp};

/// Of a thousand facts so many are otherwise than they should be, and so many are not known.
const OTHERWISE: u64 = 80;
const UNKNOWN: u64 = 20;

/// What fact sets are made from.
pub struct Names {
    clean: Vec<(Fact, Val<'static>)>,
    today: Date,
}

impl Names {
    /// Around the pack's driver about whom everything is known and nothing stands in the way.
    pub fn of(pack: &Pack, at: Timestamp) -> Names {
        let case = "title = \"\"\nwhy = \"\"\narticle = \"\"\nat = \"\"\n[[expect]]\nquestion = \"first\"\noutcome = \"allowed\"\n";
        let case = cases::parse(case).expect("a case");
        // It lives as long as the program: the sets borrow its texts.
        let raw: &'static RawFacts =
            Box::leak(Box::new(cases::facts(&case, pack.id()).expect("clean facts are read by a test")));
        let today = clearway_domain::civil_date(at);
        let facts = derive(raw, pack.params(today), at, &Calendar::builtin());
        let clean = Fact::ALL.iter().map(|fact| (*fact, facts.get(*fact))).collect();
        Names { clean, today }
    }

    /// `count` fact sets; the same seed gives the same sets.
    pub fn sets(&self, count: u64, seed: u64) -> Vec<Facts<'static>> {
        let mut dice = Dice(seed);
        (0..count).map(|_| self.one(&mut dice)).collect()
    }

    fn one(&self, dice: &mut Dice) -> Facts<'static> {
        let mut facts = Facts::unknown();
        for (fact, clean) in &self.clean {
            let roll = dice.below(1000);
            let value = if roll < UNKNOWN {
                hole(*fact, dice)
            } else if roll < UNKNOWN + OTHERWISE {
                self.any(*fact, dice)
            } else {
                *clean
            };
            facts.set(*fact, value);
        }
        facts
    }

    /// Some value of the fact's kind.
    fn any(&self, fact: Fact, dice: &mut Dice) -> Val<'static> {
        match fact.kind() {
            Kind::Flag => Val::Flag(dice.below(2) == 0),
            Kind::Fen => Val::Int(dice.of(&[0, 5_000, 10_000, 20_000, 20_001, 50_000, 200_000])),
            Kind::Points => Val::Int(dice.of(&[0, 1, 3, 4, 5, 6, 9, 12])),
            Kind::Percent => Val::Int(dice.of(&[0, 5, 9, 10, 19, 20, 50])),
            Kind::Seconds => Val::Int(dice.of(&[0, 29, 30, 31, 600])),
            Kind::Day => {
                let days = i64::try_from(dice.below(1_000)).unwrap_or(0) - 500;
                Val::Day(self.today.saturating_add(Span::new().days(days)))
            }
            Kind::Text => Val::Text(text(fact, dice)),
            _ => Val::Int(dice.of(&[0, 1, 2, 3, 4, 5])),
        }
    }
}

/// Nothing is known, or of an amount only its least.
fn hole(fact: Fact, dice: &mut Dice) -> Val<'static> {
    if fact.kind().is_amount() && dice.below(2) == 0 {
        Val::AtLeast(dice.of(&[0, 1, 2, 3]))
    } else {
        Val::Unknown
    }
}

fn text(fact: Fact, dice: &mut Dice) -> &'static str {
    const CODES: [&str; 12] =
        ["1039", "10393", "1352", "13522", "1130", "1126", "1625", "1603", "1712", "5701", "6050", "1345"];
    let words: &[&'static str] = match fact {
        Fact::Code => &CODES,
        Fact::RecordedCity | Fact::VehicleCity | Fact::IssueCity => &["420100", "420600", "330100"],
        Fact::RecordedProvince | Fact::VehicleProvince | Fact::IssueProvince => &["420000", "330000"],
        _ => &["A", "B", "H"],
    };
    words[usize::try_from(dice.below(words.len() as u64)).unwrap_or(0)]
}

/// A small generator of its own (splitmix64), so that a seed means the same everywhere.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn of(&mut self, values: &[i64]) -> i64 {
        values[usize::try_from(self.below(values.len() as u64)).unwrap_or(0)]
    }
}
