//! Finished data for the templates of imports.

use askama::Template;

use super::ImportStatus;
use super::queries::{Import, Preview};
use crate::auth::Viewer;
use crate::contacts::display;
use crate::contacts::queries::Choice;
use crate::ids::{ChannelId, ImportId};
use crate::web::{FieldErrors, thousands};

/// How many refused lines a page shows; the rest is in the file.
pub const REFUSED: i64 = 20;

#[derive(Template)]
#[template(path = "contacts/import/new.html")]
pub struct UploadPage {
    csrf: String,
    channels: Vec<Choice>,
    chosen: String,
    recent: Vec<Recent>,
    errors: FieldErrors,
}

struct Recent {
    id: ImportId,
    file_name: String,
    sub: String,
    status: Badge,
}

struct Badge {
    style: &'static str,
    icon: &'static str,
    label: &'static str,
}

impl UploadPage {
    pub fn new(viewer: &Viewer, csrf: &str, channels: Vec<Choice>, recent: &[Import]) -> Self {
        let line = |import: &Import| Recent {
            id: import.id,
            file_name: import.file_name.clone(),
            sub: format!("{} · {}", viewer.zone.date_time(import.created_at), import.creator),
            status: badge(import.status),
        };
        Self {
            csrf: csrf.to_owned(),
            channels,
            chosen: String::new(),
            recent: recent.iter().map(line).collect(),
            errors: FieldErrors::default(),
        }
    }

    /// The same page with what is wrong.
    pub fn refused(self, chosen: Option<ChannelId>, errors: FieldErrors) -> Self {
        Self { chosen: chosen.map(|id| id.to_string()).unwrap_or_default(), errors, ..self }
    }
}

fn badge(status: ImportStatus) -> Badge {
    let (style, icon, label) = match status {
        ImportStatus::Preview => ("queue", "eye", "Aguardando confirmação"),
        ImportStatus::Running => ("scheduled", "clock", "Em andamento"),
        ImportStatus::Finished => ("done", "circle-check", "Concluída"),
        ImportStatus::Cancelled => ("cancelled", "ban", "Cancelada"),
    };
    Badge { style, icon, label }
}

#[derive(Template)]
#[template(path = "contacts/import/show.html")]
pub struct Show {
    csrf: String,
    id: ImportId,
    file_name: String,
    sub: String,
    status: ImportStatus,
    badge: Badge,
    good: i32,
    bad: i32,
    repeated: i32,
    existing: i32,
    created: i32,
    updated: i32,
    skipped: i32,
    failed: i32,
    new_people: i32,
    new_people_of_known: i32,
    lines: Vec<LineRow>,
    refused: Vec<LineRow>,
}

struct LineRow {
    number: i32,
    name: String,
    phone: String,
    email: String,
    person: String,
    what: String,
    is_problem: bool,
}

impl Show {
    pub fn new(
        viewer: &Viewer,
        csrf: &str,
        import: Import,
        lines: Vec<Preview>,
        refused: Vec<Preview>,
    ) -> Self {
        let when = viewer.zone.date_time(import.created_at);
        Self {
            csrf: csrf.to_owned(),
            id: import.id,
            sub: format!("Enviado em {when} por {} · {}", import.creator, import.channel_name),
            file_name: import.file_name,
            status: import.status,
            badge: badge(import.status),
            good: import.good,
            bad: import.bad,
            repeated: import.repeated,
            existing: import.existing,
            created: import.created,
            updated: import.updated,
            skipped: import.skipped,
            failed: import.failed,
            new_people: import.new_people,
            new_people_of_known: import.new_people_of_known,
            lines: lines.into_iter().map(LineRow::new).collect(),
            refused: refused.into_iter().map(LineRow::new).collect(),
        }
    }

    pub fn title(&self) -> &'static str {
        match self.status {
            ImportStatus::Preview => "Conferir importação",
            _ => "Importação de contatos",
        }
    }

    fn is_preview(&self) -> bool {
        self.status == ImportStatus::Preview
    }

    fn is_running(&self) -> bool {
        self.status == ImportStatus::Running
    }

    /// Lines of customers who are no contacts yet.
    fn fresh(&self) -> i32 {
        self.good - self.existing - self.repeated
    }

    fn done(&self) -> i32 {
        self.created + self.updated + self.skipped + self.failed
    }

    fn percent(&self) -> i32 {
        match self.good {
            0 => 100,
            good => (i64::from(self.done()) * 100 / i64::from(good)) as i32,
        }
    }

    /// Lines that are not contacts: refused by the preview, and while taking them.
    fn left(&self) -> i32 {
        self.bad + self.failed
    }

    fn number(&self, count: impl std::borrow::Borrow<i32>) -> String {
        thousands(*count.borrow())
    }
}

impl LineRow {
    fn new(line: Preview) -> Self {
        let is_problem = line.problem.is_some();
        let what = match (line.problem, line.repeats, line.existing) {
            (Some(problem), _, _) => problem,
            (None, Some(other), _) => format!("Repete a linha {other}"),
            (None, None, Some(name)) => format!("Já existe: {name}"),
            (None, None, None) => "Novo contato".into(),
        };
        Self {
            number: line.line,
            name: line.name,
            phone: display::phone(&line.phone),
            email: line.email,
            person: line.person,
            what,
            is_problem,
        }
    }
}

/// A refused line as a row of the file of errors.
pub fn refused_cells(line: Preview) -> Vec<String> {
    let problem = line.problem.unwrap_or_default();
    vec![line.line.to_string(), line.name, line.phone, line.email, line.person, problem]
}
