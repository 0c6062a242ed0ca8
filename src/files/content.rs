//! Detects a file's type from its bytes. Programs, pages and scripts are not accepted, nor are files that are
//! two things at once, such as a picture with a page or an archive hidden in it.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

mod text;
mod xml;

const ZIP: &str = "application/zip";
const PDF: &str = "application/pdf";

/// Number of leading bytes from which the type is detected.
const HEAD_BYTES: usize = 8 * 1024;
/// Upper bound of the bytes that browsers inspect when they guess a type.
const BROWSER_SNIFFED_BYTES: usize = 4 * 1024;
/// Maximum size of a zip's table of contents, in bytes. Larger ones are not read.
const MAX_TABLE_BYTES: u64 = 4 * 1024 * 1024;

/// Markers of pages and scripts. Refused in every type except text whose file name announces it.
const MARKUP: [&[u8]; 6] = [b"<script", b"<html", b"<!doctype html", b"<iframe", b"<?php", b"<svg"];

/// The media type of the file at `path`; `None` if it is not accepted. `extension` (of the file name) tells
/// types of text apart.
pub fn media_type(path: &Path, extension: &str) -> io::Result<Option<&'static str>> {
    let mut file = File::open(path)?;
    if text::is_text_extension(extension) {
        return Ok(text::media_type(&whole(&mut file)?, extension));
    }
    let mut head = Vec::with_capacity(HEAD_BYTES);
    file.by_ref().take(HEAD_BYTES as u64).read_to_end(&mut head)?;
    let found = if is_pdf(&head) { Some(PDF) } else { infer::get(&head).map(|found| found.mime_type()) };
    Ok(match found {
        Some("application/x-ole-storage") => old_office(file),
        Some(_) if is_zip(&head) => zipped(&mut file, &head)?,
        Some("video/mp4") if is_3gp(&head) => Some("video/3gpp"),
        Some(found) if has_two_natures(&mut file, &head)? => {
            tracing::info!(found, "a file that is two things at once was refused");
            None
        }
        // The standard allows junk before the header, but another program might read the junk as another
        // type.
        Some(PDF) if !is_pdf(&head) => None,
        Some(found) => Some(found),
        None if is_3gp(&head) => Some("video/3gpp"),
        None => text::media_type(&whole(&mut file)?, extension),
    })
}

/// Some programs write a UTF-8 byte order mark or a blank line before the header.
fn is_pdf(head: &[u8]) -> bool {
    head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head).trim_ascii_start().starts_with(b"%PDF-")
}

fn is_zip(head: &[u8]) -> bool {
    head.starts_with(b"PK\x03\x04")
}

fn is_3gp(head: &[u8]) -> bool {
    head.get(4..11).is_some_and(|mark| mark == b"ftyp3gp")
}

fn has_two_natures(file: &mut File, head: &[u8]) -> io::Result<bool> {
    let guessed = head[..head.len().min(BROWSER_SNIFFED_BYTES)].to_ascii_lowercase();
    Ok(MARKUP.iter().any(|mark| contains(&guessed, mark)) || table_of_contents(file)?.is_some())
}

/// The type of a zip: an office document or a plain archive. `None` if it has macros or is not a complete
/// zip.
fn zipped(file: &mut File, head: &[u8]) -> io::Result<Option<&'static str>> {
    let Some(table) = table_of_contents(file)? else { return Ok(None) };
    if contains(&table, b"vbaProject.bin") {
        return Ok(None);
    }
    // An OpenDocument file names its type in its first entry, which is uncompressed.
    let open_document = |kind: &str| contains(&head[..head.len().min(200)], kind.as_bytes());
    let kinds = [
        "application/vnd.oasis.opendocument.text",
        "application/vnd.oasis.opendocument.spreadsheet",
        "application/vnd.oasis.opendocument.presentation",
    ];
    if let Some(kind) = kinds.into_iter().find(|kind| open_document(kind)) {
        return Ok(Some(kind));
    }
    Ok(Some(match () {
        () if !contains(&table, b"[Content_Types].xml") => ZIP,
        () if contains(&table, b"word/document.xml") => {
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
        }
        () if contains(&table, b"xl/workbook.xml") => {
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        }
        () if contains(&table, b"ppt/presentation.xml") => {
            "application/vnd.openxmlformats-officedocument.presentationml.presentation"
        }
        () => ZIP,
    }))
}

/// Reads the table of contents of a zip. Finds it from the end of the file, as all programs do.
fn table_of_contents(file: &mut File) -> io::Result<Option<Vec<u8>>> {
    const END: usize = 22;
    let length = file.seek(SeekFrom::End(0))?;
    let from = length.saturating_sub((END + usize::from(u16::MAX)) as u64);
    file.seek(SeekFrom::Start(from))?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail)?;
    let is_end = |at: &usize| {
        let comment = tail.get(at + 20..at + 22).map(|two| usize::from(u16::from_le_bytes([two[0], two[1]])));
        tail[*at..].starts_with(b"PK\x05\x06") && comment.is_some_and(|size| at + END + size == tail.len())
    };
    let Some(at) = (0..tail.len().saturating_sub(END - 1)).rev().find(is_end) else { return Ok(None) };
    let number = |from: usize| {
        tail[at + from..at + from + 4].iter().rev().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte))
    };
    let (size, end) = (number(12), from + at as u64);
    if size > MAX_TABLE_BYTES || size > end {
        return Ok(None);
    }
    let mut table = vec![0; size as usize];
    // Count back from the end of the table, and do not use the offset in the zip: bytes before the zip would
    // make that wrong.
    file.seek(SeekFrom::Start(end - size))?;
    file.read_exact(&mut table)?;
    Ok(Some(table))
}

/// Word, Excel and PowerPoint documents from before 2007. `None` for documents with macros and for
/// installers.
fn old_office(file: File) -> Option<&'static str> {
    let document = cfb::CompoundFile::open(file).ok()?;
    let has_macros = ["/Macros", "/_VBA_PROJECT_CUR"].into_iter().any(|path| document.exists(path));
    let kinds = [
        ("/WordDocument", "application/msword"),
        ("/Workbook", "application/vnd.ms-excel"),
        ("/Book", "application/vnd.ms-excel"),
        ("/PowerPoint Document", "application/vnd.ms-powerpoint"),
    ];
    let kind = kinds.into_iter().find(|(stream, _)| document.is_stream(stream));
    kind.filter(|_| !has_macros).map(|(_, media_type)| media_type)
}

fn whole(file: &mut File) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(0))?;
    let mut all = Vec::new();
    file.read_to_end(&mut all)?;
    Ok(all)
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests;
