//! Values of facts and parameters, and Kleene's three-valued logic over them.

use std::cmp::Ordering;

use jiff::civil::Date;

use crate::money::Fen;

/// True, false or unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Truth {
    /// Known to be so.
    True,
    /// Known not to be so.
    False,
    /// Not known.
    Unknown,
}

impl Truth {
    /// Of a flag that may be unknown.
    pub fn of(flag: Option<bool>) -> Truth {
        flag.map_or(Truth::Unknown, Truth::from)
    }

    /// Both: false as soon as one is false.
    pub fn and(self, other: Truth) -> Truth {
        match (self, other) {
            (Truth::False, _) | (_, Truth::False) => Truth::False,
            (Truth::True, Truth::True) => Truth::True,
            _ => Truth::Unknown,
        }
    }

    /// One of both: true as soon as one is true.
    pub fn or(self, other: Truth) -> Truth {
        match (self, other) {
            (Truth::True, _) | (_, Truth::True) => Truth::True,
            (Truth::False, Truth::False) => Truth::False,
            _ => Truth::Unknown,
        }
    }
}

impl std::ops::Not for Truth {
    type Output = Truth;

    fn not(self) -> Truth {
        match self {
            Truth::True => Truth::False,
            Truth::False => Truth::True,
            Truth::Unknown => Truth::Unknown,
        }
    }
}

impl From<bool> for Truth {
    fn from(flag: bool) -> Truth {
        if flag { Truth::True } else { Truth::False }
    }
}

/// The type of a fact or parameter. Two values are compared only when their kinds are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Yes or no.
    Flag,
    /// Money in fen.
    Fen,
    /// Points.
    Points,
    /// A number of things.
    Count,
    /// Percent, rounded towards zero.
    Percent,
    /// Seconds.
    Seconds,
    /// A day of the civil calendar of China.
    Day,
    /// A code or word.
    Text,
    /// Parameter only: a list of offence codes.
    Codes,
    /// Parameter only: a set of state letters.
    Letters,
    /// Parameter only: a list of words.
    Words,
    /// Parameter only: minutes after midnight, written as `06:00`.
    Clock,
}

impl Kind {
    /// Amounts that are never negative and may be added up.
    pub const fn is_amount(self) -> bool {
        matches!(self, Kind::Fen | Kind::Points | Kind::Count | Kind::Percent | Kind::Seconds)
    }

    /// The name used in problems and in the reference.
    pub const fn word(self) -> &'static str {
        match self {
            Kind::Flag => "true or false",
            Kind::Fen => "fen",
            Kind::Points => "points",
            Kind::Count => "count",
            Kind::Percent => "percent",
            Kind::Seconds => "seconds",
            Kind::Day => "date",
            Kind::Text => "text",
            Kind::Codes => "list of offence codes",
            Kind::Letters => "state letters",
            Kind::Words => "list of words",
            Kind::Clock => "time of day",
        }
    }
}

/// The value of a derived fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Val<'a> {
    /// Not known.
    Unknown,
    /// An amount of which only a part is known: at least this much (reading A29).
    AtLeast(i64),
    /// Yes or no.
    Flag(bool),
    /// An amount: fen, points, a count, percent or seconds.
    Int(i64),
    /// A day.
    Day(Date),
    /// A code or word.
    Text(&'a str),
}

impl<'a> Val<'a> {
    /// Of a flag that may be unknown.
    pub fn flag(flag: Option<bool>) -> Val<'a> {
        flag.map_or(Val::Unknown, Val::Flag)
    }

    /// Of an amount that may be unknown.
    pub fn int(number: Option<i64>) -> Val<'a> {
        number.map_or(Val::Unknown, Val::Int)
    }

    /// Of a day that may be unknown.
    pub fn day(day: Option<Date>) -> Val<'a> {
        day.map_or(Val::Unknown, Val::Day)
    }

    /// Of a text that may be unknown.
    pub fn text(text: Option<&'a str>) -> Val<'a> {
        text.map_or(Val::Unknown, Val::Text)
    }

    /// Of a truth.
    pub fn truth(truth: Truth) -> Val<'a> {
        match truth {
            Truth::True => Val::Flag(true),
            Truth::False => Val::Flag(false),
            Truth::Unknown => Val::Unknown,
        }
    }

    /// As a truth; anything that is not a flag is unknown.
    pub fn as_truth(self) -> Truth {
        match self {
            Val::Flag(flag) => Truth::from(flag),
            _ => Truth::Unknown,
        }
    }

    /// Known in full.
    pub fn is_known(self) -> bool {
        !matches!(self, Val::Unknown | Val::AtLeast(_))
    }

    /// The day, when it is a known one.
    pub fn as_day(self) -> Option<Date> {
        match self {
            Val::Day(day) => Some(day),
            _ => None,
        }
    }

    /// As shown to people: money in yuan, days in ISO form. `None` when it is not known.
    pub fn show(self, kind: Kind) -> Option<String> {
        match self {
            Val::Unknown | Val::AtLeast(_) => None,
            Val::Flag(flag) => Some(flag.to_string()),
            Val::Int(number) if kind == Kind::Fen => Some(Fen(number).yuan()),
            Val::Int(number) => Some(number.to_string()),
            Val::Day(day) => Some(day.to_string()),
            Val::Text(text) => Some(text.to_owned()),
        }
    }
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cmp {
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// Less.
    Lt,
    /// Less or equal.
    Le,
    /// Greater.
    Gt,
    /// Greater or equal.
    Ge,
}

impl Cmp {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Cmp::Eq => order.is_eq(),
            Cmp::Ne => order.is_ne(),
            Cmp::Lt => order.is_lt(),
            Cmp::Le => order.is_le(),
            Cmp::Gt => order.is_gt(),
            Cmp::Ge => order.is_ge(),
        }
    }

    fn mirrored(self) -> Cmp {
        match self {
            Cmp::Eq | Cmp::Ne => self,
            Cmp::Lt => Cmp::Gt,
            Cmp::Le => Cmp::Ge,
            Cmp::Gt => Cmp::Lt,
            Cmp::Ge => Cmp::Le,
        }
    }
}

/// Compares two values. A partly known amount decides only what its known part decides already.
pub fn compare(left: Val<'_>, cmp: Cmp, right: Val<'_>) -> Truth {
    match (left, right) {
        (Val::Int(a), Val::Int(b)) => cmp.holds(a.cmp(&b)).into(),
        (Val::Day(a), Val::Day(b)) => cmp.holds(a.cmp(&b)).into(),
        (Val::Text(a), Val::Text(b)) => cmp.holds(a.cmp(b)).into(),
        (Val::Flag(a), Val::Flag(b)) => cmp.holds(a.cmp(&b)).into(),
        (Val::AtLeast(least), Val::Int(limit)) => compare_least(least, cmp, limit),
        (Val::Int(limit), Val::AtLeast(least)) => compare_least(least, cmp.mirrored(), limit),
        _ => Truth::Unknown,
    }
}

fn compare_least(least: i64, cmp: Cmp, limit: i64) -> Truth {
    match cmp {
        Cmp::Eq if least > limit => Truth::False,
        Cmp::Ne if least > limit => Truth::True,
        Cmp::Le if least > limit => Truth::False,
        Cmp::Lt if least >= limit => Truth::False,
        Cmp::Gt if least > limit => Truth::True,
        Cmp::Ge if least >= limit => Truth::True,
        _ => Truth::Unknown,
    }
}

/// Adds amounts. An unknown one leaves a lower bound; too large a sum is unknown, never wrapped.
pub fn sum<'v>(values: impl IntoIterator<Item = Val<'v>>) -> Val<'v> {
    let mut total = 0i64;
    let mut whole = true;
    for value in values {
        let part = match value {
            Val::Int(number) => number,
            Val::AtLeast(least) => {
                whole = false;
                least
            }
            _ => {
                whole = false;
                0
            }
        };
        match total.checked_add(part) {
            Some(next) => total = next,
            None => return Val::Unknown,
        }
    }
    if whole { Val::Int(total) } else { Val::AtLeast(total) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Truth; 3] = [Truth::True, Truth::False, Truth::Unknown];

    #[test]
    fn kleene_tables() {
        assert_eq!(Truth::False.and(Truth::Unknown), Truth::False);
        assert_eq!(Truth::True.and(Truth::Unknown), Truth::Unknown);
        assert_eq!(Truth::True.or(Truth::Unknown), Truth::True);
        assert_eq!(Truth::False.or(Truth::Unknown), Truth::Unknown);
        for a in ALL {
            for b in ALL {
                assert_eq!(!(a.and(b)), (!a).or(!b), "De Morgan fails for {a:?} {b:?}");
                assert_eq!(a.and(b), b.and(a));
            }
        }
    }

    #[test]
    fn the_known_part_of_a_sum_decides_when_it_already_fails() {
        let total = sum([Val::Int(12), Val::Unknown]);
        assert_eq!(total, Val::AtLeast(12));
        assert_eq!(compare(total, Cmp::Le, Val::Int(11)), Truth::False);
        assert_eq!(compare(sum([Val::Int(3), Val::Unknown]), Cmp::Le, Val::Int(11)), Truth::Unknown);
        assert_eq!(compare(Val::Int(11), Cmp::Ge, total), Truth::False);
        assert_eq!(sum([Val::Int(i64::MAX), Val::Int(1)]), Val::Unknown);
    }

    #[test]
    fn values_of_different_kinds_are_never_compared() {
        assert_eq!(compare(Val::Int(1), Cmp::Eq, Val::Flag(true)), Truth::Unknown);
        assert_eq!(compare(Val::Unknown, Cmp::Ne, Val::Int(1)), Truth::Unknown);
    }
}
