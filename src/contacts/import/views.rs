//! Finished data for the templates of imports.

use askama::Template;

use super::ImportStatus;
use super::column_titles::ColumnTarget;
use super::columns::ColumnChoices;
use super::encoding::{ENCODING_CHOICES, Suspect};
use super::one_line;
use super::queries::{Import, ImportLine};
use super::summary::FileSummary;
use super::table::{Row, SEPARATORS};
use crate::auth::Account;
use crate::contacts::display;
use crate::contacts::queries::Choice;
use crate::ids::{ChannelId, ImportId};
use crate::refusal::FieldErrors;
use crate::text::thousands;

/// Maximum refused lines on a page. All of them are in the error file.
pub const MAX_REFUSED_SHOWN: i64 = 20;

#[derive(Template)]
#[template(path = "contacts/import/new.html")]
pub struct New {
    channels: Vec<Choice>,
    chosen: String,
    recent: Vec<RecentImport>,
    errors: FieldErrors,
}

struct RecentImport {
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

impl New {
    pub fn of(viewer: &Account, channels: Vec<Choice>, recent: &[Import]) -> Self {
        let line = |import: &Import| RecentImport {
            id: import.id,
            file_name: import.file_name.clone(),
            sub: format!("{} · {}", viewer.zone.date_time(import.created_at), import.creator),
            status: badge(import.status),
        };
        Self {
            channels,
            chosen: String::new(),
            recent: recent.iter().map(line).collect(),
            errors: FieldErrors::default(),
        }
    }

    /// The same page with its errors.
    pub fn refused(self, chosen: Option<ChannelId>, errors: FieldErrors) -> Self {
        Self { chosen: chosen.map(|id| id.to_string()).unwrap_or_default(), errors, ..self }
    }
}

fn badge(status: ImportStatus) -> Badge {
    let (style, icon, label) = match status {
        ImportStatus::Mapping => ("queue", "list", "Aguardando colunas"),
        ImportStatus::Preview => ("queue", "eye", "Aguardando confirmação"),
        ImportStatus::Running => ("scheduled", "clock", "Em andamento"),
        ImportStatus::Finished => ("processed", "circle-check", "Concluída"),
        ImportStatus::Cancelled => ("cancelled", "ban", "Cancelada"),
    };
    Badge { style, icon, label }
}

#[derive(Template)]
#[template(path = "contacts/import/show.html")]
pub struct Show {
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
    remarked: i32,
    has_file: bool,
    /// The titles of the columns that are not imported.
    unused: String,
    lines: Vec<LineRow>,
    refused: Vec<LineRow>,
    leftovers: Vec<LineRow>,
}

struct LineRow {
    number: i32,
    name: String,
    phone: String,
    email: String,
    person: String,
    what: String,
    remark: String,
    is_problem: bool,
}

impl Show {
    pub fn new(
        viewer: &Account,
        import: Import,
        lines: Vec<ImportLine>,
        (refused, leftovers): (Vec<ImportLine>, Vec<ImportLine>),
    ) -> Self {
        let titles = import.choices["unused"].as_array().into_iter().flatten();
        let unused: Vec<&str> = titles.filter_map(|title| title.as_str()).collect();
        let when = viewer.zone.date_time(import.created_at);
        Self {
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
            remarked: import.remarked,
            has_file: import.has_file,
            unused: unused.join(", "),
            lines: lines.into_iter().map(LineRow::new).collect(),
            refused: refused.into_iter().map(LineRow::new).collect(),
            leftovers: leftovers.into_iter().map(LineRow::new).collect(),
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

    /// Whether the import was cancelled before any line was imported.
    fn was_discarded(&self) -> bool {
        self.status == ImportStatus::Cancelled && self.processed() == 0
    }

    fn is_running(&self) -> bool {
        self.status == ImportStatus::Running
    }

    /// Number of lines that will create contacts.
    fn new_contacts(&self) -> i32 {
        self.good - self.existing - self.repeated
    }

    fn processed(&self) -> i32 {
        self.created + self.updated + self.skipped + self.failed
    }

    fn percent(&self) -> i32 {
        match self.good {
            0 => 100,
            good => (i64::from(self.processed()) * 100 / i64::from(good)) as i32,
        }
    }

    /// Number of lines that did not become contacts: refused in the preview, or failed during the import.
    fn not_imported(&self) -> i32 {
        self.bad + self.failed
    }

    fn number(&self, count: impl std::borrow::Borrow<i32>) -> String {
        thousands(*count.borrow())
    }
}

impl LineRow {
    fn new(line: ImportLine) -> Self {
        let (is_problem, is_known) = (line.problem.is_some(), line.existing.is_some());
        let what = match (line.problem, line.repeats, line.existing) {
            (Some(problem), _, _) => problem,
            (None, Some(other), _) => format!("Repete a linha {other}"),
            (None, None, Some(name)) => match line.known_phone {
                Some(phone) => format!("Já existe: {name}, com o número {}", display::phone(&phone)),
                None => format!("Já existe: {name}"),
            },
            (None, None, None) => "Novo contato".into(),
        };
        let phone = display::phone(&line.phone);
        let becomes_new = !is_problem && line.repeats.is_none() && !is_known;
        let name = match (line.name.is_empty() && becomes_new, line.email.is_empty()) {
            (false, _) => line.name,
            // A new contact without a name is named after its address.
            (true, false) => line.email.clone(),
            (true, true) => phone.clone(),
        };
        Self {
            number: line.line,
            name,
            phone,
            email: line.email,
            person: line.person,
            what,
            remark: line.remark,
            is_problem,
        }
    }
}

/// A refused line as a row of the error file.
pub fn refused_cells(line: ImportLine) -> Vec<String> {
    let problem = line.problem.unwrap_or_default();
    let ImportLine { name, phone, email, person, department, attendant, code, .. } = line;
    vec![line.line.to_string(), name, phone, email, person, department, attendant, code, problem]
}

/// A line with a remark, as a row of the file of leftovers.
pub fn leftover_cells(line: ImportLine) -> Vec<String> {
    let phone = display::phone(&line.phone);
    vec![line.line.to_string(), line.name, phone, line.email, line.person, line.remark]
}

/// The page of the columns.
#[derive(Template)]
#[template(path = "contacts/import/columns.html")]
pub struct ColumnsPage {
    id: ImportId,
    file_name: String,
    lines: String,
    shape: String,
    encodings: Vec<SelectOption>,
    separators: Vec<SelectOption>,
    sheets: Vec<SelectOption>,
    headers: Vec<SelectOption>,
    suspects: Vec<Suspect>,
    suspect_count: usize,
    columns: Vec<ColumnRow>,
    /// The titles of columns that are empty.
    empty: String,
    unused: String,
    errors: FieldErrors,
}

/// An option of a select.
struct SelectOption {
    value: String,
    label: String,
    is_chosen: bool,
}

struct ColumnRow {
    place: usize,
    title: String,
    examples: Vec<String>,
    filled: String,
    targets: Vec<SelectOption>,
}

/// Maximum characters of a row in the select of the header.
const MAX_HEADER_CHARS: usize = 60;

impl ColumnsPage {
    pub fn new(import: &Import, choices: &ColumnChoices, summary: FileSummary, errors: FieldErrors) -> Self {
        let targets = choices.targets_for(&summary);
        let target = |place: usize| targets.get(place).copied().flatten();
        let (filled, empty): (Vec<_>, Vec<_>) = summary.columns.iter().partition(|column| column.filled > 0);
        let titles = |columns: &mut dyn Iterator<Item = &str>| columns.collect::<Vec<_>>().join(", ");
        let unused = filled.iter().filter(|column| target(column.place).is_none());
        let row = |column: &&super::summary::Column| ColumnRow {
            place: column.place,
            title: column.title.clone(),
            examples: column.examples.clone(),
            filled: counted(column.filled, "linha preenchida", "linhas preenchidas"),
            targets: target_choices(target(column.place)),
        };
        Self {
            id: import.id,
            file_name: import.file_name.clone(),
            lines: counted(summary.lines, "linha", "linhas"),
            shape: summary.shape(),
            encodings: encodings(choices, &summary),
            separators: separators(choices, &summary),
            sheets: sheets(&summary),
            headers: headers(choices, &summary),
            unused: titles(&mut unused.map(|column| column.title.as_str())),
            empty: titles(&mut empty.iter().map(|column| column.title.as_str())),
            columns: filled.iter().map(row).collect(),
            suspects: summary.suspects,
            suspect_count: summary.suspect_count,
            errors,
        }
    }

    fn settings(&self) -> Vec<(&'static str, &'static str, &[SelectOption])> {
        let all: [(_, _, &[SelectOption]); 4] = [
            ("encoding", "Codificação", &self.encodings),
            ("separator", "Separador", &self.separators),
            ("sheet", "Aba da planilha", &self.sheets),
            ("head", "Cabeçalho", &self.headers),
        ];
        all.into_iter().filter(|(_, _, choices)| choices.len() > 1).collect()
    }

    fn suspect_title(&self) -> String {
        match self.suspect_count {
            1 => "Confira os acentos de 1 linha.".into(),
            n => format!("Confira os acentos de {} linhas.", thousands(n)),
        }
    }
}

fn counted(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{} {many}", thousands(count)) }
}

fn target_choices(chosen: Option<ColumnTarget>) -> Vec<SelectOption> {
    let none =
        SelectOption { value: String::new(), label: "Não importar".into(), is_chosen: chosen.is_none() };
    let choice = |target: &ColumnTarget| SelectOption {
        value: target.as_str().into(),
        label: target.label().into(),
        is_chosen: chosen == Some(*target),
    };
    std::iter::once(none).chain(ColumnTarget::ALL.iter().map(choice)).collect()
}

/// The automatic choice, followed by `others`.
fn with_automatic_option(
    label: String,
    chosen: &str,
    others: impl Iterator<Item = (String, String)>,
) -> Vec<SelectOption> {
    let automatic = SelectOption { value: String::new(), label, is_chosen: chosen.is_empty() };
    let choice = |(value, label): (String, String)| {
        let is_chosen = value == chosen;
        SelectOption { value, label, is_chosen }
    };
    std::iter::once(automatic).chain(others.map(choice)).collect()
}

fn encodings(choices: &ColumnChoices, summary: &FileSummary) -> Vec<SelectOption> {
    if summary.encoding.is_empty() {
        return Vec::new();
    }
    let others = ENCODING_CHOICES.iter().map(|(value, label)| ((*value).to_owned(), (*label).to_owned()));
    let chosen = choices.reading.encoding.as_str();
    let found =
        if chosen.is_empty() { format!("Automática: {}", summary.encoding) } else { "Automática".into() };
    with_automatic_option(found, chosen, others)
}

fn separators(choices: &ColumnChoices, summary: &FileSummary) -> Vec<SelectOption> {
    let Some(found) = summary.separator else { return Vec::new() };
    let label = |wanted: &str| {
        SEPARATORS
            .iter()
            .find(|(value, ..)| *value == wanted)
            .map_or("", |(_, _, label)| label)
            .to_lowercase()
    };
    let others = SEPARATORS.iter().map(|(value, _, label)| ((*value).to_owned(), (*label).to_owned()));
    let chosen = choices.reading.separator.as_str();
    let found =
        if chosen.is_empty() { format!("Automático: {}", label(found)) } else { "Automático".into() };
    with_automatic_option(found, chosen, others)
}

fn sheets(summary: &FileSummary) -> Vec<SelectOption> {
    let choice = |name: &String| SelectOption {
        value: name.clone(),
        label: name.clone(),
        is_chosen: *name == summary.sheet,
    };
    summary.sheets.iter().map(choice).collect()
}

fn headers(choices: &ColumnChoices, summary: &FileSummary) -> Vec<SelectOption> {
    if summary.is_of_cards {
        return Vec::new();
    }
    let text = |row: &Row| {
        let cells: Vec<&str> =
            row.cells.iter().map(|cell| cell.trim()).filter(|cell| !cell.is_empty()).collect();
        one_line(&cells.join(" · ")).chars().take(MAX_HEADER_CHARS).collect::<String>()
    };
    let rows = summary
        .first
        .iter()
        .map(|row| (row.number.to_string(), format!("Linha {}: {}", row.number, text(row))));
    let none = std::iter::once(("none".to_owned(), "O arquivo não tem cabeçalho".to_owned()));
    let chosen = choices.reading.header.as_str();
    let found = match (chosen, summary.header) {
        ("", Some(line)) => format!("Automático: linha {line}"),
        ("", None) => "Automático: sem cabeçalho".into(),
        _ => "Automático".into(),
    };
    with_automatic_option(found, chosen, rows.chain(none))
}
