//! The page between upload and preview: how the file is read, and what each of its columns is imported as.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde_json::{Value, json};

use super::ImportStatus;
use super::heads::Target;
use super::line::{Directory, Judge, Line};
use super::queries::{self, Import};
use super::sketch::{Sketch, lines, reading};
use super::table::{MOST_COLUMNS, Reading};
use super::views::ColumnsPage;
use crate::auth::{Can, ManageContacts};
use crate::contacts::form::ChannelKind;
use crate::db::Db;
use crate::error::Result;
use crate::ids::ImportId;
use crate::web::{FieldErrors, Fields, Posted, Shell, redirect};

/// What the user chose on the page.
#[derive(Clone, Debug, Default)]
pub struct Choices {
    pub reading: Reading,
    /// The target of each column. `None` before the user chose anything.
    pub targets: Option<Vec<Option<Target>>>,
    /// The shape of the table for which the targets were chosen; see [`Sketch::shape`].
    shape: String,
}

impl Choices {
    fn typed(form: &Fields) -> Self {
        let text = |name: &str| form.get(name).to_owned();
        let (encoding, separator, sheet, head) =
            (text("encoding"), text("separator"), text("sheet"), text("head"));
        let target = |place: usize| form.get(&format!("column-{place}")).parse().ok();
        Self {
            reading: Reading { encoding, separator, sheet, head },
            targets: Some((0..MOST_COLUMNS).map(target).collect()),
            shape: text("shape"),
        }
    }

    fn kept(value: &Value) -> Self {
        let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        let (encoding, separator, sheet, head) =
            (text("encoding"), text("separator"), text("sheet"), text("head"));
        let targets = value["targets"].as_array().map(|all| {
            all.iter().map(|target| target.as_str().and_then(|target| target.parse().ok())).collect()
        });
        Self { reading: Reading { encoding, separator, sheet, head }, targets, shape: text("shape") }
    }

    /// The choices as the import stores them, with the titles of the columns that are not imported.
    fn to_value(&self, sketch: &Sketch) -> Value {
        let Reading { encoding, separator, sheet, head } = &self.reading;
        let targets = self.targets_for(sketch);
        let names: Vec<&str> = targets.iter().map(|target| target.map_or("", Target::as_str)).collect();
        let is_unused = |place: usize| targets.get(place).copied().flatten().is_none();
        let unused: Vec<&str> = sketch
            .columns
            .iter()
            .filter(|column| column.filled > 0 && is_unused(column.place))
            .map(|column| column.title.as_str())
            .collect();
        json!({
            "encoding": encoding, "separator": separator, "sheet": sheet, "head": head,
            "targets": names, "shape": sketch.shape(), "unused": unused,
        })
    }

    /// The target of each column: as chosen, if the choice was made for this shape of the table; otherwise as
    /// guessed.
    pub fn targets_for(&self, sketch: &Sketch) -> Vec<Option<Target>> {
        match &self.targets {
            Some(targets) if self.shape == sketch.shape() => {
                targets.iter().copied().take(sketch.columns.len()).collect()
            }
            _ => sketch.columns.iter().map(|column| column.guess).collect(),
        }
    }
}

/// The import and its file, if the user may still choose the columns.
async fn open(db: &Db, id: ImportId) -> Result<Option<(Import, Vec<u8>)>> {
    db.run(move |conn| {
        let import = queries::find(conn, id)?;
        let content = match import.status {
            ImportStatus::Mapping | ImportStatus::Preview => queries::content(conn, id)?,
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
    let Some((import, content)) = open(&db, id).await? else {
        return Ok(redirect(&format!("/contacts/imports/{id}")));
    };
    let choices = Choices::kept(&import.choices);
    let asked = choices.reading.clone();
    let sketch = reading(move || Sketch::of(&content, &asked)).await?;
    let Ok(sketch) = sketch else { return Ok(redirect("/contacts/import")) };
    let page = ColumnsPage::new(&import, &choices, sketch, FieldErrors::default());
    shell.page("Conferir colunas", page)
}

/// The result of submitting the page.
enum Outcome {
    Shown(Box<Sketch>, FieldErrors),
    Chosen(Box<Sketch>, Vec<Line>),
}

/// Reads the file with the chosen settings, and shows the page again (`step`) or goes on to the preview.
pub async fn choose(
    _: Can<ManageContacts>,
    form: Posted,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<ImportId>,
) -> Result<HttpResponse> {
    let (id, choices, is_look) = (id.into_inner(), Choices::typed(&form), !form.get("step").is_empty());
    let path = format!("/contacts/imports/{id}");
    let Some((import, content)) = open(&db, id).await? else { return Ok(redirect(&path)) };
    let directory = db.run(queries::directory).await?;
    let (asked, kind) = (choices.clone(), import.channel_kind);
    match reading(move || examine(&content, &asked, (kind, directory), is_look)).await? {
        Err(_) => Ok(redirect(&path)),
        Ok(Outcome::Shown(sketch, errors)) => {
            let (status, title) = match errors.is_empty() {
                true => (StatusCode::OK, "Conferir colunas"),
                false => (StatusCode::UNPROCESSABLE_ENTITY, "Erro: Conferir colunas"),
            };
            let page = ColumnsPage::new(&import, &choices, *sketch, errors);
            shell.page_with(status, title, page)
        }
        Ok(Outcome::Chosen(sketch, lines)) => {
            stage(&db, import, choices.to_value(&sketch), lines).await?;
            Ok(redirect(&path))
        }
    }
}

fn examine(
    content: &[u8],
    choices: &Choices,
    (kind, directory): (ChannelKind, Directory),
    is_look: bool,
) -> Result<Outcome, &'static str> {
    let mut errors = FieldErrors::default();
    let sketch = match Sketch::of(content, &choices.reading) {
        Ok(sketch) => sketch,
        // Fall back to the automatic settings, which worked at the upload.
        Err(sentence) => {
            errors.add("reading", sentence);
            Sketch::of(content, &Reading::default())?
        }
    };
    let targets = choices.targets_for(&sketch);
    let has = |wanted: &[Target]| targets.iter().flatten().any(|target| wanted.contains(target));
    if errors.is_empty() && !is_look {
        if choices.shape != sketch.shape() {
            errors.add("columns", "O arquivo foi lido de outra forma. Confira as colunas e continue.");
        } else if !has(&[
            Target::Name,
            Target::Surname,
            Target::Phone,
            Target::OtherPhone,
            Target::Email,
            Target::OtherEmail,
        ]) {
            errors.add("columns", "Escolha em qual coluna está o nome, o telefone ou o e-mail.");
        } else if kind == ChannelKind::Whatsapp && !has(&[Target::Phone, Target::OtherPhone]) {
            errors
                .add("columns", "Escolha em qual coluna está o telefone. A conexão escolhida fala por ele.");
        } else if kind == ChannelKind::Email && !has(&[Target::Email, Target::OtherEmail]) {
            errors.add("columns", "Escolha em qual coluna está o e-mail. A conexão escolhida fala por ele.");
        }
    }
    if is_look || !errors.is_empty() {
        return Ok(Outcome::Shown(Box::new(sketch), errors));
    }
    let lines = lines(content, &choices.reading, Judge::new(targets, kind, directory))?;
    Ok(Outcome::Chosen(Box::new(sketch), lines))
}

/// Stores the lines, and deletes those of an earlier choice.
async fn stage(db: &Db, import: Import, choices: Value, lines: Vec<Line>) -> Result<()> {
    let (id, channel) = (import.id, (import.channel_id, import.channel_kind));
    db.transaction(move |conn| {
        let now = queries::find_for_update(conn, id)?;
        if !matches!(now.status, ImportStatus::Mapping | ImportStatus::Preview) {
            return Ok(());
        }
        queries::clear_lines(conn, id)?;
        queries::add_lines(conn, id, channel, &lines)?;
        queries::finish_mapping(conn, id, &choices)
    })
    .await
}
