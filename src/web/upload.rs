//! A form with one file, read into memory within bounds of size and time.

use std::ops::Deref;
use std::time::Duration;

use actix_multipart::Multipart;
use actix_web::dev::Payload;
use actix_web::rt::time;
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::future::LocalBoxFuture;
use futures_util::{Stream, StreamExt};

use super::{Csrf, FORM_LIMIT, Fields};
use crate::error::{Error, Result};

/// The largest file, in bytes: 20 MB.
pub const UPLOAD_LIMIT: usize = 20 * 1024 * 1024;

/// A slow line takes about so long for the largest file; what takes longer holds memory for nothing.
const UPLOAD_TIME: Duration = Duration::from_secs(180);

/// So many parts are a form; more are an attempt to wear the server out.
const MOST_PARTS: usize = 32;

/// The fields of a form sent as `multipart/form-data`, whose token is ours, and its file.
///
/// # Errors
/// As an extractor: `ForeignRequest` without a valid token (field `csrf` or header `X-CSRF-Token`),
/// `BadRequest` for what is no such form, has too many parts or takes longer than three minutes. A file
/// above the limit is no error but comes as `TooLarge`, so that the page can say so.
pub struct Uploaded {
    fields: Fields,
    pub file: Option<UploadedFile>,
}

pub enum UploadedFile {
    Whole { name: String, content: Vec<u8> },
    TooLarge,
}

impl Deref for Uploaded {
    type Target = Fields;
    fn deref(&self) -> &Fields {
        &self.fields
    }
}

impl FromRequest for Uploaded {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let parts = Multipart::new(request.headers(), payload.take());
        Box::pin(async move {
            let csrf = request.app_data::<web::Data<Csrf>>().ok_or_else(|| Error::unexpected("no Csrf"))?;
            let header = request.headers().get("x-csrf-token").and_then(|value| value.to_str().ok());
            let is_ours = |token: &str| csrf.verifies(&request, header.unwrap_or(token));
            match time::timeout(UPLOAD_TIME, read(parts)).await {
                Ok(Ok(uploaded)) if is_ours(uploaded.fields.get("csrf")) => Ok(uploaded),
                Ok(Ok(_)) => Err(Error::ForeignRequest),
                Ok(Err(_)) | Err(_) if is_ours("") => Err(Error::BadRequest),
                // A form that cannot be read has no token either.
                Ok(Err(_)) | Err(_) => Err(Error::ForeignRequest),
            }
        })
    }
}

async fn read(mut parts: Multipart) -> Result<Uploaded> {
    let (mut pairs, mut file) = (Vec::new(), None);
    for number in 0.. {
        let Some(part) = parts.next().await else { break };
        let mut part = part.map_err(|_| Error::BadRequest)?;
        if number == MOST_PARTS {
            return Err(Error::BadRequest);
        }
        let disposition = part.content_disposition().cloned();
        let name = disposition.as_ref().and_then(|d| d.get_name()).unwrap_or_default().to_owned();
        let Some(file_name) = disposition.as_ref().and_then(|d| d.get_filename()) else {
            let (text, is_whole) = bounded(&mut part, FORM_LIMIT).await?;
            let text = String::from_utf8(text).map_err(|_| Error::BadRequest)?;
            if !is_whole || text.contains('\0') {
                return Err(Error::BadRequest);
            }
            pairs.push((name, text));
            continue;
        };
        let (content, is_whole) = bounded(&mut part, UPLOAD_LIMIT).await?;
        // A file field that was left empty comes without a name.
        file = match (is_whole, file_name) {
            (true, "") => file,
            (true, name) => Some(UploadedFile::Whole { name: last_part(name), content }),
            (false, _) => Some(UploadedFile::TooLarge),
        };
    }
    Ok(Uploaded { fields: Fields::from(pairs), file })
}

/// The content up to `limit` bytes, and whether that is all. The rest is read and dropped, so that the
/// browser shows the answer instead of a broken connection; the time bounds how much that can be.
async fn bounded<S, E>(part: &mut S, limit: usize) -> Result<(Vec<u8>, bool)>
where
    S: Stream<Item = Result<web::Bytes, E>> + Unpin,
{
    let (mut content, mut is_whole) = (Vec::new(), true);
    while let Some(chunk) = part.next().await {
        let chunk = chunk.map_err(|_| Error::BadRequest)?;
        is_whole &= content.len() + chunk.len() <= limit;
        if is_whole {
            content.extend_from_slice(&chunk);
        } else {
            content = Vec::new();
        }
    }
    Ok((content, is_whole))
}

/// Old browsers send the whole path; and a name is one line of text, to be shown.
fn last_part(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    name.chars().filter(|c| !super::has_control_characters(&c.to_string())).take(120).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_web::test]
    async fn a_file_beyond_the_limit_is_known_as_such_and_not_kept() {
        let chunks = ["ab", "cd"].map(|text| Ok::<_, ()>(web::Bytes::from_static(text.as_bytes())));
        let mut part = futures_util::stream::iter(chunks.clone());
        assert_eq!(bounded(&mut part, 4).await.unwrap(), (b"abcd".to_vec(), true));
        let mut part = futures_util::stream::iter(chunks);
        assert_eq!(bounded(&mut part, 3).await.unwrap(), (Vec::new(), false));
    }

    #[test]
    fn a_name_is_shown_without_its_path() {
        assert_eq!(last_part("C:\\x\\contatos\u{202e}.csv"), "contatos.csv");
    }
}
