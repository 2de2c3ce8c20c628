//! The people of a launch day: each has exactly the past that what they come for needs.

use super::Account;
use super::build::{Cast, Money, Who};
use super::places;
use crate::crowd::mix::{self, Deed};

/// Adds so many of them, with what the mix of this seed has them come for.
pub(crate) fn add(cast: &mut Cast, drivers: usize, seed: u64) {
    for n in 0..drivers {
        let who = person(cast, n);
        let car = cast.own_car(who);
        match mix::deed(seed, n) {
            Deed::First | Deed::FailsOnce | Deed::LeavesConfirmed => {
                let code = cast.by_regime("1208", "6095");
                cast.open(car, code, 9);
            }
            Deed::Study => {
                // A serious one in the cycle before rules the warning out; study is open.
                let (before, now) = (cast.by_regime("1352", "1369"), cast.by_regime("1344", "1116"));
                cast.decided(who, car, before, (430, 420), Money::Paid);
                cast.open(car, now, 12);
            }
            deed => {
                // An earlier record rules the warning out: it is simply paid.
                cast.decided(who, car, "1039", (120, 100), Money::Paid);
                cast.open(car, "1039", 14);
                if deed == Deed::PayMerged {
                    cast.open(car, "1043", 11);
                }
            }
        }
    }
}

fn person(cast: &mut Cast, n: usize) -> Who {
    let name = format!("{}{}", cast.dice.pick(places::FAMILY), cast.dice.pick(places::GIVEN));
    let mut driver = cast.bare_driver(&name);
    // More of them than numbers in the personas' range.
    driver.phone = format!("170{n:08}");
    let (id, phone) = (driver.id_number.clone(), driver.phone.clone());
    let (driver, file) = cast.add_driver(driver);
    let verified_at = cast.days_ago(500);
    cast.city.accounts.push(Account {
        openid: mix::openid(n),
        id_number: Some(id),
        phone,
        verified: true,
        verified_at: Some(verified_at),
        ..Account::default()
    });
    Who { account: cast.city.accounts.len() - 1, driver, file }
}
