//! Recovers the fields of a form with files that could not be saved.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_multipart::Multipart;
use actix_web::HttpMessage;
use actix_web::dev::{Payload, ServiceRequest};
use actix_web::error::PayloadError;
use actix_web::http::header::{CONTENT_TYPE, HeaderMap};
use actix_web::web::Bytes;
use futures_util::{Stream, TryStreamExt};

use super::Fields;
use super::csrf::FORM_LIMIT;

/// The recovered fields, shared by the code that reads the form and the code that responds.
#[derive(Clone, Default)]
pub struct RecoverySlot(Rc<RefCell<Option<RecoveredForm>>>);

/// The fields of a form that could not be saved.
#[derive(Clone, Default)]
pub struct RecoveredForm {
    pub fields: Fields,
    /// Whether the form had files that were not stored, so that the user must choose them again.
    pub loses_files: bool,
}

impl RecoverySlot {
    /// The instance in the extensions of `request`.
    pub fn of(request: &impl HttpMessage) -> Self {
        request.extensions().get::<Self>().cloned().unwrap_or_default()
    }

    /// Call it when the form has been read and its files are not stored yet.
    pub fn is_read(&self, fields: &Fields, has_files: bool) {
        *self.0.borrow_mut() = Some(RecoveredForm { fields: fields.clone(), loses_files: has_files });
    }

    /// Call it when a file has been stored. The form then names it by its id.
    pub fn file_stored(&self, id: impl ToString) {
        if let Some(left) = &mut *self.0.borrow_mut() {
            left.fields.push("files", id.to_string());
        }
    }

    /// Call it when all files have been stored.
    pub fn all_files_stored(&self) {
        if let Some(left) = &mut *self.0.borrow_mut() {
            left.loses_files = false;
        }
    }

    pub fn take(&self) -> Option<RecoveredForm> {
        self.0.borrow_mut().take()
    }
}

/// The body of a form with files. When the response is made, maybe no handler has read it.
#[derive(Clone)]
pub struct SharedBody {
    payload: Rc<RefCell<Payload>>,
    is_touched: Rc<Cell<bool>>,
    head: Rc<HeaderMap>,
}

impl SharedBody {
    /// Takes the body of `request`, and puts a handle to it in its place.
    pub fn share(request: &mut ServiceRequest) -> Self {
        let mut head = HeaderMap::new();
        if let Some(kind) = request.headers().get(CONTENT_TYPE) {
            head.insert(CONTENT_TYPE, kind.clone());
        }
        let payload = Rc::new(RefCell::new(request.take_payload()));
        let body = Self { payload, is_touched: Rc::default(), head: Rc::new(head) };
        request.set_payload(Payload::Stream { payload: Box::pin(body.clone()) });
        body
    }

    /// The texts of a form that no handler has read. Skips its files.
    pub async fn recover(self) -> Option<RecoveredForm> {
        if self.is_touched.get() {
            return None;
        }
        let head = self.head.clone();
        let mut parts = Multipart::new(&head, self);
        let (mut fields, mut size, mut loses_files) = (Vec::new(), 0, false);
        while let Some(mut part) = parts.try_next().await.ok()? {
            let file = part.content_disposition().and_then(|head| head.get_filename()).map(str::to_owned);
            let name = part.name().unwrap_or_default().to_owned();
            let mut bytes = Vec::new();
            while let Some(chunk) = part.try_next().await.ok()? {
                size += chunk.len();
                if file.is_none() {
                    bytes.extend_from_slice(&chunk);
                }
                // Gives up on a body that is too large.
                if size > MAX_RECOVERED_BYTES || bytes.len() > FORM_LIMIT {
                    return None;
                }
            }
            match file {
                Some(file) => loses_files |= !file.is_empty(),
                None => fields.push((name, String::from_utf8(bytes).ok()?)),
            }
        }
        Fields::of(fields).map(|fields| RecoveredForm { fields, loses_files })
    }
}

/// Maximum bytes to read: a schedule's form with all its files.
const MAX_RECOVERED_BYTES: usize = 96 * 1024 * 1024;

impl Stream for SharedBody {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.is_touched.set(true);
        Pin::new(&mut *self.payload.borrow_mut()).poll_next(context)
    }
}
