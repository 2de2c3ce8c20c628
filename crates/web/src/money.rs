//! The fixed first line of every screen about money (`design.md` rule 11). The server alone decides which.

use clearway_domain::case::MoneyWord;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// 未扣款 · 正在确认，请不要再付 · 已扣款.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MoneyLine {
    /// 未扣款.
    NotCharged,
    /// 正在确认，请不要再付.
    Confirming,
    /// 已扣款.
    Charged,
}

impl MoneyLine {
    /// The message of the line.
    pub const fn key(self) -> &'static str {
        match self {
            MoneyLine::NotCharged => "money-not-charged",
            MoneyLine::Confirming => "money-confirming",
            MoneyLine::Charged => "money-charged",
        }
    }

    /// The tone in which the stylesheet shows it.
    pub const fn tone(self) -> &'static str {
        match self {
            MoneyLine::NotCharged => "plain",
            MoneyLine::Confirming => "wait",
            MoneyLine::Charged => "ok",
        }
    }

    /// The icon beside it.
    pub const fn icon(self) -> &'static str {
        match self {
            MoneyLine::NotCharged => "dash",
            MoneyLine::Confirming => "clock",
            MoneyLine::Charged => "tick",
        }
    }
}

impl From<MoneyWord> for MoneyLine {
    fn from(word: MoneyWord) -> MoneyLine {
        match word {
            MoneyWord::NotCharged => MoneyLine::NotCharged,
            MoneyWord::Confirming => MoneyLine::Confirming,
            MoneyWord::Charged => MoneyLine::Charged,
        }
    }
}
