//! Lists of offence codes with their local sub-codes.

use std::fmt;

use super::value::Truth;

/// A list of offence codes: four digits, or five characters for a local sub-code.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CodeList {
    codes: Vec<String>,
    /// The same codes as numbers, sorted: comparing numbers is quick.
    keys: Vec<u64>,
}

impl CodeList {
    /// From codes in any order.
    pub fn new(codes: impl IntoIterator<Item = String>) -> CodeList {
        let mut codes: Vec<String> = codes.into_iter().collect();
        codes.sort();
        codes.dedup();
        let mut keys: Vec<u64> = codes.iter().filter_map(|code| key(code)).collect();
        keys.sort_unstable();
        CodeList { codes, keys }
    }

    /// The codes, sorted.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.codes.iter().map(String::as_str)
    }

    /// Whether a record's code is on the list (reading A45): the exact code or its first four digits are on it: yes.
    /// The record has four digits and the list only sub-codes of them: unknown. Otherwise no.
    pub fn lists(&self, code: &str) -> Truth {
        let Some(exact) = key(code) else { return Truth::False };
        let four = code.get(..4).and_then(key).unwrap_or(exact);
        if self.has(exact) || self.has(four) {
            return Truth::True;
        }
        let only_sub_codes =
            code.len() == 4 && self.codes.iter().any(|listed| listed.len() > 4 && listed.starts_with(code));
        if only_sub_codes { Truth::Unknown } else { Truth::False }
    }

    fn has(&self, key: u64) -> bool {
        self.keys.binary_search(&key).is_ok()
    }
}

/// A code of up to seven bytes as a number; a longer one is no offence code.
fn key(code: &str) -> Option<u64> {
    let bytes = code.as_bytes();
    (bytes.len() <= 7).then(|| bytes.iter().fold(1, |key, byte| (key << 8) | u64::from(*byte)))
}

impl fmt::Display for CodeList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.codes.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sub_codes_follow_reading_a45() {
        let list = CodeList::new(["1039".to_owned(), "13522".to_owned()]);
        assert_eq!(list.lists("1039"), Truth::True);
        assert_eq!(list.lists("10393"), Truth::True, "an unlisted sub-code of a listed code is listed");
        assert_eq!(list.lists("13522"), Truth::True);
        assert_eq!(list.lists("1352A"), Truth::False, "another sub-code than the listed one");
        assert_eq!(list.lists("1352"), Truth::Unknown, "the list names sub-codes only");
        assert_eq!(list.lists("1625"), Truth::False);
    }
}
