//! The one SQL text, made ready for SQLite: its `$n` placeholders, and where a table keeps its rows.
//!
//! PostgreSQL takes `$2` as the second value. SQLite takes it as a *name* and numbers names by first appearance, so
//! `… set b = $2 where a = $1` would bind the wrong way round without a word. Every text is therefore rewritten to the
//! explicit `?2` form, and a text whose numbers have a gap is refused on both engines.

use crate::StoreError;

/// Values that one text takes at most.
pub(crate) const VALUES_MAX: usize = 99;

/// Tables whose rows SQLite keeps in the order of their key, without a second tree that leads from the key to the row: a
/// driver's rows lie on one page, found in one step. Only small rows: this tree holds whole rows in its branches too, and a few
/// large ones make it deep.
const CLUSTERED: &[&str] = &[
    "account",
    "audit",
    "binding",
    "case_step",
    "confirmation",
    "job",
    "ledger_transfer",
    "licence_claim",
    "nudge",
    "order_leg",
    "programme_use",
    "session",
    "trade",
    "turn",
    "turn_bucket",
    "vehicle_user",
    "violation_claim",
];

/// The text of a migration with the place of the rows of each new table. A file from before keeps the places it has.
pub(crate) fn placed(sql: &str) -> String {
    let mut clustered = false;
    let mut text = String::with_capacity(sql.len() + 64);
    for line in sql.lines() {
        if let ["create", "table", name, "("] = line.split(' ').collect::<Vec<_>>().as_slice() {
            clustered = CLUSTERED.contains(name);
        }
        match line == ");" && std::mem::take(&mut clustered) {
            true => text.push_str(") without rowid;"),
            false => text.push_str(line),
        }
        text.push('\n');
    }
    text
}

/// A text with numbered placeholders, ready for SQLite.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Numbered {
    /// The text with `?n` in place of `$n`.
    pub text: String,
    /// How many values it takes: the highest number used.
    pub count: usize,
}

/// Rewrites `$n` to `?n` outside of literals, quoted names and comments.
pub(crate) fn number(sql: &str) -> Result<Numbered, StoreError> {
    let mut text = String::with_capacity(sql.len());
    let mut used: Vec<bool> = Vec::new();
    let mut chars = sql.chars().peekable();
    while let Some(here) = chars.next() {
        text.push(here);
        match here {
            '\'' | '"' => copy_until(&mut chars, &mut text, here),
            '-' if chars.peek() == Some(&'-') => copy_until(&mut chars, &mut text, '\n'),
            '?' => return Err(refuse(sql, "holds a bare ?, write $1, $2, …")),
            '$' => {
                let mut digits = String::new();
                while let Some(digit) = chars.next_if(char::is_ascii_digit) {
                    digits.push(digit);
                }
                let at: usize = digits.parse().unwrap_or(0);
                if at == 0 || at > VALUES_MAX {
                    return Err(refuse(sql, "holds a $ that is no placeholder from $1 to $99"));
                }
                text.pop();
                text.push('?');
                text.push_str(&digits);
                if used.len() < at {
                    used.resize(at, false);
                }
                used[at - 1] = true;
            }
            _ => {}
        }
    }
    match used.iter().position(|used| !used) {
        Some(gap) => Err(refuse(sql, &format!("never uses ${}", gap + 1))),
        None => Ok(Numbered { text, count: used.len() }),
    }
}

fn copy_until(chars: &mut impl Iterator<Item = char>, text: &mut String, end: char) {
    for here in chars {
        text.push(here);
        if here == end {
            return;
        }
    }
}

fn refuse(sql: &str, why: &str) -> StoreError {
    StoreError::Broken(format!("the statement {why}: {sql}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_keep_their_numbers_whatever_their_order() {
        let numbered =
            number("update t set b = $2, c = $10 where a = $1 and d in ($3,$4,$5,$6,$7,$8,$9) and b <> $2");
        let want = "update t set b = ?2, c = ?10 where a = ?1 and d in (?3,?4,?5,?6,?7,?8,?9) and b <> ?2";
        assert_eq!(numbered, Ok(Numbered { text: want.into(), count: 10 }));
    }

    #[test]
    fn literals_names_and_comments_are_left_alone() {
        let sql = "select '$1 it''s ?', \"$2?\" -- $9 ?\n from t where a = $1";
        let numbered = number(sql).expect("a good text");
        assert_eq!(numbered.text, "select '$1 it''s ?', \"$2?\" -- $9 ?\n from t where a = ?1");
        assert_eq!(numbered.count, 1);
    }

    #[test]
    fn small_rows_stand_in_the_order_of_their_key() {
        let sql = "-- Turns.\ncreate table turn (\n    driver text not null primary key\n);\ncreate table quote (\n    \
                   driver text not null primary key\n);\ncreate index of_turn on turn (driver);\n";
        let want = sql.replacen("\n);", "\n) without rowid;", 1);
        assert_eq!(placed(sql), want);
    }

    #[test]
    fn every_clustered_table_is_there_and_has_a_key() {
        let all: String = crate::migrate::MIGRATIONS.iter().map(|migration| placed(migration.sql)).collect();
        assert_eq!(all.matches("without rowid").count(), CLUSTERED.len());
    }

    #[test]
    fn gaps_and_strangers_are_refused() {
        for bad in
            ["select $2", "select $1, $3", "select ?", "select $", "select $name", "select $0", "select $100"]
        {
            assert!(matches!(number(bad), Err(StoreError::Broken(_))), "{bad} passed");
        }
    }
}
