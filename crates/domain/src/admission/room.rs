//! Where somebody stands: prefix sums over buckets of one second.
//!
//! Memory does not grow with the people who wait but with the seconds in which they came.

/// A place in the order of arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Second of arrival, s since 1970 UTC.
    pub second: i64,
    /// How many came before in this second and lane.
    pub ordinal: u32,
    /// Lane of the bucket.
    pub lane: u8,
}

/// One lane of one second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    /// Second of arrival, s since 1970 UTC.
    pub second: i64,
    /// Lane.
    pub lane: u8,
    /// Turns that were drawn.
    pub drawn: u32,
    /// Turns that are over.
    pub gone: u32,
}

/// Everybody who waits, as numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Room {
    base_drawn: u64,
    buckets: Vec<Bucket>,
    /// For each second: its first bucket, and what was drawn and what waits in the seconds before it.
    seconds: Vec<Second>,
    drawn: u64,
    gone: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Second {
    second: i64,
    first: usize,
    drawn_before: u64,
    open_before: u64,
}

impl Room {
    /// From what was folded away (`base`: turns whose seconds are all over) and the buckets since.
    #[must_use]
    pub fn new(base: u64, buckets: Vec<Bucket>) -> Self {
        let mut room = Self { buckets, ..Self::default() };
        room.count(base);
        room
    }

    /// Lets everybody out and takes in who waits now, in the memory that is there already. `fill` pushes the buckets, in whatever order, and
    /// answers with what was folded away.
    ///
    /// # Errors
    /// That of `fill`; the room is empty then.
    pub fn refill<E>(&mut self, fill: impl FnOnce(&mut Vec<Bucket>) -> Result<u64, E>) -> Result<(), E> {
        self.buckets.clear();
        let base = fill(&mut self.buckets).inspect_err(|_| self.buckets.clear());
        self.count(*base.as_ref().unwrap_or(&0));
        base.map(drop)
    }

    fn count(&mut self, base: u64) {
        self.buckets.sort_unstable_by_key(|bucket| (bucket.second, bucket.lane));
        self.seconds.clear();
        let (mut drawn, mut open) = (0_u64, 0_u64);
        for (first, bucket) in self.buckets.iter().enumerate() {
            if self.seconds.last().is_none_or(|last| last.second != bucket.second) {
                let second = bucket.second;
                self.seconds.push(Second { second, first, drawn_before: drawn, open_before: open });
            }
            drawn += u64::from(bucket.drawn);
            open += u64::from(bucket.drawn.saturating_sub(bucket.gone));
        }
        self.base_drawn = base;
        self.drawn = base + drawn;
        self.gone = self.drawn - open;
    }

    /// People who wait.
    #[must_use]
    pub const fn waiting(&self) -> u64 {
        self.drawn - self.gone
    }

    /// Turns drawn since the service began.
    #[must_use]
    pub const fn drawn(&self) -> u64 {
        self.drawn
    }

    /// Turns that are over since the service began.
    #[must_use]
    pub const fn gone(&self) -> u64 {
        self.gone
    }

    /// The oldest second in which somebody still waits.
    #[must_use]
    pub fn oldest(&self) -> Option<i64> {
        self.buckets.iter().find(|bucket| bucket.gone < bucket.drawn).map(|bucket| bucket.second)
    }

    /// Turns drawn before this place, since the service began: the number on the ticket. It no longer changes once the
    /// second of the place is over.
    #[must_use]
    pub fn number(&self, place: Place) -> u64 {
        let at = self.at(place);
        self.base_drawn + at.map_or(0, |(second, before, _)| second.drawn_before + before)
    }

    /// People who wait before this place. Within one second it is not known who of them is done, so that it is exact to
    /// one second of arrival.
    #[must_use]
    pub fn ahead(&self, place: Place) -> u64 {
        self.at(place).map_or(0, |(second, before, gone)| second.open_before + before.saturating_sub(gone))
    }

    /// The second of a place, how many of it came before the place, and how many of it are gone. A second in which
    /// nobody came counts like the moment before the next one.
    fn at(&self, place: Place) -> Option<(Second, u64, u64)> {
        let index = self.seconds.partition_point(|second| second.second < place.second);
        let Some(found) = self.seconds.get(index) else {
            // After everybody.
            let open_before = self.waiting();
            let drawn_before = self.drawn - self.base_drawn;
            let first = self.buckets.len();
            return (!self.seconds.is_empty()).then_some((
                Second { second: place.second, first, drawn_before, open_before },
                0,
                0,
            ));
        };
        if found.second != place.second {
            return Some((*found, 0, 0));
        }
        let lanes = self.buckets[found.first..].iter().take_while(|bucket| bucket.second == place.second);
        let (mut before, mut gone) = (0, 0);
        for bucket in lanes {
            let first = place.ordinal.saturating_add(u32::from(bucket.lane < place.lane));
            before += u64::from(bucket.drawn.min(first));
            gone += u64::from(bucket.gone);
        }
        Some((*found, before, gone))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::admission::LANES;

    /// Everybody by name, the slow way: who came when, and who is gone.
    #[derive(Debug, Clone)]
    struct Crowd(Vec<(Place, bool)>);

    impl Crowd {
        fn of(arrivals: &[(u8, u8)]) -> Self {
            let mut people: Vec<(Place, bool)> = Vec::new();
            for (second, lane) in arrivals {
                let (second, lane) = (i64::from(*second), lane % LANES);
                let ordinal = people.iter().filter(|(p, _)| (p.second, p.lane) == (second, lane)).count();
                people.push((Place { second, lane, ordinal: u32::try_from(ordinal).unwrap() }, false));
            }
            people.sort_by_key(|(place, _)| *place);
            Self(people)
        }

        fn room(&self) -> Room {
            let mut buckets: Vec<Bucket> = Vec::new();
            for (place, gone) in &self.0 {
                let key = (place.second, place.lane);
                match buckets.iter_mut().find(|bucket| (bucket.second, bucket.lane) == key) {
                    Some(bucket) => {
                        bucket.drawn += 1;
                        bucket.gone += u32::from(*gone);
                    }
                    None => buckets.push(Bucket {
                        second: place.second,
                        lane: place.lane,
                        drawn: 1,
                        gone: u32::from(*gone),
                    }),
                }
            }
            Room::new(0, buckets)
        }
    }

    proptest! {
        #[test]
        fn people_ahead_are_those_who_came_before_and_are_not_gone(
            arrivals in prop::collection::vec((0_u8..30, 0_u8..8), 1..120), served in 0_usize..120,
        ) {
            let mut crowd = Crowd::of(&arrivals);
            let served = served.min(crowd.0.len());
            crowd.0.iter_mut().take(served).for_each(|(_, gone)| *gone = true);
            let room = crowd.room();
            prop_assert_eq!(room.waiting(), (crowd.0.len() - served) as u64);
            for (index, (place, _)) in crowd.0.iter().enumerate() {
                prop_assert_eq!(room.number(*place), index as u64);
                prop_assert_eq!(room.ahead(*place), index.saturating_sub(served) as u64);
                // What a phone computes from the one number that everybody gets.
                prop_assert_eq!(room.number(*place).saturating_sub(room.gone()), room.ahead(*place));
            }
        }

        #[test]
        fn whoever_leaves_in_whatever_order_nobody_moves_back(
            arrivals in prop::collection::vec((0_u8..20, 0_u8..8), 1..80),
            leaving in prop::collection::vec(0_usize..80, 0..80),
        ) {
            let mut crowd = Crowd::of(&arrivals);
            let mut seen: Vec<u64> = crowd.0.iter().map(|(place, _)| crowd.room().ahead(*place)).collect();
            for who in leaving {
                let who = who % crowd.0.len();
                crowd.0[who].1 = true;
                let room = crowd.room();
                for ((place, _), before) in crowd.0.iter().zip(&mut seen) {
                    let now = room.ahead(*place);
                    prop_assert!(now <= *before, "{place:?}: {before} ahead, then {now}");
                    *before = now;
                }
            }
        }

        #[test]
        fn folding_seconds_that_are_over_changes_nothing_for_those_who_wait(
            arrivals in prop::collection::vec((0_u8..30, 0_u8..8), 1..120), served in 0_usize..120,
        ) {
            let mut crowd = Crowd::of(&arrivals);
            let served = served.min(crowd.0.len());
            crowd.0.iter_mut().take(served).for_each(|(_, gone)| *gone = true);
            let whole = crowd.room();
            let Some(oldest) = whole.oldest() else { return Ok(()) };
            let (over, since): (Vec<Bucket>, Vec<Bucket>) =
                whole.buckets.iter().copied().partition(|bucket| bucket.second < oldest);
            let folded = Room::new(over.iter().map(|b| u64::from(b.drawn)).sum(), since);
            prop_assert_eq!((folded.waiting(), folded.gone()), (whole.waiting(), whole.gone()));
            for (place, _) in crowd.0.iter().filter(|(place, _)| place.second >= oldest) {
                prop_assert_eq!(folded.ahead(*place), whole.ahead(*place));
                prop_assert_eq!(folded.number(*place), whole.number(*place));
            }
        }
    }

    #[test]
    fn a_hundred_and_fifty_thousand_who_come_within_a_minute_cost_less_than_a_byte_each() {
        let bucket = |second, lane| Bucket { second, lane, drawn: 313, gone: 0 };
        let buckets = (0..60).flat_map(|second| (0..LANES).map(move |lane| bucket(second, lane))).collect();
        let room = Room::new(0, buckets);
        assert!(room.waiting() >= 150_000);
        let bytes =
            room.buckets.capacity() * size_of::<Bucket>() + room.seconds.capacity() * size_of::<Second>();
        assert!(bytes < 150_000, "{bytes} bytes");
    }

    #[test]
    fn a_room_that_is_filled_again_is_as_good_as_new_and_costs_no_more_memory() {
        let of = |second, lane, drawn, gone| Bucket { second, lane, drawn, gone };
        let (first, then) =
            ([of(7, 1, 5, 5), of(7, 0, 2, 1), of(9, 3, 4, 0)], [of(8, 0, 3, 1), of(9, 3, 4, 2)]);
        let mut room = Room::new(10, first.to_vec());
        let memory = (room.buckets.as_ptr(), room.seconds.as_ptr());
        let refilled = room.refill(|buckets| {
            buckets.extend(then);
            Ok::<_, ()>(17)
        });
        assert_eq!((refilled, &room), (Ok(()), &Room::new(17, then.to_vec())));
        assert_eq!((room.buckets.as_ptr(), room.seconds.as_ptr()), memory);
        // What could not be read to its end is nobody's room.
        let broken = room.refill(|buckets| {
            buckets.extend(first);
            Err("the database went away")
        });
        assert_eq!((broken, room), (Err("the database went away"), Room::default()));
    }

    #[test]
    fn an_empty_room_has_nobody_ahead_of_anybody() {
        let room = Room::default();
        let place = Place { second: 5, ordinal: 3, lane: 1 };
        assert_eq!((room.waiting(), room.ahead(place), room.oldest()), (0, 0, None));
    }
}
