//! The conversation's page for the team.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::page::{ConversationPage, PageRequest};
use super::queries::Subject;
use super::thread::Window;
use crate::auth::Viewer;
use crate::error::Result;
use crate::ids::{ContactId, MessageId};

/// The part of the thread that the query string asks for.
#[derive(Clone, Copy, Deserialize)]
pub struct ThreadQuery {
    before: Option<MessageId>,
    whole: Option<u8>,
}

impl ThreadQuery {
    pub fn request(self) -> PageRequest {
        PageRequest::part(Window::of_page(self.before, self.whole))
    }
}

/// The conversation with a contact, with its newest ticket in the head of the page.
pub async fn show(
    viewer: Viewer,
    page: ConversationPage,
    contact: web::Path<ContactId>,
    query: web::Query<ThreadQuery>,
) -> Result<HttpResponse> {
    page.show(viewer, Subject::Contact(*contact), query.request()).await
}
