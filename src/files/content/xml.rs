//! Recognises XML that is only data, such as an electronic invoice.

use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesDecl, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

/// Namespaces whose elements a browser treats as a page or a drawing anywhere in the document, and runs their
/// scripts.
const ACTIVE: [&str; 3] = ["w3.org/1999/xhtml", "w3.org/2000/svg", "w3.org/1999/xsl"];

/// Encodings in which markup stays visible even if it is read in another encoding of this list.
const ENCODINGS: [&str; 6] = ["utf-8", "utf8", "utf-16", "iso-8859-1", "windows-1252", "us-ascii"];

/// Whether a browser that opens the saved file shows a tree of data and runs nothing. Refuses pages,
/// drawings, style sheets that could produce them, and document types, whose entities could hide them.
pub fn is_harmless(text: &str) -> bool {
    let mut reader = Reader::from_str(text);
    let (mut depth, mut has_root) = (0, false);
    loop {
        let is_fine = match reader.read_event() {
            Ok(Event::Start(_) | Event::Empty(_)) if depth == 0 && has_root => false,
            Ok(Event::Start(element)) => {
                (depth, has_root) = (depth + 1, true);
                is_data(&element)
            }
            Ok(Event::Empty(element)) => {
                has_root = true;
                is_data(&element)
            }
            Ok(Event::Text(text)) if depth == 0 => text.iter().all(u8::is_ascii_whitespace),
            Ok(Event::CData(_) | Event::GeneralRef(_)) if depth == 0 => false,
            Ok(Event::End(_)) => {
                depth -= 1;
                true
            }
            Ok(Event::Decl(declaration)) => is_plain(&declaration),
            Ok(Event::PI(instruction)) => !instruction.target().starts_with(b"xml"),
            Ok(Event::Eof) => return has_root && depth == 0,
            Ok(Event::DocType(_)) | Err(_) => false,
            Ok(_) => true,
        };
        if !is_fine {
            return false;
        }
    }
}

fn is_data(element: &BytesStart) -> bool {
    element.attributes().all(|attribute| attribute.is_ok_and(|attribute| !is_active_namespace(&attribute)))
}

fn is_active_namespace(attribute: &Attribute) -> bool {
    if !attribute.key.as_ref().starts_with(b"xmlns") {
        return false;
    }
    let Ok(value) = attribute.normalized_value(XmlVersion::Explicit1_0) else { return true };
    let value = value.to_ascii_lowercase();
    ACTIVE.iter().any(|namespace| value.contains(namespace))
}

fn is_plain(declaration: &BytesDecl) -> bool {
    match declaration.encoding() {
        None => true,
        Some(Ok(encoding)) => ENCODINGS.iter().any(|known| encoding.eq_ignore_ascii_case(known.as_bytes())),
        Some(Err(_)) => false,
    }
}
