//! What the shim wrote down: every call that changed a file, in the order in which the calls happened.

use std::ops::Range;
use std::path::Path;

use anyhow::{Context, Result, bail};

/// Files whose names begin so are the clients' memory, not the server's disk.
pub const ACKS: &str = "acks";

/// One call. File numbers are those of the file itself, not of its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    /// A file was made under a name.
    Made { file: usize, name: String },
    /// Bytes were written; where they stand in the trace.
    Written { file: usize, at: usize, data: Range<usize> },
    /// A file was cut, or lengthened with zeros.
    Cut { file: usize, length: usize },
    /// A file was flushed: all before call `upto` is on the disk.
    Flushed { file: usize, upto: usize },
    /// A name was taken away.
    Unlinked { name: String },
    /// A name was changed.
    Renamed { from: String, to: String },
    /// The folder was flushed: all changes of names before call `upto` are on the disk.
    FolderFlushed { upto: usize },
    /// A file was mapped into memory.
    Mapped { name: String, writable: bool },
    /// A flush failed: what was not on the disk may be or not, and no later flush will bring it.
    NotFlushed { file: usize, upto: usize },
}

/// A whole recording.
#[derive(Debug, Clone, Default)]
pub struct Trace {
    /// All calls.
    pub ops: Vec<Op>,
    bytes: Vec<u8>,
}

/// Length of a record's head.
const HEAD: usize = 24;

impl Trace {
    /// Reads a trace; what a killed program left half written at the end is not looked at.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).with_context(|| format!("no trace in {}", path.display()))?;
        let mut ops = Vec::new();
        let mut here = 0;
        while here + HEAD <= bytes.len() {
            let word = |at: usize| -> Result<usize> {
                Ok(usize::try_from(u32::from_le_bytes(bytes[here + at..here + at + 4].try_into()?))?)
            };
            let long = |at: usize| -> Result<usize> {
                Ok(usize::try_from(u64::from_le_bytes(bytes[here + at..here + at + 8].try_into()?))?)
            };
            let (what, file, at, length) = (word(0)?, word(4)?, long(8)?, long(16)?);
            let data = here + HEAD..here + HEAD + length;
            if data.end > bytes.len() {
                break;
            }
            here = data.end;
            ops.push(op(what, file, at, data, &bytes)?);
        }
        Ok(Self { ops, bytes })
    }

    /// The bytes of a write.
    pub fn data(&self, range: &Range<usize>) -> &[u8] {
        &self.bytes[range.clone()]
    }

    /// The name under which a file was made.
    pub fn made_as(&self, wanted: usize) -> &str {
        let made = self.ops.iter().find_map(|op| match op {
            Op::Made { file, name } if *file == wanted => Some(name.as_str()),
            _ => None,
        });
        made.unwrap_or_default()
    }

    /// What was acknowledged before call `cut`: the text of the clients' files.
    pub fn acks(&self, cut: usize) -> String {
        let mut text = String::new();
        for op in &self.ops[..cut] {
            if let Op::Written { file, data, .. } = op
                && self.made_as(*file).starts_with(ACKS)
            {
                text.push_str(&String::from_utf8_lossy(self.data(data)));
            }
        }
        text
    }
}

fn op(what: usize, file: usize, at: usize, data: Range<usize>, bytes: &[u8]) -> Result<Op> {
    let text = String::from_utf8_lossy(&bytes[data.clone()]).into_owned();
    Ok(match what {
        1 => Op::Made { file, name: text },
        2 => Op::Written { file, at, data },
        3 => Op::Cut { file, length: at },
        4 => Op::Flushed { file, upto: at },
        5 => Op::Unlinked { name: text },
        6 => {
            let (from, to) = text.split_once('\0').context("a change of name has two names")?;
            Op::Renamed { from: from.to_owned(), to: to.to_owned() }
        }
        7 => Op::FolderFlushed { upto: at },
        8 => Op::Mapped { name: text, writable: at == 1 },
        9 => Op::NotFlushed { file, upto: at },
        other => bail!("the trace has a record of unknown kind {other}"),
    })
}
