//! Keys of the payment channel: ours, with which requests are signed, and theirs, with which answers and notices are.

use std::collections::BTreeMap;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::config::PayConfig;
use crate::http::ConfigFault;
use crate::secret::decode_pem;
use crate::{Fault, Pem, Secret};

/// Signs with the merchant's key (RSASSA-PKCS1-v1_5, SHA-256).
pub(crate) struct MerchantKey(KeyPair);

impl MerchantKey {
    pub(crate) fn load(pem: &Pem) -> Result<MerchantKey, ConfigFault> {
        let (label, der) = pem.load()?;
        let pair =
            if label == "RSA PRIVATE KEY" { KeyPair::from_der(&der) } else { KeyPair::from_pkcs8(&der) };
        pair.map(MerchantKey)
            .map_err(|fault| ConfigFault(format!("the merchant's key is not usable: {fault}")))
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Result<String, Fault> {
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
            .map_err(|_| Fault::garbled("our own key cannot sign"))?;
        Ok(STANDARD.encode(signature))
    }
}

/// One key of theirs.
#[derive(Clone)]
pub(crate) struct PlatformKey {
    /// SubjectPublicKeyInfo.
    spki: Vec<u8>,
    /// Certificates have a life; public keys of the public-key mode have none.
    life: Option<(Timestamp, Timestamp)>,
}

impl PlatformKey {
    /// Whether the signature (base64) fits the message.
    pub(crate) fn verifies(&self, message: &[u8], signature: &str) -> bool {
        let Ok(signature) = STANDARD.decode(signature) else { return false };
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.spki).verify(message, &signature).is_ok()
    }

    fn lives_at(&self, now: Timestamp) -> bool {
        self.life.is_none_or(|(from, until)| from <= now && now <= until)
    }
}

/// Their keys by upper-case serial or public key id. Several at once: a successor is published before the
/// predecessor ends, and both kinds occur side by side during a switch of modes.
#[derive(Clone, Default)]
pub(crate) struct KeyRing(BTreeMap<String, PlatformKey>);

impl KeyRing {
    pub(crate) fn load(config: &PayConfig) -> Result<KeyRing, ConfigFault> {
        let mut ring = KeyRing::default();
        if let Some(pem) = &config.platform_certificate_file {
            let (_, der) = pem.load()?;
            let (serial, key) =
                certificate(&der).ok_or_else(|| ConfigFault(format!("not a certificate: {pem:?}")))?;
            if config.platform_serial.as_ref().is_some_and(|told| canonical(told) != canonical(&serial)) {
                return Err(ConfigFault(
                    "payments: platform_serial is not that of the certificate".to_owned(),
                ));
            }
            ring.insert(&serial, key);
        }
        match (&config.public_key_id, &config.public_key_file) {
            (Some(id), Some(pem)) if is_public_key_id(id) => {
                ring.insert(id, PlatformKey { spki: pem.load()?.1, life: None });
            }
            (None, None) => {}
            _ => {
                return Err(ConfigFault(
                    "payments: a public key needs its PUB_KEY_ID_… and its file".to_owned(),
                ));
            }
        }
        Ok(ring)
    }

    /// The key of a serial, whatever the case it is written in, if it is alive.
    pub(crate) fn get(&self, serial: &str, now: Timestamp) -> Option<PlatformKey> {
        self.0.get(&canonical(serial)).filter(|key| key.lives_at(now)).cloned()
    }

    fn insert(&mut self, serial: &str, key: PlatformKey) {
        self.0.insert(canonical(serial), key);
    }

    pub(crate) fn merge(&mut self, other: KeyRing) {
        self.0.extend(other.0);
    }

    /// Adds a certificate in PEM; `told` is the serial that came with it and must be its own.
    pub(crate) fn add_pem(&mut self, told: &str, pem: &[u8]) -> Result<(), Fault> {
        let (serial, key) = decode_pem(pem)
            .and_then(|(_, der)| certificate(&der))
            .filter(|(serial, _)| canonical(serial) == canonical(told))
            .ok_or_else(|| Fault::garbled("a platform certificate that is not what its serial says"))?;
        self.insert(&serial, key);
        Ok(())
    }
}

/// Whether this names a public key and not a certificate.
pub(crate) fn is_public_key_id(serial: &str) -> bool {
    serial.get(..11).is_some_and(|start| start.eq_ignore_ascii_case("PUB_KEY_ID_"))
}

fn canonical(serial: &str) -> String {
    let upper = serial.trim().to_ascii_uppercase();
    if is_public_key_id(&upper) { upper } else { upper.trim_start_matches('0').to_owned() }
}

fn certificate(der: &[u8]) -> Option<(String, PlatformKey)> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let serial = certificate.tbs_certificate.raw_serial().iter().map(|byte| format!("{byte:02X}")).collect();
    let instant = |time: i64| Timestamp::from_second(time).ok();
    let validity = certificate.validity();
    let life = (instant(validity.not_before.timestamp())?, instant(validity.not_after.timestamp())?);
    Some((serial, PlatformKey { spki: certificate.public_key().raw.to_vec(), life: Some(life) }))
}

/// The APIv3 key, which opens encrypted contents (AES-256-GCM, tag at the end).
pub(crate) struct ApiKey(LessSafeKey);

impl ApiKey {
    pub(crate) fn load(secret: &Secret) -> Result<ApiKey, ConfigFault> {
        UnboundKey::new(&AES_256_GCM, secret.reveal().as_bytes())
            .map(|key| ApiKey(LessSafeKey::new(key)))
            .map_err(|_| ConfigFault("the APIv3 key has not 32 bytes".to_owned()))
    }

    /// `None` when anything does not fit.
    pub(crate) fn open(&self, nonce: &str, associated: &str, ciphertext: &str) -> Option<Vec<u8>> {
        let nonce = Nonce::try_assume_unique_for_key(nonce.as_bytes()).ok()?;
        let mut sealed = STANDARD.decode(ciphertext).ok()?;
        let opened = self.0.open_in_place(nonce, Aad::from(associated.as_bytes()), &mut sealed).ok()?;
        Some(opened.to_vec())
    }
}
