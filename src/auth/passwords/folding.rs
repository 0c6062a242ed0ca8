//! Folds text so that passwords can be compared as guessers do. Also compiled into build.rs.

/// Converts to lower case and removes accents, character by character.
pub fn fold(text: &str) -> String {
    text.to_lowercase().chars().map(without_accent).collect()
}

fn without_accent(character: char) -> char {
    match character {
        'á' | 'à' | 'â' | 'ã' | 'ä' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'í' | 'ì' | 'î' | 'ï' => 'i',
        'ó' | 'ò' | 'ô' | 'õ' | 'ö' => 'o',
        'ú' | 'ù' | 'û' | 'ü' => 'u',
        'ç' => 'c',
        'ñ' => 'n',
        other => other,
    }
}
