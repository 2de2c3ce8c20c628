//! The ordinary population: no stories, plausible pasts.

use jiff::ToSpan;
use jiff::civil::Date;

use super::Account;
use super::build::{Car, Cast, Money, Who};
use super::places;

/// What cameras see before 2022-04-01, with weights.
const LEGACY_MIX: &[(&str, usize)] = &[
    ("1039", 34),
    ("1344", 13),
    ("1345", 11),
    ("1352", 10),
    ("1208", 6),
    ("1625", 5),
    ("6050", 4),
    ("1636", 2),
    ("1019", 4),
    ("1043", 2),
    ("1211", 3),
    ("6023", 2),
    ("1301", 1),
    ("1357", 1),
    ("1223", 1),
    ("1048", 1),
];

/// The same from 2022-04-01.
const NATIONAL_MIX: &[(&str, usize)] = &[
    ("1039", 34),
    ("1116", 12),
    ("1117", 11),
    ("6093", 9),
    ("6095", 6),
    ("1625", 5),
    ("6094", 5),
    ("1369", 2),
    ("1019", 4),
    ("1043", 2),
    ("6090", 3),
    ("6023", 2),
    ("1373", 1),
    ("1357", 1),
    ("1362", 1),
    ("1120", 2),
];

/// Adds the crowd.
pub(crate) fn add(cast: &mut Cast, drivers: usize, violations: usize) {
    let mut owners = Vec::new();
    for n in 0..drivers {
        add_person(cast, n, &mut owners);
    }
    if owners.is_empty() {
        return;
    }
    for n in 0..violations {
        add_violation(cast, n, &owners);
    }
}

fn add_person(cast: &mut Cast, n: usize, owners: &mut Vec<(Who, Car)>) {
    let name = format!("{}{}", cast.dice.pick(places::FAMILY), cast.dice.pick(places::GIVEN));
    let mut driver = cast.bare_driver(&name);
    let years = i64::try_from(cast.dice.below(18) + 1).unwrap_or(1);
    let into_year = i64::try_from(cast.dice.below(360) + 2).unwrap_or(2);
    driver.first_licence = cast.date_ago(into_year) - years.years();
    driver.points_clear_on = cast.date_ago(into_year) + 1.year();
    driver.probation_until = Some(driver.first_licence + 1.year());
    driver.valid_from = driver.first_licence;
    if years >= 6 {
        driver.valid_from = driver.first_licence + 6.years();
    }
    driver.valid_until = driver.valid_from + if years >= 6 { 10.years() } else { 6.years() };
    driver.review_due = driver.valid_until;
    match cast.dice.below(100) {
        0..=3 => driver.licence_class = "B2".into(),
        4 => driver.licence_class = "A2".into(),
        5..=9 => driver.licence_class = "C1D".into(),
        10..=24 => driver.licence_class = "C2".into(),
        _ => {}
    }
    if cast.dice.chance(2) {
        driver.licence_state = (*cast.dice.pick(&["H", "N", "P", "M"])).to_owned();
    }
    let (id, phone) = (driver.id_number.clone(), driver.phone.clone());
    let (driver, file) = cast.add_driver(driver);
    if cast.dice.chance(12) {
        cast.city.driver_files[file].registered_12123 = Some(false);
    }
    let verified_at = cast.days_ago(500);
    cast.city.accounts.push(Account {
        openid: format!("demo-{:05}", n + 1),
        id_number: Some(id),
        phone,
        verified: true,
        verified_at: Some(verified_at),
        ..Account::default()
    });
    let who = Who { account: cast.city.accounts.len() - 1, driver, file };
    let cars = match cast.dice.below(100) {
        0..=84 => 1,
        85..=95 => 2,
        _ => 0,
    };
    for _ in 0..cars {
        let car = if cast.dice.chance(15) { cast.energy_car(driver) } else { cast.plain_car(driver) };
        cast.bind(who, car, 480, true);
        if cast.dice.chance(3) {
            cast.city.vehicles[car.0].state = (*cast.dice.pick(&["Q", "G", "K"])).to_owned();
        }
        owners.push((who, car));
    }
}

fn add_violation(cast: &mut Cast, n: usize, owners: &[(Who, Car)]) {
    let (who, car) = *cast.dice.pick(owners);
    let open = cast.dice.chance(45);
    let days =
        i64::try_from(if open { cast.dice.below(110) } else { cast.dice.below(640) + 60 }).unwrap_or(1) + 3;
    let code = code_for(cast, cast.date_ago(days), n);
    let rec = cast.open(car, &code, days);
    if cast.dice.chance(2) {
        cast.city.records[rec.0].evidence = "2".into();
    }
    if !open {
        let later = i64::try_from(cast.dice.below(40)).unwrap_or(0) + 5;
        let money = if cast.dice.chance(96) { Money::Paid } else { Money::Unpaid };
        cast.decide(who.driver, rec, (days - later).max(1), money);
    }
}

/// A code of the day: mostly the usual mix, one in twenty-five anything of the table that cameras can see.
fn code_for(cast: &mut Cast, on: Date, n: usize) -> String {
    if n.is_multiple_of(25) {
        let codes: Vec<String> = cast
            .table
            .in_use(on)
            .filter(|o| o.points(on) <= 6 && (2_000..=20_000).contains(&o.fine_fen()))
            .filter(|o| !matches!(o.category.as_str(), "licence" | "papers" | "points-trade" | "crash"))
            .map(|o| o.code.clone())
            .collect();
        return cast.dice.pick(&codes).clone();
    }
    let mix = if on < jiff::civil::date(2022, 4, 1) { LEGACY_MIX } else { NATIONAL_MIX };
    let total = mix.iter().map(|(_, weight)| weight).sum();
    let mut left = cast.dice.below(total);
    for (code, weight) in mix {
        if left < *weight {
            return (*code).to_owned();
        }
        left -= weight;
    }
    mix[0].0.to_owned()
}
