//! "Fechar chamado".

use actix_web::{HttpResponse, web};

use super::form;
use super::page::{ConversationPage, PageRequest};
use super::queries::Subject;
use super::views::ReplyDraft;
use crate::auth::Attendant;
use crate::error::Result;
use crate::ids::TicketId;
use crate::tickets::close::{self, Closing};
use crate::web::{Posted, redirect, redirect_with};

/// Closes the ticket. If somebody else has closed it, the page shows it closed. If somebody else wrote
/// something that the page did not show, the page shows it and asks again (409). The button belongs to the
/// composer's form, so that the text being written is kept.
pub async fn create(
    attendant: Attendant,
    form: Posted,
    page: ConversationPage,
    ticket: web::Path<TicketId>,
) -> Result<HttpResponse> {
    let (viewer, ticket, seen) = ((*attendant).clone(), *ticket, form.get("up_to").parse().ok());
    let closer = viewer.clone();
    let closing =
        page.db.transaction_on(ticket, move |conn| close::close_seen(conn, &closer, ticket, seen)).await?;
    let draft = ReplyDraft::unsent(form::kind(&form), form.get("body"), form.get("client_key"));
    let path = format!("/tickets/{ticket}");
    match closing {
        Closing::HasUnseenMessages => {
            page.show(viewer, Subject::Ticket(ticket), PageRequest::asking(draft)).await
        }
        Closing::Closed | Closing::WasClosed if !draft.is_empty() => {
            page.show(viewer, Subject::Ticket(ticket), PageRequest::keeping(draft)).await
        }
        Closing::Closed => Ok(redirect_with(&path, "Chamado fechado.")),
        Closing::WasClosed => Ok(redirect(&path)),
    }
}
