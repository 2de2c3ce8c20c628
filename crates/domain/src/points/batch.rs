//! Several open records at once (order 163 art. 14; domain.md §8 trap 4).

use super::{FULL, Points};

/// How far a batch may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ceiling {
    /// Art. 14 to the letter: the records of one vehicle may be finished past 12; once at 12, no other vehicle.
    Law,
    /// As platforms do: no record that would bring the total above this (commonly 11).
    Total(Points),
}

/// What becomes of one record of the batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It may be handled; the total afterwards.
    Admitted(Points),
    /// It would bring the total above the platform's ceiling; the total it would make.
    AboveCeiling(Points),
    /// The total is 12 or more and this is not the vehicle of the running batch (art. 14).
    OtherVehicleFull,
}

/// Goes through the records in the order in which the driver chose them; `total` is on the licence before.
///
/// A refused record does not stop the batch: a smaller one behind it may still fit (reading A40). When the total was at 12
/// before this batch began, no vehicle is running yet, so nothing is admitted (reading A41).
#[must_use]
pub fn admit_batch<V: PartialEq>(total: Points, records: &[(V, Points)], ceiling: Ceiling) -> Vec<Admission> {
    let mut total = total;
    let mut running: Option<&V> = None;
    records
        .iter()
        .map(|(vehicle, points)| {
            let after = total.saturating_add(*points);
            let admission = match ceiling {
                Ceiling::Total(most) if after > most => Admission::AboveCeiling(after),
                _ if total >= FULL && running != Some(vehicle) => Admission::OtherVehicleFull,
                _ => Admission::Admitted(after),
            };
            if let Admission::Admitted(after) = admission {
                total = after;
                running = Some(vehicle);
            }
            admission
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Admission::{AboveCeiling, Admitted, OtherVehicleFull};
    use super::*;

    /// domain.md §8 trap 4: 3 + 6 + 3 on one vehicle from 0.
    #[test]
    fn trap_04_one_vehicle_may_pass_twelve_by_law_but_platforms_stop_at_eleven() {
        let records = [("鄂A1", 3), ("鄂A1", 6), ("鄂A1", 3), ("鄂A1", 3)];
        assert_eq!(
            admit_batch(0, &records, Ceiling::Law),
            [Admitted(3), Admitted(9), Admitted(12), Admitted(15)],
            "art. 14: one vehicle at once"
        );
        assert_eq!(
            admit_batch(0, &records, Ceiling::Total(11)),
            [Admitted(3), Admitted(9), AboveCeiling(12), AboveCeiling(12)]
        );
    }

    #[test]
    fn trap_04_another_vehicle_only_below_twelve() {
        let records = [("A", 6), ("B", 6), ("A", 1), ("B", 1), ("A", 0)];
        assert_eq!(
            admit_batch(0, &records, Ceiling::Law),
            [Admitted(6), Admitted(12), OtherVehicleFull, Admitted(13), OtherVehicleFull],
            "the vehicle of the running batch is the one that reached 12"
        );
    }

    /// Reading A40: a refused record, then a smaller one.
    #[test]
    fn reading_a40_a_smaller_record_behind_a_refused_one_may_fit() {
        assert_eq!(
            admit_batch(9, &[("A", 6), ("A", 2), ("A", 1)], Ceiling::Total(11)),
            [AboveCeiling(15), Admitted(11), AboveCeiling(12)]
        );
    }

    /// Reading A41: 12 reached in an earlier sitting.
    #[test]
    fn reading_a41_twelve_from_an_earlier_sitting_admits_no_vehicle() {
        assert_eq!(
            admit_batch(12, &[("A", 3), ("A", 0)], Ceiling::Law),
            [OtherVehicleFull, OtherVehicleFull]
        );
        assert_eq!(admit_batch(11, &[("A", 1), ("A", 1)], Ceiling::Law), [Admitted(12), Admitted(13)]);
    }

    proptest! {
        /// Under a ceiling the total never passes it, and art. 14 never lets two vehicles in at 12 or more.
        #[test]
        fn neither_limit_is_ever_passed(
            start in 0..14i32, most in 0..13i32,
            records in proptest::collection::vec((0..3u8, 0..7i32), 0..8),
        ) {
            for admission in admit_batch(start, &records, Ceiling::Total(most)) {
                if let Admitted(after) = admission { prop_assert!(after <= most); }
            }
            let (mut full_of, mut total) = (None, start);
            for (admission, (vehicle, _)) in admit_batch(start, &records, Ceiling::Law).into_iter().zip(&records) {
                if let Admitted(after) = admission {
                    if total >= FULL { prop_assert_eq!(full_of, Some(*vehicle)); }
                    full_of = Some(*vehicle);
                    total = after;
                }
            }
        }
    }
}
