//! Turns a row of the file into a line: normalised and ready to import, or refused with a reason.

use std::collections::HashMap;

use super::column_titles::{self, ColumnTarget};
use super::numbers;
use super::one_line;
use super::table::Row;
use crate::channels::ChannelKind;
use crate::contacts::display;
use crate::contacts::form;
use crate::email::Email;
use crate::ids::{DepartmentId, UserId};
use crate::phone::Phone;
use crate::web::without_apostrophes;

/// Maximum characters of a text that is shown again, but not imported.
const MAX_SHOWN_CHARS: usize = 200;

/// Maximum numbers or addresses that are read from one cell.
const MAX_VALUES_PER_CELL: usize = 20;

/// One line of the file. If it can be imported, its texts are normalised; if it is refused, they are as they
/// stand in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// The line of the file where it begins, counted from 1.
    pub number: i32,
    /// Empty if the file has none. A new contact then gets its address or number as its name.
    pub name: String,
    pub phone: String,
    pub email: String,
    pub person: String,
    pub department: String,
    pub attendant: String,
    pub department_id: Option<DepartmentId>,
    pub attendant_id: Option<UserId>,
    pub code: String,
    /// Remarks for the user, such as numbers and addresses that do not fit into a contact.
    pub remark: String,
    /// Why the line cannot be imported, in words for the user.
    pub problem: Option<String>,
    /// The first line of the file with the same number or address, if there is one.
    pub repeats: Option<i32>,
}

/// The company's active departments and their attendants.
#[derive(Clone, Debug, Default)]
pub struct DepartmentDirectory {
    departments: HashMap<String, DepartmentId>,
    attendants: Vec<Attendant>,
}

/// A member of a department.
#[derive(Clone, Debug)]
pub struct Attendant {
    pub department: DepartmentId,
    pub id: UserId,
    pub name: String,
    pub email: String,
}

/// Turns rows into lines.
pub struct LineParser {
    targets: Vec<Option<ColumnTarget>>,
    /// The index of the label column that belongs to each column.
    labels: Vec<Option<usize>>,
    kind: ChannelKind,
    directory: DepartmentDirectory,
    seen: SeenLines,
}

impl DepartmentDirectory {
    pub fn new(departments: Vec<(DepartmentId, String)>, attendants: Vec<Attendant>) -> Self {
        let departments =
            departments.into_iter().map(|(id, name)| (without_case_and_accents(&name), id)).collect();
        Self { departments, attendants }
    }

    fn department(&self, name: &str) -> Result<DepartmentId, &'static str> {
        self.departments
            .get(&without_case_and_accents(name))
            .copied()
            .ok_or("Não há departamento ativo com este nome.")
    }

    /// Finds an attendant by e-mail address, or by name if only one member of the department has that name.
    fn attendant(&self, text: &str, department: DepartmentId) -> Result<UserId, &'static str> {
        let (address, name) = (Email::normalized(text), without_case_and_accents(text));
        let members = || self.attendants.iter().filter(|member| member.department == department);
        if let Some(member) = members().find(|member| member.email == address) {
            return Ok(member.id);
        }
        let mut named = members().filter(|member| without_case_and_accents(&member.name) == name);
        match (named.next(), named.next()) {
            (Some(member), None) => Ok(member.id),
            (Some(_), Some(_)) => Err("Há mais de um atendente com este nome. Use o e-mail dele."),
            (None, _) => Err("Este atendente não é do departamento da linha."),
        }
    }
}

/// A name in lower case, without accents and extra spaces.
fn without_case_and_accents(name: &str) -> String {
    let plain = icu_normalizer::DecomposingNormalizerBorrowed::new_nfkd().normalize(name).to_lowercase();
    let letters: String = plain.chars().filter(|c| !matches!(c, '\u{300}'..='\u{36f}')).collect();
    letters.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl LineParser {
    pub fn new(
        targets: Vec<Option<ColumnTarget>>,
        kind: ChannelKind,
        directory: DepartmentDirectory,
    ) -> Self {
        Self { targets, labels: Vec::new(), kind, directory, seen: SeenLines::default() }
    }

    pub fn with_labels(self, labels: Vec<Option<usize>>) -> Self {
        Self { labels, ..self }
    }

    pub fn parse(&mut self, row: Row) -> Line {
        let line = self.parse_row(row);
        self.seen.mark_repeats(line)
    }

    fn parse_row(&self, row: Row) -> Line {
        let cells = RowCells::new(self, &row);
        let mut problems: Vec<&'static str> = Vec::new();
        let mut left_out: Vec<String> = Vec::new();
        let typed_name = cells.name();
        let name = collect_problem(&mut problems, form::optional(&typed_name, form::name)).flatten();
        let (phones, emails) = (cells.phones(), cells.emails());
        let (typed_phone, typed_email) = (phones.typed.clone(), emails.typed.clone());
        let phone = phones.first(&mut problems, &mut left_out, |phone| display::phone(phone.as_str()));
        let email = emails.first(&mut problems, &mut left_out, |email| email.as_str().to_owned());
        let (person, department) = (cells.first(ColumnTarget::Person), cells.first(ColumnTarget::Department));
        let attendant = cells.first(ColumnTarget::Attendant);
        let (department_id, attendant_id) = self.department(department, attendant, &mut problems);
        let takes_messages = phone.as_ref().is_none_or(Phone::takes_messages);
        problems.extend(self.problem_of_channel(&typed_phone, &typed_email, takes_messages));
        let has_address = !(typed_phone.is_empty() && typed_email.is_empty());
        if typed_name.is_empty() && !has_address {
            problems.push("Informe o nome.");
        }
        let is_without_address = problems.is_empty() && !has_address;
        let remark = remark(takes_messages, is_without_address, &left_out);
        let parsed_person = collect_problem(&mut problems, form::optional(person, form::name)).flatten();
        let code = cells.first(ColumnTarget::Code);
        let code = if code.len() <= MAX_SHOWN_CHARS { code.to_owned() } else { String::new() };
        let (department, attendant) = (truncated(department), truncated(attendant));
        let line = Line { number: row.number, department, attendant, code, ..Line::default() };
        let problem = row.problem.or_else(|| (!problems.is_empty()).then(|| problems.join(" ")));
        match problem {
            None => Line {
                name: name.unwrap_or_default(),
                phone: phone.map(|phone| phone.as_str().to_owned()).unwrap_or_default(),
                email: email.map(|email| email.as_str().to_owned()).unwrap_or_default(),
                person: parsed_person.unwrap_or_default(),
                department_id,
                attendant_id,
                remark,
                ..line
            },
            Some(problem) => Line {
                name: truncated(&typed_name),
                phone: truncated(&typed_phone),
                email: truncated(&typed_email),
                person: truncated(person),
                code: truncated(&line.code),
                problem: Some(problem),
                ..line
            },
        }
    }

    /// What a contact of this channel lacks.
    fn problem_of_channel(
        &self,
        typed_phone: &str,
        typed_email: &str,
        takes_messages: bool,
    ) -> Option<&'static str> {
        match self.kind {
            ChannelKind::Email if typed_email.is_empty() => Some("Informe o e-mail."),
            ChannelKind::Whatsapp if typed_phone.is_empty() => Some("Informe o telefone."),
            ChannelKind::Whatsapp if !takes_messages => Some("Este número não recebe mensagens."),
            _ => None,
        }
    }

    fn department(
        &self,
        department: &str,
        attendant: &str,
        problems: &mut Vec<&'static str>,
    ) -> (Option<DepartmentId>, Option<UserId>) {
        match (department, attendant) {
            ("", "") => (None, None),
            ("", _) => {
                problems.push("O atendente padrão precisa do departamento.");
                (None, None)
            }
            (name, attendant) => {
                let Some(id) = collect_problem(problems, self.directory.department(name)) else {
                    return (None, None);
                };
                let find = |text: &str| self.directory.attendant(text, id);
                (Some(id), collect_problem(problems, form::optional(attendant, find)).flatten())
            }
        }
    }
}

/// What is said about a line that can be imported.
fn remark(takes_messages: bool, is_without_address: bool, left_out: &[String]) -> String {
    let mut remarks = Vec::new();
    if !takes_messages {
        remarks.push("Este número não recebe mensagens.".to_owned());
    }
    if is_without_address {
        remarks.push("Sem telefone nem e-mail.".to_owned());
    }
    if !left_out.is_empty() {
        remarks.push(format!("Fica de fora: {}", truncated(&left_out.join(", "))));
    }
    remarks.join(" ")
}

/// The cells of a row, by what their columns become.
struct RowCells<'a> {
    parser: &'a LineParser,
    cells: Vec<String>,
}

impl<'a> RowCells<'a> {
    fn new(parser: &'a LineParser, row: &Row) -> Self {
        Self { parser, cells: row.cells.iter().map(|cell| without_apostrophes(cell.trim())).collect() }
    }

    /// The cells that are not empty, with the place of each.
    fn placed(&self, wanted: ColumnTarget) -> impl Iterator<Item = (usize, &str)> {
        let trimmed = self.cells.iter().map(|cell| cell.trim()).enumerate();
        let is_it = move |place: usize| self.parser.targets.get(place) == Some(&Some(wanted));
        trimmed.filter(move |(place, cell)| is_it(*place) && !cell.is_empty())
    }

    fn of(&self, wanted: ColumnTarget) -> impl Iterator<Item = &str> {
        self.placed(wanted).map(|(_, cell)| cell)
    }

    fn first(&self, wanted: ColumnTarget) -> &str {
        self.of(wanted).next().unwrap_or_default()
    }

    fn name(&self) -> String {
        let parts = [ColumnTarget::Name, ColumnTarget::MiddleName, ColumnTarget::Surname];
        parts.into_iter().flat_map(|part| self.of(part)).collect::<Vec<_>>().join(" ")
    }

    /// Numbers that receive messages come first: those with a mobile label, then those in the form of a
    /// Brazilian mobile number.
    fn phones(&self) -> CellValues<Phone> {
        let mut phones = CellValues::default();
        let mut labelled: Vec<Phone> = Vec::new();
        for (place, cell) in self.placed(ColumnTarget::Phone).chain(self.placed(ColumnTarget::OtherPhone)) {
            let others = phones.good.len();
            phones.read(cell, Phone::parse, numbers::find_in_text, is_phone_mark);
            if self.has_mobile_label(place) {
                labelled.extend_from_slice(&phones.good[others..]);
            }
        }
        phones.good.sort_by_key(|phone| (!labelled.contains(phone), !phone.is_brazilian_mobile()));
        phones
    }

    fn has_mobile_label(&self, place: usize) -> bool {
        let label = self.parser.labels.get(place).copied().flatten();
        let label = label.and_then(|label| self.cells.get(label));
        label.is_some_and(|label| column_titles::is_label_of_mobile(label))
    }

    fn emails(&self) -> CellValues<Email> {
        let mut emails = CellValues::default();
        for cell in self.of(ColumnTarget::Email).chain(self.of(ColumnTarget::OtherEmail)) {
            emails.read(cell, email, |_| None, is_email_mark);
        }
        emails
    }
}

/// The values found in the cells of one kind: telephone numbers, or e-mail addresses.
struct CellValues<T> {
    /// The text of all the cells, as it stands in the file.
    typed: String,
    good: Vec<T>,
    bad: Vec<(String, &'static str)>,
    /// Other words in the same cells.
    words: Vec<String>,
}

impl<T> Default for CellValues<T> {
    fn default() -> Self {
        Self { typed: String::new(), good: Vec::new(), bad: Vec::new(), words: Vec::new() }
    }
}

fn is_phone_mark(c: char) -> bool {
    matches!(c, '/' | ';' | ',' | '|' | '\n' | '\r' | '\t')
}

fn is_email_mark(c: char) -> bool {
    matches!(c, '/' | ';' | ',' | '|') || c.is_whitespace()
}

/// Parses an e-mail address, also as a `mailto:` link or in the form `Ana <ana@…>`.
fn email(text: &str) -> Result<Email, &'static str> {
    let text = text.trim();
    let inner =
        text.strip_suffix('>').and_then(|text| text.rsplit_once('<')).map_or(text, |(_, inner)| inner);
    let is_link = inner.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("mailto:"));
    Email::parse(if is_link { &inner[7..] } else { inner })
}

impl<T: PartialEq> CellValues<T> {
    /// Reads a cell. It may hold one value, several values separated by marks, or values between words (found
    /// by `find_in_text`).
    fn read(
        &mut self,
        cell: &str,
        parse: impl Fn(&str) -> Result<T, &'static str>,
        find_in_text: impl Fn(&str) -> Option<(Vec<T>, String)>,
        is_mark: impl Fn(char) -> bool,
    ) {
        if !self.typed.is_empty() {
            self.typed.push_str(" ::: ");
        }
        self.typed.push_str(cell);
        let whole = match parse(cell) {
            Ok(value) => return self.add(value),
            Err(error) => error,
        };
        let read = |text: &str| match parse(text) {
            Ok(value) => Ok((vec![value], String::new())),
            Err(error) => find_in_text(text).ok_or(error),
        };
        let marked = cell.replace(":::", "\n").replace(" ou ", "\n");
        let pieces = marked.split(is_mark).map(str::trim).filter(|piece| !piece.is_empty());
        let pieces: Vec<_> = pieces.take(MAX_VALUES_PER_CELL).map(|piece| (piece, read(piece))).collect();
        if !pieces.iter().any(|(_, read)| read.is_ok()) {
            match find_in_text(cell) {
                Some(found) => self.add_found(found),
                None => self.bad.push((cell.to_owned(), whole)),
            }
            return;
        }
        for (piece, read) in pieces {
            match read {
                Ok(found) => self.add_found(found),
                // In "Ana <ana@…>", the name is not a value.
                Err(_) if !piece.contains(|c: char| c.is_ascii_digit() || c == '@') => {}
                Err(error) => self.bad.push((piece.to_owned(), error)),
            }
        }
    }

    fn add(&mut self, value: T) {
        if !self.good.contains(&value) {
            self.good.push(value);
        }
    }

    fn add_found(&mut self, (values, words): (Vec<T>, String)) {
        values.into_iter().for_each(|value| self.add(value));
        if !words.is_empty() {
            self.words.push(words);
        }
    }

    /// Returns the first valid value and adds the others to `left_out`. If none is valid, adds the error of the
    /// first to `problems`.
    fn first(
        self,
        problems: &mut Vec<&'static str>,
        left_out: &mut Vec<String>,
        show: impl Fn(&T) -> String,
    ) -> Option<T> {
        let mut good = self.good.into_iter();
        let Some(first) = good.next() else {
            problems.extend(self.bad.first().map(|(_, error)| *error));
            return None;
        };
        left_out.extend(good.map(|value| show(&value)));
        left_out.extend(self.bad.into_iter().map(|(text, _)| text));
        left_out.extend(self.words);
        Some(first)
    }
}

/// A refused text, cut to what the database and a page can hold.
fn truncated(cell: &str) -> String {
    one_line(cell).chars().take(MAX_SHOWN_CHARS).collect()
}

fn collect_problem<T>(problems: &mut Vec<&'static str>, parsed: Result<T, &'static str>) -> Option<T> {
    parsed.map_err(|problem| problems.push(problem)).ok()
}

/// The numbers, addresses and codes of the lines read so far, each with its first line.
#[derive(Default)]
struct SeenLines {
    phones: HashMap<String, i32>,
    emails: HashMap<String, i32>,
    codes: HashMap<String, i32>,
}

impl SeenLines {
    fn mark_repeats(&mut self, line: Line) -> Line {
        if line.problem.is_some() {
            return line;
        }
        let mut first = |seen: fn(&mut Self) -> &mut HashMap<String, i32>, text: &str| {
            let first = (!text.is_empty()).then(|| *seen(self).entry(text.to_owned()).or_insert(line.number));
            first.filter(|first| *first != line.number)
        };
        let phone = first(|seen| &mut seen.phones, &line.phone);
        let email = first(|seen| &mut seen.emails, &line.email);
        let code = first(|seen| &mut seen.codes, &line.code);
        // In our own exported files, two contacts may have the same number. The code tells them apart.
        let repeats = if line.code.is_empty() { email.or(phone) } else { code };
        Line { repeats, ..line }
    }
}

#[cfg(test)]
mod tests;
