//! A form with files: the extractor that handlers use instead of `Posted` if the form can contain files.

use std::ops::Deref;
use std::time::Duration;

use actix_multipart::{Field, Multipart};
use actix_session::SessionExt;
use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::rt::time::timeout;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::future::LocalBoxFuture;
use futures_util::{Stream, StreamExt, TryStreamExt, stream};

use super::{FileName, Files, MAX_FILES, MAX_SIZE, Received, Sender};
use crate::error::{Error, Result};
use crate::ids::UserId;
use crate::web::{Csrf, FORM_LIMIT, Fields, Posted, PostedForm, USER_KEY};

/// Maximum number of parts. A form has a dozen fields and a few files.
const PARTS: usize = 100;
/// Maximum size of a body, in bytes. Files above their limit are still read to the end, so that the form can
/// be shown again with its input.
const BODY_LIMIT: usize = 256 * 1024 * 1024;
/// Maximum duration of an upload. 16 MB take two minutes at 1 Mbit/s.
const TOTAL_TIME: Duration = Duration::from_secs(15 * 60);
const SILENCE: Duration = Duration::from_secs(20);

/// The fields of a posted form with a valid token, and its files, which are not stored yet.
///
/// # Errors
/// The extractor fails as `Posted` does. Also: `BadRequest` if the body is cut off, stalls or has too many
/// parts; `ForeignRequest` if a file comes before the token; `TooMany` if the account has too much in
/// transit.
pub struct PostedFiles {
    fields: Fields,
    pub files: Vec<PostedFile>,
    /// Names of the files that were not received: those beyond the maximum number, or all (see
    /// [`Receiving`]).
    pub left_out: Vec<FileName>,
    pub store: web::Data<Files>,
}

/// A file as received.
pub struct PostedFile {
    pub name: FileName,
    /// `None` if it was larger than the limit.
    pub content: Option<Received>,
}

impl Deref for PostedFiles {
    type Target = Fields;
    fn deref(&self) -> &Fields {
        &self.fields
    }
}

/// What becomes of the files of a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receiving {
    Files,
    /// Their names are noted, and their bytes passed over.
    Names,
}

impl PostedFiles {
    /// Reads the form that `sender` sent. For handlers that must know the sender before anything is read; others
    /// use the extractor.
    pub fn read(
        request: &HttpRequest,
        payload: &mut Payload,
        sender: Sender,
        receiving: Receiving,
    ) -> LocalBoxFuture<'static, Result<Self>> {
        let kind = request.headers().get(CONTENT_TYPE).map(|value| value.as_bytes().to_ascii_lowercase());
        if !kind.is_some_and(|kind| kind.starts_with(b"multipart/form-data")) {
            let (request, plain) = (request.clone(), Posted::from_request(request, payload));
            return Box::pin(async move {
                let (fields, store) = (plain.await?.into_fields(), store_of(&request)?);
                Ok(Self { fields, files: Vec::new(), left_out: Vec::new(), store })
            });
        }
        let request = request.clone();
        let parts = Multipart::new(request.headers(), bounded(payload.take(), SILENCE));
        Box::pin(async move {
            let reader = Reader::new(&request, sender, receiving)?;
            timeout(TOTAL_TIME, reader.read(parts)).await.map_err(|_| Error::BadRequest)?
        })
    }

    /// The names of all files of the form.
    pub fn file_names(&self) -> Vec<String> {
        let names = self.files.iter().map(|file| &file.name).chain(&self.left_out);
        names.map(|name| name.as_str().to_owned()).collect()
    }
}

impl FromRequest for PostedFiles {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let user = request.get_session().get(USER_KEY).ok().flatten();
        let sender = user.map_or(Sender::Visitor, |user| Sender::User(UserId(user)));
        Self::read(request, payload, sender, Receiving::Files)
    }
}

/// Ends the body with an error if it stalls or is too long.
fn bounded(
    payload: impl Stream<Item = Result<Bytes, PayloadError>> + Unpin,
    silence: Duration,
) -> impl Stream<Item = Result<Bytes, PayloadError>> {
    stream::try_unfold((payload, 0), move |(mut payload, read)| async move {
        let Ok(next) = timeout(silence, payload.next()).await else {
            return Err(PayloadError::Incomplete(None));
        };
        let Some(bytes) = next.transpose()? else { return Ok(None) };
        let read = read + bytes.len();
        if read > BODY_LIMIT { Err(PayloadError::Overflow) } else { Ok(Some((bytes, (payload, read)))) }
    })
}

async fn pass_over(mut part: Field) -> Result<()> {
    while part.try_next().await.map_err(broken)?.is_some() {}
    Ok(())
}

struct Reader<'a> {
    request: &'a HttpRequest,
    csrf: &'a Csrf,
    sender: Sender,
    receiving: Receiving,
    store: web::Data<Files>,
    fields: Vec<(String, String)>,
    text_size: usize,
    files: Vec<PostedFile>,
    left_out: Vec<FileName>,
}

impl<'a> Reader<'a> {
    fn new(request: &'a HttpRequest, sender: Sender, receiving: Receiving) -> Result<Self> {
        let csrf = request.app_data::<web::Data<Csrf>>().ok_or_else(|| Error::unexpected("no Csrf"))?;
        let (store, fields, files) = (store_of(request)?, Vec::new(), Vec::new());
        Ok(Self {
            request,
            csrf,
            sender,
            receiving,
            store,
            fields,
            text_size: 0,
            files,
            left_out: Vec::new(),
        })
    }

    async fn read(mut self, mut parts: Multipart) -> Result<PostedFiles> {
        let mut count = 0;
        while let Some(part) = parts.try_next().await.map_err(broken)? {
            count += 1;
            if count > PARTS {
                return Err(Error::BadRequest);
            }
            let name = part.name().unwrap_or_default().to_owned();
            match part.content_disposition().and_then(|head| head.get_filename()).map(str::to_owned) {
                None => {
                    let text = self.text(part).await?;
                    self.fields.push((name, text));
                }
                // Without our token, a foreign page could fill the disk.
                Some(_) if !self.has_token() => pass_over(part).await?,
                Some(file) => self.file(part, &file).await?,
            }
        }
        let is_own = self.has_token();
        let fields = Fields::of(std::mem::take(&mut self.fields)).ok_or(Error::BadRequest)?;
        let Self { request, files, left_out, store, .. } = self;
        // A foreign form's files were not read.
        PostedForm::set_fields(request, &fields, !is_own || !files.is_empty() || !left_out.is_empty());
        if !is_own {
            return Err(Error::ForeignRequest);
        }
        Ok(PostedFiles { fields, files, left_out, store })
    }

    fn has_token(&self) -> bool {
        let token = self.fields.iter().find(|(name, _)| name == "csrf").map_or("", |(_, token)| token);
        self.csrf.is_sent(self.request, token)
    }

    async fn text(&mut self, mut part: Field) -> Result<String> {
        let mut bytes = Vec::new();
        while let Some(chunk) = part.try_next().await.map_err(broken)? {
            self.text_size += chunk.len();
            if self.text_size > FORM_LIMIT {
                return Err(Error::TooLarge);
            }
            bytes.extend_from_slice(&chunk);
        }
        String::from_utf8(bytes).map_err(|_| Error::BadRequest)
    }

    async fn file(&mut self, mut part: Field, name: &str) -> Result<()> {
        let is_received = self.receiving == Receiving::Files && self.files.len() < MAX_FILES;
        if !name.is_empty() && !is_received {
            self.left_out.push(name_of(name));
            return pass_over(part).await;
        }
        let share = self.store.upload_share(self.sender);
        let mut incoming = Some(self.store.receive_from(share, MAX_SIZE).await?);
        let mut is_empty = true;
        while let Some(chunk) = part.try_next().await.map_err(broken)? {
            is_empty &= chunk.is_empty();
            if let Some(open) = &mut incoming {
                match open.write(&chunk).await {
                    Ok(()) => {}
                    Err(Error::TooLarge) => incoming = None,
                    Err(error) => return Err(error),
                }
            }
        }
        // Browsers send a file field like this when nothing was chosen.
        if is_empty && name.is_empty() {
            return Ok(());
        }
        let name = name_of(name);
        let content = match incoming {
            Some(open) => Some(open.finish().await?),
            None => None,
        };
        self.files.push(PostedFile { name, content });
        Ok(())
    }
}

/// Browsers escape quotation marks in names.
fn name_of(sent: &str) -> FileName {
    FileName::of(&sent.replace("%22", "\""))
}

fn store_of(request: &HttpRequest) -> Result<web::Data<Files>> {
    request.app_data().cloned().ok_or_else(|| Error::unexpected("no Files"))
}

fn broken(error: actix_multipart::MultipartError) -> Error {
    match error {
        actix_multipart::MultipartError::Payload(PayloadError::Overflow) => Error::TooLarge,
        _ => Error::BadRequest,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_web::test]
    async fn a_body_that_falls_silent_or_never_ends_is_given_up() {
        let begun = stream::iter([Ok(Bytes::from_static(b"--x"))]).chain(stream::pending());
        let read: Vec<_> = bounded(Box::pin(begun), Duration::from_millis(1)).collect().await;
        assert!(matches!(read[..], [Ok(_), Err(PayloadError::Incomplete(None))]));
        let chunk = Bytes::from(vec![0; 1 << 20]);
        let endless = stream::repeat_with(move || Ok(chunk.clone()));
        let read: Vec<_> = bounded(Box::pin(endless), SILENCE).collect().await;
        assert!(matches!(read.last(), Some(Err(PayloadError::Overflow))));
        assert_eq!(read.len(), BODY_LIMIT / (1 << 20) + 1);
    }
}
