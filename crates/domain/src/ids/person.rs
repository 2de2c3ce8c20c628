//! Mobile phone numbers and names of people.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::text::{compact, half_width, is_invisible, is_plain};

/// A mainland mobile number: 11 digits, the first 1, the second 3 to 9.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Phone(String);

/// Why a text is not a mobile number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a mobile number has 11 digits and begins with 13 to 19")]
pub struct PhoneFault;

impl Phone {
    /// Reads a mobile number; the country code 86 and separators are taken off.
    ///
    /// # Errors
    /// [`PhoneFault`] when it is not a mainland mobile number.
    pub fn parse(raw: &str) -> Result<Phone, PhoneFault> {
        let text = compact(raw);
        let digits = ["+86", "0086", "86"].iter().find_map(|code| text.strip_prefix(code)).unwrap_or(&*text);
        if is_mobile(digits) { Ok(Phone(digits.to_owned())) } else { Err(PhoneFault) }
    }

    /// What may be shown: `138****0001`.
    #[must_use]
    pub fn masked(&self) -> String {
        format!("{}****{}", &self.0[..3], &self.0[7..])
    }

    /// The last four digits, by which its owner recognises it.
    #[must_use]
    pub fn tail(&self) -> String {
        self.0[7..].to_owned()
    }

    /// The plain number, for the store and the message gateway. Never for a log.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Phone({})", self.masked())
    }
}

impl TryFrom<String> for Phone {
    type Error = PhoneFault;
    fn try_from(text: String) -> Result<Phone, PhoneFault> {
        // What we stored is kept as it is.
        if is_mobile(&text) { Ok(Phone(text)) } else { Phone::parse(&text) }
    }
}

fn is_mobile(digits: &str) -> bool {
    matches!(digits.as_bytes(), [b'1', b'3'..=b'9', rest @ ..] if rest.len() == 9 && rest.iter().all(u8::is_ascii_digit))
}

impl From<Phone> for String {
    fn from(phone: Phone) -> String {
        phone.0
    }
}

/// The name of a person or of a vehicle's owner (which may be a company), 1 to 64 characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PersonName(String);

/// Why a text is not a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameFault {
    /// Nothing left after trimming.
    #[error("the name is empty")]
    Empty,
    /// Over 64 characters.
    #[error("the name is longer than 64 characters")]
    TooLong,
    /// Control characters, angle brackets or no letter at all.
    #[error("the name has characters that no name has")]
    Characters,
}

impl PersonName {
    /// Reads a name: invisible characters go, runs of spaces become one, the several middle dots of
    /// minority names become `·`.
    ///
    /// # Errors
    /// [`NameFault`] with what is wrong.
    pub fn parse(raw: &str) -> Result<PersonName, NameFault> {
        PersonName::of_cleaned(cleaned(raw))
    }

    fn of_cleaned(name: String) -> Result<PersonName, NameFault> {
        if name.is_empty() {
            return Err(NameFault::Empty);
        }
        if name.chars().count() > 64 {
            return Err(NameFault::TooLong);
        }
        if name.chars().any(|c| c.is_control() || matches!(c, '<' | '>' | '"'))
            || !name.chars().any(char::is_alphabetic)
        {
            return Err(NameFault::Characters);
        }
        Ok(PersonName(name))
    }

    /// What may be shown: all but the last character hidden, `**明`; a single character hides wholly.
    #[must_use]
    pub fn masked(&self) -> String {
        let count = self.0.chars().count();
        let last = self.0.chars().next_back().filter(|_| count > 1);
        let stars = if last.is_some() { count - 1 } else { 1 };
        // The length of a long name is a hint too: never more than four stars.
        "*".repeat(stars.min(4)).chars().chain(last).collect()
    }

    /// The plain name, for the store, the wire and the decision. Never for a log.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

fn cleaned(raw: &str) -> String {
    let plain: String = raw.chars().map(half_width).filter(|c| !is_invisible(*c)).map(one_dot).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn one_dot(c: char) -> char {
    if matches!(c, '•' | '‧' | '・' | '･' | '∙' | '．') { '·' } else { c }
}

impl fmt::Debug for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PersonName({})", self.masked())
    }
}

impl TryFrom<String> for PersonName {
    type Error = NameFault;
    fn try_from(text: String) -> Result<PersonName, NameFault> {
        // Most of what we stored are Chinese characters alone, which cleaning leaves as they are.
        if is_plain(&text) { PersonName::of_cleaned(text) } else { PersonName::parse(&text) }
    }
}

impl From<PersonName> for String {
    fn from(name: PersonName) -> String {
        name.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn mobile_numbers_are_read_however_they_are_written() {
        for raw in
            ["13800000001", "+86 138-0000-0001", "0086 13800000001", "8613800000001", "１３８００００００01"]
        {
            assert_eq!(Phone::parse(raw).expect(raw).reveal(), "13800000001");
        }
        for bad in
            ["", "12800000001", "1380000000", "138000000011", "02788888888", "1380000000a", "+1 3800000001"]
        {
            assert_eq!(Phone::parse(bad), Err(PhoneFault), "{bad}");
        }
    }

    #[test]
    fn names_of_all_kinds_are_read() {
        assert_eq!(PersonName::parse(" 张\u{200B}三 ").expect("name").reveal(), "张三");
        assert_eq!(PersonName::parse("阿卜杜拉・买买提").expect("name").reveal(), "阿卜杜拉·买买提");
        assert_eq!(PersonName::parse("John  Smith").expect("name").reveal(), "John Smith");
        assert_eq!(PersonName::parse("\u{200B} \u{3000}"), Err(NameFault::Empty));
        assert_eq!(PersonName::parse("***"), Err(NameFault::Characters));
        assert_eq!(PersonName::parse("<b>张三"), Err(NameFault::Characters));
        assert_eq!(PersonName::parse("张\u{0007}三"), Err(NameFault::Characters));
        assert_eq!(PersonName::parse(&"张".repeat(65)), Err(NameFault::TooLong));
    }

    #[test]
    fn debug_prints_the_mask() {
        assert_eq!(format!("{:?}", Phone::parse("13800000001").expect("phone")), "Phone(138****0001)");
        assert_eq!(format!("{:?}", PersonName::parse("王小明").expect("name")), "PersonName(**明)");
        assert_eq!(PersonName::parse("王").expect("name").masked(), "*");
        assert_eq!(PersonName::parse("武汉某某运输有限公司").expect("name").masked(), "****司");
    }

    proptest! {
        #[test]
        fn what_is_kept_as_it_is_is_what_would_be_read(phone in "(?:\\+86|86|0086)?[ 0-9１a-]{0,2}1?[2-9]?[0-9]{8,10}", name in "[张三1A a·•\u{200B}<\u{3000}9]{0,66}") {
            prop_assert_eq!(Phone::try_from(phone.clone()), Phone::parse(&phone));
            prop_assert_eq!(PersonName::try_from(name.clone()), PersonName::parse(&name));
        }
    }
}
