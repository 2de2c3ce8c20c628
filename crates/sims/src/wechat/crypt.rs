//! Message encryption of the official account (AES-256-CBC, 32-byte padding) and its SHA-1 signatures.

use aes::cipher::block_padding::NoPadding;
use aes::cipher::{BlockDecryptMut as _, BlockEncryptMut as _, KeyIvInit as _};
use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD as BASE64};
use sha1::{Digest as _, Sha1};

use crate::keys::{hex, random};

/// SHA-1 over the sorted parts.
#[must_use]
pub fn signature(parts: &[&str]) -> String {
    let mut sorted = parts.to_vec();
    sorted.sort_unstable();
    hex(&Sha1::digest(sorted.concat().as_bytes()))
}

/// The 32 bytes behind an EncodingAESKey of 43 characters.
fn key_bytes(aes_key: &str) -> Option<[u8; 32]> {
    let lenient = GeneralPurpose::new(
        &alphabet::STANDARD,
        GeneralPurposeConfig::new()
            .with_decode_allow_trailing_bits(true)
            .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent),
    );
    lenient.decode(aes_key).ok()?.try_into().ok()
}

/// Encrypts a message for an account: 16 random bytes, length, message, account id, padding.
///
/// # Panics
/// When the key is not one: keys of this crate always are.
#[must_use]
pub fn seal(aes_key: &str, message: &str, appid: &str) -> String {
    let key = key_bytes(aes_key).expect("an EncodingAESKey decodes to 32 bytes");
    let mut plain = random::<16>().to_vec();
    plain.extend_from_slice(&u32::try_from(message.len()).unwrap_or(u32::MAX).to_be_bytes());
    plain.extend_from_slice(message.as_bytes());
    plain.extend_from_slice(appid.as_bytes());
    let pad = 32 - plain.len() % 32;
    plain.extend(std::iter::repeat_n(u8::try_from(pad).unwrap_or(32), pad));
    let length = plain.len();
    let cipher = cbc::Encryptor::<aes::Aes256>::new(&key.into(), key[..16].into());
    cipher.encrypt_padded_mut::<NoPadding>(&mut plain, length).expect("padded to whole blocks");
    BASE64.encode(plain)
}

/// Decrypts a message and compares the account id behind it.
///
/// # Errors
/// What does not fit.
pub fn open(aes_key: &str, sealed: &str, appid: &str) -> Result<String, &'static str> {
    let key = key_bytes(aes_key).ok_or("EncodingAESKey")?;
    let mut bytes = BASE64.decode(sealed.trim()).map_err(|_| "base64")?;
    let cipher = cbc::Decryptor::<aes::Aes256>::new(&key.into(), key[..16].into());
    let plain = cipher.decrypt_padded_mut::<NoPadding>(&mut bytes).map_err(|_| "blocks")?;
    let pad = usize::from(*plain.last().ok_or("empty")?);
    if !(1..=32).contains(&pad) || plain.len() < pad + 20 {
        return Err("padding");
    }
    let plain = &plain[..plain.len() - pad];
    let length = u32::from_be_bytes([plain[16], plain[17], plain[18], plain[19]]);
    let end = 20 + usize::try_from(length).map_err(|_| "length")?;
    let message = plain.get(20..end).ok_or("length")?;
    if &plain[end..] != appid.as_bytes() {
        return Err("account");
    }
    String::from_utf8(message.to_vec()).map_err(|_| "text")
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

    #[test]
    fn what_is_sealed_can_be_opened_by_the_right_account_only() {
        let sealed = seal(KEY, "<xml>你好</xml>", "wx1");
        assert_eq!(open(KEY, &sealed, "wx1").unwrap(), "<xml>你好</xml>");
        assert_eq!(open(KEY, &sealed, "wx2"), Err("account"));
        let other = "bbcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
        assert!(open(other, &sealed, "wx1").is_err());
    }

    #[test]
    fn signatures_sort_their_parts() {
        assert_eq!(signature(&["b", "a"]), signature(&["a", "b"]));
        assert_eq!(signature(&["abc"]), "a9993e364706816aba3e25717850c26c9cd0d89d");
    }
}
