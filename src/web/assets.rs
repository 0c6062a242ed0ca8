//! Serves `static/` from the binary. The paths change with the content, so that browsers may cache the files
//! for ever.

use std::borrow::Cow;
use std::sync::LazyLock;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, VARY};
use actix_web::{HttpRequest, HttpResponse, web};
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

use super::{Anyone, compression, stylesheet};
use crate::error::{Error, Result};

#[derive(RustEmbed)]
#[folder = "static/"]
#[exclude = "icons.txt"]
struct Files;

/// One hash over all files, so that modules that import each other by relative path have the same version.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut hash = Sha256::new();
    for name in Files::iter() {
        hash.update(name.as_bytes());
        hash.update(Files::get(&name).map(|file| file.metadata.sha256_hash()).unwrap_or_default());
    }
    hex::encode(&hash.finalize()[..8])
});

/// The path of a file in `static/`, as in `asset("favicon.svg")`.
pub fn asset(path: &str) -> String {
    format!("/assets/{}/{path}", *VERSION)
}

/// A file of `static/` in the form in which it is sent.
fn read(path: &str) -> Option<Cow<'static, [u8]>> {
    static JOINED: LazyLock<String> = LazyLock::new(joined);
    match path {
        stylesheet::PATH if cfg!(debug_assertions) => Some(Cow::Owned(joined().into_bytes())),
        stylesheet::PATH => Some(Cow::Borrowed(JOINED.as_bytes())),
        _ => Some(Files::get(path)?.data),
    }
}

fn joined() -> String {
    stylesheet::join(|path| String::from_utf8(Files::get(path)?.data.into_owned()).ok())
}

/// Compresses the embedded files. Does nothing in a debug build, which reads them from disk.
pub fn prepare() {
    compression::prepare(Files::iter().filter_map(|name| match read(&name)? {
        Cow::Borrowed(bytes) => Some((name.into_owned(), bytes)),
        Cow::Owned(_) => None,
    }));
}

pub async fn show(
    _: Anyone,
    request: HttpRequest,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse> {
    let (version, path) = path.into_inner();
    let file = read(&path).ok_or(Error::NotFound)?;
    // Another version, from a page before an update, gets the current file, but only for a short time.
    let caching =
        if version == *VERSION { "public, max-age=31536000, immutable" } else { "public, max-age=60" };
    let media_type = mime_guess::from_path(&path).first_or_octet_stream();
    let media_type = match media_type.type_().as_str() {
        "text" => format!("{media_type}; charset=utf-8"),
        _ => media_type.to_string(),
    };
    let mut answer = HttpResponse::Ok();
    answer.insert_header((CONTENT_TYPE, media_type)).insert_header((CACHE_CONTROL, caching));
    if let Some((encoding, body)) = compression::find(&request, &path) {
        return Ok(answer.insert_header(encoding).insert_header((VARY, "Accept-Encoding")).body(body));
    }
    Ok(answer.body(match file {
        Cow::Borrowed(bytes) => web::Bytes::from_static(bytes),
        Cow::Owned(bytes) => web::Bytes::from(bytes),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stylesheet_holds_each_file_of_its_folder_once() {
        let list = Files::get(stylesheet::PATH).unwrap().data.into_owned();
        let list = String::from_utf8(list).unwrap();
        let files = Files::iter().filter(|path| path.starts_with("css/") && path != stylesheet::PATH);
        let mut imported = 0;
        for path in files {
            let import = format!("@import \"{}\";", path.trim_start_matches("css/"));
            assert_eq!(list.matches(&import).count(), 1, "{path}");
            imported += 1;
        }
        assert!(imported > 0);
        assert!(!joined().contains("@import"), "app.css names a file that does not exist");
    }
}
