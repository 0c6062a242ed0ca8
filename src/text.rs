//! Texts of the interface: what a line may hold, how long it may be, and numbers as Brazil writes them.

/// `1.234`.
pub fn thousands(number: impl ToString) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('.');
        }
        text.push(digit);
    }
    text
}

/// The error for a text that is longer than its field allows.
pub fn too_long(used: usize, limit: usize) -> String {
    format!("Use até {} caracteres. O texto tem {}.", thousands(limit), thousands(used))
}

/// Whether `text` holds characters that do not belong in a line of text: control characters, and the marks
/// that reverse the direction of the following text and so can disguise names.
pub fn has_control_characters(text: &str) -> bool {
    text.chars().any(|c| c.is_control() || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_read_as_in_brazil() {
        assert_eq!([0, 999].map(thousands), ["0", "999"]);
        assert_eq!(thousands(1234), "1.234");
        assert_eq!(thousands(1_000_000), "1.000.000");
    }
}
