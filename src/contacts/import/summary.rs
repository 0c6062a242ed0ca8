//! Reads a file for the page of columns and for the preview. Reading runs on the blocking pool, for a few files
//! at a time, and holds no database connection.

use actix_web::web;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use super::column_titles::{self, ColumnTarget};
use super::encoding::Suspect;
use super::line::{Line, LineParser};
use super::one_line;
use super::table::{ReadSettings, Row, Table};
use crate::error::{Error, Result};

/// Maximum files that are read at the same time. Each needs up to 150 MB of memory for a second or two.
static READ_PERMITS: Semaphore = Semaphore::const_new(2);

/// Maximum examples per column.
const MAX_EXAMPLES: usize = 3;

/// Maximum cells per column from which its meaning is guessed.
const MAX_SAMPLES: usize = 20;

/// Maximum characters of an example.
const MAX_EXAMPLE_CHARS: usize = 60;

/// A column of the file.
#[derive(Clone, Debug, Default)]
pub struct Column {
    pub place: usize,
    pub title: String,
    pub examples: Vec<String>,
    /// Number of lines with something in this column.
    pub filled: usize,
    pub guess: Option<ColumnTarget>,
}

/// A summary of a file, for the page of columns.
pub struct FileSummary {
    pub encoding: String,
    pub suspects: Vec<Suspect>,
    pub suspect_count: usize,
    pub is_of_cards: bool,
    pub separator: Option<&'static str>,
    pub sheets: Vec<String>,
    pub sheet: String,
    pub header: Option<i32>,
    pub first: Vec<Row>,
    pub columns: Vec<Column>,
    pub lines: usize,
}

/// Runs `work` on the blocking pool, and waits if other files are being read.
pub async fn read_on_blocking_pool<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T> {
    let permit = READ_PERMITS.acquire().await.map_err(Error::unexpected)?;
    web::block(move || {
        // Keep the permit until the work ends, even if the client has disconnected.
        let _permit = permit;
        work()
    })
    .await
    .map_err(Error::unexpected)
}

impl FileSummary {
    /// The error says in words for the user why this is not a file of contacts.
    pub fn of(content: &[u8], settings: &ReadSettings) -> Result<Self, &'static str> {
        let table = Table::open(content, settings)?;
        let mut columns: Vec<Column> = Vec::new();
        let mut samples: Vec<Vec<String>> = Vec::new();
        let mut lines = 0;
        table.rows(|row| {
            lines += 1;
            if columns.len() < row.cells.len() {
                columns.resize_with(row.cells.len(), Column::default);
                samples.resize_with(row.cells.len(), Vec::new);
            }
            for (place, cell) in row.cells.iter().enumerate() {
                let cell = cell.trim();
                if !cell.is_empty() {
                    columns[place].note(cell);
                    if samples[place].len() < MAX_SAMPLES {
                        samples[place].push(cell.to_owned());
                    }
                }
            }
            Ok(())
        })?;
        if lines == 0 {
            return Err("O arquivo não tem nenhum contato. Confira se ele tem o cabeçalho e as linhas.");
        }
        if columns.len() < table.titles.len() {
            columns.resize_with(table.titles.len(), Column::default);
            samples.resize_with(table.titles.len(), Vec::new);
        }
        let guesses = column_titles::guess_targets(&table.titles, &samples);
        for (place, column) in columns.iter_mut().enumerate() {
            let title = table.titles.get(place).map(|title| title.trim()).unwrap_or_default();
            column.place = place;
            column.title = match title {
                "" => format!("Coluna {} (sem título)", column_letters(place)),
                title => one_line(title).chars().take(MAX_EXAMPLE_CHARS).collect(),
            };
            column.guess = guesses.get(place).copied().flatten().filter(|_| column.filled > 0);
        }
        let (sheets, sheet) =
            table.sheets().map_or((Vec::new(), String::new()), |(all, one)| (all.to_vec(), one.to_owned()));
        Ok(Self {
            is_of_cards: table.is_of_cards(),
            separator: table.separator(),
            sheets,
            sheet,
            header: table.header,
            columns,
            lines,
            encoding: table.encoding,
            suspects: table.suspects,
            suspect_count: table.suspect_count,
            first: table.first,
        })
    }

    /// A hash of the column titles. A choice of targets is valid only for the shape for which it was made.
    pub fn shape(&self) -> String {
        let mut hash = Sha256::new();
        for column in &self.columns {
            hash.update(column.title.as_bytes());
            hash.update([0]);
        }
        hex::encode(&hash.finalize()[..8])
    }
}

/// Checks every line of a file. The error says in words for the user why this is not a file of contacts.
pub fn lines(content: &[u8], settings: &ReadSettings, parser: LineParser) -> Result<Vec<Line>, &'static str> {
    let table = Table::open(content, settings)?;
    let mut parser = parser.with_labels(column_titles::label_columns(&table.titles));
    let mut lines = Vec::new();
    table.rows(|row| {
        lines.push(parser.parse(row));
        Ok(())
    })?;
    Ok(lines)
}

impl Column {
    fn note(&mut self, cell: &str) {
        self.filled += 1;
        if self.examples.len() < MAX_EXAMPLES {
            let shown: String = one_line(cell).chars().take(MAX_EXAMPLE_CHARS).collect();
            if !self.examples.contains(&shown) {
                self.examples.push(shown);
            }
        }
    }
}

/// The name of a column as in spreadsheets: A to Z, then AA.
fn column_letters(place: usize) -> String {
    let letter = |place: usize| char::from(b'A' + (place % 26) as u8);
    match place {
        0..26 => letter(place).to_string(),
        _ => format!("{}{}", letter(place / 26 - 1), letter(place)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_breaks_within_titles_and_examples_become_spaces() {
        let content = "\"Nome\r\ncompleto\";telefone\n\"Ana\nQuebra \u{1}Silva\";11900000142\n";
        let summary = FileSummary::of(content.as_bytes(), &ReadSettings::default()).unwrap();
        assert_eq!(summary.columns[0].title, "Nome completo");
        assert_eq!(summary.columns[0].examples, ["Ana Quebra Silva"]);
    }
}
