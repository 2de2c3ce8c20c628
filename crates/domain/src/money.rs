//! Money is a whole number of fen, never a float (design.md §3 rule 10).

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Sub};

use serde::{Deserialize, Serialize};

/// An amount of money in fen (1 yuan = 100 fen). May be negative in a balance, never in a fine.
///
/// `+`, `-` and `sum()` panic when 64 bits overflow, in every build profile: a wrong sum is worse than
/// a stopped request. Where the numbers come from outside, use the `checked_` forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fen(pub i64);

/// Why a text is not an amount in yuan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyFault {
    /// Not of the form `123`, `123.4` or `123.45`.
    #[error("an amount is written as yuan with at most two decimals, like 100 or 100.50")]
    Form,
    /// More fen than 64 bits hold.
    #[error("the amount is too large")]
    TooLarge,
}

impl Fen {
    /// Nothing.
    pub const ZERO: Fen = Fen(0);

    /// Whole yuan.
    ///
    /// # Panics
    /// Above 92 quadrillion yuan.
    #[must_use]
    pub const fn from_yuan(yuan: i64) -> Fen {
        match yuan.checked_mul(100) {
            Some(fen) => Fen(fen),
            None => panic!("yuan overflow fen"),
        }
    }

    /// Reads `100`, `100.5` or `100.50` (yuan), as code tables and the fiscal side write amounts.
    /// A sign, a comma, an exponent or a third decimal is refused.
    ///
    /// # Errors
    /// [`MoneyFault`] when the text is not such an amount.
    pub fn parse_yuan(text: &str) -> Result<Fen, MoneyFault> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(decimals) || decimals.len() > 2 {
            return Err(MoneyFault::Form);
        }
        let yuan: i64 = whole.parse().map_err(|_| MoneyFault::TooLarge)?;
        let mut fen: i64 = decimals.parse().map_err(|_| MoneyFault::Form)?;
        if decimals.len() == 1 {
            fen *= 10;
        }
        yuan.checked_mul(100).and_then(|whole| whole.checked_add(fen)).map(Fen).ok_or(MoneyFault::TooLarge)
    }

    /// The sum, or `None` on overflow.
    #[must_use]
    pub const fn checked_add(self, other: Fen) -> Option<Fen> {
        match self.0.checked_add(other.0) {
            Some(fen) => Some(Fen(fen)),
            None => None,
        }
    }

    /// The difference, or `None` on overflow.
    #[must_use]
    pub const fn checked_sub(self, other: Fen) -> Option<Fen> {
        match self.0.checked_sub(other.0) {
            Some(fen) => Some(Fen(fen)),
            None => None,
        }
    }

    /// The sum of many, or `None` on overflow.
    #[must_use]
    pub fn checked_sum(amounts: impl IntoIterator<Item = Fen>) -> Option<Fen> {
        amounts.into_iter().try_fold(Fen::ZERO, Fen::checked_add)
    }

    /// Whether this is exactly nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The amount in yuan as a driver reads it: `100`, `100.50`, `-3.05`.
    #[must_use]
    pub fn yuan(self) -> String {
        self.to_string()
    }
}

impl fmt::Display for Fen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (yuan, fen) = (self.0.unsigned_abs() / 100, self.0.unsigned_abs() % 100);
        if fen == 0 { write!(f, "{sign}{yuan}") } else { write!(f, "{sign}{yuan}.{fen:02}") }
    }
}

impl Add for Fen {
    type Output = Fen;
    fn add(self, other: Fen) -> Fen {
        self.checked_add(other).expect("a sum of money fits in 64 bits")
    }
}

impl Sub for Fen {
    type Output = Fen;
    fn sub(self, other: Fen) -> Fen {
        self.checked_sub(other).expect("a difference of money fits in 64 bits")
    }
}

impl Sum for Fen {
    fn sum<I: Iterator<Item = Fen>>(amounts: I) -> Fen {
        amounts.fold(Fen::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn amounts_read_as_a_driver_reads_them() {
        for (fen, shown) in
            [(0, "0"), (5, "0.05"), (50, "0.50"), (100, "1"), (10_050, "100.50"), (-305, "-3.05")]
        {
            assert_eq!(Fen(fen).yuan(), shown);
        }
        assert_eq!(Fen(i64::MIN).yuan(), "-92233720368547758.08");
    }

    #[test]
    fn only_plain_yuan_is_read() {
        assert_eq!(Fen::parse_yuan("100"), Ok(Fen(10_000)));
        assert_eq!(Fen::parse_yuan("100.5"), Ok(Fen(10_050)));
        assert_eq!(Fen::parse_yuan("0.05"), Ok(Fen(5)));
        for bad in ["", ".", "1.", ".5", "-1", "+1", "1,000", "1e3", "1.005", " 1", "一百", "1.2.3"] {
            assert_eq!(Fen::parse_yuan(bad), Err(MoneyFault::Form), "{bad}");
        }
        assert_eq!(Fen::parse_yuan("92233720368547758.08"), Err(MoneyFault::TooLarge));
        assert_eq!(Fen::parse_yuan("99999999999999999999"), Err(MoneyFault::TooLarge));
    }

    #[test]
    fn overflow_is_never_a_wrong_sum() {
        assert_eq!(Fen(i64::MAX).checked_add(Fen(1)), None);
        assert_eq!(Fen(i64::MIN).checked_sub(Fen(1)), None);
        assert_eq!(Fen::checked_sum([Fen(i64::MAX), Fen(1), Fen(-5)]), None);
        assert_eq!(Fen::checked_sum([]), Some(Fen::ZERO));
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back(fen in 0..i64::MAX) {
            prop_assert_eq!(Fen::parse_yuan(&Fen(fen).yuan()), Ok(Fen(fen)));
        }
    }
}
