//! Lists as CSV files, read from the database while they are sent.

use actix_web::web::Bytes;
use actix_web::{HttpResponse, web};
use diesel::pg::PgConnection;
use futures_util::stream;

use crate::db::Db;
use crate::error::{Error, Result};

/// Spreadsheets in Brazil expect semicolons, and recognise UTF-8 by its byte order mark.
const SEPARATOR: u8 = b';';
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Answers with a CSV file. `next` is called until it returns no rows, and remembers its own position.
///
/// An error midway aborts the transfer, so that nobody takes half a list for the whole.
pub fn csv_file<F>(file_name: &str, head: &[&str], db: &web::Data<Db>, next: F) -> HttpResponse
where
    F: FnMut(&mut PgConnection) -> Result<Vec<Vec<String>>> + Send + 'static,
{
    let first = [BYTE_ORDER_MARK, &lines([head])].concat();
    let db = db.clone();
    let body = stream::unfold(Some((Some(first), next)), move |state| {
        let db = db.clone();
        async move {
            let (first, mut next) = state?;
            if let Some(first) = first {
                return Some((Ok(Bytes::from(first)), Some((None, next))));
            }
            let read = db.run(move |conn| next(conn).map(|rows| (rows, next))).await;
            match read {
                Ok((rows, _)) if rows.is_empty() => None,
                Ok((rows, next)) => Some((Ok(Bytes::from(lines(rows))), Some((None, next)))),
                Err(error) => Some((Err(error), None)),
            }
        }
    });
    HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header(("content-disposition", format!("attachment; filename=\"{file_name}\"")))
        .streaming::<_, Error>(body)
}

/// Rows as lines of CSV, safe to open in spreadsheets.
pub fn lines<R, C>(rows: R) -> Vec<u8>
where
    R: IntoIterator,
    R::Item: IntoIterator<Item = C>,
    C: AsRef<str>,
{
    let mut writer = csv::WriterBuilder::new().delimiter(SEPARATOR).flexible(true).from_writer(Vec::new());
    for row in rows {
        for cell in row {
            // Writing to memory cannot fail.
            let _ = writer.write_field(escape_formulas(cell.as_ref()));
        }
        let _ = writer.write_record(None::<&[u8]>);
    }
    writer.into_inner().unwrap_or_default()
}

/// Puts an apostrophe before each part of a cell that a spreadsheet would take for a formula
/// (<https://owasp.org/www-community/attacks/CSV_Injection>). A part begins at the start of the cell, and
/// after each character that some spreadsheet takes for a separator: with commas, `Olá,=1+1` would be two
/// cells.
fn escape_formulas(cell: &str) -> String {
    let mut text = String::with_capacity(cell.len() + 1);
    let mut is_start = true;
    for (at, c) in cell.char_indices() {
        if is_start && !is_skipped(c) {
            if is_formula(&cell[at..], at == 0) {
                text.push('\'');
            }
            is_start = false;
        }
        text.push(c);
        is_start |= is_separator(c);
    }
    text
}

/// Undoes `escape_formulas`. Also removes the apostrophe that other programs write before a `+`.
pub fn without_apostrophes(cell: &str) -> String {
    let mut text = String::with_capacity(cell.len());
    let mut is_start = true;
    for (at, c) in cell.char_indices() {
        if is_start && !is_skipped(c) {
            is_start = false;
            if c == '\'' && is_formula(&cell[at + 1..], at == 0) {
                continue;
            }
        }
        text.push(c);
        is_start |= is_separator(c);
    }
    text
}

/// Some spreadsheets also accept full-width signs. Apostrophes before a sign are skipped.
fn is_formula(part: &str, is_whole_cell: bool) -> bool {
    match part.trim_start_matches('\'').chars().next() {
        Some('=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠') => true,
        Some('\t' | '\r' | '\n') => is_whole_cell,
        _ => false,
    }
}

fn is_separator(c: char) -> bool {
    matches!(c, ';' | ',' | '\t' | '|' | '\r' | '\n')
}

/// Characters that may precede a formula. A spreadsheet with another separator takes our quotes for text.
fn is_skipped(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{feff}' | '"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_stays_a_text() {
        let text = String::from_utf8(lines([["=1+1", "Ana; Bia", "+55"], ["a", "\"b\"", ""]])).unwrap();
        assert_eq!(text, "'=1+1;\"Ana; Bia\";'+55\na;\"\"\"b\"\"\";\n");
    }

    #[test]
    fn no_part_of_a_cell_is_a_formula_whatever_separates_and_all_come_back() {
        for cell in [
            "=1+1",
            "+55 11",
            "-2",
            "@x",
            "＝1+1",
            "＋1",
            "－1",
            "＠x",
            "\t=1",
            "\r=1",
            "\n=1",
            "Olá,=HYPERLINK(1)",
            "Olá; =1",
            "Olá\t=1",
            "Olá|=1",
            "Olá\r\n=1+1\r\n-2",
            "Olá,\"=1+1\"",
            "a,'=1",
            "''=1",
            "'",
            "a,\u{a0}@b",
            "=cmd|'/C calc'!A0",
        ] {
            let written = escape_formulas(cell);
            let file = String::from_utf8(lines([[cell]])).unwrap();
            for separator in [';', ',', '\t', '|', '\n', '\r'] {
                for part in written.split(separator).chain(file.split(separator)) {
                    let start = part.trim_start_matches([' ', '\u{a0}', '"']).chars().next();
                    assert!(
                        !matches!(start, Some('=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠')),
                        "{written:?}"
                    );
                }
            }
            assert_eq!(without_apostrophes(&written), cell);
        }
    }

    #[test]
    fn a_text_that_is_no_formula_stays_unchanged() {
        for cell in
            ["Ana", "D'Ávila", "Ana - Bia", "a=b", "1,5", "x@y.example", "'Ana'", "Olá, tudo bem?\r\nSim"]
        {
            assert_eq!((escape_formulas(cell).as_str(), without_apostrophes(cell).as_str()), (cell, cell));
        }
    }
}
