//! Compression of responses: the files of `static/` are compressed once per process, and small responses not at all.

use std::collections::HashMap;
use std::io::Write;
use std::sync::OnceLock;

use actix_web::HttpRequest;
use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    AcceptEncoding, CONTENT_ENCODING, ContentEncoding, Encoding, Header, HeaderValue, Preference,
};
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use brotli::CompressorWriter;
use brotli::enc::BrotliEncoderParams;
use flate2::Compression;
use flate2::write::GzEncoder;

/// Nearly as small as quality 11, in a tenth of the time.
const BROTLI_QUALITY: i32 = 9;

/// Minimum bytes of a file or response to compress. A smaller one fits into one packet anyway.
const MIN_BYTES: usize = 1_000;

static COMPRESSED: OnceLock<HashMap<String, CompressedFile>> = OnceLock::new();

struct CompressedFile {
    brotli: Bytes,
    gzip: Bytes,
}

/// Compresses `files` in a thread. Until it has finished, they are compressed per request.
pub fn prepare(files: impl Iterator<Item = (String, &'static [u8])> + Send + 'static) {
    std::thread::spawn(move || COMPRESSED.get_or_init(|| files.filter_map(compress).collect()));
}

/// Compresses a file. `None` if that saves less than a tenth.
fn compress((name, plain): (String, &[u8])) -> Option<(String, CompressedFile)> {
    if plain.len() < MIN_BYTES {
        return None;
    }
    let compressed = CompressedFile { brotli: brotli(plain)?.into(), gzip: gzip(plain)?.into() };
    (compressed.gzip.len() < plain.len() / 10 * 9).then_some((name, compressed))
}

fn brotli(plain: &[u8]) -> Option<Vec<u8>> {
    let params = BrotliEncoderParams { quality: BROTLI_QUALITY, ..BrotliEncoderParams::default() };
    let mut writer = CompressorWriter::with_params(Vec::new(), 4096, &params);
    writer.write_all(plain).ok()?;
    Some(writer.into_inner())
}

fn gzip(plain: &[u8]) -> Option<Vec<u8>> {
    let mut writer = GzEncoder::new(Vec::new(), Compression::best());
    writer.write_all(plain).ok()?;
    writer.finish().ok()
}

/// The compressed file, in the best encoding that the browser accepts. `None` if there is none.
pub fn find(request: &HttpRequest, name: &str) -> Option<(ContentEncoding, Bytes)> {
    let compressed = COMPRESSED.get()?.get(name)?;
    let accepted = AcceptEncoding::parse(request).ok()?;
    let takes = |wanted: ContentEncoding| {
        accepted.iter().any(|item| {
            matches!(item.item, Preference::Specific(Encoding::Known(known)) if known == wanted)
                && item.quality > actix_web::http::header::Quality::ZERO
        })
    };
    match () {
        () if takes(ContentEncoding::Brotli) => Some((ContentEncoding::Brotli, compressed.brotli.clone())),
        () if takes(ContentEncoding::Gzip) => Some((ContentEncoding::Gzip, compressed.gzip.clone())),
        () => None,
    }
}

/// Middleware: marks a small response as not to be compressed.
pub async fn skip_small(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let mut response = next.call(request).await?;
    let is_small = match response.response().body().size() {
        BodySize::Sized(size) => (1..MIN_BYTES as u64).contains(&size),
        BodySize::None | BodySize::Stream => false,
    };
    if is_small && !response.headers().contains_key(CONTENT_ENCODING) {
        response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("identity"));
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::ACCEPT_ENCODING;
    use actix_web::test::TestRequest;
    use std::io::Read;

    fn encoding(accepted: &str, name: &str) -> Option<(ContentEncoding, Bytes)> {
        find(&TestRequest::get().insert_header((ACCEPT_ENCODING, accepted)).to_http_request(), name)
    }

    #[test]
    fn a_browser_gets_the_file_in_an_encoding_that_it_accepts() {
        let text = "background: none;".repeat(200);
        let plain: &'static [u8] = text.clone().leak().as_bytes();
        let noise: &'static [u8] = Vec::leak(crate::keys::random_bytes::<2000>().to_vec());
        let files =
            [("a.css".to_owned(), plain), ("b.png".to_owned(), noise), ("c.js".to_owned(), b"1" as &[u8])];
        COMPRESSED.get_or_init(|| files.into_iter().filter_map(compress).collect());

        let (kind, body) = encoding("gzip, deflate, br, zstd", "a.css").unwrap();
        let mut unpacked = String::new();
        brotli::Decompressor::new(&body[..], 4096).read_to_string(&mut unpacked).unwrap();
        assert_eq!((kind, unpacked), (ContentEncoding::Brotli, text.clone()));
        let (kind, body) = encoding("br;q=0, gzip", "a.css").unwrap();
        let mut unpacked = String::new();
        flate2::read::GzDecoder::new(&body[..]).read_to_string(&mut unpacked).unwrap();
        assert_eq!((kind, unpacked), (ContentEncoding::Gzip, text));
        assert!(encoding("deflate", "a.css").is_none());
        assert!(encoding("br", "b.png").is_none(), "noise gets no smaller");
        assert!(encoding("br", "c.js").is_none(), "small enough");
    }
}
