use std::io::Write;

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;

fn rows(content: &[u8]) -> Result<(Option<i32>, Vec<Row>), &'static str> {
    let table = Table::open(content, &ReadSettings::default())?;
    let mut rows = Vec::new();
    table.rows(|row| {
        rows.push(row);
        Ok(())
    })?;
    Ok((table.header, rows))
}

fn numbers(content: &[u8]) -> Vec<(i32, String)> {
    rows(content).unwrap().1.into_iter().map(|row| (row.number, row.cells[0].clone())).collect()
}

/// A workbook with these sheets, each a name and the XML of its rows.
fn workbook(sheets: &[(&str, &str)], texts: &[&str]) -> Vec<u8> {
    let mut file = ZipWriter::new(Cursor::new(Vec::new()));
    let mut part = |name: &str, text: String| {
        file.start_file(name, SimpleFileOptions::default()).unwrap();
        file.write_all(format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>{text}").as_bytes()).unwrap();
    };
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let links = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let packed = "http://schemas.openxmlformats.org/package/2006/relationships";
    let (mut list, mut targets) = (String::new(), String::new());
    for (number, (name, xml)) in sheets.iter().enumerate() {
        list += &format!("<sheet name=\"{name}\" sheetId=\"{}\" r:id=\"rId{number}\"/>", number + 1);
        targets += &format!(
            "<Relationship Id=\"rId{number}\" Type=\"{links}/worksheet\" Target=\"worksheets/sheet{number}.xml\"/>"
        );
        let xml = format!("<worksheet xmlns=\"{main}\"><sheetData>{xml}</sheetData></worksheet>");
        part(&format!("xl/worksheets/sheet{number}.xml"), xml);
    }
    targets +=
        &format!("<Relationship Id=\"s\" Type=\"{links}/sharedStrings\" Target=\"sharedStrings.xml\"/>");
    targets += &format!("<Relationship Id=\"t\" Type=\"{links}/styles\" Target=\"styles.xml\"/>");
    part(
        "xl/workbook.xml",
        format!("<workbook xmlns=\"{main}\" xmlns:r=\"{links}\"><sheets>{list}</sheets></workbook>"),
    );
    part(
        "xl/_rels/workbook.xml.rels",
        format!("<Relationships xmlns=\"{packed}\">{targets}</Relationships>"),
    );
    let root = format!("<Relationship Id=\"b\" Type=\"{links}/officeDocument\" Target=\"xl/workbook.xml\"/>");
    part("_rels/.rels", format!("<Relationships xmlns=\"{packed}\">{root}</Relationships>"));
    let texts: String = texts.iter().map(|text| format!("<si><t>{text}</t></si>")).collect();
    part("xl/sharedStrings.xml", format!("<sst xmlns=\"{main}\">{texts}</sst>"));
    let formats =
        "<cellXfs count=\"2\"><xf numFmtId=\"0\"/><xf numFmtId=\"14\" applyNumberFormat=\"1\"/></cellXfs>";
    part("xl/styles.xml", format!("<styleSheet xmlns=\"{main}\">{formats}</styleSheet>"));
    file.finish().unwrap().into_inner()
}

#[test]
fn lines_are_counted_as_editors_count_them() {
    let expected = [(2, "Ana".to_owned()), (3, "Bia".into()), (4, "Caio".into())];
    for text in [
        "nome;t\nAna;1\rBia;2\nCaio;3\n",
        "nome;t\rAna;1\rBia;2\rCaio;3",
        "nome;t\r\nAna;1\r\nBia;2\r\nCaio;3",
    ] {
        assert_eq!(numbers(text.as_bytes()), expected, "{text:?}");
    }
    let spaced = "\n\nnome;t\r\n\r\nAna;\"1\n2\"\n\nBia;2\n";
    assert_eq!(numbers(spaced.as_bytes()), [(5, "Ana".to_owned()), (8, "Bia".into())]);
}

#[test]
fn the_header_is_found_below_a_title_row_and_a_separator_line() {
    for (text, header) in [
        ("Nome;Telefone\nAna;1\n", Some(1)),
        ("sep=;\r\nNome;Telefone\r\nAna;1\r\n", Some(2)),
        ("\"sep=,\"\nNome,Telefone\nAna,1\n", Some(2)),
        ("Lista de clientes 2026;;\n;;\nNome;Telefone;E-mail\nAna;1;\n", Some(3)),
        ("Contatos;\n\nNome;Telefone\nAna;1\n", Some(3)),
        ("Ana;(11) 90000-0142\nBia;(11) 90000-0143\n", None),
    ] {
        let (found, rows) = rows(text.as_bytes()).unwrap();
        assert_eq!((found, rows[0].cells[0].as_str()), (header, "Ana"), "{text}");
    }
}

#[test]
fn the_separator_is_the_one_that_separates_known_headers() {
    for text in
        ["Nome,Telefone\n\"A; B\",1", "Nome;Telefone\nA,B,C;1", "Nome\tTelefone\nA\t1", "Nome|Telefone\nA|1"]
    {
        assert_eq!(rows(text.as_bytes()).unwrap().1[0].cells.len(), 2, "{text}");
    }
}

#[test]
fn an_unclosed_quote_is_reported_with_the_lines_that_it_swallows() {
    let (_, found) = rows(b"nome;notas\nAna;\"nota\nBia;x\nCaio;y\n").unwrap();
    assert_eq!(found.len(), 1);
    let problem = found[0].problem.as_deref().unwrap();
    assert!(problem.contains("linhas 2 a 4"), "{problem}");
    let (_, found) = rows(b"nome;notas\nAna;\"nota\nBia;x\nCaio;\"y\"\nDora;z\n").unwrap();
    assert!(found[0].problem.is_some() && found.last().unwrap().cells[0] == "Dora", "{found:?}");
    let (_, found) = rows(b"nome;notas\nAna;\"linha um\nlinha dois\"\n").unwrap();
    assert_eq!((found.len(), &found[0].problem), (1, &None));
}

#[test]
fn a_file_made_to_do_harm_is_refused_or_passed_over() {
    let semicolons = vec![b';'; 15 * 1024 * 1024];
    assert!(rows(&semicolons).unwrap().1.is_empty());
    let wide = format!("nome;telefone\n{}", "x;".repeat(1_500_000));
    assert_eq!(rows(wide.as_bytes()).unwrap_err(), TOO_WIDE);
    let long = format!("nome;telefone\nAna;{}\nBia;1\n", "1".repeat(1_000_000));
    let (_, found) = rows(long.as_bytes()).unwrap();
    assert!(found[0].problem.is_some() && found[0].cells[1].len() <= MAX_CELL_BYTES);
    assert_eq!(found[1].cells[0], "Bia");
    let many = format!("nome\n{}", "A\n".repeat(MAX_LINES + 1));
    assert_eq!(rows(many.as_bytes()).unwrap_err(), TOO_LONG);
    let trailing = format!("nome;telefone{}\nAna;1{}\n", ";".repeat(16_000), ";".repeat(16_000));
    assert_eq!(rows(trailing.as_bytes()).unwrap().1.len(), 1);
}

#[test]
fn a_file_that_is_not_a_list_is_refused_with_a_message() {
    for (content, said) in [
        (b"PK\x03\x04...".as_slice(), "Não foi possível ler a planilha"),
        (b"\xd0\xcf\x11\xe0...", "antigo do Excel"),
        (b"%PDF-1.7", "não é uma lista"),
        (b"\xef\xbb\xbf\r\n%PDF-1.4\n1 0 obj", "não é uma lista"),
        (b"{\\rtf1\\ansi Ana;(11) 90000-0142}", "não é uma lista"),
        (b"\x1f\x8b\x08\x08abc", "não é uma lista"),
        (b"7z\xbc\xaf\x27\x1c", "não é uma lista"),
        (b"\xff\xd8\xff\xe0JFIF", "não é uma lista"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01", "não é uma lista"),
        (b"<html><table><tr><td>Nome</td></tr></table>", "página"),
    ] {
        let error = Table::open(content, &ReadSettings::default()).err().unwrap();
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn a_workbook_is_read_with_its_numbers_dates_titles_and_sheets() {
    let sheet = "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c></row>\
        <row r=\"3\"><c r=\"A3\" t=\"s\"><v>1</v></c><c r=\"B3\" t=\"s\"><v>2</v></c><c r=\"C3\" t=\"inlineStr\"><is><t>Desde</t></is></c></row>\
        <row r=\"4\"><c r=\"A4\" t=\"s\"><v>3</v></c><c r=\"B4\"><v>11900000142</v></c><c r=\"C4\" s=\"1\"><v>46000</v></c></row>\
        <row r=\"6\"><c r=\"A6\" t=\"s\"><v>4</v></c><c r=\"B6\"><v>5.511900000143E12</v></c></row>\
        <row r=\"1048576\"><c r=\"A1048576\"><v></v></c></row>";
    let notes = "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>5</v></c></row>";
    let texts = ["Clientes de 2026", "Nome", "Telefone", "Ana", "Bia", "Leia-me"];
    let book = workbook(&[("Instruções", notes), ("Clientes", sheet)], &texts);
    let table = Table::open(&book, &ReadSettings::default()).unwrap();
    assert_eq!(table.sheets().unwrap().1, "Clientes");
    let (header, found) = rows(&book).unwrap();
    assert_eq!(header, Some(3));
    assert_eq!(found[0].cells, ["Ana", "11900000142", "09/12/2025"]);
    assert_eq!((found[1].number, found[1].cells[1].as_str()), (6, "5511900000143"));
    assert_eq!(found.len(), 2);
    let other = ReadSettings { sheet: "Instruções".into(), ..ReadSettings::default() };
    assert_eq!(Table::open(&book, &other).unwrap().first[0].cells, ["Leia-me"]);
}

#[test]
fn a_workbook_that_unpacks_to_more_than_a_list_holds_is_refused() {
    let row = "<row><c t=\"inlineStr\"><is><t>x</t></is></c></row>".repeat(10);
    let bomb = workbook(&[("A", &row)], &[&" ".repeat(70 * 1024 * 1024)]);
    assert!(bomb.len() < 1024 * 1024);
    assert!(rows(&bomb).unwrap_err().contains("grande demais"));
    let far = "<row r=\"1048576\"><c r=\"XFD1048576\"><v>1</v></c></row>";
    assert_eq!(rows(&workbook(&[("A", far)], &[])).unwrap_err(), TOO_WIDE);
}

#[test]
fn too_many_columns_are_reported_with_every_separator() {
    for separator in [",", ";", "\t", "|"] {
        let row = |start: &str| {
            (0..=MAX_COLUMNS).map(|n| format!("{start}{n}")).collect::<Vec<_>>().join(separator)
        };
        let text = format!("{}\n{}\n", row("telefone"), row("1190000"));
        assert_eq!(rows(text.as_bytes()).unwrap_err(), TOO_WIDE, "{separator:?}");
    }
}
