//! Number plates (GA 36) and plate kinds (GA/T 16.7). The kind is part of the key: the same number
//! exists under several kinds (domain.md §8 trap 14).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::text::{compact, is_plain};

/// A plate kind of GA/T 16.7, two digits: `02` small vehicle, `52` small new-energy vehicle …
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PlateKind([u8; 2]);

/// The kinds of `packs/plate_types.csv`; a test holds the two equal.
const KINDS: [&str; 35] = [
    "01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12", "13", "14", "15", "16", "17",
    "18", "19", "20", "21", "22", "23", "24", "25", "26", "27", "31", "32", "41", "42", "43", "51", "52",
    "99",
];

impl PlateKind {
    /// Small vehicle (blue plate).
    pub const SMALL: PlateKind = PlateKind(*b"02");
    /// Small new-energy vehicle (green plate).
    pub const SMALL_NEW_ENERGY: PlateKind = PlateKind(*b"52");

    /// Reads the two digits of a known kind.
    ///
    /// # Errors
    /// [`PlateFault::Kind`] for a code that the table does not know.
    pub fn parse(raw: &str) -> Result<PlateKind, PlateFault> {
        PlateKind::exact(&compact(raw)).ok_or(PlateFault::Kind)
    }

    /// The two digits as they stand in the table.
    fn exact(text: &str) -> Option<PlateKind> {
        match text.as_bytes() {
            [a, b] if KINDS.contains(&text) => Some(PlateKind([*a, *b])),
            _ => None,
        }
    }

    /// The two digits.
    #[must_use]
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).expect("two ASCII digits")
    }

    /// Every kind of the table, in its order.
    pub fn all() -> impl Iterator<Item = PlateKind> {
        KINDS.iter().map(|code| PlateKind([code.as_bytes()[0], code.as_bytes()[1]]))
    }
}

impl fmt::Display for PlateKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for PlateKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PlateKind({})", self.code())
    }
}

impl TryFrom<String> for PlateKind {
    type Error = PlateFault;
    fn try_from(text: String) -> Result<PlateKind, PlateFault> {
        PlateKind::parse(&text)
    }
}

impl From<PlateKind> for String {
    fn from(kind: PlateKind) -> String {
        kind.code().to_owned()
    }
}

/// A number plate in its one canonical spelling: full, with the province character, half-width, capitals.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Plate {
    /// `02:鄂A12345`. One text and not two parts, because it is read as a key far more often than it is made; the kind has two
    /// digits always, so keys are in the order of kind and number.
    key: String,
}

/// Bytes of a key in front of the number: the kind and the colon.
const BEFORE_NUMBER: usize = 3;

/// Why a text is not a plate of the given kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PlateFault {
    /// The plate kind is not in the table.
    #[error("this plate kind does not exist")]
    Kind,
    /// Nothing left after cleaning.
    #[error("the plate number is empty")]
    Empty,
    /// The first character is not the short name of a province.
    #[error("a plate begins with the character of a province, like 鄂")]
    Province,
    /// The second character is not the letter of a city.
    #[error("after the province comes the letter of the city; I is not used")]
    City,
    /// The letters I and O are not used in the serial.
    #[error("the letters I and O are not used on plates: write the digits 1 and 0")]
    LetterIOrO,
    /// Too short or too long for its kind.
    #[error("a plate of this kind does not have so many characters")]
    Length,
    /// A new-energy plate that breaks the pattern of its kind (D or F and its successors, digits elsewhere).
    #[error("a new-energy plate has six characters after the city, with its letter in the place of its kind")]
    NewEnergy,
    /// The character at the end or the beginning that this kind carries (挂, 学, 警, 使 …) is missing.
    #[error("a plate of this kind carries a character that is missing here")]
    Mark,
    /// Something that no plate carries.
    #[error("the plate has characters that no plate has")]
    Characters,
    /// A key that is not `kind:number`.
    #[error("a plate key is the kind, a colon and the number")]
    Key,
}

const PROVINCES: &str = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新";
/// First letters of new-energy serials: D and F since 2016, the others since the amendment of 2021.
const NEW_ENERGY: &[u8] = b"DFABCEGHJK";

impl Plate {
    /// Reads a plate of a kind by GA 36. Full-width forms, zero-width characters, small letters and the
    /// dot after the city letter are put right; what cannot be a plate is refused with the reason.
    ///
    /// # Errors
    /// [`PlateFault`] with the first thing that is wrong.
    pub fn parse(kind: PlateKind, raw: &str) -> Result<Plate, PlateFault> {
        let number = compact(raw);
        fits(kind, &number)?;
        Ok(Plate { key: format!("{}:{number}", kind.code()) })
    }

    /// Reads back what [`Plate::key`] wrote.
    ///
    /// # Errors
    /// [`PlateFault`] when the key is damaged.
    pub fn from_key(key: &str) -> Result<Plate, PlateFault> {
        let (kind, number) = key.split_once(':').ok_or(PlateFault::Key)?;
        Plate::parse(PlateKind::parse(kind)?, number)
    }

    /// Kind and number in one text, `02:鄂A12345`: the key of stores and directories.
    #[must_use]
    pub fn as_key(&self) -> &str {
        &self.key
    }

    /// The same as a text of its own.
    #[must_use]
    pub fn key(&self) -> String {
        self.key.clone()
    }

    /// The plate kind.
    #[must_use]
    pub fn kind(&self) -> PlateKind {
        let code = self.key.as_bytes();
        PlateKind([code[0], code[1]])
    }

    /// The full number, for the wire, the decision and the driver's own page. Never for a log.
    #[must_use]
    pub fn number(&self) -> &str {
        &self.key[BEFORE_NUMBER..]
    }

    /// The province character and the city letter, where the plate has them: `鄂A`.
    #[must_use]
    pub fn place(&self) -> Option<&str> {
        let number = self.number();
        let end = civil(number).map(|serial| number.len() - serial.len()).ok()?;
        number.get(..end)
    }

    /// What may be shown: the first two and the last two characters, `鄂A***45`.
    #[must_use]
    pub fn masked(&self) -> String {
        let characters: Vec<char> = self.number().chars().collect();
        let shown = |at: usize| at < 2 || at + 2 >= characters.len();
        characters
            .iter()
            .enumerate()
            .map(|(at, c)| if shown(at) && characters.len() > 4 { *c } else { '*' })
            .collect()
    }
}

/// Whether a cleaned number is one of its kind.
fn fits(kind: PlateKind, number: &str) -> Result<(), PlateFault> {
    if number.is_empty() {
        return Err(PlateFault::Empty);
    }
    match kind.code() {
        "51" => civil(number).and_then(new_energy_large),
        "52" => civil(number).and_then(new_energy_small),
        "15" => marked(number, &["挂"]),
        "16" | "17" => marked(number, &["学"]),
        "18" | "19" => marked(number, &["试", "超"]),
        "23" | "24" => marked(number, &["警"]),
        "26" => marked(number, &["港"]),
        "27" => marked(number, &["澳"]),
        "03" | "09" => mission(number, '使'),
        "04" | "10" => mission(number, '领'),
        "01" | "02" if number.ends_with("应急") => marked(number, &["应急"]),
        "01" | "02" | "05" | "06" | "07" | "08" | "11" | "12" | "13" => civil(number).and_then(ordinary),
        _ => free(number),
    }
}

/// Province and city letter; hands back the serial behind them.
fn civil(number: &str) -> Result<&str, PlateFault> {
    let province = number.chars().next().filter(|c| PROVINCES.contains(*c)).ok_or(PlateFault::Province)?;
    let rest = &number[province.len_utf8()..];
    match rest.as_bytes().first() {
        Some(b'A'..=b'H' | b'J'..=b'Z') => Ok(&rest[1..]),
        _ => Err(PlateFault::City),
    }
}

/// Digits and capitals without I and O, of one of the given lengths.
fn serial(text: &str, lengths: &[usize]) -> Result<(), PlateFault> {
    if !text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase()) {
        return Err(PlateFault::Characters);
    }
    if text.bytes().any(|b| matches!(b, b'I' | b'O')) {
        return Err(PlateFault::LetterIOrO);
    }
    if lengths.contains(&text.len()) { Ok(()) } else { Err(PlateFault::Length) }
}

fn ordinary(text: &str) -> Result<(), PlateFault> {
    serial(text, &[5])
}

/// GA 36: D12345 and its successors, the second place a letter or a digit, four digits at the end.
fn new_energy_small(text: &str) -> Result<(), PlateFault> {
    serial(text, &[6])?;
    let bytes = text.as_bytes();
    let fits = NEW_ENERGY.contains(&bytes[0]) && bytes[2..].iter().all(u8::is_ascii_digit);
    if fits { Ok(()) } else { Err(PlateFault::NewEnergy) }
}

/// GA 36: 12345D and its successors.
fn new_energy_large(text: &str) -> Result<(), PlateFault> {
    serial(text, &[6])?;
    let bytes = text.as_bytes();
    let fits = NEW_ENERGY.contains(&bytes[5]) && bytes[..5].iter().all(u8::is_ascii_digit);
    if fits { Ok(()) } else { Err(PlateFault::NewEnergy) }
}

/// Plates with a character at the end: 鄂A1234挂, 鄂A1234学, 鄂A1234警, 粤Z1234港.
fn marked(number: &str, marks: &[&str]) -> Result<(), PlateFault> {
    let body = marks.iter().find_map(|mark| number.strip_suffix(mark)).ok_or(PlateFault::Mark)?;
    serial(civil(body)?, &[4])
}

/// Missions: the mark before or behind the digits (使123456, 123456使), or behind a civil plate (沪A0123领).
fn mission(number: &str, mark: char) -> Result<(), PlateFault> {
    if let Some(body) = number.strip_suffix(mark).or_else(|| number.strip_prefix(mark)) {
        return civil(body).map_or_else(|_| serial(body, &[5, 6]), |text| serial(text, &[4, 5]));
    }
    Err(PlateFault::Mark)
}

/// Kinds without one published pattern (tractors, temporary, military, none): only what no plate has is refused.
fn free(number: &str) -> Result<(), PlateFault> {
    if !is_plain(number) {
        return Err(PlateFault::Characters);
    }
    if (1..=15).contains(&number.chars().count()) { Ok(()) } else { Err(PlateFault::Length) }
}

impl fmt::Debug for Plate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Plate({}:{})", self.kind().code(), self.masked())
    }
}

impl TryFrom<String> for Plate {
    type Error = PlateFault;
    fn try_from(key: String) -> Result<Plate, PlateFault> {
        // What we stored needs no cleaning and is not copied.
        match key.split_at_checked(2).and_then(|(kind, rest)| Some((PlateKind::exact(kind)?, rest))) {
            Some((kind, rest)) if rest.strip_prefix(':').is_some_and(is_plain) => {
                fits(kind, &rest[1..])?;
                Ok(Plate { key })
            }
            _ => Plate::from_key(&key),
        }
    }
}

impl From<Plate> for String {
    fn from(plate: Plate) -> String {
        plate.key
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(kind: &str, raw: &str) -> Result<Plate, PlateFault> {
        Plate::parse(PlateKind::parse(kind).expect("a kind"), raw)
    }

    #[test]
    fn trap_14_the_same_number_under_another_kind_is_another_vehicle() {
        let (car, motorcycle) =
            (read("02", "鄂A12345").expect("car"), read("07", "鄂A12345").expect("motorcycle"));
        assert_eq!(car.number(), motorcycle.number());
        assert_ne!(car, motorcycle);
        assert_ne!(car.key(), motorcycle.key());
    }

    #[test]
    fn the_kinds_are_those_of_the_table() {
        let table = include_str!("../../../../packs/plate_types.csv");
        let codes: Vec<&str> = table.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
        assert_eq!(codes, KINDS);
        assert_eq!(PlateKind::all().map(|kind| kind.to_string()).collect::<Vec<_>>(), codes);
    }

    #[test]
    fn plates_of_every_form_are_read() {
        for (kind, number) in [
            ("01", "鄂A1234A"),
            ("02", "鄂AD1234"),
            ("02", "京O12345"),
            ("02", "鄂X1234应急"),
            ("52", "鄂AD12345"),
            ("52", "鄂AFA1234"),
            ("52", "京AK12345"),
            ("51", "鄂A12345D"),
            ("51", "鄂A12345K"),
            ("15", "鄂A1234挂"),
            ("16", "鄂A123A学"),
            ("18", "鄂A1234试"),
            ("23", "鄂A0001警"),
            ("26", "粤Z12A4港"),
            ("27", "粤Z1234澳"),
            ("03", "使123456"),
            ("03", "123456使"),
            ("04", "沪A0123领"),
            ("22", "鄂AL12345"),
            ("31", "WJ鄂1234X"),
            ("32", "VA12345"),
            ("14", "鄂0112345"),
            ("41", "无号牌"),
        ] {
            assert_eq!(read(kind, number).expect(number).number(), number);
        }
    }

    #[test]
    fn what_people_paste_is_put_right() {
        for raw in ["鄂a·12345", "鄂Ａ１２３４５", " 鄂A\u{200B}123-45 ", "\u{FEFF}鄂a 12345\u{200F}"]
        {
            assert_eq!(read("02", raw).expect("cleaned").number(), "鄂A12345");
        }
    }

    #[test]
    fn each_fault_says_what_is_wrong() {
        for (kind, raw, fault) in [
            ("02", "", PlateFault::Empty),
            ("02", "\u{200B} ·", PlateFault::Empty),
            ("02", "A12345", PlateFault::Province),
            ("02", "楚A12345", PlateFault::Province),
            ("02", "鄂112345", PlateFault::City),
            ("02", "鄂I12345", PlateFault::City),
            ("02", "鄂", PlateFault::City),
            ("02", "鄂A1234O", PlateFault::LetterIOrO),
            ("02", "鄂A1234I", PlateFault::LetterIOrO),
            ("02", "鄂A1234", PlateFault::Length),
            ("02", "鄂AD12345", PlateFault::Length),
            ("02", "鄂A123挂", PlateFault::Characters),
            ("52", "鄂A12345", PlateFault::Length),
            ("52", "鄂A12345D", PlateFault::NewEnergy),
            ("52", "鄂AZ12345", PlateFault::NewEnergy),
            ("51", "鄂AD12345", PlateFault::NewEnergy),
            ("15", "鄂A1234", PlateFault::Mark),
            ("16", "鄂A1234挂", PlateFault::Mark),
            ("03", "鄂A12345", PlateFault::Mark),
            ("41", "无'号", PlateFault::Characters),
            ("99", "鄂A12345678901234", PlateFault::Length),
        ] {
            assert_eq!(read(kind, raw), Err(fault), "{kind} {raw}");
        }
        for kind in ["", "2", "00", "50", "002", "0a"] {
            assert_eq!(PlateKind::parse(kind), Err(PlateFault::Kind), "{kind}");
        }
    }

    #[test]
    fn keys_and_debug() {
        let plate = read("02", "鄂A12345").expect("plate");
        assert_eq!(plate.key(), "02:鄂A12345");
        assert_eq!(Plate::from_key("02:鄂A12345"), Ok(plate.clone()));
        assert_eq!(Plate::from_key("鄂A12345"), Err(PlateFault::Key));
        assert_eq!(format!("{plate:?}"), "Plate(02:鄂A***45)");
        assert_eq!(plate.place(), Some("鄂A"));
        assert_eq!(read("32", "VA12345").expect("plate").place(), None);
        assert_eq!(serde_json::to_string(&plate).expect("json"), "\"02:鄂A12345\"");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_and_what_is_read_is_stable(kind in proptest::sample::select(&KINDS[..]), raw in "\\PC{0,12}") {
            if let Ok(plate) = read(kind, &raw) {
                prop_assert_eq!(Plate::from_key(&plate.key()), Ok(plate));
            }
        }

        #[test]
        fn a_key_that_is_kept_as_it_is_is_the_one_that_would_be_made(key in "(?:[0-9０ ]{0,3}|01|02|15|41|52)[:：]?[鄂挂楚A-CIOa8９·1-3 ]{0,8}") {
            let plate = Plate::try_from(key.clone());
            prop_assert_eq!(&plate, &Plate::from_key(&key));
            if let Ok(plate) = plate {
                prop_assert_eq!(plate.as_key(), format!("{}:{}", plate.kind().code(), plate.number()));
                prop_assert_eq!(Plate::parse(plate.kind(), plate.number()), Ok(plate));
            }
        }

        #[test]
        fn plates_are_in_the_order_of_kind_and_number(one in "(01|02|41)", other in "(01|02|41)", numbers in "[0-9A-Z鄂]{1,8} [0-9A-Z鄂]{1,8}") {
            let (first, second) = numbers.split_once(' ').expect("two");
            let read = |kind: &str, number: &str| Plate::try_from(format!("{kind}:{number}"));
            if let (Ok(a), Ok(b)) = (read(&one, first), read(&other, second)) {
                prop_assert_eq!(a.cmp(&b), (a.kind(), a.number()).cmp(&(b.kind(), b.number())));
            }
        }

        #[test]
        fn every_small_vehicle_serial_is_read(serial in "[A-HJ-NP-Z0-9]{5}", city in "[A-HJ-Z]") {
            let number = format!("鄂{city}{serial}");
            let plate = read("02", &number).expect("a plate");
            prop_assert_eq!(plate.number(), number.as_str());
        }
    }
}
