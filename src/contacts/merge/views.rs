//! The page that asks before contacts are merged.

use askama::Template;
use diesel::pg::PgConnection;

use super::merge_contacts::{Obstacle, names, obstacle};
use super::queries;
use crate::auth::Account;
use crate::contacts::identities::queries::identities_of;
use crate::contacts::queries::{Choice, contact_options, detail};
use crate::contacts::views::{AffectedRecords, IdentityRow};
use crate::error::{Error, Result};
use crate::ids::ContactId;
use crate::refusal::FieldErrors;
use crate::text::thousands;

#[derive(Template)]
#[template(path = "contacts/merge.html")]
pub struct MergePage {
    id: ContactId,
    name: String,
    choices: Vec<Choice>,
    preview: Option<Preview>,
    errors: FieldErrors,
}

/// What merging would do.
struct Preview {
    other: ContactId,
    name: String,
    /// What moves, one line each.
    moves: Vec<String>,
    identities: Vec<IdentityRow>,
    person: Option<String>,
    /// The schedules that become exempt from the spacing.
    affected: AffectedRecords,
    obstacle: Option<Obstacle>,
}

impl MergePage {
    pub fn load(
        conn: &mut PgConnection,
        viewer: &Account,
        kept: ContactId,
        other: Option<ContactId>,
    ) -> Result<Self> {
        let contact = detail(conn, kept)?;
        if contact.archived_at.is_some() {
            return Err(Error::Conflict);
        }
        let mut choices = contact_options(conn, None)?;
        choices.retain(|choice| choice.id != kept.0);
        let preview = match other {
            Some(other) => Some(Preview::load(conn, viewer, kept, other)?),
            None => None,
        };
        Ok(Self { id: kept, name: contact.name, choices, preview, errors: FieldErrors::default() })
    }

    /// The same page after the contacts were not merged.
    pub fn refused(mut self) -> Self {
        if self.preview.is_none() {
            self.errors.add("with", "Escolha o outro contato.");
        }
        self
    }
}

impl Preview {
    fn load(conn: &mut PgConnection, viewer: &Account, kept: ContactId, other: ContactId) -> Result<Self> {
        let [_, name] = names(conn, kept, other)?;
        let counts = queries::counts(conn, other)?;
        let too_near = queries::too_near(conn, kept, other)?;
        let moves = [
            (counts.tickets, "chamado", "chamados"),
            (counts.messages, "mensagem", "mensagens"),
            (counts.pending_schedules, "agendamento pendente", "agendamentos pendentes"),
            (counts.final_schedules, "agendamento encerrado", "agendamentos encerrados"),
            (counts.accesses, "acesso pelo link", "acessos pelo link"),
        ];
        let moves = moves.into_iter().filter(|(number, ..)| *number > 0);
        let identities = identities_of(conn, other)?;
        Ok(Self {
            other,
            name,
            moves: moves.map(|(number, one, many)| counted(number, one, many)).collect(),
            identities: identities.into_iter().map(|identity| IdentityRow::new(viewer, identity)).collect(),
            person: match detail(conn, kept)?.person_id {
                Some(_) => None,
                None => detail(conn, other)?.person_name,
            },
            affected: AffectedRecords::new(viewer, too_near, None),
            obstacle: obstacle(conn, viewer, kept, other)?,
        })
    }
}

fn counted(number: i64, one: &str, many: &str) -> String {
    match number {
        1 => format!("1 {one}"),
        _ => format!("{} {many}", thousands(number)),
    }
}
