//! Files: the store, uploads, downloads, and the sweeper.

mod bucket;
mod forms;
mod real_scanner;
mod scanning;
mod serving;
mod store;
mod sweeping;
mod uploads;

use crate::harness::TestApp;

pub const PDF: &[u8] = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n";
/// A complete picture of one pixel.
pub const PNG: &[u8] =
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\0\0\0\rI\
    DATx\xdac\x10\x89:\xf1\x1f\0\x03\xf2\x026M\x18\xca\x86\0\0\0\0IEND\xaeB`\x82";
pub const CSV: &[u8] = b"nome;valor\nAna;1\n";

/// Number of attachments that match.
fn attachments(app: &TestApp, condition: &str) -> i64 {
    app.database.number(&format!("SELECT count(*) AS value FROM attachments WHERE {condition}"))
}
