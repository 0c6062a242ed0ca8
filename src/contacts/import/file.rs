//! A file of contacts as spreadsheets write it: CSV with commas, semicolons or tabs, in UTF-8 (with or
//! without its mark), UTF-16 or Windows-1252.

use std::borrow::Cow;
use std::collections::HashMap;

use csv::{ByteRecord, ReaderBuilder};
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

use crate::contacts::email::Email;
use crate::contacts::form::{self, ChannelKind};
use crate::contacts::phone::Phone;

/// The most lines of one file.
pub const MOST_LINES: usize = 100_000;

/// What a cell that is shown again, but not taken, keeps.
const LONGEST_CELL: usize = 200;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Name,
    Phone,
    Email,
    Person,
}

/// The head of a file: which column is where.
#[derive(Debug, Default)]
struct Head {
    columns: Vec<Option<Column>>,
}

/// One line, as it may be taken (its texts normalised) or refused (its texts as they were).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// Where it stands in the file; the head is line 1.
    pub number: i32,
    pub name: String,
    pub phone: String,
    pub email: String,
    pub person: String,
    /// Why it cannot be taken, for whoever wrote the file.
    pub problem: Option<String>,
    /// The first line with the same number or address.
    pub repeats: Option<i32>,
}

/// Reads a whole file and hands on its lines in portions, so that they need not all be kept.
///
/// # Errors
/// Why this is no file of contacts; or what `take` returns.
pub fn read<E: From<&'static str>>(
    content: &[u8],
    kind: ChannelKind,
    mut take: impl FnMut(&[Line]) -> Result<(), E>,
) -> Result<(), E> {
    const PORTION: usize = 2_000;
    if content.starts_with(b"PK\x03\x04") || content.starts_with(b"\xd0\xcf\x11\xe0") {
        return Err("Este arquivo é uma planilha. Salve como CSV e envie de novo.".into());
    }
    if is_no_text(content) {
        return Err("Este arquivo não é um CSV. Salve a lista como CSV e envie de novo.".into());
    }
    let (encoding, content) = decoded(content);
    let separator = separator(&content);
    let mut reader = ReaderBuilder::new()
        .delimiter(separator)
        .has_headers(false)
        .flexible(true)
        .from_reader(content.as_ref());
    let (mut record, mut head, mut known) = (ByteRecord::new(), None, Known::default());
    let (mut portion, mut count) = (Vec::with_capacity(PORTION), 0);
    while reader.read_byte_record(&mut record).map_err(|_| "Não foi possível ler o arquivo.")? {
        let cells: Vec<Cow<'_, str>> =
            record.iter().map(|cell| encoding.decode_without_bom_handling(cell).0).collect();
        if cells.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let Some(head) = &head else {
            head = Some(Head::read(&cells)?);
            continue;
        };
        count += 1;
        if count > MOST_LINES {
            return Err("O arquivo tem mais de 100.000 linhas. Divida em partes e envie uma por vez.".into());
        }
        let number = record.position().map_or(0, |start| line_at(&content, start));
        let line = head.line(&cells, i32::try_from(number).unwrap_or(i32::MAX), kind);
        portion.push(known.compare(line));
        if portion.len() == PORTION {
            take(&portion)?;
            portion.clear();
        }
    }
    if count == 0 {
        return Err("O arquivo não tem nenhum contato. Confira se ele tem o cabeçalho e as linhas.".into());
    }
    take(&portion)
}

/// Whether this is a picture, a document or the like, by its first bytes. Words can look like the mark of
/// one ("BMW;…" is no bitmap), but hold no NUL.
fn is_no_text(content: &[u8]) -> bool {
    let head = &content[..content.len().min(8 * 1024)];
    let is_marked = infer::get(head).is_some() && Encoding::for_bom(head).is_none();
    head.starts_with(b"%PDF") || (is_marked && head.contains(&0))
}

/// The line where a record begins. What the reader takes for its start may be the rest of the line end
/// before it, and empty lines.
fn line_at(content: &[u8], start: &csv::Position) -> u64 {
    let rest = usize::try_from(start.byte()).ok().and_then(|at| content.get(at..)).unwrap_or_default();
    let passed = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).filter(|byte| **byte == b'\n');
    start.line() + passed.count() as u64
}

/// UTF-16 is decoded as a whole, for its separators are no bytes; the others cell by cell.
fn decoded(content: &[u8]) -> (&'static Encoding, Cow<'_, [u8]>) {
    match Encoding::for_bom(content) {
        Some((encoding, mark)) if encoding == UTF_8 => {
            (text_encoding(&content[mark..]), Cow::Borrowed(&content[mark..]))
        }
        Some((encoding, mark)) => {
            let (text, _) = encoding.decode_without_bom_handling(&content[mark..]);
            (UTF_8, Cow::Owned(text.into_owned().into_bytes()))
        }
        None => (text_encoding(content), Cow::Borrowed(content)),
    }
}

/// What is no UTF-8 was written by an older Excel in Brazil.
fn text_encoding(content: &[u8]) -> &'static Encoding {
    if std::str::from_utf8(content).is_ok() { UTF_8 } else { WINDOWS_1252 }
}

/// The mark that the head has most of.
fn separator(content: &[u8]) -> u8 {
    let head =
        content.split(|byte| *byte == b'\n').find(|line| !line.trim_ascii().is_empty()).unwrap_or_default();
    let count = |mark: &u8| head.iter().filter(|byte| *byte == mark).count();
    *b";,\t".iter().max_by_key(|mark| (count(mark), **mark == b';')).unwrap_or(&b';')
}

impl Head {
    fn read(cells: &[Cow<'_, str>]) -> Result<Self, &'static str> {
        let columns: Vec<_> = cells.iter().map(|cell| column(cell)).collect();
        let times = |wanted| columns.iter().filter(|column| **column == Some(wanted)).count();
        if times(Column::Name) == 0 {
            return Err(
                "O arquivo não tem a coluna “nome”. A primeira linha deve ter os nomes das colunas: nome, telefone, e-mail e pessoa.",
            );
        }
        if [Column::Name, Column::Phone, Column::Email, Column::Person].into_iter().any(|one| times(one) > 1)
        {
            return Err("O arquivo tem duas colunas com o mesmo nome. Deixe só uma de cada.");
        }
        Ok(Self { columns })
    }

    fn line(&self, cells: &[Cow<'_, str>], number: i32, kind: ChannelKind) -> Line {
        let cell = |wanted: Column| {
            let place = self.columns.iter().position(|column| *column == Some(wanted));
            unquoted(place.and_then(|place| cells.get(place)).map_or("", |cell| cell.trim()))
        };
        let texts = [Column::Name, Column::Phone, Column::Email, Column::Person].map(cell);
        let [name, phone, email, person] = texts;
        let mut problems = Vec::new();
        if cells.iter().any(|cell| cell.contains(['\n', '\r'])) {
            problems.push("Há aspas sem par nesta linha ou uma quebra de linha dentro de um campo.");
        }
        if cells.iter().skip(self.columns.len()).any(|cell| !cell.trim().is_empty()) {
            problems.push("Há mais campos nesta linha do que no cabeçalho.");
        }
        let parsed = Line {
            number,
            name: or_add(&mut problems, form::name(name)).unwrap_or_default(),
            phone: or_add(&mut problems, form::optional(phone, Phone::parse))
                .flatten()
                .map_or(String::new(), |phone| phone.as_str().to_owned()),
            email: or_add(&mut problems, form::optional(email, Email::parse))
                .flatten()
                .map_or(String::new(), |email| email.as_str().to_owned()),
            person: or_add(&mut problems, form::optional(person, form::name)).flatten().unwrap_or_default(),
            ..Line::default()
        };
        match kind {
            ChannelKind::Email if email.is_empty() => problems.push("Informe o e-mail."),
            ChannelKind::Whatsapp if phone.is_empty() => problems.push("Informe o telefone."),
            _ => {}
        }
        if problems.is_empty() {
            return parsed;
        }
        let [name, phone, email, person] = texts.map(shown);
        Line { number, name, phone, email, person, problem: Some(problems.join(" ")), repeats: None }
    }
}

/// A head in any case and spelling that people use.
fn column(title: &str) -> Option<Column> {
    let title: String = title.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    match title.as_str() {
        "nome" | "name" | "contato" | "cliente" | "nomedocontato" | "nomecompleto" => Some(Column::Name),
        "telefone" | "celular" | "whatsapp" | "fone" | "tel" | "phone" | "número" | "numero" => {
            Some(Column::Phone)
        }
        "email" | "mail" | "correio" => Some(Column::Email),
        "pessoa" | "grupo" | "person" => Some(Column::Person),
        _ => None,
    }
}

/// Our own files put an apostrophe before what a spreadsheet would take for a formula, such as `+55 11…`.
fn unquoted(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@']) => rest,
        _ => cell,
    }
}

/// A text that was refused, as far as the database and a page can hold it.
fn shown(cell: &str) -> String {
    cell.chars().filter(|c| !c.is_control()).take(LONGEST_CELL).collect()
}

fn or_add<T>(problems: &mut Vec<&'static str>, parsed: Result<T, &'static str>) -> Option<T> {
    parsed.map_err(|problem| problems.push(problem)).ok()
}

/// The numbers and addresses of the lines so far.
#[derive(Default)]
struct Known {
    phones: HashMap<String, i32>,
    emails: HashMap<String, i32>,
}

impl Known {
    fn compare(&mut self, line: Line) -> Line {
        if line.problem.is_some() {
            return line;
        }
        let mut first = |known: fn(&mut Self) -> &mut HashMap<String, i32>, text: &str| {
            let first =
                (!text.is_empty()).then(|| *known(self).entry(text.to_owned()).or_insert(line.number));
            first.filter(|first| *first != line.number)
        };
        let repeats = first(|known| &mut known.phones, &line.phone);
        let repeats = first(|known| &mut known.emails, &line.email).or(repeats);
        Line { repeats, ..line }
    }
}

#[cfg(test)]
mod tests;
