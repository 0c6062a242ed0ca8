//! Reads the rows of a CSV file. It drops what is longer than a cell may be, and empty cells beyond the last
//! allowed column. So even a file with one endless line needs little memory.

use csv_core::{ReadFieldResult, ReaderBuilder};

use super::{MAX_CELL_BYTES, MAX_COLUMNS, Row, SEPARATORS, StopReading, TOO_WIDE};

/// The separator in a first line `sep=;`, which Excel writes and reads.
pub fn declared_separator(text: &str) -> Option<u8> {
    let line = text.lines().next()?.trim().trim_matches('"');
    let mark =
        line.get(..4).filter(|start| start.eq_ignore_ascii_case("sep=")).map(|_| &line.as_bytes()[4..])?;
    let is_known = |byte: &u8| SEPARATORS.iter().any(|(_, known, _)| known == byte);
    // `sep=` followed by a tab: the tab was trimmed.
    match mark {
        [] => Some(b'\t'),
        [byte] => Some(*byte).filter(is_known),
        _ => None,
    }
}

/// Counts lines as editors do: CR, LF or CRLF ends a line.
struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    line: i32,
}

impl Lines<'_> {
    /// The line number of the byte at `to`.
    fn advance(&mut self, to: usize) -> i32 {
        while self.at < to {
            match self.text[self.at] {
                b'\n' => self.line += 1,
                b'\r' if self.text.get(self.at + 1) != Some(&b'\n') => self.line += 1,
                _ => {}
            }
            self.at += 1;
        }
        self.line
    }
}

/// Calls `on_row` with each row. Fails also if there are too many columns.
pub fn read(
    text: &str,
    separator: u8,
    sets_separator: bool,
    on_row: &mut dyn FnMut(Row) -> Result<(), StopReading>,
) -> Result<(), StopReading> {
    let bytes = text.as_bytes();
    let mut lines = Lines { text: bytes, at: 0, line: 1 };
    let mut reader = ReaderBuilder::new().delimiter(separator).build();
    let mut buffer = [0; 4096];
    let (mut at, mut column, mut is_first) = (0, 0, true);
    let (mut cell, mut cells): (Vec<u8>, Vec<String>) = (Vec::new(), Vec::new());
    let mut start = start_of_row(bytes, at);
    loop {
        let (result, read, written) = reader.read_field(&bytes[at..], &mut buffer);
        at += read;
        let room = MAX_CELL_BYTES.saturating_sub(cell.len()).min(written);
        cell.extend_from_slice(&buffer[..room]);
        match result {
            ReadFieldResult::InputEmpty | ReadFieldResult::OutputFull => {}
            ReadFieldResult::End => return Ok(()),
            ReadFieldResult::Field { record_end } => {
                let is_filled = !cell.trim_ascii().is_empty();
                if column < MAX_COLUMNS {
                    cells.push(String::from_utf8_lossy(&cell).into_owned());
                } else if is_filled {
                    return Err(StopReading::Refused(TOO_WIDE));
                }
                cell.clear();
                column += 1;
                if !record_end {
                    continue;
                }
                let number = lines.advance(start);
                let last = lines.advance(at.saturating_sub(1).max(start));
                let cells = std::mem::take(&mut cells);
                let problem =
                    flaw_of(&bytes[start..at], &cells, separator, at == bytes.len(), (number, last));
                let sets = is_first && sets_separator;
                is_first = false;
                if !sets {
                    on_row(Row { number, cells, problem })?;
                }
                column = 0;
                start = start_of_row(bytes, at);
            }
        }
    }
}

/// The position of the next row, after line ends and empty lines.
fn start_of_row(bytes: &[u8], at: usize) -> usize {
    at + bytes[at..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count()
}

/// Describes a row with an unclosed quote, whose cell swallowed the lines below it, or with a cell that is too
/// long.
fn flaw_of(
    raw: &[u8],
    cells: &[String],
    separator: u8,
    is_last: bool,
    (number, last): (i32, i32),
) -> Option<String> {
    let is_separator = |c: &char| u32::from(*c) == u32::from(separator);
    let enough = cells.len().saturating_sub(1).max(1);
    let holds_rows = |cell: &String| {
        cell.contains(['\n', '\r'])
            && cell.split(['\n', '\r']).any(|line| line.chars().filter(is_separator).count() >= enough)
    };
    let is_open = || {
        let quotes = raw.iter().filter(|byte| **byte == b'"').count();
        is_last && quotes % 2 == 1 && cells.iter().any(|cell| cell.contains(['\n', '\r']))
    };
    let is_cut = cells.iter().any(|cell| cell.len() >= MAX_CELL_BYTES);
    let is_flawed = is_cut || is_open() || cells.iter().any(holds_rows);
    is_flawed.then(|| match last > number {
        true => {
            format!("Há aspas sem par nesta linha. Por isso as linhas {number} a {last} não foram lidas.")
        }
        false => "Há aspas sem par nesta linha, ou um campo longo demais.".into(),
    })
}
