//! Limits on how fast requests may come, per customer's link and per network address. Open pages stay far
//! below them: each new message makes a page send two requests.

use std::sync::Arc;
use std::time::Instant;

use actix_web::{HttpRequest, web};

use crate::config::network_named;
use crate::error::{Error, Result};
use crate::ids::ContactId;
use crate::web::{RateLimit, client_ip};

/// The requests of customers to this process; cheap to clone.
#[derive(Clone)]
pub struct ChatRateLimits(Arc<Inner>);

struct Inner {
    links: RateLimit<ContactId>,
    /// Higher limits: a whole company, or the customers of one mobile network, may share an address.
    addresses: RateLimit<String>,
}

impl Default for ChatRateLimits {
    fn default() -> Self {
        Self(Arc::new(Inner { links: RateLimit::new(300, 5), addresses: RateLimit::new(1_500, 25) }))
    }
}

impl ChatRateLimits {
    /// Counts a request for a contact's page.
    ///
    /// # Errors
    /// `TooMany` above a limit.
    pub fn admit(request: &HttpRequest, contact: ContactId) -> Result<()> {
        let limits =
            request.app_data::<web::Data<Self>>().ok_or_else(|| Error::unexpected("no ChatRateLimits"))?;
        let (network, now) = (network_named(&client_ip(request)), Instant::now());
        let admitted =
            limits.0.addresses.admit(network, now).and_then(|()| limits.0.links.admit(contact, now));
        admitted.map_err(|wait| Error::TooMany { seconds: wait.as_secs() as i64 + 1 })
    }
}
