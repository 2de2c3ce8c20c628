//! The code of a speed: the same kilometres per hour are another offence on another road (domain.md §8 trap 18).

use jiff::civil::Date;

use super::REFORM;
use crate::facts::RoadClass;

/// What a measured speed is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpeedCode {
    /// Not above the limit.
    WithinLimit,
    /// This offence code.
    Code(&'static str),
    /// Limit, measured speed or a road class that decides is missing or makes no sense.
    Unknown,
}

/// The code for a small vehicle (not a coach, goods vehicle or dangerous load), by speed and limit in km/h, road, and day of
/// the violation. "以上" includes the number itself: 20 percent over is in the class above.
///
/// Since 2022-04-01 (order 163 art. 8, 10, 11): the road decides from 20 percent over. 2013 to 2022: one code for all roads.
/// Before 2013 the table has no code.
#[must_use]
pub fn speed_code(measured: Option<i64>, limit: Option<i64>, road: Option<RoadClass>, on: Date) -> SpeedCode {
    let (Some(measured), Some(limit)) = (measured, limit) else { return SpeedCode::Unknown };
    if !(1..=200).contains(&limit) || !(0..=400).contains(&measured) {
        return SpeedCode::Unknown;
    }
    if measured <= limit {
        return SpeedCode::WithinLimit;
    }
    let over = |percent: i64| (measured - limit) * 100 >= limit * percent;
    if on < jiff::civil::date(2013, 1, 1) {
        return SpeedCode::Unknown;
    }
    if on < REFORM {
        return SpeedCode::Code(match () {
            () if over(50) => "1721",
            () if over(20) => "1636",
            () if over(10) => "1352",
            () => "6050",
        });
    }
    if !over(20) {
        return SpeedCode::Code(if over(10) { "6093" } else { "6094" });
    }
    match (road, over(50)) {
        (None, _) => SpeedCode::Unknown,
        (Some(RoadClass::Ordinary), false) => SpeedCode::Code("1369"),
        (Some(RoadClass::UrbanExpressway), false) => SpeedCode::Code("1649"),
        (Some(RoadClass::Expressway), false) => SpeedCode::Code("4616"),
        (Some(RoadClass::Ordinary), true) => SpeedCode::Code("1650"),
        (Some(RoadClass::UrbanExpressway), true) => SpeedCode::Code("1739"),
        (Some(RoadClass::Expressway), true) => SpeedCode::Code("4714"),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::SpeedCode::{Code, Unknown, WithinLimit};
    use super::*;
    use crate::offences::OffenceTable;

    const TODAY: Date = date(2026, 11, 23);
    const THEN: Date = date(2020, 4, 5);

    /// domain.md §8 trap 18: speed code by road class.
    #[test]
    fn trap_18_the_same_speed_is_another_offence_on_another_road() {
        let roads = [RoadClass::Ordinary, RoadClass::UrbanExpressway, RoadClass::Expressway];
        for (measured, limit, codes, points) in [
            (100, 100, None, [0, 0, 0]),
            (109, 100, Some(["6094", "6094", "6094"]), [0, 0, 0]),
            (110, 100, Some(["6093", "6093", "6093"]), [0, 0, 0]),
            (119, 100, Some(["6093", "6093", "6093"]), [0, 0, 0]),
            (120, 100, Some(["1369", "1649", "4616"]), [3, 6, 6]),
            (149, 100, Some(["1369", "1649", "4616"]), [3, 6, 6]),
            (150, 100, Some(["1650", "1739", "4714"]), [6, 12, 12]),
            (95, 79, Some(["1369", "1649", "4616"]), [3, 6, 6]), // 20.25 percent
            (94, 79, Some(["6093", "6093", "6093"]), [0, 0, 0]), // 18.99 percent
        ] {
            for (at, road) in roads.into_iter().enumerate() {
                let want = codes.map_or(WithinLimit, |codes| Code(codes[at]));
                assert_eq!(
                    speed_code(Some(measured), Some(limit), Some(road), TODAY),
                    want,
                    "{measured}/{limit}"
                );
                if let Code(code) = want {
                    assert_eq!(OffenceTable::builtin().scale_since(code, None).points, Some(points[at]));
                }
            }
        }
    }

    #[test]
    fn trap_18_a_missing_limit_value_or_deciding_road_is_unknown() {
        for road in [None, Some(RoadClass::Ordinary)] {
            assert_eq!(speed_code(None, Some(60), road, TODAY), Unknown);
            assert_eq!(speed_code(Some(70), None, road, TODAY), Unknown);
            assert_eq!(speed_code(Some(70), Some(0), road, TODAY), Unknown);
            assert_eq!(speed_code(Some(-1), Some(60), road, TODAY), Unknown);
        }
        assert_eq!(speed_code(Some(72), Some(60), None, TODAY), Unknown, "20 percent: the road decides");
        assert_eq!(speed_code(Some(71), Some(60), None, TODAY), Code("6093"), "below 20 percent it does not");
    }

    #[test]
    fn before_the_reform_the_road_made_no_difference() {
        for (measured, code) in [(65, "6050"), (66, "1352"), (72, "1636"), (90, "1721")] {
            assert_eq!(speed_code(Some(measured), Some(60), None, THEN), Code(code), "{measured}");
        }
        assert_eq!(speed_code(Some(72), Some(60), None, date(2022, 3, 31)), Code("1636"));
        assert_eq!(speed_code(Some(72), Some(60), None, date(2012, 12, 31)), Unknown);
    }

    proptest! {
        /// Whatever code comes out is in the table and was in use on that day, and more speed never means fewer points.
        #[test]
        fn codes_exist_and_points_rise_with_speed(limit in 20..121i64, measured in 0..260i64, faster in 0..60i64, now in any::<bool>()) {
            let table = OffenceTable::builtin();
            let day = if now { TODAY } else { THEN };
            let points = |measured| match speed_code(Some(measured), Some(limit), Some(RoadClass::Ordinary), day) {
                Code(code) => {
                    let offence = table.lookup(code).expect("in the table");
                    assert!(offence.in_use_on(day), "{code} on {day}");
                    if now { offence.points_since } else { offence.points_before }
                }
                WithinLimit => Some(0),
                Unknown => None,
            };
            let (slow, fast) = (points(measured), points(measured + faster));
            prop_assert!(slow.is_some() && slow <= fast);
        }
    }
}
