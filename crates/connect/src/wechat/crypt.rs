//! Signatures and encryption of pushes (WXBizMsgCrypt): AES-256-CBC, PKCS#7 over 32 bytes, SHA-1 over sorted parts.

use aes::cipher::block_padding::NoPadding;
use aes::cipher::{BlockDecryptMut as _, BlockEncryptMut as _, KeyIvInit as _};
use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use sha1::{Digest as _, Sha1};

use super::PushFault;
use crate::Secret;
use crate::http::ConfigFault;

/// Padding block of the platform, twice that of AES.
const BLOCK: usize = 32;
/// Random bytes before the length.
const SALT: usize = 16;

/// SHA-1 in hex over the parts, sorted as texts and joined.
pub(crate) fn signature(parts: &[&str]) -> String {
    let mut sorted = parts.to_vec();
    sorted.sort_unstable();
    sha1_hex(sorted.concat().as_bytes())
}

/// SHA-1 in small hex digits.
pub(crate) fn sha1_hex(bytes: &[u8]) -> String {
    Sha1::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Compares without telling by time where the difference is.
pub(crate) fn same(ours: &str, theirs: &str) -> bool {
    let theirs = theirs.to_ascii_lowercase();
    aws_lc_rs::constant_time::verify_slices_are_equal(ours.as_bytes(), theirs.as_bytes()).is_ok()
}

/// The key made of the 43 characters of an EncodingAESKey.
pub(crate) struct PushKey([u8; 32]);

impl PushKey {
    pub(crate) fn load(encoding: &Secret) -> Result<PushKey, ConfigFault> {
        let fault = || ConfigFault("an EncodingAESKey has 43 characters of base64".to_owned());
        // The 43rd character carries two bits that belong to no byte; the platform does not keep them zero.
        let lenient = GeneralPurpose::new(
            &alphabet::STANDARD,
            GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
        );
        let bytes = lenient.decode(format!("{}=", encoding.reveal())).map_err(|_| fault())?;
        bytes.try_into().map(PushKey).map_err(|_| fault())
    }

    /// Decrypts and takes the layout apart: salt, length, message, account. Only call after the signature was checked:
    /// then the faults of padding and length tell a stranger nothing.
    pub(crate) fn open(&self, encrypted: &str, appid: &str) -> Result<String, PushFault> {
        let mut bytes = STANDARD.decode(encrypted.trim()).map_err(|_| PushFault::Base64)?;
        let plain = cbc::Decryptor::<aes::Aes256>::new(&self.0.into(), self.iv())
            .decrypt_padded_mut::<NoPadding>(&mut bytes)
            .map_err(|_| PushFault::Crypto)?;
        let plain = unpad(plain)?;
        let (head, rest) = plain.split_at_checked(SALT + 4).ok_or(PushFault::Crypto)?;
        let length: [u8; 4] = head[SALT..].try_into().map_err(|_| PushFault::Crypto)?;
        let length = usize::try_from(u32::from_be_bytes(length)).map_err(|_| PushFault::Crypto)?;
        let (message, account) = rest.split_at_checked(length).ok_or(PushFault::Crypto)?;
        if account != appid.as_bytes() {
            return Err(PushFault::AppId);
        }
        String::from_utf8(message.to_vec()).map_err(|_| PushFault::Xml)
    }

    /// The other way round; `salt` must be fresh.
    pub(crate) fn seal(&self, message: &str, appid: &str, salt: [u8; SALT]) -> Result<String, PushFault> {
        let length = u32::try_from(message.len()).map_err(|_| PushFault::Crypto)?;
        let mut plain = salt.to_vec();
        plain.extend_from_slice(&length.to_be_bytes());
        plain.extend_from_slice(message.as_bytes());
        plain.extend_from_slice(appid.as_bytes());
        let padding = BLOCK - plain.len() % BLOCK;
        plain.resize(plain.len() + padding, u8::try_from(padding).map_err(|_| PushFault::Crypto)?);
        Ok(STANDARD.encode(self.encrypt(&mut plain)?))
    }

    /// Encrypts whole blocks in place.
    fn encrypt<'a>(&self, plain: &'a mut [u8]) -> Result<&'a [u8], PushFault> {
        let length = plain.len();
        cbc::Encryptor::<aes::Aes256>::new(&self.0.into(), self.iv())
            .encrypt_padded_mut::<NoPadding>(plain, length)
            .map_err(|_| PushFault::Crypto)
    }

    fn iv(&self) -> &aes::cipher::Iv<cbc::Encryptor<aes::Aes256>> {
        (&self.0[..16]).into()
    }
}

fn unpad(plain: &[u8]) -> Result<&[u8], PushFault> {
    let padding = usize::from(*plain.last().ok_or(PushFault::Crypto)?);
    if !(1..=BLOCK).contains(&padding) {
        return Err(PushFault::Crypto);
    }
    let (body, tail) =
        plain.len().checked_sub(padding).map(|end| plain.split_at(end)).ok_or(PushFault::Crypto)?;
    if tail.iter().all(|byte| usize::from(*byte) == padding) { Ok(body) } else { Err(PushFault::Crypto) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(letter: &str) -> PushKey {
        PushKey::load(&Secret::new(letter.repeat(43))).expect("43 characters")
    }

    /// Seals arbitrary plaintext (length must be a multiple of 16) the way the platform would.
    fn raw(key: &PushKey, plain: &[u8]) -> String {
        STANDARD.encode(key.encrypt(&mut plain.to_vec()).expect("whole blocks"))
    }

    #[test]
    fn what_is_sealed_opens_for_any_length() {
        let key = key("A");
        for length in 0..100 {
            let message = "消".repeat(length);
            let sealed = key.seal(&message, "wxapp", [7; 16]).expect("sealed");
            assert_eq!(key.open(&sealed, "wxapp").as_deref(), Ok(message.as_str()));
        }
    }

    #[test]
    fn another_account_and_another_key_are_refused() {
        let sealed = key("A").seal("<xml/>", "wxapp", [7; 16]).expect("sealed");
        assert_eq!(key("A").open(&sealed, "wxother"), Err(PushFault::AppId));
        assert!(key("B").open(&sealed, "wxapp").is_err());
    }

    #[test]
    fn odd_padding_and_lengths_are_refused() {
        let key = key("A");
        let with_end = |end: &[u8]| {
            let mut plain = vec![7; 64 - end.len()];
            plain[16..20].copy_from_slice(&5_u32.to_be_bytes());
            plain.extend_from_slice(end);
            raw(&key, &plain)
        };
        assert_eq!(key.open(&with_end(&[0]), "a"), Err(PushFault::Crypto), "padding 0");
        assert_eq!(key.open(&with_end(&[33; 33]), "a"), Err(PushFault::Crypto), "padding over 32");
        assert_eq!(key.open(&with_end(&[1, 2, 4, 4]), "a"), Err(PushFault::Crypto), "uneven padding");
        let mut long = vec![7; 63];
        long[16..20].copy_from_slice(&u32::MAX.to_be_bytes());
        long.push(1);
        assert_eq!(key.open(&raw(&key, &long), "a"), Err(PushFault::Crypto), "length beyond the buffer");
        assert_eq!(key.open(&raw(&key, &[32; 32]), "a"), Err(PushFault::Crypto), "nothing but padding");
        assert_eq!(key.open("", "a"), Err(PushFault::Crypto));
        assert_eq!(key.open("AAAA", "a"), Err(PushFault::Crypto), "no whole block");
        assert_eq!(key.open("not base64!", "a"), Err(PushFault::Base64));
    }

    #[test]
    fn a_key_of_another_length_is_refused() {
        for length in [0, 42, 44] {
            assert!(PushKey::load(&Secret::new("A".repeat(length))).is_err(), "{length}");
        }
    }

    #[test]
    fn signatures_sort_their_parts() {
        assert_eq!(signature(&["b", "a", "c"]), sha1_hex(b"abc"));
        assert!(same(&signature(&["b", "a"]), &sha1_hex(b"ab").to_ascii_uppercase()));
    }
}
