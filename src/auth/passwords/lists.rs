//! The lists of passwords and words that guessers try first. `build.rs` makes them from npm packages.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// About 49,000 leaked passwords, in lower case without accents. About 18,000 have eight characters or more.
static COMMON: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    include_str!(concat!(env!("OUT_DIR"), "/common_passwords.txt"))
        .lines()
        .chain(BRAZILIAN_PASSWORDS)
        .collect()
});

/// Passwords that are common in Brazil and missing in the list.
const BRAZILIAN_PASSWORDS: [&str; 8] =
    ["bemvindo", "deusefiel", "minhasenha", "mudar", "mudarsenha", "novasenha", "senhasenha", "trocar"];

/// About 60,000 Brazilian names and words, with their ranks: the lower the rank, the sooner guessers try
/// them.
static WORDS: LazyLock<HashMap<&str, usize>> = LazyLock::new(|| {
    let words = include_str!(concat!(env!("OUT_DIR"), "/words.txt")).lines();
    words.enumerate().map(|(index, word)| (word, index + 1)).collect()
});

/// Whether a folded text is a common password.
pub fn is_common(folded: &str) -> bool {
    COMMON.contains(folded)
}

/// The rank of a folded word.
pub fn rank(folded: &str) -> Option<usize> {
    WORDS.get(folded).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_long() {
        let long = COMMON.iter().filter(|password| password.len() >= 8).count();
        assert!(long >= 10_000, "{long}");
        assert!(WORDS.len() >= 30_000, "{}", WORDS.len());
    }
}
