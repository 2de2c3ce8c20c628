//! Bills: asked for, downloaded by the address in the answer, and read as a stream. A bill is never whole in memory as
//! text, however large it is.

use std::io::{self, BufRead, BufReader, Read};

use clearway_domain::reconcile::BillFault;
use flate2::bufread::GzDecoder;
use http::Method;
use jiff::civil::Date;
use serde::Deserialize;
use sha1::{Digest, Sha1};

use super::WeChatPay;
use super::client::error_of;
use crate::Fault;

/// Which bill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BillKind {
    /// Every payment and every refund.
    Trade,
    /// What moved on the merchant's account.
    FundFlow,
}

/// Longest file that is taken, as it is sent: a day of a million payments has half of it.
const BYTES_MAX: u64 = 64 * 1024 * 1024;
/// A file may always grow to this when it is unpacked …
const UNPACKED_FREE: u64 = 16 * 1024 * 1024;
/// … and beyond it only to so many times its packed size: bills pack to a tenth, bombs to a thousandth.
const UNPACKED_TIMES: u64 = 100;
/// Longest line, in bytes.
const LINE_MAX: u64 = 16 * 1024;

/// A bill as it came, packed or not.
#[derive(Clone, PartialEq, Eq)]
pub struct BillFile {
    bytes: Vec<u8>,
    sha1: Option<String>,
}

impl std::fmt::Debug for BillFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BillFile").field("bytes", &self.bytes.len()).field("sha1", &self.sha1).finish()
    }
}

/// Why a bill is refused whole.
#[derive(Debug, thiserror::Error)]
pub enum FileFault {
    /// The packed file ends too early, or its own checksum does not fit.
    #[error("the packed file is broken or cut off")]
    Packed,
    /// Something follows the packed file.
    #[error("something follows the packed file")]
    Trailing,
    /// It unpacks to more than a bill can have.
    #[error("the file unpacks to more than a bill can have")]
    Bomb,
    /// Not the file that the rail spoke of.
    #[error("the file's SHA-1 is {is}, the rail said {told}")]
    Hash {
        /// What the rail said.
        told: String,
        /// What it is.
        is: String,
    },
    /// A line longer than any of a bill.
    #[error("line {0} is too long")]
    LongLine(u64),
    /// A line that is not UTF-8.
    #[error("line {0} is not UTF-8")]
    Encoding(u64),
    /// What the lines say cannot be used.
    #[error(transparent)]
    Bill(#[from] BillFault),
}

impl BillFile {
    /// A bill, packed or not, and the SHA-1 of its text where the rail has told it.
    #[must_use]
    pub fn new(bytes: Vec<u8>, sha1: Option<String>) -> BillFile {
        BillFile { bytes, sha1 }
    }

    /// Hands out every line without its line end. Only when this returns well was the file whole and the one that the rail
    /// spoke of: whoever acts on a line must have read the file to its end once before.
    ///
    /// # Errors
    /// The first [`FileFault`], or what `take` answers.
    pub fn lines<E: From<FileFault>>(
        &self,
        mut take: impl FnMut(&str) -> Result<(), E>,
    ) -> Result<String, E> {
        let packed = self.bytes.starts_with(&[0x1f, 0x8b]);
        let sha1 = if packed {
            let mut unpacking = GzDecoder::new(self.bytes.as_slice());
            let sha1 = self.read(&mut unpacking, &mut take)?;
            if !unpacking.into_inner().is_empty() {
                return Err(FileFault::Trailing.into());
            }
            sha1
        } else {
            self.read(&mut self.bytes.as_slice(), &mut take)?
        };
        match &self.sha1 {
            Some(told) if !told.eq_ignore_ascii_case(&sha1) => {
                Err(FileFault::Hash { told: told.chars().take(64).collect(), is: sha1 }.into())
            }
            _ => Ok(sha1),
        }
    }

    fn read<E: From<FileFault>>(
        &self,
        from: &mut dyn Read,
        take: &mut impl FnMut(&str) -> Result<(), E>,
    ) -> Result<String, E> {
        let packed_bytes = self.bytes.len() as u64;
        let unpacked_max = UNPACKED_FREE.max(packed_bytes.saturating_mul(UNPACKED_TIMES));
        let mut reader = BufReader::new(Hashing { from, sha1: Sha1::new(), bytes: 0 });
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            let read = reader.by_ref().take(LINE_MAX + 1).read_until(b'\n', &mut line);
            read.map_err(|_| FileFault::Packed)?;
            if reader.get_ref().bytes > unpacked_max {
                return Err(FileFault::Bomb.into());
            }
            if line.is_empty() {
                break;
            }
            if line.len() as u64 > LINE_MAX {
                return Err(FileFault::LongLine(number).into());
            }
            let text = std::str::from_utf8(&line).map_err(|_| FileFault::Encoding(number))?;
            take(text.strip_suffix('\n').unwrap_or(text))?;
        }
        Ok(hex(&reader.into_inner().sha1.finalize()))
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Adds up what passes.
struct Hashing<'r> {
    from: &'r mut dyn Read,
    sha1: Sha1,
    bytes: u64,
}

impl Read for Hashing<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.from.read(into)?;
        self.sha1.update(&into[..count]);
        self.bytes = self.bytes.saturating_add(count as u64);
        Ok(count)
    }
}

/// `GET /v3/bill/…`.
#[derive(Deserialize)]
struct Address {
    hash_type: String,
    hash_value: String,
    download_url: String,
}

impl WeChatPay {
    /// Asks for the address of a bill and downloads it. An address lives for minutes: one that has expired is asked for again,
    /// once.
    pub(super) fn fetch_bill(&self, day: Date, kind: BillKind) -> Result<Option<BillFile>, Fault> {
        let path = match kind {
            BillKind::Trade => format!("/v3/bill/tradebill?bill_date={day}&bill_type=ALL&tar_type=GZIP"),
            BillKind::FundFlow => {
                format!("/v3/bill/fundflowbill?bill_date={day}&account_type=BASIC&tar_type=GZIP")
            }
        };
        let mut last = None;
        for _ in 0..2 {
            let answer = match self.call(&Method::GET, &path, None) {
                Err(Fault::Refused { code, .. }) if code == "NO_STATEMENT_EXIST" => return Ok(None),
                other => other?,
            };
            let address: Address = answer.json("bill")?;
            if address.hash_type != "SHA1" {
                return Err(Fault::garbled("a bill with a hash of another kind than SHA1"));
            }
            match self.download(&address.download_url) {
                Ok(bytes) => return Ok(Some(BillFile::new(bytes, Some(address.hash_value)))),
                Err(fault @ Fault::Refused { .. }) => last = Some(fault),
                Err(fault) => return Err(fault),
            }
        }
        Err(last.unwrap_or(Fault::TimedOut))
    }

    /// The download is signed by us and not by them: the hash, which came in a signed answer, vouches for the file.
    fn download(&self, url: &str) -> Result<Vec<u8>, Fault> {
        let hosts = [Some(&self.config.base), self.config.standby.as_ref()];
        let path = hosts
            .into_iter()
            .flatten()
            .find_map(|host| url.strip_prefix(host.trim_end_matches('/')))
            .filter(|path| path.starts_with('/'))
            // A signed request never goes to an address that an answer makes up.
            .ok_or_else(|| Fault::garbled("a bill at the address of somebody else"))?;
        let answer = self.exchange_up_to(&Method::GET, path, None, BYTES_MAX)?;
        if answer.status == 200 { Ok(answer.body) } else { Err(error_of(&answer)) }
    }
}
