//! How much memory an import takes, whatever the file. It is measured in a process of its own, where nothing else
//! runs.

use std::fs;
use std::io::{Cursor, Write};
use std::process::Command;

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::import::fields_of;
use super::upload;
use crate::harness::{Company, Database, TestApp, Visitor};

/// Maximum megabytes that the process may hold. A file of nothing but semicolons once took 809.
const MOST: u64 = 450;

const IMPORT: &str = "/contacts/import";

/// The database that the measuring process works on. Without it, it has nothing to measure.
const DATABASE: &str = "PONTUAL_TEST_DATABASE";

#[test]
fn no_file_makes_an_import_take_more_memory_than_a_small_server_has() {
    let database = Database::new();
    Company::found(&database);
    let measured = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", "contacts::memory::files_made_to_do_harm_are_measured"])
        .env(DATABASE, &database.url)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&measured.stdout);
    assert!(measured.status.success(), "{said}{}", String::from_utf8_lossy(&measured.stderr));
    let peaks: Vec<(&str, u64)> = said
        .lines()
        .filter_map(|line| line.strip_prefix("peak of ")?.split_once(": "))
        .map(|(file, peak)| (file, peak.parse().unwrap()))
        .collect();
    println!("{peaks:?}");
    assert_eq!(peaks.len(), 5, "{said}");
    assert!(peaks.iter().all(|(_, peak)| *peak < MOST), "megabytes: {peaks:?}");
}

#[actix_web::test]
async fn files_made_to_do_harm_are_measured() {
    let Ok(url) = std::env::var(DATABASE) else { return };
    let app = TestApp::filled(Database { url }, Company::IDS).await;
    let admin = app.administrator().await;
    let line = |n: u32| format!("Cliente {n};319{n:08};c{n}@casa.example;Casa {}\n", n % 500);
    let ordinary: String = (1..=20_000).map(line).collect();
    let ordinary = format!("nome;telefone;email;pessoa\n{ordinary}");
    measure(&admin, "lista.csv", ordinary.into_bytes(), 303).await;
    measure(&admin, "semicolons.csv", vec![b';'; 15 * 1024 * 1024], 422).await;
    let wide = format!("nome,telefone\n{}", "x,".repeat(1_500_000));
    measure(&admin, "columns.csv", wide.into_bytes(), 422).await;
    measure(&admin, "refused.xlsx", workbook(70), 422).await;
    measure(&admin, "large.xlsx", workbook(60), 303).await;
}

/// Sends a file and, unless it is refused, accepts the proposed columns. Prints the maximum of megabytes that the
/// process held meanwhile.
async fn measure(visitor: &Visitor, name: &str, content: Vec<u8>, status: u16) {
    visitor.get(IMPORT).await;
    // Resets the peak (see proc(5)).
    fs::write("/proc/self/clear_refs", "5").unwrap();
    let sent = upload(visitor, IMPORT, &[("channel_id", "401")], Some((name, &content))).await;
    assert_eq!(sent.status, status, "{name}: {}", sent.text());
    if status == 303 {
        let path = sent.location().to_owned();
        let fields = fields_of(&visitor.get(&path).await);
        let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let chosen = visitor.post(&path, &fields).await;
        assert!(matches!(chosen.status, 303 | 422), "{name}: {}", chosen.text());
    }
    let memory = fs::read_to_string("/proc/self/status").unwrap();
    let peak = memory.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kilobytes: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    println!("peak of {name}: {}", kilobytes / 1024);
}

/// A workbook of one text that unpacks to this many megabytes.
fn workbook(megabytes: usize) -> Vec<u8> {
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let links = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let packed = "http://schemas.openxmlformats.org/package/2006/relationships";
    let link = |id: &str, kind: &str, target: &str| {
        format!("<Relationship Id=\"{id}\" Type=\"{links}/{kind}\" Target=\"{target}\"/>")
    };
    let relationships = |all: String| format!("<Relationships xmlns=\"{packed}\">{all}</Relationships>");
    let parts = [
        ("_rels/.rels", relationships(link("b", "officeDocument", "xl/workbook.xml"))),
        (
            "xl/_rels/workbook.xml.rels",
            relationships(
                link("s", "worksheet", "worksheets/sheet.xml")
                    + &link("t", "sharedStrings", "sharedStrings.xml"),
            ),
        ),
        (
            "xl/workbook.xml",
            format!(
                "<workbook xmlns=\"{main}\" xmlns:r=\"{links}\"><sheets>\
                 <sheet name=\"A\" sheetId=\"1\" r:id=\"s\"/></sheets></workbook>"
            ),
        ),
        (
            "xl/worksheets/sheet.xml",
            format!(
                "<worksheet xmlns=\"{main}\"><sheetData><row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c></row>\
                 </sheetData></worksheet>"
            ),
        ),
        (
            "xl/sharedStrings.xml",
            format!("<sst xmlns=\"{main}\"><si><t>{}</t></si></sst>", "x".repeat(megabytes * 1024 * 1024)),
        ),
    ];
    let mut file = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        file.start_file(name, SimpleFileOptions::default()).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }
    file.finish().unwrap().into_inner()
}
