//! What both kinds of bill have in common: a header in Chinese, rows whose fields each begin with a back-tick, and two
//! rows at the end that sum up. Columns are found by their name, never by their place.

use std::sync::Arc;

use jiff::civil::DateTime;

use crate::money::Fen;

/// Why a bill is refused. The whole file is refused: nothing of it is used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BillFault {
    /// There is not even a header.
    #[error("the file is empty")]
    Empty,
    /// The header lacks a column, or has it twice.
    #[error("the header does not have the column {0} exactly once")]
    Column(&'static str),
    /// A row that does not begin with a back-tick.
    #[error("line {line}: a row begins with a back-tick, this one does not")]
    BackTick {
        /// From 1.
        line: u64,
    },
    /// A row with more or fewer fields than the header.
    #[error("line {line}: {fields} fields, the header has {columns}")]
    Fields {
        /// From 1.
        line: u64,
        /// Fields of the row.
        fields: usize,
        /// Columns of the header.
        columns: usize,
    },
    /// Not an amount in yuan with exactly two decimals.
    #[error("line {line}, column {column}: {value:?} is not an amount in yuan with exactly two decimals")]
    Amount {
        /// From 1.
        line: u64,
        /// Name in the header.
        column: &'static str,
        /// What stands there, shortened.
        value: String,
    },
    /// A value that cannot be used: an unknown state, an instant that cannot be read or is of another day, an empty number.
    #[error("line {line}, column {column}: {value:?} cannot be used")]
    Value {
        /// From 1.
        line: u64,
        /// Name in the header.
        column: &'static str,
        /// What stands there, shortened.
        value: String,
    },
    /// The rows that sum up are missing: the file was cut off.
    #[error("the two rows that sum up are missing: the file is not whole")]
    NoSummary,
    /// The rows that sum up say something else than what was read.
    #[error("the summary says {column} is {told}, read were {read}")]
    Summary {
        /// Name in the header of the summary.
        column: &'static str,
        /// What it says.
        told: String,
        /// What the rows add up to.
        read: String,
    },
    /// Something follows the summary.
    #[error("line {line}: nothing may follow the summary")]
    AfterSummary {
        /// From 1.
        line: u64,
    },
    /// The sums no longer fit in 64 bits.
    #[error("line {line}: the sum is too large")]
    TooLarge {
        /// From 1.
        line: u64,
    },
}

/// Where a reader stands in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Header,
    Rows,
    Summary,
    Over,
}

/// Cuts lines into fields by the names of the header, and knows when the file is over.
#[derive(Debug)]
pub(super) struct Columns {
    stage: Stage,
    line: u64,
    header: Arc<[String]>,
    summary: Arc<[String]>,
    /// First name of the header of the summary.
    summary_starts: &'static str,
}

/// A line, cut.
pub(super) enum Cut<'l> {
    /// The header, or the header of the summary.
    Names,
    /// A row.
    Row(Fields<'l>),
    /// The values of the summary.
    Summary(Fields<'l>),
    /// An empty line at the very end.
    Nothing,
}

/// The fields of a row with their names.
pub(super) struct Fields<'l> {
    pub line: u64,
    header: Arc<[String]>,
    values: Vec<&'l str>,
}

/// At most so much of a bad value is repeated.
const SHOWN_CHARS: usize = 40;

impl Columns {
    pub fn new(summary_starts: &'static str) -> Columns {
        Columns { stage: Stage::Header, line: 0, header: Arc::new([]), summary: Arc::new([]), summary_starts }
    }

    /// Takes the next line; `needed` are the columns that the header must have.
    pub fn line<'l>(&mut self, text: &'l str, needed: &[&'static str]) -> Result<Cut<'l>, BillFault> {
        self.line += 1;
        let line = self.line;
        let text = text.trim_end_matches('\r');
        match self.stage {
            Stage::Header => {
                let text = text.strip_prefix('\u{feff}').unwrap_or(text);
                self.header = names(text);
                if let Some(column) = needed.iter().find(|wanted| occurs(&self.header, wanted) != 1) {
                    return Err(if text.is_empty() { BillFault::Empty } else { BillFault::Column(column) });
                }
                self.stage = Stage::Rows;
                Ok(Cut::Names)
            }
            Stage::Rows if text.split(',').next() == Some(self.summary_starts) => {
                self.summary = names(text);
                self.stage = Stage::Summary;
                Ok(Cut::Names)
            }
            Stage::Rows => Ok(Cut::Row(Fields::cut(line, text, &self.header)?)),
            Stage::Summary => {
                self.stage = Stage::Over;
                Ok(Cut::Summary(Fields::cut(line, text, &self.summary)?))
            }
            Stage::Over if text.is_empty() => Ok(Cut::Nothing),
            Stage::Over => Err(BillFault::AfterSummary { line }),
        }
    }

    /// The end of the file, which must come after the summary.
    pub fn finish(&self) -> Result<(), BillFault> {
        match self.stage {
            Stage::Header => Err(BillFault::Empty),
            Stage::Rows | Stage::Summary => Err(BillFault::NoSummary),
            Stage::Over => Ok(()),
        }
    }
}

fn names(text: &str) -> Arc<[String]> {
    text.split(',').map(|name| name.trim().trim_start_matches('`').to_owned()).collect()
}

fn occurs(header: &[String], wanted: &str) -> usize {
    header.iter().filter(|name| *name == wanted).count()
}

impl<'l> Fields<'l> {
    /// A comma separates only where a back-tick follows it: the text of a field may have commas of its own.
    fn cut(line: u64, text: &'l str, header: &Arc<[String]>) -> Result<Fields<'l>, BillFault> {
        let rest = text.strip_prefix('`').ok_or(BillFault::BackTick { line })?;
        let values: Vec<&str> = rest.split(",`").collect();
        if values.len() != header.len() {
            return Err(BillFault::Fields { line, fields: values.len(), columns: header.len() });
        }
        Ok(Fields { line, header: Arc::clone(header), values })
    }

    /// The text of a column; empty when the header does not have it.
    pub fn text(&self, column: &str) -> &'l str {
        let at = self.header.iter().position(|name| name == column);
        at.and_then(|at| self.values.get(at)).map_or("", |value| value.trim())
    }

    /// A text that must be there.
    pub fn some(&self, column: &'static str) -> Result<&'l str, BillFault> {
        let text = self.text(column);
        if text.is_empty() { Err(self.bad(column)) } else { Ok(text) }
    }

    /// An amount in yuan with exactly two decimals.
    pub fn yuan(&self, column: &'static str) -> Result<Fen, BillFault> {
        let text = self.text(column);
        let two = text.split_once('.').is_some_and(|(_, decimals)| decimals.len() == 2);
        Fen::parse_yuan(text).ok().filter(|_| two).ok_or_else(|| BillFault::Amount {
            line: self.line,
            column,
            value: shown(text),
        })
    }

    /// An instant as the bill writes it, in China's civil time.
    pub fn at(&self, column: &'static str) -> Result<DateTime, BillFault> {
        let text = self.text(column);
        DateTime::strptime("%Y-%m-%d %H:%M:%S", text).map_err(|_| self.bad(column))
    }

    /// A column whose value cannot be used.
    pub fn bad(&self, column: &'static str) -> BillFault {
        BillFault::Value { line: self.line, column, value: shown(self.text(column)) }
    }

    /// A column of the summary must say what was read.
    pub fn says(&self, column: &'static str, read: &str) -> Result<(), BillFault> {
        let told = self.text(column);
        if told == read {
            return Ok(());
        }
        Err(BillFault::Summary { column, told: shown(told), read: read.to_owned() })
    }

    /// An amount of the summary must be what was read.
    pub fn says_yuan(&self, column: &'static str, read: Fen) -> Result<(), BillFault> {
        if self.yuan(column)? == read {
            return Ok(());
        }
        Err(BillFault::Summary { column, told: shown(self.text(column)), read: two_decimals(read) })
    }
}

fn shown(text: &str) -> String {
    text.chars().take(SHOWN_CHARS).collect()
}

/// An amount as bills write it.
pub(super) fn two_decimals(fen: Fen) -> String {
    format!("{}.{:02}", fen.0 / 100, fen.0 % 100)
}
