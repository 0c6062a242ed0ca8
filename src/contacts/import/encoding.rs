//! Decodes the bytes of a file to text: detects the encoding, and finds lines that look wrong.
//!
//! UTF-8 is checked line by line, so that one wrong byte does not spoil the other lines. For lines that are not
//! UTF-8, each candidate encoding gets a score: letters of Portuguese count for it, symbols within words
//! against it.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, MACINTOSH, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::one_line;

/// Maximum suspect lines that the page shows.
const MAX_SUSPECTS: usize = 5;

/// Maximum characters shown of a suspect line.
const MAX_SUSPECT_CHARS: usize = 120;

/// The encodings on the page: form value and label.
pub const ENCODING_CHOICES: [(&str, &str); 7] = [
    ("utf-8", "UTF-8"),
    ("windows-1252", "Windows-1252 (Excel antigo)"),
    ("macintosh", "Mac Roman (Mac antigo)"),
    ("cp850", "Página de código 850 (DOS)"),
    ("utf-16le", "UTF-16 LE"),
    ("utf-16be", "UTF-16 BE"),
    ("twice", "UTF-8 gravado duas vezes (Ã§ no lugar de ç)"),
];

/// The upper half of code page 850 (<https://www.unicode.org/Public/MAPPINGS/VENDORS/MICSFT/PC/CP850.TXT>).
const CODE_PAGE_850: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤\
                              ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{ad}±‗¾¶§÷¸°¨·¹³²■\u{a0}";

/// A line whose letters look wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspect {
    pub line: usize,
    pub text: String,
}

/// A file as text.
#[derive(Clone, Debug)]
pub struct Decoded {
    pub text: String,
    /// The encoding, in words for the page.
    pub encoding: String,
    /// The first lines that look wrong.
    pub suspects: Vec<Suspect>,
    pub suspect_count: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Charset {
    Of(&'static Encoding),
    CodePage850,
    /// UTF-8 text that some program read as Windows-1252 and encoded as UTF-8 again.
    DoubleUtf8,
}

/// Decodes a file in the chosen encoding, or in the detected one if `chosen` is empty.
pub fn decoded(content: &[u8], chosen: &str) -> Decoded {
    match chosen {
        "utf-8" => decode_whole(content, Charset::Of(UTF_8)),
        "windows-1252" => decode_whole(content, Charset::Of(WINDOWS_1252)),
        "macintosh" => decode_whole(content, Charset::Of(MACINTOSH)),
        "cp850" => decode_whole(content, Charset::CodePage850),
        "utf-16le" => decode_whole(content, Charset::Of(UTF_16LE)),
        "utf-16be" => decode_whole(content, Charset::Of(UTF_16BE)),
        "twice" => decode_whole(content, Charset::DoubleUtf8),
        _ => detected(content),
    }
}

fn detected(content: &[u8]) -> Decoded {
    match Encoding::for_bom(content) {
        Some((encoding, mark)) if encoding == UTF_8 => decode_by_line(&content[mark..]),
        Some((encoding, _)) => decode_whole(content, Charset::Of(encoding)),
        None => match detect_utf16(content) {
            Some(encoding) => decode_whole(content, Charset::Of(encoding)),
            None => decode_by_line(content),
        },
    }
}

/// Detects UTF-16 without a byte order mark: in Latin text every other byte is zero.
fn detect_utf16(content: &[u8]) -> Option<&'static Encoding> {
    let head = &content[..content.len().min(4096) & !1];
    let zeros = |from: usize| head.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd, pairs) = (zeros(0), zeros(1), head.len() / 2);
    match () {
        () if pairs >= 4 && odd * 2 > pairs && even * 10 < pairs => Some(UTF_16LE),
        () if pairs >= 4 && even * 2 > pairs && odd * 10 < pairs => Some(UTF_16BE),
        () => None,
    }
}

/// Decodes the whole file in one encoding.
fn decode_whole(content: &[u8], charset: Charset) -> Decoded {
    let content = match Encoding::for_bom(content) {
        Some((encoding, mark)) if charset == Charset::Of(encoding) || charset == Charset::DoubleUtf8 => {
            &content[mark..]
        }
        _ => content,
    };
    let text = charset.decode(content).into_owned();
    let (mut suspects, mut count) = (Vec::new(), 0);
    for (number, line) in text.split('\n').enumerate() {
        if looks_wrong(line) {
            add_suspect(&mut suspects, &mut count, number + 1, line);
        }
    }
    Decoded { text, encoding: charset.label().into(), suspects, suspect_count: count }
}

/// Decodes each line as UTF-8. Lines that are not UTF-8 are decoded in the most likely other encoding.
fn decode_by_line(content: &[u8]) -> Decoded {
    if std::str::from_utf8(content).is_ok() {
        return decode_whole(content, Charset::Of(UTF_8));
    }
    let lines = || content.split(|byte| *byte == b'\n');
    let foreign: Vec<&[u8]> = lines().filter(|line| std::str::from_utf8(line).is_err()).collect();
    let is_mixed = lines().any(|line| !line.is_ascii() && std::str::from_utf8(line).is_ok());
    let charset = most_likely_charset(&foreign);
    let is_sure = charset == Charset::Of(WINDOWS_1252) && !is_mixed;
    let mut text = String::with_capacity(content.len() + content.len() / 8);
    let (mut suspects, mut count) = (Vec::new(), 0);
    for (number, line) in lines().enumerate() {
        if number > 0 {
            text.push('\n');
        }
        let start = text.len();
        let utf_8 = std::str::from_utf8(line);
        match utf_8 {
            Ok(line) => text.push_str(line),
            Err(_) => text.push_str(&charset.decode(line)),
        }
        let is_foreign = utf_8.is_err();
        if (is_foreign && !is_sure) || looks_wrong(&text[start..]) {
            let shown = text[start..].to_owned();
            add_suspect(&mut suspects, &mut count, number + 1, &shown);
        }
    }
    let label = charset.label();
    let encoding = if is_mixed { format!("UTF-8, com linhas em {label}") } else { label.to_owned() };
    Decoded { text, encoding, suspects, suspect_count: count }
}

fn add_suspect(suspects: &mut Vec<Suspect>, count: &mut usize, line: usize, text: &str) {
    *count += 1;
    if suspects.len() < MAX_SUSPECTS {
        let text = one_line(text).chars().take(MAX_SUSPECT_CHARS).collect();
        suspects.push(Suspect { line, text });
    }
}

/// The encoding with the best score. If several have the same score, the first of them.
fn most_likely_charset(lines: &[&[u8]]) -> Charset {
    /// Bytes that are enough to choose the encoding.
    const SAMPLE_BYTES: usize = 64 * 1024;
    let mut sample = Vec::new();
    for line in lines {
        sample.extend_from_slice(line);
        sample.push(b'\n');
        if sample.len() > SAMPLE_BYTES {
            break;
        }
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(&sample, true);
    let guessed = detector.guess(Some(b"br"), Utf8Detection::Deny);
    let candidates =
        [Charset::Of(WINDOWS_1252), Charset::CodePage850, Charset::Of(MACINTOSH), Charset::Of(guessed)];
    let mut best = (i64::MIN, candidates[0]);
    for candidate in candidates {
        let score = score(&candidate.decode(&sample));
        if score > best.0 {
            best = (score, candidate);
        }
    }
    best.1
}

/// A score for how much a text looks like Portuguese, judged by its letters beyond ASCII.
fn score(text: &str) -> i64 {
    let mut score = 0;
    let mut before = ' ';
    for c in text.chars() {
        score += match c {
            c if c.is_ascii() => 0,
            'á' | 'à' | 'â' | 'ã' | 'é' | 'ê' | 'í' | 'ó' | 'ô' | 'õ' | 'ú' | 'ü' | 'ç' | 'ñ' => {
                3
            }
            'Á' | 'À' | 'Â' | 'Ã' | 'É' | 'Ê' | 'Í' | 'Ó' | 'Ô' | 'Õ' | 'Ú' | 'Ü' | 'Ç' | 'Ñ' => {
                if before.is_lowercase() {
                    -2
                } else {
                    2
                }
            }
            'ª' | 'º' | '°' => 1,
            '“' | '”' | '‘' | '’' | '–' | '—' | '…' | '\u{a0}' => 0,
            c if c.is_alphabetic() => -1,
            _ => -3,
        };
        before = c;
    }
    score
}

/// Whether a line has symbols within words, or pairs of characters that appear when UTF-8 is read in another
/// encoding.
fn looks_wrong(line: &str) -> bool {
    if line.is_ascii() {
        return false;
    }
    let mut before = ' ';
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        let next = chars.peek().copied().unwrap_or(' ');
        let is_control = matches!(c, '\u{80}'..='\u{9f}' | '\u{fffd}');
        let is_pair = matches!(c, 'Ã' | 'Â')
            && matches!(
                next,
                '\u{80}'
                    ..='\u{bf}'
                        | 'ƒ'
                        | '‡'
                        | '‰'
                        | 'Š'
                        | 'š'
                        | '“'
                        | '”'
                        | '•'
                        | '„'
                        | '…'
                        | '\u{2c6}'
                        | '\u{2dc}'
            );
        let is_sign = matches!(
            c,
            '¢' | '£'
                | '¤'
                | '¥'
                | '¦'
                | '§'
                | '¬'
                | '¶'
                | '‡'
                | '†'
                | '‰'
                | '‹'
                | '›'
                | '„'
                | '‚'
                | '¸'
                | '√'
                | '∫'
                | '≈'
                | '∆'
                | '\u{2500}'..='\u{25ff}'
        ) && before.is_alphabetic()
            && next.is_alphabetic();
        if is_control || is_pair || is_sign {
            return true;
        }
        before = c;
    }
    false
}

impl Charset {
    fn decode(self, bytes: &[u8]) -> Cow<'_, str> {
        match self {
            Self::Of(encoding) => encoding.decode_without_bom_handling(bytes).0,
            Self::CodePage850 => {
                let upper: Vec<char> = CODE_PAGE_850.chars().collect();
                let letter = |byte: &u8| match byte {
                    0..=127 => char::from(*byte),
                    _ => upper.get(usize::from(byte - 128)).copied().unwrap_or('\u{fffd}'),
                };
                Cow::Owned(bytes.iter().map(letter).collect())
            }
            Self::DoubleUtf8 => {
                let text = String::from_utf8_lossy(bytes);
                let lines = text.split('\n').map(undo_double_encoding);
                Cow::Owned(lines.collect::<Vec<_>>().join("\n"))
            }
        }
    }

    fn label(self) -> &'static str {
        let value = match self {
            Self::CodePage850 => "cp850",
            Self::DoubleUtf8 => "twice",
            Self::Of(encoding) => {
                let is_it = |(value, _): &&(&str, &str)| value.eq_ignore_ascii_case(encoding.name());
                return ENCODING_CHOICES.iter().find(is_it).map_or(encoding.name(), |(_, label)| label);
            }
        };
        ENCODING_CHOICES.iter().find(|(choice, _)| *choice == value).map_or(value, |(_, label)| label)
    }
}

/// Undoes one encoding of a line that was encoded twice. Returns any other line unchanged.
fn undo_double_encoding(line: &str) -> String {
    let (bytes, _, has_others) = WINDOWS_1252.encode(line);
    match std::str::from_utf8(&bytes) {
        Ok(text) if !has_others => text.to_owned(),
        _ => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "Conceição Muñoz Araújo;Família Assunção";

    fn code_page_850(text: &str) -> Vec<u8> {
        let byte = |c: char| match c.is_ascii() {
            true => c as u8,
            false => 128 + CODE_PAGE_850.chars().position(|other| other == c).unwrap() as u8,
        };
        text.chars().map(byte).collect()
    }

    #[test]
    fn every_encoding_of_brazilian_spreadsheets_is_recognised() {
        assert_eq!(CODE_PAGE_850.chars().count(), 128);
        let file = format!("Nome;Pessoa\r\n{LINE}\r\n");
        let encode = |to: fn(u16) -> [u8; 2]| file.encode_utf16().flat_map(to).collect::<Vec<u8>>();
        for (content, label, is_suspect) in [
            (file.clone().into_bytes(), "UTF-8", false),
            (format!("\u{feff}{file}").into_bytes(), "UTF-8", false),
            (WINDOWS_1252.encode(&file).0.into_owned(), "Windows-1252 (Excel antigo)", false),
            (MACINTOSH.encode(&file).0.into_owned(), "Mac Roman (Mac antigo)", true),
            (code_page_850(&file), "Página de código 850 (DOS)", true),
            (encode(u16::to_le_bytes), "UTF-16 LE", false),
            (encode(u16::to_be_bytes), "UTF-16 BE", false),
            ([vec![0xff, 0xfe], encode(u16::to_le_bytes)].concat(), "UTF-16 LE", false),
        ] {
            let decoded = decoded(&content, "");
            assert_eq!(decoded.text, file, "{label}");
            assert_eq!((decoded.encoding.as_str(), decoded.suspect_count > 0), (label, is_suspect));
        }
    }

    #[test]
    fn one_wrong_byte_spoils_only_its_line_which_is_suspect() {
        let mut content = format!("Nome\n{LINE}\n").into_bytes();
        content.extend_from_slice(b"Jos\xe9 Misto\nAna\n");
        let decoded = decoded(&content, "");
        assert_eq!(decoded.text, format!("Nome\n{LINE}\nJosé Misto\nAna\n"));
        assert_eq!(decoded.suspects, [Suspect { line: 3, text: "José Misto".into() }]);
        assert_eq!(decoded.encoding, "UTF-8, com linhas em Windows-1252 (Excel antigo)");
    }

    #[test]
    fn text_that_was_encoded_twice_is_suspect_and_can_be_fixed() {
        let twice = WINDOWS_1252.decode("São João;Açaí à mão, você".as_bytes()).0.into_owned();
        let read = decoded(twice.as_bytes(), "");
        assert_eq!((read.text.as_str(), read.suspect_count), (twice.as_str(), 1));
        assert_eq!(decoded(twice.as_bytes(), "twice").text, "São João;Açaí à mão, você");
    }

    #[test]
    fn words_as_they_are_written_are_not_suspect() {
        for line in [
            "SÃO JOÃO À MÃO",
            "Ângela Ção",
            "R$ 5,00 – “ok” 2ª à 3ª, 10 % § 1º",
            "Zoë Müller Ødegård",
            "R£ 5",
        ] {
            assert!(!looks_wrong(line), "{line}");
        }
        for line in
            ["Concei‡Æo", "ConceiÃ§Ã£o", "Jos\u{fffd}", "FamÃ\u{ad}lia", "MarÃ\u{ad}lia", "AssunÂ°", "Jo├úo"]
        {
            assert!(looks_wrong(line), "{line}");
        }
    }
}
