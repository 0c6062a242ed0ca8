//! The colour of a chat page. White text is shown on it, so it must be dark enough.

use std::fmt;
use std::str::FromStr;

/// The colours that the form offers, with their names. White text is readable on each.
pub const PALETTE: [(&str, &str); 8] = [
    ("#4453cf", "Anil"),
    ("#1f6feb", "Azul"),
    ("#0b6e4f", "Verde"),
    ("#0f6b7a", "Petróleo"),
    ("#9a3412", "Terra"),
    ("#b42318", "Vermelho"),
    ("#93205f", "Vinho"),
    ("#374151", "Grafite"),
];

/// Minimum contrast of text (WCAG 2.2, 1.4.3).
const MINIMUM_CONTRAST: f64 = 4.5;

/// A colour on which white text is readable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour([u8; 3]);

/// Why a colour is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColourError {
    Malformed,
    TooLight,
}

impl FromStr for Colour {
    type Err = ColourError;

    /// Reads `#4453cf`, also without `#` and in capitals.
    fn from_str(text: &str) -> Result<Self, ColourError> {
        let digits = text.trim().trim_start_matches('#');
        let bytes = hex::decode(digits).map_err(|_| ColourError::Malformed)?;
        let colour = Self(bytes.try_into().map_err(|_| ColourError::Malformed)?);
        if colour.contrast_with_white() < MINIMUM_CONTRAST { Err(ColourError::TooLight) } else { Ok(colour) }
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.digits())
    }
}

impl Colour {
    fn digits(self) -> String {
        hex::encode(self.0)
    }

    /// The address of the stylesheet that gives a chat page this colour.
    pub fn stylesheet_path(self) -> String {
        format!("/chat-colours/{}.css", self.digits())
    }

    /// <https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio>
    fn contrast_with_white(self) -> f64 {
        let part = |value: u8| match f64::from(value) / 255.0 {
            value if value <= 0.040_45 => value / 12.92,
            value => ((value + 0.055) / 1.055).powf(2.4),
        };
        let [red, green, blue] = self.0.map(part);
        1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_text_must_be_readable() {
        assert_eq!("#FFFFFF".parse::<Colour>(), Err(ColourError::TooLight));
        assert_eq!("#ffd000".parse::<Colour>(), Err(ColourError::TooLight));
        assert_eq!("#12345".parse::<Colour>(), Err(ColourError::Malformed));
        assert_eq!("azul".parse::<Colour>(), Err(ColourError::Malformed));
        assert_eq!("4453CF".parse::<Colour>().unwrap().to_string(), "#4453cf");
        assert!((Colour([0, 0, 0]).contrast_with_white() - 21.0).abs() < 0.01);
        assert!(PALETTE.iter().all(|(value, _)| value.parse::<Colour>().is_ok()));
    }
}
