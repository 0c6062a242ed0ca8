//! The page between upload and preview: how the file is read, and what each of its columns is imported as.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde_json::{Value, json};

use super::ImportStatus;
use super::column_titles::ColumnTarget;
use super::line::{DepartmentDirectory, Line, LineParser};
use super::queries::{self, Import};
use super::store_lines::store_lines;
use super::summary::{FileSummary, lines, read_on_blocking_pool};
use super::table::{MAX_COLUMNS, ReadSettings};
use super::views::ColumnsPage;
use crate::auth::{Can, ManageContacts};
use crate::channels::ChannelKind;
use crate::db::Db;
use crate::error::Result;
use crate::ids::ImportId;
use crate::refusal::FieldErrors;
use crate::web::{Fields, Posted, Shell, redirect};

/// What the user chose on the page.
#[derive(Clone, Debug, Default)]
pub struct ColumnChoices {
    pub reading: ReadSettings,
    /// The target of each column. `None` before the user chose anything.
    pub targets: Option<Vec<Option<ColumnTarget>>>,
    /// The shape of the table for which the targets were chosen; see [`FileSummary::shape`].
    shape: String,
}

impl ColumnChoices {
    fn from_form(form: &Fields) -> Self {
        let text = |name: &str| form.get(name).to_owned();
        let (encoding, separator, sheet, header) =
            (text("encoding"), text("separator"), text("sheet"), text("head"));
        let target = |place: usize| form.get(&format!("column-{place}")).parse().ok();
        Self {
            reading: ReadSettings { encoding, separator, sheet, header },
            targets: Some((0..MAX_COLUMNS).map(target).collect()),
            shape: text("shape"),
        }
    }

    fn from_stored(value: &Value) -> Self {
        let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        let (encoding, separator, sheet, header) =
            (text("encoding"), text("separator"), text("sheet"), text("head"));
        let targets = value["targets"].as_array().map(|all| {
            all.iter().map(|target| target.as_str().and_then(|target| target.parse().ok())).collect()
        });
        Self { reading: ReadSettings { encoding, separator, sheet, header }, targets, shape: text("shape") }
    }

    /// The choices as the import stores them, with the titles of the columns that are not imported.
    fn to_value(&self, summary: &FileSummary) -> Value {
        let ReadSettings { encoding, separator, sheet, header } = &self.reading;
        let targets = self.targets_for(summary);
        let names: Vec<&str> = targets.iter().map(|target| target.map_or("", ColumnTarget::as_str)).collect();
        let is_unused = |place: usize| targets.get(place).copied().flatten().is_none();
        let unused: Vec<&str> = summary
            .columns
            .iter()
            .filter(|column| column.filled > 0 && is_unused(column.place))
            .map(|column| column.title.as_str())
            .collect();
        json!({
            "encoding": encoding, "separator": separator, "sheet": sheet, "head": header,
            "targets": names, "shape": summary.shape(), "unused": unused,
        })
    }

    /// The target of each column: as chosen, if the choice was made for this shape of the table; otherwise as
    /// guessed.
    pub fn targets_for(&self, summary: &FileSummary) -> Vec<Option<ColumnTarget>> {
        match &self.targets {
            Some(targets) if self.shape == summary.shape() => {
                targets.iter().copied().take(summary.columns.len()).collect()
            }
            _ => summary.columns.iter().map(|column| column.guess).collect(),
        }
    }
}

/// The import and its file, if the user may still choose the columns.
async fn import_with_file(db: &Db, id: ImportId) -> Result<Option<(Import, Vec<u8>)>> {
    db.run(move |conn| {
        let import = queries::find(conn, id)?;
        let content = match import.status {
            ImportStatus::Mapping | ImportStatus::Preview => queries::file_content(conn, id)?,
            _ => None,
        };
        Ok(content.map(|content| (import, content)))
    })
    .await
}

pub async fn show(
    _: Can<ManageContacts>,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<ImportId>,
) -> Result<HttpResponse> {
    let id = id.into_inner();
    let Some((import, content)) = import_with_file(&db, id).await? else {
        return Ok(redirect(&format!("/contacts/imports/{id}")));
    };
    let choices = ColumnChoices::from_stored(&import.choices);
    let asked = choices.reading.clone();
    let summary = read_on_blocking_pool(move || FileSummary::of(&content, &asked)).await?;
    let Ok(summary) = summary else { return Ok(redirect("/contacts/import")) };
    let page = ColumnsPage::new(&import, &choices, summary, FieldErrors::default());
    shell.page("Conferir colunas", page)
}

/// The result of submitting the page.
enum ColumnsOutcome {
    Shown(Box<FileSummary>, FieldErrors),
    Chosen(Box<FileSummary>, Vec<Line>),
}

/// Reads the file with the chosen settings, and shows the page again (`step`) or goes on to the preview.
pub async fn update(
    _: Can<ManageContacts>,
    form: Posted,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<ImportId>,
) -> Result<HttpResponse> {
    let (id, choices, is_step) =
        (id.into_inner(), ColumnChoices::from_form(&form), !form.get("step").is_empty());
    let path = format!("/contacts/imports/{id}");
    let Some((import, content)) = import_with_file(&db, id).await? else { return Ok(redirect(&path)) };
    let directory = db.run(queries::directory).await?;
    let (asked, kind) = (choices.clone(), import.channel_kind);
    match read_on_blocking_pool(move || check_choices(&content, &asked, (kind, directory), is_step)).await? {
        Err(_) => Ok(redirect(&path)),
        Ok(ColumnsOutcome::Shown(summary, errors)) => {
            let (status, title) = match errors.is_empty() {
                true => (StatusCode::OK, "Conferir colunas"),
                false => (StatusCode::UNPROCESSABLE_ENTITY, "Erro: Conferir colunas"),
            };
            let page = ColumnsPage::new(&import, &choices, *summary, errors);
            shell.page_with(status, title, page)
        }
        Ok(ColumnsOutcome::Chosen(summary, lines)) => {
            let chosen = choices.to_value(&summary);
            db.transaction(move |conn| store_lines(conn, &import, &chosen, &lines)).await?;
            Ok(redirect(&path))
        }
    }
}

fn check_choices(
    content: &[u8],
    choices: &ColumnChoices,
    (kind, directory): (ChannelKind, DepartmentDirectory),
    is_step: bool,
) -> Result<ColumnsOutcome, &'static str> {
    let mut errors = FieldErrors::default();
    let summary = match FileSummary::of(content, &choices.reading) {
        Ok(summary) => summary,
        // Fall back to the automatic settings, which worked at the upload.
        Err(sentence) => {
            errors.add("reading", sentence);
            FileSummary::of(content, &ReadSettings::default())?
        }
    };
    let targets = choices.targets_for(&summary);
    let has = |wanted: &[ColumnTarget]| targets.iter().flatten().any(|target| wanted.contains(target));
    if errors.is_empty() && !is_step {
        if choices.shape != summary.shape() {
            errors.add("columns", "O arquivo foi lido de outra forma. Confira as colunas e continue.");
        } else if !has(&[
            ColumnTarget::Name,
            ColumnTarget::Surname,
            ColumnTarget::Phone,
            ColumnTarget::OtherPhone,
            ColumnTarget::Email,
            ColumnTarget::OtherEmail,
        ]) {
            errors.add("columns", "Escolha em qual coluna está o nome, o telefone ou o e-mail.");
        } else if kind == ChannelKind::Whatsapp && !has(&[ColumnTarget::Phone, ColumnTarget::OtherPhone]) {
            errors
                .add("columns", "Escolha em qual coluna está o telefone. A conexão escolhida fala por ele.");
        } else if kind == ChannelKind::Email && !has(&[ColumnTarget::Email, ColumnTarget::OtherEmail]) {
            errors.add("columns", "Escolha em qual coluna está o e-mail. A conexão escolhida fala por ele.");
        }
    }
    if is_step || !errors.is_empty() {
        return Ok(ColumnsOutcome::Shown(Box::new(summary), errors));
    }
    let lines = lines(content, &choices.reading, LineParser::new(targets, kind, directory))?;
    Ok(ColumnsOutcome::Chosen(Box::new(summary), lines))
}
