//! The installation's secret, and the keys that are derived from it, one for each purpose.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

const FILE_NAME: &str = "secret_key";

/// A key for one purpose; its tags say nothing about any other key.
#[derive(Clone)]
pub struct Key([u8; 32]);

impl Key {
    /// HMAC-SHA256 over `parts`, each led by its length, so that no two lists collide.
    pub fn tag(&self, parts: &[&[u8]]) -> [u8; 32] {
        tag(&self.0, parts)
    }

    /// Whether `given` is the tag of `parts`, in constant time.
    pub fn verifies(&self, parts: &[&[u8]], given: &[u8]) -> bool {
        self.tag(parts).ct_eq(given).into()
    }
}

/// The keys of one installation.
#[derive(Clone)]
pub struct Keys {
    secret: Vec<u8>,
}

impl Keys {
    pub fn new(secret: impl Into<Vec<u8>>) -> Self {
        Self { secret: secret.into() }
    }

    /// The secret kept in the data directory, made at the first start.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn kept_in(data_dir: &Path) -> io::Result<Self> {
        fs::create_dir_all(data_dir)?;
        let path = data_dir.join(FILE_NAME);
        if !path.exists() {
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
            file.write_all(hex::encode(random_bytes::<32>()).as_bytes())?;
            file.sync_all()?;
        }
        Ok(Self::new(fs::read(path)?))
    }

    /// The key of one purpose.
    pub fn key(&self, purpose: &str) -> Key {
        Key(tag(&self.secret, &[b"pontual", purpose.as_bytes()]))
    }
}

/// `N` bytes from the system's generator.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    rand::random()
}

fn tag(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes any key");
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_belongs_to_its_key_and_its_parts() {
        let keys = Keys::new("secret");
        let tag = keys.key("links").tag(&[b"12", b"3"]);
        assert!(keys.key("links").verifies(&[b"12", b"3"], &tag));
        assert!(!keys.key("links").verifies(&[b"1", b"23"], &tag));
        assert!(!keys.key("csrf").verifies(&[b"12", b"3"], &tag));
    }
}
