//! A file of contacts as a table of rows and cells. The file may be CSV, an Excel workbook (.xlsx) or vCard.
//!
//! A file may be malicious. So the number of columns and lines, the length of cells and the unpacked size are
//! limited, and nothing beyond the limits is kept in memory.

mod csv;
mod vcard;
mod xlsx;

use std::borrow::Cow;
use std::io::Cursor;

use encoding_rs::Encoding;

use super::column_titles;
use super::encoding::{self, Suspect};

/// Maximum columns of a file.
pub const MAX_COLUMNS: usize = 200;

/// Maximum lines of a file.
pub const MAX_LINES: usize = 100_000;

/// Maximum bytes of a cell. No field of a contact needs more, and notes are not imported.
const MAX_CELL_BYTES: usize = 32 * 1024;

/// Maximum rows searched for the header, and maximum sheets searched for contacts.
const MAX_ROWS_SEARCHED: usize = 20;

const TOO_WIDE: &str =
    "O arquivo tem mais de 200 colunas. Apague as que não são de contatos e envie de novo.";

const TOO_LONG: &str = "O arquivo tem mais de 100.000 linhas. Divida em partes e envie uma por vez.";

/// A row as it stands in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// The line of the file where it begins, counted from 1.
    pub number: i32,
    pub cells: Vec<String>,
    /// Why the row cannot be imported, regardless of its cells.
    pub problem: Option<String>,
}

/// Why reading stops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StopReading {
    /// The reader has all that it needs.
    Enough,
    /// The file is refused, with this message for the user.
    Refused(&'static str),
}

/// How to read a file, as values of the form. Empty values are detected automatically.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadSettings {
    pub encoding: String,
    /// `;`, `,`, `tab` or `|`.
    pub separator: String,
    pub sheet: String,
    /// The line number of the header; `none` if the file has no header.
    pub header: String,
}

/// The separators on the page: form value, byte, label.
pub const SEPARATORS: [(&str, u8, &str); 4] = [
    (";", b';', "Ponto e vírgula"),
    (",", b',', "Vírgula"),
    ("tab", b'\t', "Tabulação"),
    ("|", b'|', "Barra vertical"),
];

enum Kind<'a> {
    Csv { text: String, separator: u8, sets_separator: bool },
    Sheet { content: &'a [u8], sheets: Vec<String>, chosen: String },
    Cards { text: String },
}

/// An open file.
pub struct Table<'a> {
    kind: Kind<'a>,
    /// The encoding of the text, in words for the page. Empty for an Excel workbook.
    pub encoding: String,
    pub suspects: Vec<Suspect>,
    pub suspect_count: usize,
    /// The line number of the header, if there is one.
    pub header: Option<i32>,
    /// The cells of the header.
    pub titles: Vec<String>,
    /// The first rows. The user may choose the header among them.
    pub first: Vec<Row>,
}

impl<'a> Table<'a> {
    /// The error says in words for the user why this is not a file of contacts.
    pub fn open(content: &'a [u8], reading: &ReadSettings) -> Result<Self, &'static str> {
        let mut decoded = None;
        let kind = if content.starts_with(b"PK\x03\x04") {
            let sheets = xlsx::names(content)?;
            let chosen = sheets.iter().find(|name| **name == reading.sheet).cloned();
            let chosen = match chosen {
                Some(name) => name,
                None => most_likely_sheet(content, &sheets)?,
            };
            Kind::Sheet { content, sheets, chosen }
        } else if content.starts_with(b"\xd0\xcf\x11\xe0") {
            return Err(
                "Este é um arquivo antigo do Excel (.xls). Abra-o, salve como .xlsx ou CSV e envie de novo.",
            );
        } else if is_binary(content) {
            return Err(
                "Este arquivo não é uma lista. Salve a lista como CSV, .xlsx ou .vcf e envie de novo.",
            );
        } else {
            let mut read = encoding::decoded(content, &reading.encoding);
            let text = std::mem::take(&mut read.text);
            decoded = Some(read);
            text_kind(text, reading)?
        };
        let (encoding, suspects, suspect_count) = decoded.map_or((String::new(), Vec::new(), 0), |read| {
            (read.encoding, read.suspects, read.suspect_count)
        });
        let mut table = Self {
            kind,
            encoding,
            suspects,
            suspect_count,
            header: None,
            titles: Vec::new(),
            first: Vec::new(),
        };
        table.first = table.first_rows()?;
        let header = match reading.header.as_str() {
            "none" => None,
            "" => column_titles::find_title_row(&table.first),
            number => table.first.iter().position(|row| row.number.to_string() == number),
        };
        let row = header.and_then(|place| table.first.get(place));
        table.header = row.map(|row| row.number);
        table.titles = row.map(|row| row.cells.clone()).unwrap_or_default();
        if table.is_of_cards() {
            table.titles = vcard::TITLES.iter().map(|title| (*title).to_owned()).collect();
        }
        Ok(table)
    }

    pub fn is_of_cards(&self) -> bool {
        matches!(self.kind, Kind::Cards { .. })
    }

    /// The form value of the separator that was chosen or detected.
    pub fn separator(&self) -> Option<&'static str> {
        let Kind::Csv { separator, .. } = &self.kind else { return None };
        SEPARATORS.iter().find(|(_, byte, _)| byte == separator).map(|(value, ..)| *value)
    }

    /// The sheets of a workbook, and the sheet that is read.
    pub fn sheets(&self) -> Option<(&[String], &str)> {
        match &self.kind {
            Kind::Sheet { sheets, chosen, .. } => Some((sheets, chosen)),
            _ => None,
        }
    }

    /// Calls `on_row` with each row below the header that is not empty. The error is the message for the user if
    /// the file is refused.
    pub fn rows(&self, mut on_row: impl FnMut(Row) -> Result<(), StopReading>) -> Result<(), &'static str> {
        let (header, mut count) = (self.header, 0);
        self.read(&mut |row: Row| {
            if header.is_some_and(|header| row.number <= header) {
                return Ok(());
            }
            count += 1;
            if count > MAX_LINES { Err(StopReading::Refused(TOO_LONG)) } else { on_row(row) }
        })
    }

    fn first_rows(&self) -> Result<Vec<Row>, &'static str> {
        let mut rows = Vec::new();
        if self.is_of_cards() {
            return Ok(rows);
        }
        self.read(&mut |row| {
            rows.push(row);
            if rows.len() < MAX_ROWS_SEARCHED { Ok(()) } else { Err(StopReading::Enough) }
        })?;
        Ok(rows)
    }

    fn read(&self, on_row: &mut dyn FnMut(Row) -> Result<(), StopReading>) -> Result<(), &'static str> {
        let on_row = &mut |row: Row| {
            let is_empty = row.problem.is_none() && row.cells.iter().all(|cell| cell.trim().is_empty());
            if is_empty { Ok(()) } else { on_row(row) }
        };
        let outcome = match &self.kind {
            Kind::Csv { text, separator, sets_separator } => {
                csv::read(text, *separator, *sets_separator, on_row)
            }
            Kind::Sheet { content, chosen, .. } => xlsx::read(content, chosen, on_row),
            Kind::Cards { text } => vcard::read(text, on_row),
        };
        match outcome {
            Ok(()) | Err(StopReading::Enough) => Ok(()),
            Err(StopReading::Refused(sentence)) => Err(sentence),
        }
    }
}

fn text_kind<'a>(text: String, reading: &ReadSettings) -> Result<Kind<'a>, &'static str> {
    let start = text.trim_start();
    if start.get(..11).is_some_and(|start| start.eq_ignore_ascii_case("BEGIN:VCARD")) {
        return Ok(Kind::Cards { text });
    }
    if ["<html", "<!doctype", "<table", "<?xml"]
        .iter()
        .any(|tag| start.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag)))
    {
        return Err(
            "Este arquivo é uma página, não uma lista. Abra-o, salve como .xlsx ou CSV e envie de novo.",
        );
    }
    let declared = csv::declared_separator(&text);
    let chosen = SEPARATORS.iter().find(|(value, ..)| *value == reading.separator).map(|(_, byte, _)| *byte);
    let separator = chosen.or(declared).unwrap_or_else(|| most_likely_separator(&text));
    Ok(Kind::Csv { text, separator, sets_separator: declared.is_some() })
}

/// The first bytes of formats that are never a list of contacts: PDF, RTF, gzip, bzip2, 7z, RAR, JPEG, PNG,
/// GIF, an empty ZIP, SQLite.
const BINARY_MARKS: [&[u8]; 12] = [
    b"%PDF-",
    b"{\\rtf",
    b"\x1f\x8b\x08",
    b"BZh91AY&SY",
    b"7z\xbc\xaf\x27\x1c",
    b"Rar!\x1a\x07",
    b"\xff\xd8\xff",
    b"\x89PNG\r\n",
    b"GIF87a",
    b"GIF89a",
    b"PK\x05\x06",
    b"SQLite format 3",
];

/// Whether the first bytes are those of a picture, a document or the like. A text can begin with the same
/// letters as a binary format ("BMW;…" looks like a bitmap), but it contains no NUL byte.
fn is_binary(content: &[u8]) -> bool {
    let start_of_file = &content[..content.len().min(8 * 1024)];
    // Some programs write a UTF-8 byte order mark or an empty line before a PDF.
    let start = start_of_file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start_of_file).trim_ascii_start();
    let is_marked = infer::get(start_of_file).is_some() && Encoding::for_bom(start_of_file).is_none();
    BINARY_MARKS.iter().any(|mark| start.starts_with(mark)) || (is_marked && start_of_file.contains(&0))
}

/// The separator with the most known headers. If several have the same number, the one with the widest rows.
fn most_likely_separator(text: &str) -> u8 {
    let mut best = (0, 0, b';');
    let mut too_wide = None;
    for (_, separator, _) in SEPARATORS {
        let mut rows = Vec::new();
        let outcome = csv::read(text, separator, false, &mut |row| {
            rows.push(row);
            if rows.len() < MAX_ROWS_SEARCHED { Ok(()) } else { Err(StopReading::Enough) }
        });
        if outcome == Err(StopReading::Refused(TOO_WIDE)) {
            too_wide = Some(separator);
        }
        let known = rows.iter().map(column_titles::count_known_titles).max().unwrap_or(0);
        let mut widths: Vec<usize> = rows.iter().map(|row| row.cells.len()).collect();
        widths.sort_unstable();
        let width = widths.get(widths.len() / 2).copied().unwrap_or(0);
        if (known, width) > (best.0, best.1) {
            best = (known, width, separator);
        }
    }
    // With every other separator the file has only one column. So take this one, and the page says that there
    // are too many columns.
    too_wide.filter(|_| best.1 <= 1).unwrap_or(best.2)
}

/// The sheet with the most known headers. If none has any, the first sheet with rows; if all are empty, the first
/// sheet.
fn most_likely_sheet(content: &[u8], sheets: &[String]) -> Result<String, &'static str> {
    let mut best: Option<(usize, &String)> = None;
    for name in sheets.iter().take(MAX_ROWS_SEARCHED) {
        let mut rows = Vec::new();
        // A broken sheet contains no contacts. Its error is shown when the user chooses it.
        let _ = xlsx::read(content, name, &mut |row| {
            rows.push(row);
            if rows.len() < MAX_ROWS_SEARCHED { Ok(()) } else { Err(StopReading::Enough) }
        });
        let known = rows.iter().map(|row| column_titles::count_known_titles(row) + 1).max().unwrap_or(0);
        if best.is_none_or(|(most, _)| known > most) {
            best = Some((known, name));
        }
    }
    best.map(|(_, name)| name.clone()).ok_or("A planilha não tem nenhuma aba com dados.")
}

/// The cell's text, cut to the maximum length.
fn truncated_cell(text: &str) -> Cow<'_, str> {
    if text.len() <= MAX_CELL_BYTES {
        return Cow::Borrowed(text);
    }
    let end = (0..=MAX_CELL_BYTES).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    Cow::Owned(text[..end].to_owned())
}

fn cursor(content: &[u8]) -> Cursor<&[u8]> {
    Cursor::new(content)
}

#[cfg(test)]
mod tests;
