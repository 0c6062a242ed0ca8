//! How fast a customer's link, and an address, may ask. Far more than open pages do: each message that comes makes a
//! page ask twice.

use std::sync::Arc;
use std::time::Instant;

use actix_web::{HttpRequest, web};

use crate::auth::{client_ip, network_named};
use crate::error::{Error, Result};
use crate::ids::ContactId;
use crate::web::Pace;

/// What customers asked of this process; cheap to clone.
#[derive(Clone)]
pub struct Paces(Arc<Inner>);

struct Inner {
    links: Pace<ContactId>,
    /// Wider: whole companies, and customers of one mobile network, may have one address.
    addresses: Pace<String>,
}

impl Default for Paces {
    fn default() -> Self {
        Self(Arc::new(Inner { links: Pace::new(300, 5), addresses: Pace::new(1_500, 25) }))
    }
}

impl Paces {
    /// Counts a request for a contact's page.
    ///
    /// # Errors
    /// `TooMany`.
    pub fn admit(request: &HttpRequest, contact: ContactId) -> Result<()> {
        let paces = request.app_data::<web::Data<Self>>().ok_or_else(|| Error::unexpected("no Paces"))?;
        let (place, now) = (network_named(&client_ip(request)), Instant::now());
        let admitted = paces.0.addresses.admit(place, now).and_then(|()| paces.0.links.admit(contact, now));
        admitted.map_err(|wait| Error::TooMany { seconds: wait.as_secs() as i64 + 1 })
    }
}
