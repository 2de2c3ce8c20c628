//! What a person chose for the pages: text size and appearance. Kept in cookies of its own, signed in or not.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Size of the text. The root font size follows it, and with it every measure of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Size {
    /// 17 px body, 48 px targets.
    #[default]
    Standard,
    /// 22 px body, 60 px targets (大字).
    Large,
    /// 30 px body, 64 px targets (特大).
    Extra,
}

impl Size {
    /// All sizes, smallest first.
    pub const ALL: [Size; 3] = [Size::Standard, Size::Large, Size::Extra];

    /// The word in cookies, forms and the `data-size` attribute.
    pub const fn word(self) -> &'static str {
        match self {
            Size::Standard => "standard",
            Size::Large => "large",
            Size::Extra => "extra",
        }
    }

    /// Reads the word; anything else is `None`.
    pub fn from_word(word: &str) -> Option<Size> {
        Self::ALL.into_iter().find(|size| size.word() == word)
    }
}

/// Appearance of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the phone does.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// All appearances.
    pub const ALL: [Theme; 3] = [Theme::System, Theme::Light, Theme::Dark];

    /// The word in cookies, forms and the `data-theme` attribute.
    pub const fn word(self) -> &'static str {
        match self {
            Theme::System => "system",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }

    /// Reads the word; anything else is `None`.
    pub fn from_word(word: &str) -> Option<Theme> {
        Self::ALL.into_iter().find(|theme| theme.word() == word)
    }
}
