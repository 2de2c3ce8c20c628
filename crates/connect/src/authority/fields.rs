//! Reading single fields. An empty field is unknown; a field with nonsense is unknown too, and its name is noted.

use std::collections::BTreeMap;

use clearway_domain::{Fen, IdNumber, PersonName, Phone, Plate, PlateKind, world};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};

use super::records::Paid;

/// The fields of one record by their small-letter names, without the empty ones.
pub(crate) struct Fields {
    values: BTreeMap<String, String>,
    oddities: Vec<String>,
}

impl Fields {
    pub(crate) fn new(values: BTreeMap<String, String>) -> Fields {
        Fields { values, oddities: Vec::new() }
    }

    /// Names of the fields that were read and held nonsense.
    pub(crate) fn oddities(self) -> Vec<String> {
        self.oddities
    }

    /// A field as it came.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.values.get(name).cloned()
    }

    /// The first of several fields that is told.
    pub(crate) fn first(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| self.text(name))
    }

    /// A field read by `read`; what cannot be read is noted.
    pub(crate) fn read<T>(&mut self, name: &str, read: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let found = read(self.values.get(name)?);
        if found.is_none() && !self.oddities.iter().any(|noted| noted == name) {
            self.oddities.push(name.to_owned());
        }
        found
    }

    pub(crate) fn date(&mut self, name: &str) -> Option<Date> {
        self.read(name, |text| civil(text).map(DateTime::date))
    }

    pub(crate) fn instant(&mut self, name: &str) -> Option<Timestamp> {
        self.read(name, |text| civil(text).map(world::instant))
    }

    pub(crate) fn points(&mut self, name: &str) -> Option<i32> {
        self.read(name, |text| whole(text).and_then(|points| i32::try_from(points).ok()))
    }

    pub(crate) fn whole(&mut self, name: &str) -> Option<i64> {
        self.read(name, whole)
    }

    /// An amount in yuan.
    pub(crate) fn yuan(&mut self, name: &str) -> Option<Fen> {
        self.read(name, |text| Fen::parse_yuan(text).ok())
    }

    pub(crate) fn id(&mut self, name: &str) -> Option<IdNumber> {
        self.read(name, |text| IdNumber::parse(text).ok())
    }

    pub(crate) fn name(&mut self, name: &str) -> Option<PersonName> {
        self.read(name, |text| PersonName::parse(text).ok())
    }

    pub(crate) fn phone(&mut self, name: &str) -> Option<Phone> {
        self.read(name, |text| Phone::parse(text).ok())
    }

    /// `0` and `1`.
    pub(crate) fn flag(&mut self, name: &str) -> Option<bool> {
        self.read(name, |text| match text {
            "0" => Some(false),
            "1" => Some(true),
            _ => None,
        })
    }

    pub(crate) fn paid(&mut self, name: &str) -> Option<Paid> {
        self.read(name, |text| match text {
            "0" => Some(Paid::No),
            "1" => Some(Paid::Yes),
            "2" | "9" => Some(Paid::NothingDue),
            _ => None,
        })
    }

    /// Plate kind and number; a number without its province character gets the site's.
    pub(crate) fn plate(&mut self, province: &str) -> Option<Plate> {
        let kind = self.read("hpzl", |text| PlateKind::parse(text).ok())?;
        self.read("hphm", |text| from_wire(kind, text, province))
    }
}

/// The plate as local queries want it: without the province character and without 学 or 挂.
pub(crate) fn to_wire(plate: &Plate, province: &str, strip: bool) -> String {
    let number = plate.number().trim_end_matches(['学', '挂']);
    if strip { number.strip_prefix(province).unwrap_or(number) } else { number }.to_owned()
}

/// The full plate from what the platform sends, with or without the province character and the mark of its kind.
pub(crate) fn from_wire(kind: PlateKind, text: &str, province: &str) -> Option<Plate> {
    let bare = text.trim();
    let full = if bare.starts_with(|first: char| first.is_ascii_alphanumeric()) {
        format!("{province}{bare}")
    } else {
        bare.to_owned()
    };
    let mark = match kind.code() {
        "15" => "挂",
        "16" | "17" => "学",
        _ => "",
    };
    Plate::parse(kind, &full).ok().or_else(|| Plate::parse(kind, &format!("{full}{mark}")).ok())
}

/// A whole number of at most nine digits; `.0` behind it is the same number, a sign is nonsense.
pub(crate) fn whole(text: &str) -> Option<i64> {
    let (number, fraction) = text.split_once('.').unwrap_or((text, ""));
    let plain = !number.is_empty() && number.len() <= 9 && number.bytes().all(|byte| byte.is_ascii_digit());
    if plain && fraction.bytes().all(|byte| byte == b'0') { number.parse().ok() } else { None }
}

/// Chinese civil time in the three formats that occur: `2020-04-05`, `2020-04-05 10:00[:00[.0]]` (also with `/` or
/// `T`), `20200405[100000]`. Years before 1900 are fillers and therefore unknown.
pub(crate) fn civil(text: &str) -> Option<DateTime> {
    let (date, time) = match text.split_once([' ', 'T']) {
        Some((date, time)) => (date.to_owned(), time.trim().to_owned()),
        None if text.len() == 14 && text.is_ascii() => {
            (text[..8].to_owned(), format!("{}:{}:{}", &text[8..10], &text[10..12], &text[12..]))
        }
        None => (text.to_owned(), String::new()),
    };
    let date = civil_date(&date)?;
    let time = if time.is_empty() { Time::midnight() } else { civil_time(&time)? };
    Some(date.to_datetime(time))
}

fn civil_date(text: &str) -> Option<Date> {
    let compact = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = match compact {
        true => vec![&text[..4], &text[4..6], &text[6..]],
        false => text.split(['-', '/']).collect(),
    };
    let [year, month, day] = parts[..] else { return None };
    let year = whole(year).filter(|year| (1900..=9999).contains(year))?;
    Date::new(i16::try_from(year).ok()?, digits(month)?, digits(day)?).ok()
}

fn civil_time(text: &str) -> Option<Time> {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, ""));
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let parts: Vec<&str> = clock.split(':').collect();
    let (hour, minute, second) = match parts[..] {
        [hour, minute] => (hour, minute, "0"),
        [hour, minute, second] => (hour, minute, second),
        _ => return None,
    };
    Time::new(digits(hour)?, digits(minute)?, digits(second)?, 0).ok()
}

fn digits(text: &str) -> Option<i8> {
    if text.is_empty() || text.len() > 2 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn dates_come_in_three_formats() {
        for text in [
            "2020-04-05",
            "2020-04-05 00:00:00",
            "2020-04-05 00:00:00.0",
            "20200405",
            "2020/4/5",
            "2020-04-05 00:00",
        ] {
            assert_eq!(civil(text).map(DateTime::date), Some(date(2020, 4, 5)), "{text}");
        }
        assert_eq!(civil("20200405101112"), Some(date(2020, 4, 5).at(10, 11, 12, 0)));
        assert_eq!(civil("2020-04-05T10:11"), Some(date(2020, 4, 5).at(10, 11, 0, 0)));
        for text in [
            "0001-01-01",
            "0001-01-01 00:00:00.0",
            "1899-12-31",
            "2020-02-30",
            "2020-13-01",
            "5/4/20",
            "长期",
            "2020-04-05 25:00",
            "20200405 1",
            "二〇二〇",
            "2020-04-05 10:00.x",
        ] {
            assert_eq!(civil(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_are_whole_and_without_sign() {
        assert_eq!(whole("12"), Some(12));
        assert_eq!(whole("12.0"), Some(12));
        for text in ["", "-1", "+1", "1.5", "1e3", "9999999999", "12 ", "一"] {
            assert_eq!(whole(text), None, "{text}");
        }
    }

    #[test]
    fn plates_lose_and_gain_their_province_at_the_edge() {
        let plate = |kind: &str, number: &str| {
            Plate::parse(PlateKind::parse(kind).expect(kind), number).expect(number)
        };
        let small = plate("02", "鄂A12345");
        assert_eq!(to_wire(&small, "鄂", true), "A12345");
        assert_eq!(to_wire(&small, "鄂", false), "鄂A12345");
        assert_eq!(to_wire(&plate("02", "湘A12345"), "鄂", true), "湘A12345");
        assert_eq!(to_wire(&plate("15", "鄂A1234挂"), "鄂", true), "A1234");
        let kind = PlateKind::parse("15").expect("trailer");
        assert_eq!(from_wire(kind, "A1234", "鄂"), Some(plate("15", "鄂A1234挂")));
        assert_eq!(from_wire(PlateKind::SMALL, "A12345", "鄂"), Some(small.clone()));
        assert_eq!(from_wire(PlateKind::SMALL, "鄂A12345", "鄂"), Some(small));
        assert_eq!(from_wire(PlateKind::SMALL, "A1234I", "鄂"), None);
    }
}
