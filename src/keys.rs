//! The secret of the installation, and the keys derived from it, one per purpose.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

const FILE_NAME: &str = "secret_key";

/// Minimum length of the secret, in bytes. A shorter one was truncated or made by hand.
const SHORTEST: usize = 32;

/// A key for one purpose. Its tags reveal nothing about other keys.
#[derive(Clone)]
pub struct Key([u8; 32]);

impl Key {
    /// HMAC-SHA256 over `parts`. Each part is preceded by its length, so that different lists never give the
    /// same input.
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

    /// Reads the secret from the data directory; the first start creates it. Fails if the file is too short
    /// to be a secret.
    pub fn in_directory(data_dir: &Path) -> io::Result<Self> {
        fs::create_dir_all(data_dir)?;
        let path = data_dir.join(FILE_NAME);
        if !path.try_exists()? {
            make_secret(data_dir, &path)?;
        }
        let secret = fs::read(&path)?;
        if secret.len() < SHORTEST {
            let sentence = format!("{} holds fewer than {SHORTEST} bytes", path.display());
            return Err(io::Error::new(io::ErrorKind::InvalidData, sentence));
        }
        Ok(Self::new(secret))
    }

    /// The key of one purpose.
    pub fn key(&self, purpose: &str) -> Key {
        Key(tag(&self.secret, &[b"pontual", purpose.as_bytes()]))
    }
}

/// Writes the secret to a draft file and then links it to its name, so that it appears complete and never
/// replaces one that another process made at the same time. A truncated secret would give guessable keys.
fn make_secret(data_dir: &Path, path: &Path) -> io::Result<()> {
    let draft = data_dir.join(format!("{FILE_NAME}.{}", hex::encode(random_bytes::<8>())));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    file.write_all(hex::encode(random_bytes::<32>()).as_bytes())?;
    file.sync_all()?;
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => File::open(data_dir)?.sync_all(),
    }
}

/// `N` bytes from the operating system's random generator.
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
    fn data_dir() -> std::path::PathBuf {
        std::env::temp_dir().join(format!("pontual-keys-{}", hex::encode(random_bytes::<8>())))
    }

    #[test]
    fn the_secret_is_made_once_whole_and_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let dir = data_dir();
        let first = Keys::in_directory(&dir).unwrap();
        assert_eq!(Keys::in_directory(&dir).unwrap().secret, first.secret);
        assert_eq!(first.secret.len(), 64);
        let names: Vec<_> = fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, [FILE_NAME]);
        assert_eq!(fs::metadata(dir.join(FILE_NAME)).unwrap().permissions().mode() & 0o777, 0o600);
        fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn processes_that_start_at_once_share_one_secret() {
        let dir = data_dir();
        let start = || {
            std::thread::spawn({
                let dir = dir.clone();
                move || Keys::in_directory(&dir).unwrap().secret
            })
        };
        let secrets: Vec<_> =
            (0..8).map(|_| start()).collect::<Vec<_>>().into_iter().map(|t| t.join().unwrap()).collect();
        assert!(secrets.iter().all(|secret| *secret == secrets[0]));
        fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn a_secret_that_was_cut_short_is_refused() {
        let dir = data_dir();
        fs::create_dir_all(&dir).unwrap();
        fs::write(dir.join(FILE_NAME), "").unwrap();
        let error = Keys::in_directory(&dir).err().unwrap().to_string();
        assert!(error.ends_with("secret_key holds fewer than 32 bytes"), "{error}");
        fs::remove_dir_all(dir).unwrap();
    }
}
