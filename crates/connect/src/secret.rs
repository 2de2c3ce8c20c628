//! Text that must not be printed: keys, tokens, interface serials.

use std::path::Path;

use serde::Deserialize;

use crate::http::ConfigFault;

/// A secret from configuration. `Debug` shows only its length; it is not serialisable.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret text.
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// The text itself, for the one place that puts it on the wire.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secret({} bytes)", self.0.len())
    }
}

/// A PEM: the text itself when it begins with `-----BEGIN`, else the path of the file that holds it.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Pem(String);

impl Pem {
    /// Wraps a PEM text or a path.
    pub fn new(text_or_path: impl Into<String>) -> Pem {
        Pem(text_or_path.into())
    }

    /// Makes a relative path relative to `base`, the directory of the configuration file that named it.
    pub fn resolve(&mut self, base: &Path) {
        if !self.is_text() {
            self.0 = base.join(&self.0).to_string_lossy().into_owned();
        }
    }

    /// The decoded contents and their label, for example `PRIVATE KEY`.
    ///
    /// # Errors
    /// [`ConfigFault`] when the file or the PEM cannot be read; it names the path, never the contents.
    pub(crate) fn load(&self) -> Result<(String, Vec<u8>), ConfigFault> {
        let text = if self.is_text() {
            self.0.clone()
        } else {
            std::fs::read_to_string(&self.0)
                .map_err(|fault| ConfigFault(format!("cannot read the PEM file {}: {fault}", self.0)))?
        };
        decode_pem(text.as_bytes()).ok_or_else(|| ConfigFault(format!("not a PEM: {self:?}")))
    }

    fn is_text(&self) -> bool {
        self.0.trim_start().starts_with("-----BEGIN")
    }
}

/// Label and contents of the first PEM block.
pub(crate) fn decode_pem(text: &[u8]) -> Option<(String, Vec<u8>)> {
    let (_, pem) = x509_parser::pem::parse_x509_pem(text).ok()?;
    Some((pem.label, pem.contents))
}

impl std::fmt::Debug for Pem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.is_text() { f.write_str("Pem(inline)") } else { write!(f, "Pem({})", self.0) }
    }
}
