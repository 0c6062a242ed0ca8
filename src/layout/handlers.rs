//! The start page.

use actix_web::HttpResponse;

use super::navigation;
use crate::auth::Viewer;
use crate::error::Result;
use crate::web::redirect;

/// Redirects to the page that the viewer's role begins at.
pub async fn home(viewer: Viewer) -> Result<HttpResponse> {
    Ok(redirect(navigation::home(&viewer)))
}
