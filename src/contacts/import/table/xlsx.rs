//! Reads the rows of an Excel workbook (.xlsx). The file is a ZIP archive. It is first unpacked without keeping
//! anything, to check that the unpacked size is not larger than a list of contacts can be. Cells are read one
//! by one, because a table of the size that the last cell claims might not fit into memory.

use std::io::{self, Read};

use calamine::{DataRef, ExcelDateTime, Reader, SheetType, SheetVisible, Xlsx, XlsxError};
use zip::ZipArchive;

use super::{MAX_COLUMNS, Row, StopReading, TOO_WIDE, cursor, truncated_cell};

/// Maximum unpacked bytes of the parts that are kept in memory: texts, styles.
const MAX_TEXT_BYTES: u64 = 64 * 1024 * 1024;

/// Maximum unpacked bytes of all sheets together. They are streamed, so they may be larger.
const MAX_SHEET_BYTES: u64 = 192 * 1024 * 1024;

const MAX_PARTS: usize = 2_000;

const BROKEN: &str =
    "Não foi possível ler a planilha. Abra-a, salve de novo como .xlsx ou CSV e tente outra vez.";

const TOO_LARGE: &str = "A planilha é grande demais. Deixe nela só os contatos, ou divida em partes.";

/// The names of the visible sheets. The error says in words for the user why the file is not a workbook.
pub fn names(content: &[u8]) -> Result<Vec<String>, &'static str> {
    check(content)?;
    let book = open(content).map_err(|_| BROKEN)?;
    let is_table = |sheet: &&calamine::Sheet| {
        sheet.typ == SheetType::WorkSheet && sheet.visible == SheetVisible::Visible
    };
    Ok(book.sheets_metadata().iter().filter(is_table).map(|sheet| sheet.name.clone()).collect())
}

fn open(content: &[u8]) -> Result<Xlsx<io::Cursor<&[u8]>>, XlsxError> {
    Xlsx::new(cursor(content))
}

/// Unpacks every part to check its size, and keeps nothing.
fn check(content: &[u8]) -> Result<(), &'static str> {
    let mut parts = ZipArchive::new(cursor(content)).map_err(|_| BROKEN)?;
    if parts.index_for_name("xl/workbook.xml").is_none() {
        return Err(
            "Este arquivo não é uma planilha .xlsx. Salve a lista como .xlsx ou CSV e envie de novo.",
        );
    }
    if parts.len() > MAX_PARTS {
        return Err(TOO_LARGE);
    }
    let (mut texts, mut sheets) = (MAX_TEXT_BYTES, MAX_SHEET_BYTES);
    for place in 0..parts.len() {
        let part = parts.by_index(place).map_err(|_| BROKEN)?;
        let left =
            if part.name().map_err(|_| BROKEN)?.contains("/worksheets/") { &mut sheets } else { &mut texts };
        let read = io::copy(&mut part.take(*left + 1), &mut io::sink()).map_err(|_| BROKEN)?;
        *left = left.checked_sub(read).ok_or(TOO_LARGE)?;
    }
    Ok(())
}

/// Calls `on_row` with each row of a sheet. Fails also if the sheet cannot be read.
pub fn read(
    content: &[u8],
    name: &str,
    on_row: &mut dyn FnMut(Row) -> Result<(), StopReading>,
) -> Result<(), StopReading> {
    let broken = |_| StopReading::Refused(BROKEN);
    let mut book = open(content).map_err(broken)?;
    let mut cells = book.worksheet_cells_reader(name).map_err(broken)?;
    let mut row = Row::default();
    while let Some(cell) = cells.next_cell().map_err(broken)? {
        let (line, column) = cell.get_position();
        let text = cell_text(cell.get_value());
        if text.trim().is_empty() {
            continue;
        }
        let number = i32::try_from(line).unwrap_or(i32::MAX - 1) + 1;
        if number != row.number {
            // No usual program writes rows out of order.
            if number < row.number {
                return Err(StopReading::Refused(BROKEN));
            }
            if row.number > 0 {
                on_row(std::mem::take(&mut row))?;
            }
            row.number = number;
        }
        let column = column as usize;
        if column >= MAX_COLUMNS {
            return Err(StopReading::Refused(TOO_WIDE));
        }
        if row.cells.len() <= column {
            row.cells.resize(column + 1, String::new());
        }
        row.cells[column] = text;
    }
    if row.number > 0 { on_row(row) } else { Ok(()) }
}

/// A cell as text. Numbers keep all their digits.
fn cell_text(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => format!("{number:.0}"),
        DataRef::Float(number) => number.to_string(),
        DataRef::String(text) => truncated_cell(text).into_owned(),
        DataRef::SharedString(text) => truncated_cell(text).into_owned(),
        DataRef::Bool(true) => "Sim".into(),
        DataRef::Bool(false) => "Não".into(),
        DataRef::DateTime(moment) => date(*moment),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => truncated_cell(text).into_owned(),
        DataRef::Error(_) | DataRef::Empty => String::new(),
    }
}

fn date(moment: ExcelDateTime) -> String {
    let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
    let date = format!("{day:02}/{month:02}/{year}");
    if (hour, minute, second) == (0, 0, 0) { date } else { format!("{date} {hour:02}:{minute:02}") }
}
