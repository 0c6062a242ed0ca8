//! Reads a vCard file (versions 2.1, 3.0 and 4.0: RFC 6350, RFC 2426), as telephones export it. Each card
//! becomes a row, and each property that the import can use becomes a column. Existing crates do not report
//! line numbers or which lines they could not read. They also ignore a character set per line, which Android's
//! version 2.1 uses.

use encoding_rs::Encoding;

use super::{MAX_CELL_BYTES, Row, StopReading};

/// The column titles of the resulting table.
pub const TITLES: [&str; 13] = [
    "Nome completo",
    "Primeiro nome",
    "Segundo nome",
    "Sobrenome",
    "Celular",
    "Telefone 2",
    "Telefone 3",
    "Outros telefones",
    "E-mail",
    "E-mail 2",
    "Outros e-mails",
    "Empresa",
    "Observações",
];

const PHONES: std::ops::Range<usize> = 4..8;
const EMAILS: std::ops::Range<usize> = 8..11;

#[derive(Default)]
struct Card {
    number: i32,
    full_name: String,
    names: [String; 3],
    nickname: String,
    /// For each number: whether it is a mobile, and the number.
    phones: Vec<(bool, String)>,
    emails: Vec<String>,
    company: String,
    note: String,
}

/// A line after unfolding: `item1.TEL;TYPE=CELL:+55…`.
struct Property<'a> {
    name: &'a str,
    params: &'a str,
    value: &'a str,
}

/// Calls `on_row` with a row for each card.
pub fn read(text: &str, on_row: &mut dyn FnMut(Row) -> Result<(), StopReading>) -> Result<(), StopReading> {
    let mut card: Option<Card> = None;
    let mut lines = physical_lines(text).enumerate().peekable();
    while let Some((number, first)) = lines.next() {
        let mut line = first.to_owned();
        let is_quoted = is_quoted_printable(&line);
        while let Some((_, next)) = lines.peek() {
            let is_folded = next.starts_with([' ', '\t']);
            let is_soft = is_quoted && line.ends_with('=');
            if !is_folded && !is_soft {
                break;
            }
            if is_soft {
                line.pop();
            }
            // Do not collect more than a cell can hold: such long values are pictures.
            if line.len() < MAX_CELL_BYTES {
                line.push_str(if is_soft { next.trim_start() } else { &next[1..] });
            }
            lines.next();
        }
        let Some(property) = Property::read(&line) else { continue };
        match (property.name.to_ascii_uppercase().as_str(), &mut card) {
            ("BEGIN", _) if property.value.trim().eq_ignore_ascii_case("VCARD") => {
                let number = i32::try_from(number + 1).unwrap_or(i32::MAX);
                if let Some(open) = card.replace(Card { number, ..Card::default() }) {
                    on_row(open.into_unfinished("O cartão não termina: falta a linha END:VCARD."))?;
                }
            }
            ("END", open) => {
                if let Some(card) = open.take() {
                    on_row(card.into_row())?;
                }
            }
            (name, Some(card)) => card.add(name, &property),
            (_, None) => {}
        }
    }
    // The file ended inside a card.
    match card {
        Some(card) => on_row(card.into_unfinished("O cartão não termina: o arquivo está incompleto.")),
        None => Ok(()),
    }
}

/// Splits at LF, CRLF and also at a CR alone.
fn physical_lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'))
}

fn is_quoted_printable(line: &str) -> bool {
    let head = line.split(':').next().unwrap_or_default();
    head.to_ascii_uppercase().contains("QUOTED-PRINTABLE")
}

impl<'a> Property<'a> {
    fn read(line: &'a str) -> Option<Self> {
        let mut is_quoted = false;
        let colon = line.find(|c| {
            is_quoted ^= c == '"';
            c == ':' && !is_quoted
        })?;
        let (head, value) = (&line[..colon], &line[colon + 1..]);
        let (name, params) = head.split_once(';').unwrap_or((head, ""));
        let name = name.rsplit('.').next().unwrap_or(name).trim();
        Some(Self { name, params, value })
    }

    /// The decoded value. Empty for binary values (BASE64).
    fn text(&self) -> String {
        let params = self.params.to_ascii_uppercase();
        if params.contains("BASE64") || params.split(';').any(|param| param == "ENCODING=B") {
            return String::new();
        }
        if !params.contains("QUOTED-PRINTABLE") {
            return self.value.to_owned();
        }
        let bytes = from_quoted_printable(self.value);
        let named = params.split(';').find_map(|param| param.strip_prefix("CHARSET=")).map(str::as_bytes);
        match named.and_then(Encoding::for_label) {
            Some(encoding) => encoding.decode_without_bom_handling(&bytes).0.into_owned(),
            None => match String::from_utf8(bytes) {
                Ok(text) => text,
                Err(error) => encoding_rs::WINDOWS_1252.decode(error.as_bytes()).0.into_owned(),
            },
        }
    }
}

fn from_quoted_printable(value: &str) -> Vec<u8> {
    let (bytes, mut read, mut at) = (value.as_bytes(), Vec::with_capacity(value.len()), 0);
    let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    while at < bytes.len() {
        match (bytes[at], digit(bytes.get(at + 1)), digit(bytes.get(at + 2))) {
            (b'=', Some(high), Some(low)) => {
                read.push((high * 16 + low) as u8);
                at += 3;
            }
            (byte, ..) => {
                read.push(byte);
                at += 1;
            }
        }
    }
    read
}

/// Splits a value at `;` and resolves its escapes.
fn parts(value: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        let (c, is_plain) = match c {
            '\\' => match chars.next() {
                Some('n' | 'N') => (' ', true),
                Some(other) => (other, true),
                None => ('\\', true),
            },
            c => (c, c != ';'),
        };
        match (is_plain, parts.last_mut()) {
            (true, Some(part)) => part.push(c),
            _ => parts.push(String::new()),
        }
    }
    parts
}

fn unescaped(value: &str) -> String {
    parts(value).join(";").trim().to_owned()
}

impl Card {
    fn add(&mut self, name: &str, property: &Property<'_>) {
        let text = property.text();
        match name {
            "FN" if self.full_name.is_empty() => self.full_name = unescaped(&text),
            "N" => {
                let parts = parts(&text);
                let part =
                    |place: usize| parts.get(place).map(|part| part.trim().to_owned()).unwrap_or_default();
                self.names = [part(1), part(2), part(0)];
            }
            "NICKNAME" => self.nickname = unescaped(&text),
            "TEL" => {
                let kinds = property.params.to_ascii_uppercase();
                let is_mobile = ["CELL", "IPHONE", "WHATSAPP"].iter().any(|kind| kinds.contains(kind));
                self.phones.push((is_mobile, unescaped(&text)));
            }
            "EMAIL" => self.emails.push(unescaped(&text)),
            "ORG" => self.company = parts(&text).join(" ").trim().to_owned(),
            "NOTE" => self.note = unescaped(&text),
            _ => {}
        }
    }

    fn into_unfinished(self, problem: &str) -> Row {
        Row { problem: Some(problem.to_owned()), ..self.into_row() }
    }

    fn into_row(mut self) -> Row {
        // Mobile numbers come first; otherwise the order of the card stays.
        self.phones.sort_by_key(|(is_mobile, _)| !is_mobile);
        self.phones.retain(|(_, number)| !number.is_empty());
        self.emails.retain(|email| !email.is_empty());
        let mut cells = vec![String::new(); TITLES.len()];
        if self.full_name.is_empty() {
            let names =
                self.names.iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join(" ");
            let others = [names, self.nickname, self.company.clone()];
            self.full_name = others.into_iter().find(|name| !name.is_empty()).unwrap_or_default();
        }
        cells[0] = self.full_name;
        let [first, second, last] = self.names;
        (cells[1], cells[2], cells[3]) = (first, second, last);
        let phones: Vec<String> = self.phones.into_iter().map(|(_, number)| number).collect();
        fill_cells(&mut cells[PHONES], &phones);
        fill_cells(&mut cells[EMAILS], &self.emails);
        cells[11] = self.company;
        cells[12] = self.note;
        Row { number: self.number, cells, problem: None }
    }
}

/// Puts one value into each cell, and all remaining values into the last cell.
fn fill_cells(cells: &mut [String], values: &[String]) {
    let own = cells.len() - 1;
    for (cell, value) in cells.iter_mut().zip(values.iter().take(own)) {
        value.clone_into(cell);
    }
    if let (Some(last), Some(rest)) = (cells.last_mut(), values.get(own..)) {
        *last = rest.join(" ::: ");
    }
}
