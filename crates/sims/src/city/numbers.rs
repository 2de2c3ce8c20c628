//! Numbers with the right check digits and shapes, and the pretend city's own chance.

use jiff::civil::Date;

/// A small deterministic generator (SplitMix64). The city needs repeatability, not secrecy.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// Starts from a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number from 0 to `n` − 1; `n` must not be 0.
    pub fn below(&mut self, n: usize) -> usize {
        let n = u64::try_from(n.max(1)).unwrap_or(1);
        usize::try_from(self.bits() % n).unwrap_or(0)
    }

    /// One of the items.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// True `percent` times in a hundred.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// `len` decimal digits.
    pub fn digits(&mut self, len: usize) -> String {
        (0..len).map(|_| char::from(b'0' + u8::try_from(self.below(10)).unwrap_or(0))).collect()
    }
}

/// The check character of an identity number (GB 11643): weights 7 9 10 5 8 4 2 1 6 3 7 9 10 5 8 4 2, sum mod 11.
#[must_use]
pub fn id_check(first17: &str) -> char {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHECK: [char; 11] = ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'];
    let sum: u32 = first17.chars().filter_map(|c| c.to_digit(10)).zip(WEIGHTS).map(|(d, w)| d * w).sum();
    CHECK[usize::try_from(sum % 11).unwrap_or(0)]
}

/// A full identity number from division, birth and sequence (odd = male).
#[must_use]
pub fn id_number(division: &str, birth: Date, sequence: u32) -> String {
    let first =
        format!("{division}{:04}{:02}{:02}{:03}", birth.year(), birth.month(), birth.day(), sequence % 1000);
    let check = id_check(&first);
    format!("{first}{check}")
}

/// Serial characters of plates: letters I and O are not used (GA 36).
const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ";

/// A five-character serial of a classic plate made from a running number: one letter and four digits.
#[must_use]
pub fn plate_serial(n: usize) -> String {
    let letter = char::from(LETTERS[(n / 10_000) % LETTERS.len()]);
    format!("{letter}{:04}", n % 10_000)
}

/// A six-character serial of a small new-energy plate made from a running number: D, a letter, four digits.
#[must_use]
pub fn energy_serial(n: usize) -> String {
    let letter = char::from(LETTERS[(n / 10_000) % LETTERS.len()]);
    format!("D{letter}{:04}", n % 10_000)
}

/// The document check digit. Opaque to everybody but this platform: the real algorithm is not public.
#[must_use]
pub fn check_digit(decision: &str) -> char {
    let sum = decision
        .bytes()
        .enumerate()
        .fold(7_usize, |acc, (i, b)| acc.wrapping_mul(31).wrapping_add(usize::from(b)).wrapping_add(i * 17));
    char::from(b'0' + u8::try_from(sum % 10).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn identity_numbers_pass_their_own_check() {
        assert_eq!(id_number("420100", date(1990, 1, 1), 1), "420100199001010011");
        assert_eq!(id_number("420100", date(1990, 1, 1), 2), "42010019900101002X");
        assert_eq!(id_number("420100", date(2000, 2, 29), 3), "420100200002290030");
    }

    #[test]
    fn plates_have_no_i_and_no_o() {
        for n in (0..240_000).step_by(997) {
            assert!(!plate_serial(n).contains(['I', 'O']));
            assert_eq!(energy_serial(n).len(), 6);
        }
    }
}
