//! Serves files for download and preview: to users who may see the schedule or the conversation, and to the
//! customer who received them.
//!
//! A file's content must never act in our name. So it is sent as an attachment, browsers must not guess its
//! type, and it opens in a sandbox.

use actix_web::body::SizedStream;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_RANGE, CONTENT_TYPE, Charset, ContentDisposition,
    DispositionParam, DispositionType, ETAG, ExtendedValue, IF_NONE_MATCH, IF_RANGE, RANGE, Range as Ranges,
};
use actix_web::{HttpRequest, HttpResponse};

use super::{Attachment, Files, served_as};
use crate::error::Result;
use crate::web::FILE_POLICY;

/// Streams the file, or answers 304 if the browser has it cached. The browser must ask every time, so that a
/// user who loses access can no longer see the file.
pub async fn answer(files: &Files, file: &Attachment, request: &HttpRequest) -> Result<HttpResponse> {
    let tag = format!("\"{}\"", file.sha256);
    let known = request.headers().get(IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    if known.is_some_and(|known| known.split(',').any(|known| known.trim() == tag)) {
        return Ok(HttpResponse::NotModified()
            .insert_header((ETAG, tag))
            .insert_header((CACHE_CONTROL, "private, no-cache"))
            .finish());
    }
    let size = file.size as u64;
    let mut answer = HttpResponse::Ok();
    let content = match requested_range(request, &tag, size) {
        RequestedRange::Whole => files.read(file.sha256).await?,
        RequestedRange::Part(first, last) => {
            answer.status(StatusCode::PARTIAL_CONTENT);
            answer.insert_header((CONTENT_RANGE, format!("bytes {first}-{last}/{size}")));
            files.read_part(file.sha256, first..last + 1).await?
        }
        RequestedRange::Nothing => {
            return Ok(HttpResponse::RangeNotSatisfiable()
                .insert_header((CONTENT_RANGE, format!("bytes */{size}")))
                .insert_header(("content-security-policy", FILE_POLICY))
                .finish());
        }
    };
    Ok(answer
        .insert_header((CONTENT_TYPE, served_as(&file.media_type)))
        .insert_header((ACCEPT_RANGES, "bytes"))
        .insert_header(disposition(&file.file_name))
        .insert_header(("content-security-policy", FILE_POLICY))
        .insert_header(("x-content-type-options", "nosniff"))
        .insert_header(("cross-origin-resource-policy", "same-origin"))
        .insert_header((CACHE_CONTROL, "private, no-cache"))
        .insert_header((ETAG, tag))
        // Most files are compressed already. Without compression, the length can be sent too.
        .insert_header((CONTENT_ENCODING, "identity"))
        .body(SizedStream::new(content.size, content.bytes)))
}

/// The requested bytes of a file.
enum RequestedRange {
    Whole,
    /// First and last byte, both inclusive.
    Part(u64, u64),
    /// The range lies outside the file.
    Nothing,
}

/// Media players request ranges; Safari's requests nothing else. A request for several ranges gets the whole
/// file.
fn requested_range(request: &HttpRequest, tag: &str, size: u64) -> RequestedRange {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    if header(IF_RANGE).is_some_and(|known| known != tag) {
        return RequestedRange::Whole;
    }
    match header(RANGE).and_then(|asked| asked.parse().ok()) {
        Some(Ranges::Bytes(parts)) => match parts[..] {
            [ref part] => part
                .to_satisfiable_range(size)
                .map_or(RequestedRange::Nothing, |(a, z)| RequestedRange::Part(a, z)),
            _ => RequestedRange::Whole,
        },
        _ => RequestedRange::Whole,
    }
}

/// The file name for browsers, plus a version in ASCII for very old ones.
fn disposition(name: &str) -> ContentDisposition {
    let plain = |c: char| if c.is_ascii() && !matches!(c, '"' | '\\' | '%') { c } else { '_' };
    let value = name.as_bytes().to_vec();
    ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![
            DispositionParam::Filename(name.chars().map(plain).collect()),
            DispositionParam::FilenameExt(ExtendedValue {
                charset: Charset::Ext("UTF-8".into()),
                language_tag: None,
                value,
            }),
        ],
    }
}
