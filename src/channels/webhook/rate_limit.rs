//! Limits how fast events may come in, per network address, so that forged ones do not occupy the database.

use std::sync::Arc;
use std::time::Instant;

use actix_web::{HttpRequest, web};

use crate::config::network_named;
use crate::error::{Error, Result};
use crate::web::{RateLimit, client_ip};

/// The events that this process receives; cheap to clone.
#[derive(Clone)]
pub struct InboxRateLimit(Arc<RateLimit<String>>);

impl Default for InboxRateLimit {
    fn default() -> Self {
        Self(Arc::new(RateLimit::new(500, 50)))
    }
}

impl InboxRateLimit {
    /// # Errors
    /// `TooMany` above the limit.
    pub fn admit(request: &HttpRequest) -> Result<()> {
        let limit =
            request.app_data::<web::Data<Self>>().ok_or_else(|| Error::unexpected("no InboxRateLimit"))?;
        let admitted = limit.0.admit(network_named(&client_ip(request)), Instant::now());
        admitted.map_err(|wait| Error::TooMany { seconds: wait.as_secs() as i64 + 1 })
    }
}
