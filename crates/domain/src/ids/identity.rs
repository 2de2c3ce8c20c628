//! The citizen identity number (GB 11643), which is also the driving-licence number.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::text::{compact, compacted};

/// A citizen identity number whose check digit, birth date and division have been checked.
/// Always 18 characters, the last a digit or a capital X.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IdNumber(String);

/// Why a text is not an identity number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdFault {
    /// Neither 18 nor the former 15 characters.
    #[error("an identity number has 18 characters")]
    Length,
    /// Something other than digits, or an X anywhere but at the end.
    #[error("an identity number has digits only, and perhaps X at the end")]
    Characters,
    /// The first two digits are no province or document class.
    #[error("the first two digits name no province")]
    Division,
    /// Digits 7 to 14 are no calendar date.
    #[error("digits 7 to 14 are not a date of birth")]
    Birth,
    /// The last character does not agree with the others.
    #[error("the last character does not fit the others: one of them is mistyped")]
    CheckDigit,
}

/// GB 11643 §4.2.2.3: weights of the first 17 digits.
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
/// The check character for each remainder modulo 11.
const CHECK: &[u8; 11] = b"10X98765432";

impl IdNumber {
    /// Reads 18 characters, or the former 15 (which get their century 19 and a check digit). Full-width
    /// forms, spaces and a small x are put right.
    ///
    /// # Errors
    /// [`IdFault`] with the first thing that is wrong.
    pub fn parse(raw: &str) -> Result<IdNumber, IdFault> {
        IdNumber::of_cleaned(compact(raw).into_owned())
    }

    fn of_cleaned(text: String) -> Result<IdNumber, IdFault> {
        let full = match text.chars().count() {
            15 => upgrade(&text)?,
            18 => text,
            _ => return Err(IdFault::Length),
        };
        let (body, last) = full.split_at_checked(17).ok_or(IdFault::Characters)?;
        if !body.bytes().all(|b| b.is_ascii_digit())
            || !(last == "X" || last.bytes().all(|b| b.is_ascii_digit()))
        {
            return Err(IdFault::Characters);
        }
        if !is_division(&full[..2]) {
            return Err(IdFault::Division);
        }
        birth_in(&full).ok_or(IdFault::Birth)?;
        if last.as_bytes() != [check_digit(body)] {
            return Err(IdFault::CheckDigit);
        }
        Ok(IdNumber(full))
    }

    /// Date of birth (digits 7 to 14).
    #[must_use]
    pub fn birth(&self) -> Date {
        birth_in(&self.0).expect("the date was checked when the number was read")
    }

    /// The 15 characters of the former form, by which some registers still file people born before 2000.
    #[must_use]
    pub fn former(&self) -> Option<String> {
        (&self.0[6..8] == "19").then(|| format!("{}{}", &self.0[..6], &self.0[8..17]))
    }

    /// What may be shown: the first two and the last two characters.
    #[must_use]
    pub fn masked(&self) -> String {
        format!("{}**************{}", &self.0[..2], &self.0[16..])
    }

    /// The plain number, for the store, the wire and a form the person must sign. Never for a log.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// 15 characters become 18: the century of everyone who has one is 19.
fn upgrade(short: &str) -> Result<String, IdFault> {
    if !short.bytes().all(|b| b.is_ascii_digit()) {
        return Err(IdFault::Characters);
    }
    let body = format!("{}19{}", &short[..6], &short[6..]);
    let check = char::from(check_digit(&body));
    Ok(format!("{body}{check}"))
}

fn check_digit(body: &str) -> u8 {
    let sum: u32 = body.bytes().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    CHECK[(sum % 11) as usize]
}

fn birth_in(full: &str) -> Option<Date> {
    let year: i16 = full[6..10].parse().ok()?;
    let month: i8 = full[10..12].parse().ok()?;
    let day: i8 = full[12..14].parse().ok()?;
    if !(1850..=2199).contains(&year) {
        return None;
    }
    Date::new(year, month, day).ok()
}

/// Provinces of GB/T 2260, Hong Kong, Macao and Taiwan residents (81..83), permanent residents (9x).
fn is_division(two: &str) -> bool {
    matches!(
        two.as_bytes(),
        [b'1', b'1'..=b'5']
            | [b'2', b'1'..=b'3']
            | [b'3', b'1'..=b'7']
            | [b'4', b'1'..=b'6']
            | [b'5', b'0'..=b'4']
            | [b'6', b'1'..=b'5']
            | [b'7', b'1']
            | [b'8', b'1'..=b'3']
            | [b'9', b'0'..=b'9']
    )
}

impl fmt::Debug for IdNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdNumber({})", self.masked())
    }
}

impl TryFrom<String> for IdNumber {
    type Error = IdFault;
    fn try_from(text: String) -> Result<IdNumber, IdFault> {
        IdNumber::of_cleaned(compacted(text))
    }
}

impl From<IdNumber> for String {
    fn from(number: IdNumber) -> String {
        number.0
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_computed_by_the_standard_are_read() {
        for good in ["420100199001010011", "42010019900101002X", "420100200002290030"] {
            assert_eq!(IdNumber::parse(good).expect(good).reveal(), good);
        }
        assert_eq!(IdNumber::parse("420100200002290030").expect("leap day").birth(), date(2000, 2, 29));
    }

    #[test]
    fn small_x_full_width_and_pasted_spaces_are_put_right() {
        for raw in [
            "42010019900101002x",
            "４２０１００１９９００１０１００２Ｘ",
            " 420100 19900101 002X\u{200B}\u{FEFF}",
        ] {
            assert_eq!(IdNumber::parse(raw).expect("cleaned").reveal(), "42010019900101002X");
        }
    }

    #[test]
    fn the_former_fifteen_characters_get_century_and_check_digit() {
        let number = IdNumber::parse("420100900101001").expect("former form");
        assert_eq!(number.reveal(), "420100199001010011");
        assert_eq!(number.former().as_deref(), Some("420100900101001"));
        assert_eq!(IdNumber::parse("420100200002290030").expect("number").former(), None);
    }

    #[test]
    fn each_fault_says_what_is_wrong() {
        for (raw, fault) in [
            ("", IdFault::Length),
            ("42010019900101001", IdFault::Length),
            ("4201001990010100112", IdFault::Length),
            ("42010019900101X011", IdFault::Characters),
            ("42010019900101001Y", IdFault::Characters),
            ("四二〇一〇〇一九九〇〇一〇一〇〇一一", IdFault::Characters),
            ("４2０10０1990010100٣1", IdFault::Characters),
            ("990100199002300011", IdFault::Birth),
            ("160100199001010011", IdFault::Division),
            ("420100199902290011", IdFault::Birth),
            ("420100199001010012", IdFault::CheckDigit),
            ("420100199001010101", IdFault::CheckDigit),
            ("42010090010100X", IdFault::Characters),
        ] {
            assert_eq!(IdNumber::parse(raw), Err(fault), "{raw}");
        }
    }

    #[test]
    fn debug_prints_the_mask() {
        let number = IdNumber::parse("420100199001010011").expect("number");
        assert_eq!(format!("{number:?}"), "IdNumber(42**************11)");
    }

    proptest! {
        /// The check digit finds every single mistyped digit and every swap of neighbours (GB 11643).
        #[test]
        fn one_wrong_digit_is_always_found(day in 0..36_000i32, sequence in 0..1000u32, at in 0..17usize, shift in 1..10u8) {
            let birth = date(1920, 1, 1).checked_add(jiff::Span::new().days(day)).expect("a date");
            let body = format!("420106{:04}{:02}{:02}{sequence:03}", birth.year(), birth.month(), birth.day());
            let whole = format!("{body}{}", char::from(check_digit(&body)));
            prop_assert_eq!(IdNumber::parse(&whole).expect("valid").birth(), birth);
            let mut bytes = whole.into_bytes();
            bytes[at] = b'0' + (bytes[at] - b'0' + shift) % 10;
            prop_assert!(IdNumber::parse(&String::from_utf8(bytes).expect("ascii")).is_err());
        }

        #[test]
        fn what_is_kept_as_it_is_is_what_would_be_read(text in "(?:42010[06])?[0-9X ０x]{0,4}19900101[0-9Xx０ ]{0,5}|42010090010100[0-9]") {
            prop_assert_eq!(IdNumber::try_from(text.clone()), IdNumber::parse(&text));
        }
    }
}
