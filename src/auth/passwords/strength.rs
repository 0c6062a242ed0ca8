//! Decides which new passwords are accepted. Refuses those that are easy to guess; any characters are
//! allowed.

use zxcvbn::{Score, zxcvbn};

use super::folding::fold;
use super::refusal::{Refusal, Weakness};
use super::{LENGTHS, lists};

/// Maximum characters that are judged. The rest would cost time and only raise the score.
const MAX_JUDGED: usize = 40;

/// Marks that zxcvbn also reads as letters. It tries all their combinations, which takes seconds if a
/// password has all of them. Few people write letters that way.
const RARE_LETTERS: [char; 8] = ['(', '{', '[', '<', '|', '+', '%', '!'];

/// Minimum characters of a name or an address to look for. Shorter ones occur in good passwords by chance.
const MIN_OWN_WORD: usize = 4;

/// The product's name, which everybody knows.
const PRODUCT: &str = "Pontual";

/// What strangers may know about the password's owner.
#[derive(Clone, Debug, Default)]
pub struct Owner {
    pub company: String,
    pub name: String,
    pub email: String,
}

/// Why `password` is refused as a new password of `owner`. `None` if it is accepted.
pub fn refusal(password: &str, owner: &Owner) -> Option<Refusal> {
    if !LENGTHS.contains(&password.chars().count()) {
        return Some(Refusal::Length);
    }
    let judged: String = password.chars().take(MAX_JUDGED).collect();
    let (folded, own) = (fold(&judged), owner.words());
    if is_mostly_own_words(&own, &folded) {
        return Some(Refusal::OwnWords);
    }
    if is_common(&folded) {
        return Some(Refusal::Common);
    }
    // zxcvbn splits digits and marks around a weak word into three parts and then accepts it: judge the word
    // alone too.
    let core = judged.trim_matches(|c: char| !c.is_alphabetic());
    let is_most = core.len() < judged.len() && 2 * core.chars().count() > judged.chars().count();
    let around = is_most.then(|| weakness(core, &own, Score::Two)).flatten();
    around.or_else(|| weakness(&judged, &own, Score::Three)).map(Refusal::Weak)
}

/// Why `text` scores below `least`. `None` if it does not.
fn weakness(text: &str, own: &[String], least: Score) -> Option<Weakness> {
    let inputs = inputs(text, own);
    let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
    let entropy = zxcvbn(&text.replace(RARE_LETTERS, "#"), &inputs);
    let warning = || entropy.feedback().and_then(|feedback| feedback.warning());
    (entropy.score() < least).then(|| Weakness::from(warning()))
}

impl Owner {
    /// The words that somebody who knows the owner would try: names and addresses, whole and in parts,
    /// forwards and backwards; folded, letters and digits only, the longest first.
    fn words(&self) -> Vec<String> {
        let whole = [PRODUCT, &self.company, &self.name, &self.email];
        let parts = whole.iter().flat_map(|text| text.split(|c: char| !c.is_alphanumeric()));
        let address = self.email.split('@');
        let mut words: Vec<String> =
            whole.iter().copied().chain(parts).chain(address).map(|text| letters(&fold(text))).collect();
        words.retain(|word| word.chars().count() >= MIN_OWN_WORD);
        let backwards: Vec<String> = words.iter().map(|word| word.chars().rev().collect()).collect();
        words.extend(backwards);
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        words.dedup();
        words
    }
}

/// Whether the password contains words of `own` and is too short without them.
fn is_mostly_own_words(own: &[String], folded: &str) -> bool {
    read_as_letters(folded).into_iter().any(|text| {
        let mut rest = letters(&text);
        let before = rest.len();
        for word in own {
            rest = rest.replace(word.as_str(), "");
        }
        rest.len() < before && rest.chars().count() < *LENGTHS.start()
    })
}

/// Whether it is a common password or a single word, maybe with digits or marks around it.
fn is_common(folded: &str) -> bool {
    let is_mark = |c: char| !c.is_alphabetic();
    let is_one = |text: &str| lists::is_common(text) || lists::rank(text).is_some();
    lists::is_common(folded)
        || is_one(folded.trim_end_matches(is_mark))
        || is_one(folded.trim_matches(is_mark))
        || read_as_letters(folded).iter().any(|text| is_one(text) || is_one(text.trim_matches(is_mark)))
}

/// The parts of the password that are own or common words, each at the index of its rank, as zxcvbn expects.
fn inputs(password: &str, own: &[String]) -> Vec<String> {
    let characters: Vec<char> = password.chars().collect();
    let mut ranked: Vec<(usize, String)> = Vec::new();
    for start in 0..characters.len() {
        for end in start + MIN_OWN_WORD..=characters.len() {
            let part: String = characters[start..end].iter().collect();
            let folded = fold(&part);
            let rank_of = |text: &String| match own.contains(text) {
                true => Some(1),
                false => lists::rank(text),
            };
            let backwards: String = folded.chars().rev().collect();
            let read = read_as_letters(&folded);
            let rank = [folded, backwards].iter().chain(&read).filter_map(rank_of).min();
            ranked.extend(rank.map(|rank| (rank, part)));
        }
    }
    let last = ranked.iter().map(|(rank, _)| *rank).max().unwrap_or_default();
    let mut inputs = vec![String::new(); last];
    for (rank, word) in ranked {
        // Two words of one rank are spellings of one word, or both are own: take the nearest
        // free index below.
        let place = (0..rank).rev().find(|place| inputs[*place].is_empty());
        match place {
            Some(place) => inputs[place] = word,
            None => inputs.push(word),
        }
    }
    inputs
}

/// The text with digits and marks replaced by the letters that they stand for: once with 1 as i, once as l.
fn read_as_letters(folded: &str) -> [String; 2] {
    ['i', 'l'].map(|one| {
        let letter = |c: char| match c {
            '0' => 'o',
            '1' | '!' => one,
            '3' => 'e',
            '4' | '@' => 'a',
            '5' | '$' => 's',
            '7' => 't',
            other => other,
        };
        folded.chars().map(letter).collect()
    })
}

/// The text's letters and digits.
fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ana() -> Owner {
        Owner {
            company: "Clínica Horizonte Ltda.".into(),
            name: "Ana Prado".into(),
            email: "ana.prado@horizonte.example".into(),
        }
    }

    fn judge(password: &str) -> Option<Refusal> {
        refusal(password, &ana())
    }

    #[test]
    fn common_passwords_are_refused() {
        for common in [
            "12345678",
            "Senha123",
            "flamengo2026!",
            "PASSWORD1",
            "aaaaaaaa",
            "mudar@123",
            "qwerty123",
            "p4ssw0rd",
            "Felicidade",
            "coração!",
            "corinthians",
            "iloveyou",
            "cachorro#1",
            "123mudar",
            "c4ch0rr0",
        ] {
            assert!(matches!(judge(common), Some(Refusal::Common | Refusal::Weak(_))), "{common}");
        }
    }

    #[test]
    fn the_commonest_3000_and_the_commonest_3000_that_are_long_enough_are_all_refused() {
        let list = include_str!(concat!(env!("OUT_DIR"), "/common_passwords.txt"));
        let is_long = |password: &&str| LENGTHS.contains(&password.chars().count());
        let tried: Vec<&str> =
            list.lines().take(3_000).chain(list.lines().filter(is_long).take(3_000)).collect();
        assert_eq!(tried.len(), 6_000);
        let accepted: Vec<&str> = tried.into_iter().filter(|password| judge(password).is_none()).collect();
        assert_eq!(accepted, Vec::<&str>::new());
    }

    #[test]
    fn passwords_of_few_simple_parts_are_refused() {
        for weak in [
            "qazwsxedc",
            "abcabcabc",
            "25/12/1990",
            "abcdefghij",
            "mariajose",
            "joaopedro2024",
            "cavalo-8",
            "orrohcac",
            "20202021",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        ] {
            assert!(judge(weak).is_some(), "{weak}");
        }
        assert_eq!(judge("25/12/1990"), Some(Refusal::Weak(Weakness::Date)));
    }

    #[test]
    fn the_owners_names_and_address_are_refused_in_every_spelling() {
        for own in [
            "pontual2026",
            "Pontual-123",
            "P0ntual!!",
            "clinicahorizonte",
            "Clínica Horizonte",
            "horizonte#22",
            "ana.prado@horizonte.example",
            "ANAPRADO1",
            "prado.ana",
            "odarpana1",
            "Horizonte&Pontual",
            "clinica.horizonte.ana",
        ] {
            assert_eq!(judge(own), Some(Refusal::OwnWords), "{own}");
        }
    }

    #[test]
    fn good_passwords_pass() {
        for good in [
            "uma senha de teste",
            "quatro palavras quaisquer",
            "uma senha boa",
            "correto cavalo bateria",
            "o prado da ana tem 3 cavalos",
            "kX9#mv2Qw",
            "trovão lento azul",
            "9f8c1e07aa53d2b4c6e0",
            "Пароль длинный и редкий",
            "ponte nublada, gato",
        ] {
            assert_eq!(judge(good), None, "{good}");
        }
    }

    #[test]
    fn the_longest_password_is_judged_by_its_beginning() {
        for text in ["a1@4", "ção"] {
            let weak: String = text.repeat(43).chars().take(128).collect();
            assert!(judge(&weak).is_some(), "{weak}");
            assert_eq!(
                judge(&format!("uma senha de teste {weak}").chars().take(128).collect::<String>()),
                None
            );
        }
        let of_marks_like_letters: String = "4@8({[<369!1|0$5+7%2".repeat(7).chars().take(128).collect();
        assert_eq!(judge(&of_marks_like_letters), None);
    }
}
