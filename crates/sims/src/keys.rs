//! Key material of the pretend counterparts. Made at the first start and kept beside the files for the product, so
//! that a restart keeps every signature valid.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Context as _;
use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{self, KeyPair as _, RsaKeyPair, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};

/// Random bytes.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "a pretend counterpart makes its own nonces and tickets")]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system has randomness");
    bytes
}

/// `len` characters of digits and letters.
#[must_use]
pub fn random_text(len: usize) -> String {
    const SIGNS: &[u8] = b"0123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    let mut text = String::with_capacity(len);
    while text.len() < len {
        // Many at a time: on a launch day a question to the system for each letter would be felt.
        let bytes = random::<64>();
        let letters = bytes.iter().map(|byte| char::from(SIGNS[usize::from(*byte) % SIGNS.len()]));
        text.extend(letters.take(len - text.len()));
    }
    text
}

/// Lower-case hex.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Everything secret and public, as it is kept.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Material {
    merchant_key: String,
    merchant_certificate: String,
    /// Serial of the merchant certificate, upper-case hex.
    pub merchant_serial: String,
    platform_key: String,
    platform_certificate: String,
    /// Serial of the platform certificate, upper-case hex.
    pub platform_serial: String,
    public_mode_key: String,
    /// `PUB_KEY_ID_…`.
    pub public_key_id: String,
    /// The 32-byte APIv3 key.
    pub api_v3_key: String,
    /// Merchant number.
    pub mchid: String,
    /// Official account id.
    pub appid: String,
    /// Secret of the official account.
    pub secret: String,
    /// Token of the message callback.
    pub token: String,
    /// EncodingAESKey, 43 characters.
    pub aes_key: String,
    /// Original id of the official account.
    pub original_id: String,
    authority_seed: String,
    /// HMAC key of short messages.
    pub message_key: String,
    /// HMAC key of the face check.
    pub face_key: String,
}

/// Loaded key material.
pub struct Keys {
    /// As kept.
    pub material: Material,
    merchant: RsaKeyPair,
    platform: RsaKeyPair,
    public_mode: RsaKeyPair,
    successor: Mutex<Option<Arc<Successor>>>,
}

/// The next platform certificate: published beside the first, and signing from then on.
pub struct Successor {
    key: RsaKeyPair,
    /// In PEM.
    pub certificate: String,
    /// Serial, upper-case hex.
    pub serial: String,
}

/// With what the payment platform signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signer {
    /// The public key of public-key mode.
    PublicKey,
    /// The present platform certificate: the successor where there is one.
    Certificate,
    /// The first platform certificate, which stays valid for a while after its successor came.
    Predecessor,
}

impl Signer {
    /// That of a mode.
    #[must_use]
    pub fn of(public_mode: bool) -> Self {
        if public_mode { Self::PublicKey } else { Self::Certificate }
    }
}

impl Keys {
    /// Reads the keys kept in a folder, or makes them and keeps them there.
    ///
    /// # Errors
    /// When the folder cannot be written or the kept file is damaged.
    pub fn in_folder(folder: &Path) -> anyhow::Result<Self> {
        fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        let kept = folder.join("sims-keys.json");
        let material = if kept.exists() {
            serde_json::from_slice(&fs::read(&kept)?).with_context(|| kept.display().to_string())?
        } else {
            let made = make()?;
            write_secret(&kept, &serde_json::to_vec_pretty(&made)?)?;
            made
        };
        let keys = Self {
            merchant: load(&material.merchant_key)?,
            platform: load(&material.platform_key)?,
            public_mode: load(&material.public_mode_key)?,
            successor: Mutex::default(),
            material,
        };
        write_secret(&folder.join("merchant_key.pem"), keys.material.merchant_key.as_bytes())?;
        fs::write(folder.join("merchant_certificate.pem"), &keys.material.merchant_certificate)?;
        fs::write(folder.join("platform_certificate.pem"), &keys.material.platform_certificate)?;
        fs::write(folder.join("pay_public_key.pem"), keys.public_key_pem()?)?;
        Ok(keys)
    }

    /// The public key of public-key mode in PEM.
    fn public_key_pem(&self) -> anyhow::Result<String> {
        let der = self.public_mode.public_key().as_der().map_err(|_| anyhow::anyhow!("public key"))?;
        Ok(pem("PUBLIC KEY", der.as_ref()))
    }

    fn successor(&self) -> MutexGuard<'_, Option<Arc<Successor>>> {
        self.successor.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the next platform certificate; `ended` makes one whose life is over.
    ///
    /// # Errors
    /// When no key can be made.
    pub fn rotate(&self, ended: bool) -> anyhow::Result<()> {
        let key = fresh_key()?;
        let years = if ended { (2010, 2015) } else { (2014, 2039) };
        let (certificate, serial) = certificate(&key, "pretend payment platform, next", years)?;
        *self.successor() = Some(Arc::new(Successor { key: load(&key)?, certificate, serial }));
        Ok(())
    }

    /// The platform certificates of the moment: serial and PEM.
    #[must_use]
    pub fn platform_certificates(&self) -> Vec<(String, String)> {
        let first = (self.material.platform_serial.clone(), self.material.platform_certificate.clone());
        let next = self.successor().clone().map(|next| (next.serial.clone(), next.certificate.clone()));
        [Some(first), next].into_iter().flatten().collect()
    }

    /// Under what name this key signs: a public-key id or the serial of a certificate.
    #[must_use]
    pub fn serial(&self, signer: Signer) -> String {
        let next = self.successor().clone().filter(|_| signer == Signer::Certificate);
        match (signer, next) {
            (Signer::PublicKey, _) => self.material.public_key_id.clone(),
            (_, Some(next)) => next.serial.clone(),
            (_, None) => self.material.platform_serial.clone(),
        }
    }

    /// Signs as the payment platform.
    #[must_use]
    pub fn sign(&self, signer: Signer, message: &[u8]) -> String {
        let next = self.successor().clone().filter(|_| signer == Signer::Certificate);
        let key = match (signer, &next) {
            (Signer::PublicKey, _) => &self.public_mode,
            (_, Some(next)) => &next.key,
            (_, None) => &self.platform,
        };
        let mut signed = vec![0; key.public_modulus_len()];
        key.sign(&signature::RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signed)
            .expect("an RSA key signs a message that fits in memory");
        BASE64.encode(signed)
    }

    /// Does this signature of the merchant fit these bytes?
    #[must_use]
    pub fn merchant_signed(&self, message: &[u8], signature_text: &str) -> bool {
        let Ok(signed) = BASE64.decode(signature_text) else { return false };
        UnparsedPublicKey::new(&signature::RSA_PKCS1_2048_8192_SHA256, self.merchant.public_key().as_ref())
            .verify(message, &signed)
            .is_ok()
    }

    /// The serial (jkxlh) of an interface of the police platform.
    #[must_use]
    pub fn authority_serial(&self, jkid: &str) -> String {
        self.derived("jkxlh", jkid, 10)
    }

    /// The scene authorisation number (cjsqbh) of an interface.
    #[must_use]
    pub fn authority_scene(&self, jkid: &str) -> String {
        self.derived("cjsqbh", jkid, 8)
    }

    fn derived(&self, what: &str, jkid: &str, bytes: usize) -> String {
        use sha2::Digest as _;
        let text = format!("{}|{what}|{jkid}", self.material.authority_seed);
        hex(&sha2::Sha256::digest(text.as_bytes())[..bytes]).to_uppercase()
    }
}

/// Writes a file that only its owner can read.
fn write_secret(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    fs::write(path, bytes).with_context(|| path.display().to_string())?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    }
    Ok(())
}

fn make() -> anyhow::Result<Material> {
    let merchant = fresh_key()?;
    let platform = fresh_key()?;
    let (merchant_certificate, merchant_serial) = certificate(&merchant, "pretend merchant", (2014, 2039))?;
    let (platform_certificate, platform_serial) =
        certificate(&platform, "pretend payment platform", (2014, 2039))?;
    let aes = random::<32>();
    Ok(Material {
        merchant_certificate,
        merchant_serial,
        merchant_key: merchant,
        platform_certificate,
        platform_serial,
        platform_key: platform,
        public_mode_key: fresh_key()?,
        public_key_id: format!("PUB_KEY_ID_01{}", hex(&random::<12>()).to_uppercase()),
        api_v3_key: random_text(32),
        mchid: "1900000109".into(),
        appid: format!("wx{}", hex(&random::<8>())),
        secret: hex(&random::<16>()),
        token: random_text(24),
        aes_key: BASE64.encode(aes).trim_end_matches('=').to_owned(),
        original_id: format!("gh_{}", hex(&random::<6>())),
        authority_seed: hex(&random::<16>()),
        message_key: hex(&random::<32>()),
        face_key: hex(&random::<32>()),
    })
}

fn fresh_key() -> anyhow::Result<String> {
    let key = RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| anyhow::anyhow!("no RSA key"))?;
    let der = key.as_der().map_err(|_| anyhow::anyhow!("no DER of the RSA key"))?;
    Ok(pem("PRIVATE KEY", der.as_ref()))
}

fn certificate(key_pem: &str, name: &str, years: (i32, i32)) -> anyhow::Result<(String, String)> {
    let key = rcgen::KeyPair::from_pkcs8_pem_and_sign_algo(key_pem, &rcgen::PKCS_RSA_SHA256)?;
    let mut serial = random::<20>();
    serial[0] = 0x5A;
    let mut params = rcgen::CertificateParams::default();
    params.serial_number = Some(rcgen::SerialNumber::from(serial.to_vec()));
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    params.not_before = rcgen::date_time_ymd(years.0, 1, 1);
    params.not_after = rcgen::date_time_ymd(years.1, 1, 1);
    Ok((params.self_signed(&key)?.pem(), hex(&serial).to_uppercase()))
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = BASE64.encode(der);
    let mut out = format!("-----BEGIN {label}-----\n");
    for line in text.as_bytes().chunks(64) {
        out.push_str(&String::from_utf8_lossy(line));
        out.push('\n');
    }
    out.push_str(&format!("-----END {label}-----\n"));
    out
}

fn load(pem_text: &str) -> anyhow::Result<RsaKeyPair> {
    let body: String = pem_text.lines().filter(|l| !l.starts_with("-----")).collect();
    let der = BASE64.decode(body).context("a kept key is not base64")?;
    RsaKeyPair::from_pkcs8(&der).map_err(|e| anyhow::anyhow!("a kept key is damaged: {e}"))
}
