//! A file's name for display. It is never used as a name in the store.

/// Maximum length in characters. File systems allow more, but browsers may append to it.
const LONGEST: usize = 120;

/// One line without path, invisible characters or characters that change the text direction.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileName(String);

impl FileName {
    /// Makes a valid name from any input; the result is never empty.
    pub fn of(sent: &str) -> Self {
        let last = sent.rsplit(['/', '\\']).next().unwrap_or_default();
        let visible: String = last.chars().filter(|c| !is_invisible(*c)).collect();
        let words: Vec<&str> = visible.split_whitespace().collect();
        let name = words.join(" ");
        let name = name.trim_matches(['.', ' ']);
        if name.is_empty() {
            return Self("arquivo".into());
        }
        Self(shortened(name))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part after the last dot, in lower case; empty if it is not a file name extension.
    pub fn extension(&self) -> String {
        match self.0.rsplit_once('.') {
            Some((stem, extension)) if !stem.is_empty() && is_ending(extension) => {
                extension.to_ascii_lowercase()
            }
            _ => String::new(),
        }
    }

    /// Adds `extension` if the name has none.
    pub fn with_extension(self, extension: &str) -> Self {
        if self.extension().is_empty() { Self(format!("{}.{extension}", self.0)) } else { self }
    }
}

fn is_ending(text: &str) -> bool {
    (1..=10).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric())
}

fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}')
        || matches!(c, '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFF0}'..='\u{FFFB}')
        || matches!(c, '\u{E0000}'..='\u{E0FFF}')
}

/// Shortens before the extension, because the extension says what the file is.
fn shortened(name: &str) -> String {
    let count = name.chars().count();
    if count <= LONGEST {
        return name.into();
    }
    let extension =
        name.rsplit_once('.').map(|(_, extension)| extension).filter(|extension| is_ending(extension));
    let tail = extension.map_or(String::new(), |extension| format!(".{extension}"));
    let stem: String = name.chars().take(LONGEST - 1 - tail.len()).collect();
    format!("{}…{tail}", stem.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line_that_shows_all_that_it_is() {
        for (sent, shown) in [
            ("proposta.pdf", "proposta.pdf"),
            ("../../etc/passwd", "passwd"),
            ("C:\\fakepath\\Orçamento 2026.xlsx", "Orçamento 2026.xlsx"),
            ("a\u{202E}gpj.exe", "agpj.exe"),
            ("a\u{200B}\u{0}b\r\n.txt", "ab.txt"),
            ("  nota   fiscal .pdf. ", "nota fiscal .pdf"),
            ("..", "arquivo"),
            ("", "arquivo"),
            ("\"<b>\".png", "\"<b>\".png"),
        ] {
            assert_eq!(FileName::of(sent).as_str(), shown, "{sent:?}");
        }
    }

    #[test]
    fn a_long_name_keeps_its_ending() {
        let name = FileName::of(&format!("{}.docx", "é".repeat(300)));
        assert_eq!(name.as_str().chars().count(), LONGEST);
        assert!(name.as_str().ends_with("é….docx"));
        assert_eq!(name.extension(), "docx");
    }

    #[test]
    fn only_the_last_ending_counts() {
        assert_eq!(FileName::of("foto.pdf.EXE").extension(), "exe");
        assert_eq!(FileName::of("Relatório v1. final").extension(), "");
        assert_eq!(FileName::of(".htaccess").extension(), "");
        assert_eq!(FileName::of("foto").with_extension("png").as_str(), "foto.png");
    }
}
