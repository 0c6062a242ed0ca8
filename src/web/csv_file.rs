//! Lists as CSV files, read from the database while the visitor takes them.

use actix_web::web::Bytes;
use actix_web::{HttpResponse, web};
use diesel::pg::PgConnection;
use futures_util::stream;

use crate::db::Db;
use crate::error::{Error, Result};

/// Spreadsheets in Brazil expect semicolons, and recognise UTF-8 by its mark.
const SEPARATOR: u8 = b';';
const MARK: &[u8] = "\u{feff}".as_bytes();

/// Answers with a file of that name. `next` is asked for rows again and again, and for none when it
/// has come to the end; what it needs to know of where it is, it keeps.
///
/// Trouble midway breaks the transfer off, so that half a list is not taken for the whole.
pub fn csv_file<F>(file_name: &str, head: &[&str], db: &web::Data<Db>, next: F) -> HttpResponse
where
    F: FnMut(&mut PgConnection) -> Result<Vec<Vec<String>>> + Send + 'static,
{
    let first = [MARK, &lines([head])].concat();
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

/// Rows as lines of CSV, harmless to spreadsheets.
pub fn lines<R, C>(rows: R) -> Vec<u8>
where
    R: IntoIterator,
    R::Item: IntoIterator<Item = C>,
    C: AsRef<str>,
{
    let mut writer = csv::WriterBuilder::new().delimiter(SEPARATOR).flexible(true).from_writer(Vec::new());
    for row in rows {
        for cell in row {
            // Into memory nothing fails.
            let _ = writer.write_field(harmless(cell.as_ref()));
        }
        let _ = writer.write_record(None::<&[u8]>);
    }
    writer.into_inner().unwrap_or_default()
}

/// A cell that a spreadsheet would take for a formula begins with an apostrophe
/// (<https://owasp.org/www-community/attacks/CSV_Injection>).
fn harmless(cell: &str) -> String {
    match cell.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r') => format!("'{cell}"),
        _ => cell.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_stays_a_text() {
        let text = String::from_utf8(lines([["=1+1", "Ana; Bia", "+55"], ["a", "\"b\"", ""]])).unwrap();
        assert_eq!(text, "'=1+1;\"Ana; Bia\";'+55\na;\"\"\"b\"\"\";\n");
    }
}
