//! Settings: text size, appearance, language, messages, own data.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::choice::{Size, Theme};
use crate::page::view;
use crate::private::Private;
use crate::text::Lang;

/// The settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Settings {
    /// Language.
    pub lang: Lang,
    /// Text size.
    pub size: Size,
    /// Appearance.
    pub theme: Theme,
    /// Who is signed in, masked.
    pub name: Option<Private>,
    /// Whether progress and due-date messages are wanted.
    pub messages: bool,
    /// Whether usage may be counted.
    pub statistics: bool,
}

impl Settings {
    /// All sizes with their messages.
    pub fn sizes(&self) -> [(&'static str, &'static str, bool); 3] {
        Size::ALL.map(|size| {
            let key = match size {
                Size::Standard => "size-standard",
                Size::Large => "size-large",
                Size::Extra => "size-extra",
            };
            (size.word(), key, size == self.size)
        })
    }

    /// All appearances with their messages.
    pub fn themes(&self) -> [(&'static str, &'static str, bool); 3] {
        Theme::ALL.map(|theme| {
            let key = match theme {
                Theme::System => "theme-system",
                Theme::Light => "theme-light",
                Theme::Dark => "theme-dark",
            };
            (theme.word(), key, theme == self.theme)
        })
    }
}

/// Changes the settings.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, garde::Validate, ToSchema)]
pub struct SettingsAsk {
    /// Language.
    #[garde(skip)]
    pub lang: Option<Lang>,
    /// Text size.
    #[garde(skip)]
    pub size: Option<Size>,
    /// Appearance.
    #[garde(skip)]
    pub theme: Option<Theme>,
    /// Whether progress and due-date messages are wanted; set by the form even when the box is empty.
    #[garde(skip)]
    pub messages: Option<bool>,
    /// Whether usage may be counted.
    #[garde(skip)]
    pub statistics: Option<bool>,
    /// That the consents are part of this change.
    #[serde(default)]
    #[garde(skip)]
    pub consents: bool,
}

view!(Settings, "citizen/settings.html");
