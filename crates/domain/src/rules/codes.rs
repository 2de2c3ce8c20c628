//! Lists of offence codes with their local sub-codes.

use std::fmt;

use super::value::Truth;

/// A list of offence codes: four digits, or five characters for a local sub-code.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CodeList {
    /// Sorted, for a binary search.
    codes: Vec<String>,
}

impl CodeList {
    /// From codes in any order.
    pub fn new(codes: impl IntoIterator<Item = String>) -> CodeList {
        let mut codes: Vec<String> = codes.into_iter().collect();
        codes.sort();
        codes.dedup();
        CodeList { codes }
    }

    /// The codes, sorted.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.codes.iter().map(String::as_str)
    }

    /// Whether a record's code is on the list (reading A45): the exact code or its first four digits are on it: yes.
    /// The record has four digits and the list only sub-codes of them: unknown. Otherwise no.
    pub fn lists(&self, code: &str) -> Truth {
        let four = code.get(..4).unwrap_or(code);
        if self.has(code) || self.has(four) {
            return Truth::True;
        }
        let only_sub_codes =
            code.len() == 4 && self.codes.iter().any(|listed| listed.len() > 4 && listed.starts_with(code));
        if only_sub_codes { Truth::Unknown } else { Truth::False }
    }

    fn has(&self, code: &str) -> bool {
        self.codes.binary_search_by(|listed| listed.as_str().cmp(code)).is_ok()
    }
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
