//! Which scale applies, and the lighter of two (penalty law art. 37; domain.md §8 trap 5; reading A42).

use jiff::civil::{Date, date};

use super::{Offence, OffenceTable};
use crate::facts::RoadClass;
use crate::money::Fen;
use crate::points::Points;

/// First day of the scale of order 163.
pub const REFORM: Date = date(2022, 4, 1);

/// Points and typical fine by one scale; `None` = cannot be determined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scale {
    /// Points.
    pub points: Option<Points>,
    /// Typical fine, where the table has one amount.
    pub fine: Option<Fen>,
}

impl OffenceTable {
    /// By the scale before 2022-04-01.
    #[must_use]
    pub fn scale_before(&self, code: &str) -> Scale {
        let offence = self.lookup(code);
        Scale {
            points: offence.and_then(|offence| offence.points_before),
            fine: offence
                .filter(|offence| offence.points_before.is_some())
                .and_then(|offence| offence.fine.exact()),
        }
    }

    /// By the scale since 2022-04-01. A code that ended before is followed to its successors; where the road decides between
    /// them it must be known, unless all agree.
    #[must_use]
    pub fn scale_since(&self, code: &str, road: Option<RoadClass>) -> Scale {
        let offence = self.lookup(code);
        // Almost every code is of today: it is its own successor.
        if let Some(offence) = offence.filter(|offence| offence.points_since.is_some()) {
            return Scale { points: offence.points_since, fine: offence.fine.exact() };
        }
        let today: Vec<&Offence> = offence.map(|offence| self.successors(offence, road)).unwrap_or_default();
        Scale {
            points: agreed(today.iter().map(|offence| offence.points_since)),
            fine: agreed(today.iter().map(|offence| offence.fine.exact())),
        }
    }

    /// What an offence is decided by: the scale of its day, or, for one committed before the reform and decided after it, the
    /// lighter of both, points and fine each compared by itself (reading A42). The record keeps its old code.
    #[must_use]
    pub fn lighter(&self, code: &str, occurred: Date, decided: Date, road: Option<RoadClass>) -> Scale {
        if occurred >= REFORM {
            return self.scale_since(code, road);
        }
        let before = self.scale_before(code);
        if decided < REFORM {
            return before;
        }
        let since = self.scale_since(code, road);
        Scale { points: lesser(before.points, since.points), fine: lesser(before.fine, since.fine) }
    }

    /// The codes under which the behaviour is punished since the reform, those of another road left out.
    fn successors<'t>(&'t self, offence: &'t Offence, road: Option<RoadClass>) -> Vec<&'t Offence> {
        if offence.points_since.is_some() {
            return vec![offence];
        }
        let next = offence.replaced_by.iter().filter_map(|code| self.lookup(code));
        next.filter(|successor| successor.road.is_none() || road.is_none() || successor.road == road)
            .flat_map(|successor| self.successors(successor, road))
            .collect()
    }
}

/// The value on which all agree; none when one is unknown or two differ, or when there is nothing to ask.
fn agreed<T: PartialEq + Copy>(mut values: impl Iterator<Item = Option<T>>) -> Option<T> {
    let first = values.next()??;
    values.all(|value| value == Some(first)).then_some(first)
}

/// The lesser of two; with one unknown it is unknown, except that nothing is lighter than nothing.
#[must_use]
pub fn lesser<T: Ord + Copy + Default>(a: Option<T>, b: Option<T>) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (Some(known), None) | (None, Some(known)) => (known == T::default()).then_some(known),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: Date = date(2022, 3, 31);
    const NOW: Date = date(2026, 11, 23);

    /// domain.md §8 trap 5: an old record decided now takes the lighter points and keeps its code.
    #[test]
    fn trap_05_an_old_record_decided_now_takes_the_lighter_scale() {
        let table = OffenceTable::builtin();
        let points = |code: &str, occurred, decided| table.lighter(code, occurred, decided, None).points;
        for (code, then, now) in [
            ("1344", 3, 1),  // prohibition sign
            ("1345", 3, 1),  // prohibition marking
            ("1211", 2, 0),  // beyond the stop line on red
            ("1352", 3, 0),  // 10 to 20 percent over
            ("1301", 3, 3),  // wrong way, unchanged
            ("1223", 2, 2),  // hand-held phone: 3 today, so the old scale is lighter
            ("1340", 3, 1),  // inspection overdue
            ("1625", 6, 6),  // red light
            ("1901", 12, 9), // class mismatch
        ] {
            assert_eq!(points(code, BEFORE, BEFORE), Some(then), "{code} decided then");
            assert_eq!(points(code, BEFORE, NOW), Some(now), "{code} decided now");
            assert_eq!(
                points(code, BEFORE, BEFORE.tomorrow().expect("a day")),
                Some(now),
                "from the first day"
            );
        }
        assert_eq!(points("1223", REFORM, NOW), Some(3), "on the day of the reform the new scale alone");
        assert_eq!(table.lookup("1344").expect("kept").code, "1344");
    }

    /// Trap 5 with trap 18: three successors, and the road decides between them.
    #[test]
    fn trap_05_where_the_road_decides_it_must_be_known() {
        let table = OffenceTable::builtin();
        let now = |road| table.lighter("1636", BEFORE, NOW, road).points;
        assert_eq!(now(Some(RoadClass::Ordinary)), Some(3), "1369 today");
        assert_eq!(now(Some(RoadClass::UrbanExpressway)), Some(6));
        assert_eq!(now(Some(RoadClass::Expressway)), Some(6));
        assert_eq!(now(None), None, "3 or 6: cannot be determined");
        assert_eq!(table.lighter("1303", BEFORE, NOW, Some(RoadClass::Ordinary)).points, None, "0 or 3");
        assert_eq!(table.lighter("9999", BEFORE, NOW, None).points, None);
    }

    /// Reading A42: points and fine are compared each by itself, so the lighter pair may come from two tables.
    #[test]
    fn reading_a42_points_and_fine_are_compared_each_by_itself() {
        let head = include_str!("../../../../packs/offences.csv").lines().next().expect("a header");
        let table = OffenceTable::parse(&format!(
            "{head}\n1300,retired,,2022-03-31,S,1100,旧,old,sign,any,3,S,,,100,x,0,no,no,x,S,\n\
             1100,active,2022-04-01,,S,,新,new,sign,any,,,1,S,200,x,0,no,no,x,S,\n"
        ))
        .expect("a table");
        let lighter = table.lighter("1300", BEFORE, NOW, None);
        assert_eq!(lighter, Scale { points: Some(1), fine: Some(Fen::from_yuan(100)) });
        assert_eq!(table.lighter("1300", BEFORE, BEFORE, None), table.scale_before("1300"));
    }

    #[test]
    fn nothing_is_lighter_than_nothing_but_otherwise_unknown_stays_unknown() {
        assert_eq!(lesser(Some(0), None), Some(0));
        assert_eq!(lesser(None, Some(3)), None);
        assert_eq!(lesser::<i32>(None, None), None);
    }
}
