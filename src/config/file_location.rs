//! Where files are stored: a directory or an S3-compatible bucket.

use std::fmt;
use std::path::{Path, PathBuf};

use url::Url;

/// The configured store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileLocation {
    Directory(PathBuf),
    Bucket(Bucket),
}

/// A bucket and its credentials.
#[derive(Clone, PartialEq, Eq)]
pub struct Bucket {
    pub name: String,
    /// Prefix of all file names, without leading or trailing slash; may be empty.
    pub prefix: String,
    /// The server's address; `None` means Amazon.
    pub endpoint: Option<Url>,
    pub region: String,
    pub key_id: String,
    pub secret: String,
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, prefix, endpoint, region, .. } = self;
        write!(f, "Bucket {{ {name}/{prefix}, endpoint: {endpoint:?}, region: {region} }}")
    }
}

/// A variable with an unusable value, in one sentence for the operator.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum FileLocationError {
    #[error(
        "PONTUAL_FILES_URL must be s3://bucket or s3://bucket/prefix (unset: the data directory), not {0:?}"
    )]
    Url(String),
    #[error("PONTUAL_FILES_ENDPOINT must be an http or https address, not {0:?}")]
    Endpoint(String),
    #[error("PONTUAL_FILES_KEY_ID and PONTUAL_FILES_SECRET must be set for {0}")]
    NoKey(String),
    #[error("{0} is set, but PONTUAL_FILES_URL is not: set that too, or neither")]
    NoUrl(&'static str),
}

const OF_A_BUCKET: [&str; 4] =
    ["PONTUAL_FILES_ENDPOINT", "PONTUAL_FILES_REGION", "PONTUAL_FILES_KEY_ID", "PONTUAL_FILES_SECRET"];

impl FileLocation {
    /// Reads the variables and reports the first bad one.
    pub fn from_vars(
        var: impl Fn(&str) -> Option<String>,
        data_dir: &Path,
    ) -> Result<Self, FileLocationError> {
        let Some(address) = var("PONTUAL_FILES_URL") else {
            return match OF_A_BUCKET.into_iter().find(|name| var(name).is_some()) {
                Some(name) => Err(FileLocationError::NoUrl(name)),
                None => Ok(Self::Directory(data_dir.join("files"))),
            };
        };
        let Some((name, prefix)) = bucket_of(&address) else { return Err(FileLocationError::Url(address)) };
        let endpoint = match var("PONTUAL_FILES_ENDPOINT") {
            Some(text) => Some(endpoint_of(&text).ok_or(FileLocationError::Endpoint(text))?),
            None => None,
        };
        let (Some(key_id), Some(secret)) = (var("PONTUAL_FILES_KEY_ID"), var("PONTUAL_FILES_SECRET")) else {
            return Err(FileLocationError::NoKey(address));
        };
        let region = var("PONTUAL_FILES_REGION").unwrap_or_else(|| "us-east-1".into());
        Ok(Self::Bucket(Bucket { name, prefix, endpoint, region, key_id, secret }))
    }
}

/// For the operator. Shows no secrets.
impl fmt::Display for FileLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory(path) => write!(f, "{}", path.display()),
            Self::Bucket(bucket) => write!(f, "s3://{}/{}", bucket.name, bucket.prefix),
        }
    }
}

fn bucket_of(address: &str) -> Option<(String, String)> {
    let url = Url::parse(address).ok().filter(|url| url.scheme() == "s3")?;
    let is_plain = url.username().is_empty() && url.port().is_none() && url.query().is_none();
    let name = url.host_str().filter(|name| !name.is_empty() && is_plain && url.fragment().is_none())?;
    let prefix = url.path().trim_matches('/');
    // Stores differ in the characters that they allow in a path; all allow these.
    let is_safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    (prefix.chars().all(is_safe) && !prefix.contains("//")).then(|| (name.to_owned(), prefix.to_owned()))
}

fn endpoint_of(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn location(vars: &[(&str, &str)]) -> Result<FileLocation, FileLocationError> {
        let value = |name: &str| vars.iter().find(|(key, _)| *key == name).map(|(_, v)| (*v).to_owned());
        FileLocation::from_vars(value, Path::new("/data"))
    }

    const KEY: [(&str, &str); 2] = [("PONTUAL_FILES_KEY_ID", "id"), ("PONTUAL_FILES_SECRET", "s3cr3t")];

    #[test]
    fn files_are_in_the_data_directory_unless_a_bucket_is_named() {
        assert_eq!(location(&[]), Ok(FileLocation::Directory("/data/files".into())));
        let [id, secret] = KEY;
        let Ok(FileLocation::Bucket(bucket)) =
            location(&[("PONTUAL_FILES_URL", "s3://company-files/pontual/a/"), id, secret])
        else {
            panic!("a bucket")
        };
        assert_eq!((bucket.name.as_str(), bucket.prefix.as_str()), ("company-files", "pontual/a"));
        assert_eq!((bucket.region.as_str(), &bucket.endpoint), ("us-east-1", &None));
        assert!(!format!("{bucket:?}").contains("s3cr3t"));
    }

    #[test]
    fn a_bad_variable_is_named() {
        let [id, secret] = KEY;
        for bad in
            ["/files", "https://bucket", "s3://", "s3://b/a//b", "s3://b/a b", "s3://u@b", "s3://b?x=1"]
        {
            assert_eq!(
                location(&[("PONTUAL_FILES_URL", bad), id, secret]),
                Err(FileLocationError::Url(bad.into()))
            );
        }
        let url = ("PONTUAL_FILES_URL", "s3://b");
        assert_eq!(location(&[url, id]), Err(FileLocationError::NoKey("s3://b".into())));
        let endpoint = ("PONTUAL_FILES_ENDPOINT", "minio:9000");
        assert_eq!(
            location(&[url, id, secret, endpoint]),
            Err(FileLocationError::Endpoint("minio:9000".into()))
        );
        assert_eq!(location(&[id]), Err(FileLocationError::NoUrl("PONTUAL_FILES_KEY_ID")));
    }
}
