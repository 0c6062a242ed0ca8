use std::io::Write;

use super::*;
use crate::files::{FileName, Kind};

/// A zip of uncompressed entries with these names. The content of each is its name.
fn zip(names: &[&str]) -> Vec<u8> {
    let (mut bytes, mut table) = (Vec::new(), Vec::new());
    for name in names {
        let at = bytes.len() as u32;
        let sizes = (name.len() as u32).to_le_bytes();
        let common = [&[20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0][..], &sizes, &sizes].concat();
        let name_size = (name.len() as u16).to_le_bytes();
        bytes.extend(
            [b"PK\x03\x04", &common[..], &name_size, &[0, 0], name.as_bytes(), name.as_bytes()].concat(),
        );
        let rest = [&name_size[..], &[0; 12], &at.to_le_bytes(), name.as_bytes()].concat();
        table.extend([b"PK\x01\x02\x14\x00", &common[..], &rest].concat());
    }
    let (count, size) = ((names.len() as u16).to_le_bytes(), (table.len() as u32).to_le_bytes());
    let at = (bytes.len() as u32).to_le_bytes();
    let end = [b"PK\x05\x06", &[0; 4][..], &count, &count, &size, &at, &[0, 0]].concat();
    [bytes, table, end].concat()
}

fn compound(paths: &[&str]) -> Vec<u8> {
    let mut document = cfb::CompoundFile::create(io::Cursor::new(Vec::new())).unwrap();
    for path in paths {
        match path.strip_suffix('/') {
            Some(storage) => document.create_storage(storage).unwrap(),
            None => document.create_stream(path).unwrap().write_all(b"x").unwrap(),
        }
    }
    document.into_inner().into_inner()
}

fn found(content: &[u8], name: &str) -> Option<&'static str> {
    let path = std::env::temp_dir().join(format!("pontual-content-{}", uuid::Uuid::new_v4()));
    std::fs::write(&path, content).unwrap();
    let found = Kind::of(&path, &FileName::of(name));
    std::fs::remove_file(&path).unwrap();
    found.unwrap().map(|kind| kind.media_type)
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
const DOCX: [&str; 3] = ["[Content_Types].xml", "_rels/.rels", "word/document.xml"];

#[test]
fn a_file_is_what_its_bytes_say() {
    assert_eq!(found(PNG, "foto.png"), Some("image/png"));
    assert_eq!(found(b"\xFF\xD8\xFF\xE0\0\x10JFIF", "a.jpg"), Some("image/jpeg"));
    assert_eq!(found(b"%PDF-1.7\n%\xE2\xE3", "boleto"), Some("application/pdf"));
    assert_eq!(found(b"\0\0\0\x18ftyp3gp4\0\0", "a.3gp"), Some("video/3gpp"));
    assert_eq!(found(b"\0\0\0\x18ftypisom\0\0", "a.mp4"), Some("video/mp4"));
    assert_eq!(found(b"OggS\0\x02", "a.ogg"), Some("audio/ogg"));
    assert_eq!(found("nome;preço\nAção;1,5".as_bytes(), "a.csv"), Some("text/csv"));
    assert_eq!(found(b"BMW;pre\xE7o\r\n", "a.csv"), Some("text/csv"));
    assert_eq!(found(b"s\xF3 texto", "a.txt"), Some("text/plain"));
}

#[test]
fn an_office_document_is_told_from_a_plain_archive() {
    let docx = found(&zip(&DOCX), "a.docx").unwrap();
    assert!(docx.ends_with("wordprocessingml.document"));
    assert_eq!(found(&zip(&["fotos/a.jpg"]), "a.zip"), Some(ZIP));
    let reordered = ["word/document.xml", "[Content_Types].xml"];
    assert!(found(&zip(&reordered), "a.docx").unwrap().ends_with("wordprocessingml.document"));
    assert!(
        found(&zip(&["[Content_Types].xml", "xl/workbook.xml"]), "a.xlsx")
            .unwrap()
            .ends_with("spreadsheetml.sheet")
    );
    assert_eq!(found(&compound(&["/WordDocument"]), "a.doc"), Some("application/msword"));
    assert_eq!(found(&compound(&["/Workbook"]), "a.xls"), Some("application/vnd.ms-excel"));
}

#[test]
fn a_good_file_is_taken_though_it_begins_oddly() {
    assert_eq!(found(b"\xEF\xBB\xBF%PDF-1.7\n%%EOF", "a.pdf"), Some(PDF));
    assert_eq!(found(b"\r\n\n%PDF-1.4\n%%EOF", "boleto.pdf"), Some(PDF));
    assert_eq!(found(b"Passo 1: cole <html> no site", "a.txt"), Some("text/plain"));
    assert_eq!(found(b"<nome> recebe o link", "modelo.txt"), Some("text/plain"));
    for encoding in [u16::to_le_bytes, u16::to_be_bytes] {
        for mark in ["\u{FEFF}", ""] {
            let text: Vec<u8> =
                format!("{mark}nome;preço\r\nPão;1,50\r\n").encode_utf16().flat_map(encoding).collect();
            assert_eq!(found(&text, "tabela.csv"), Some("text/csv"));
            assert_eq!(found(&text, "tabela.txt"), Some("text/plain"));
        }
    }
    let half = &"\u{FEFF}Olá".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()[..7];
    assert_eq!(found(half, "a.txt"), None, "half a character is no text");
}

#[test]
fn a_kind_that_is_only_saved_is_what_its_name_says() {
    let invoice = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<nfeProc versao=\"4.00\" \
        xmlns=\"http://www.portalfiscal.inf.br/nfe\"><NFe><Signature \
        xmlns=\"http://www.w3.org/2000/09/xmldsig#\"/><xNome>Pão &amp; Cia</xNome></NFe></nfeProc>";
    let statement = "OFXHEADER:100\nDATA:OFXSGML\n\n<OFX><BANKMSGSRSV1></BANKMSGSRSV1></OFX>";
    let mail = "Received: from a.example\nFrom: Ana <ana@a.example>\nSubject: Oi\n\n<html><p>oi</html>";
    let card = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ana\r\nEND:VCARD\r\n";
    let calendar = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n";
    let good = [
        ("nota.xml", invoice, "application/xml"),
        ("extrato.ofx", statement, "application/x-ofx"),
        ("pedido.eml", mail, "message/rfc822"),
        ("ana.vcf", card, "text/vcard"),
        ("visita.ics", calendar, "text/calendar"),
        ("carta.rtf", "{\\rtf1\\ansi Ol\\'e1}", "application/rtf"),
    ];
    for (name, content, media_type) in good {
        assert_eq!(found(content.as_bytes(), name), Some(media_type), "{name}");
        for (other, ..) in good.iter().filter(|(other, ..)| *other != name) {
            assert_eq!(found(content.as_bytes(), other), None, "{name} called {other}");
        }
        assert_eq!(found(content.as_bytes(), &format!("{name}.html")), None);
    }
    assert_eq!(found(b"Rar!\x1A\x07\x01\0", "fotos.rar"), Some("application/vnd.rar"));
    assert_eq!(found(b"7z\xBC\xAF\x27\x1C\0\x04", "fotos.7z"), Some("application/x-7z-compressed"));
    assert_eq!(found(b"{\\rtf1{\\object\\objemb{\\*\\objdata 0105}}}", "carta.rtf"), None);
}

#[test]
fn xml_that_a_browser_would_run_is_refused() {
    for (refused, why) in [
        ("<html xmlns=\"http://www.w3.org/1999/xhtml\"><script>alert(1)</script></html>", "a page"),
        ("<a><h:script xmlns:h='http://www.w3.org/1999/xhtml'>alert(1)</h:script></a>", "part of a page"),
        ("<a xmlns='http&#58;//www.w3.org/1999/xhtml'><script/></a>", "a page behind a reference"),
        ("<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>", "a drawing"),
        ("<?xml version='1.0'?><?xml-stylesheet href='a.xsl' type='text/xsl'?><a/>", "a style sheet"),
        ("<!DOCTYPE a [<!ENTITY b 'http://www.w3.org/1999/xhtml'>]><a xmlns='&b;'/>", "a document type"),
        ("<?xml version='1.0' encoding='ISO-2022-JP'?><a/>", "an encoding that hides markup"),
        ("<a><b></a>", "no XML"),
        ("<a>", "not closed"),
        ("<a/><b/>", "two documents"),
        ("<a/>depois", "words behind the document"),
        ("só texto", "no element"),
    ] {
        assert_eq!(found(refused.as_bytes(), "a.xml"), None, "{why}");
    }
}

#[test]
fn programs_pages_and_scripts_are_nothing() {
    for markup in [
        b"<svg xmlns='http://www.w3.org/2000/svg'/>".as_slice(),
        b"\xEF\xBB\xBF \n<!doctype html><p>",
        b"ola <script>alert(1)</script>",
    ] {
        for name in ["a.html", "a.svg", "a.docx", "a.pdf", "a.xml", "a"] {
            assert_eq!(found(markup, name), None, "{name}: {markup:?}");
        }
    }
    for refused in [
        b"#!/bin/sh\nrm".as_slice(),
        b"nul \0 within",
        b"",
        b"\x01\x02\x03\x04",
        &zip(&DOCX)[..60],
        &zip(&["[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"]),
        &compound(&["/WordDocument", "/Macros/"]),
        &compound(&["/SummaryInformation"]),
        b"\0junk %PDF-1.4",
    ] {
        for name in ["a.txt", "a.docx", "a.doc", "a.pdf", "a"] {
            assert_eq!(found(refused, name), None, "{name}: {refused:?}");
        }
    }
    assert_eq!(found(b"MZ\x90\0", "a.exe"), None);
    assert_eq!(found(b"MZ\x90\0", "foto.png"), None);
}

#[test]
fn a_name_must_fit_what_the_bytes_say() {
    for (content, name) in [
        (PNG, "foto.exe"),
        (PNG, "foto.png.html"),
        (PNG, "foto.pdf"),
        (b"alert(1)", "a.js"),
        (b"a,b", "a.html"),
    ] {
        assert_eq!(found(content, name), None, "{name}");
    }
    assert_eq!(found(PNG, "foto.jpg"), Some("image/png"), "pictures are often called so");
    assert_eq!(found(b"%PDF-1.7\n", "foto.exe.pdf"), Some("application/pdf"));
}

#[test]
fn what_is_two_things_at_once_is_neither() {
    let picture_and_page = [PNG, b"tEXt<SCRIPT>alert(1)</SCRIPT>"].concat();
    let picture_and_archive = [PNG, &zip(&["evil.jar"])].concat();
    let document_and_archive = [b"%PDF-1.7\n", &zip(&["a"])[..]].concat();
    for polyglot in [picture_and_page, picture_and_archive, document_and_archive] {
        assert_eq!(found(&polyglot, "a"), None);
    }
}
