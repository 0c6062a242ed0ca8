//! The fields of a posted form. They stay in the request, so that an answer to a form that was not saved can show
//! them again. Files do not stay: the user chooses them again.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_multipart::Multipart;
use actix_web::dev::{Payload, ServiceRequest};
use actix_web::error::PayloadError;
use actix_web::http::header::{CONTENT_TYPE, HeaderMap};
use actix_web::rt::time::timeout;
use actix_web::web::Bytes;
use actix_web::{HttpMessage, HttpRequest};
use futures_util::{Stream, TryStreamExt, stream};

use super::Fields;
use super::csrf::{FORM_LIMIT, posted_body};

/// Maximum time to read the fields of a form that no handler has read.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// Maximum bytes to read for the fields of such a form: a schedule's form with all its files.
const MAX_READ_BYTES: usize = 96 * 1024 * 1024;

/// The fields of a form that was not saved.
#[derive(Clone, Default)]
pub struct RecoveredForm {
    pub fields: Fields,
    /// Whether the form had files, which the user must choose again.
    pub has_files: bool,
}

/// A posted form, in the extensions of its request. There is none if htmx sent the form, because htmx keeps the
/// page open.
#[derive(Clone)]
pub struct PostedForm {
    /// `None` until the fields have been read.
    fields: Rc<RefCell<Option<RecoveredForm>>>,
    body: SharedBody,
}

impl PostedForm {
    /// Adds the form of this request to its extensions.
    pub async fn keep(request: &mut ServiceRequest) -> Result<(), actix_web::Error> {
        if request.headers().contains_key("hx-request") {
            return Ok(());
        }
        let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind = kind.unwrap_or_default().to_ascii_lowercase();
        let fields = if kind.starts_with("application/x-www-form-urlencoded") {
            let (head, payload) = request.parts_mut();
            let body = posted_body(head, payload).await?;
            let fields = Fields::parse(&body).map(|fields| RecoveredForm { fields, has_files: false });
            request.set_payload(Payload::Stream { payload: Box::pin(stream::iter([Ok(body)])) });
            fields
        } else if kind.starts_with("multipart/form-data") {
            None
        } else {
            return Ok(());
        };
        let body = SharedBody::of(request);
        request.extensions_mut().insert(Self { fields: Rc::new(RefCell::new(fields)), body });
        Ok(())
    }

    pub fn of(request: &impl HttpMessage) -> Option<Self> {
        request.extensions().get::<Self>().cloned()
    }

    /// Keeps the fields of a form with files, which its extractor has read.
    pub fn set_fields(request: &HttpRequest, fields: &Fields, has_files: bool) {
        if let Some(form) = Self::of(request) {
            *form.fields.borrow_mut() = Some(RecoveredForm { fields: fields.clone(), has_files });
        }
    }

    /// The form's fields. Reads them if the request was answered before anything read them. `None` if they cannot be
    /// read.
    pub async fn recover(self) -> Option<RecoveredForm> {
        let known = self.fields.borrow().clone();
        match known {
            Some(form) => Some(form),
            None if self.body.is_touched.get() => None,
            None => timeout(READ_TIMEOUT, self.body.read()).await.ok().flatten(),
        }
    }
}

/// The body of a form. Only its first reader gets it.
#[derive(Clone)]
struct SharedBody {
    payload: Rc<RefCell<Payload>>,
    is_touched: Rc<Cell<bool>>,
    head: Rc<HeaderMap>,
}

impl SharedBody {
    /// Takes the body of `request`, and puts a handle to it in its place.
    fn of(request: &mut ServiceRequest) -> Self {
        let mut head = HeaderMap::new();
        if let Some(kind) = request.headers().get(CONTENT_TYPE) {
            head.insert(CONTENT_TYPE, kind.clone());
        }
        let payload = Rc::new(RefCell::new(request.take_payload()));
        let body = Self { payload, is_touched: Rc::default(), head: Rc::new(head) };
        request.set_payload(Payload::Stream { payload: Box::pin(body.clone()) });
        body
    }

    /// The texts of a form with files. Skips its files.
    async fn read(self) -> Option<RecoveredForm> {
        let head = self.head.clone();
        let mut parts = Multipart::new(&head, self);
        let (mut fields, mut size, mut has_files) = (Vec::new(), 0, false);
        while let Some(mut part) = parts.try_next().await.ok()? {
            let file = part.content_disposition().and_then(|head| head.get_filename()).map(str::to_owned);
            let name = part.name().unwrap_or_default().to_owned();
            let mut bytes = Vec::new();
            while let Some(chunk) = part.try_next().await.ok()? {
                size += chunk.len();
                if file.is_none() {
                    bytes.extend_from_slice(&chunk);
                }
                if size > MAX_READ_BYTES || bytes.len() > FORM_LIMIT {
                    return None;
                }
            }
            match file {
                Some(file) => has_files |= !file.is_empty(),
                None => fields.push((name, String::from_utf8(bytes).ok()?)),
            }
        }
        Fields::of(fields).map(|fields| RecoveredForm { fields, has_files })
    }
}

impl Stream for SharedBody {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.is_touched.set(true);
        Pin::new(&mut *self.payload.borrow_mut()).poll_next(context)
    }
}
