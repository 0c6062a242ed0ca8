//! Why a password is refused, and the messages about it.

use zxcvbn::feedback::Warning;

/// Why a password is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    Length,
    /// It is mostly made of the names of the owner, the company or the product, or of the e-mail address.
    OwnWords,
    /// It is a common password or a single word, maybe with digits or marks around it.
    Common,
    /// zxcvbn finds it easy to guess.
    Weak(Weakness),
}

/// The main reason why a password is weak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weakness {
    Keys,
    Repeats,
    Sequence,
    Date,
    Word,
    Other,
}

impl Refusal {
    /// The message in the form.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Length => "Use de 8 a 128 caracteres.",
            Self::OwnWords => {
                "A senha lembra o seu nome, o seu e-mail ou o nome da empresa. \
                 Escolha outra, sem relação com eles."
            }
            Self::Common => {
                "Esta senha é muito comum. Escolha outra, como três ou mais palavras que não combinam."
            }
            Self::Weak(Weakness::Keys) => {
                "Teclas vizinhas são fáceis de adivinhar. Use três ou mais palavras que não combinam."
            }
            Self::Weak(Weakness::Repeats) => {
                "Repetições são fáceis de adivinhar. Use três ou mais palavras que não combinam."
            }
            Self::Weak(Weakness::Sequence) => {
                "Sequências como “abcd” ou “6543” são fáceis de adivinhar. Use três ou mais palavras que não combinam."
            }
            Self::Weak(Weakness::Date) => {
                "Datas e anos são fáceis de adivinhar. Use três ou mais palavras que não combinam."
            }
            Self::Weak(Weakness::Word) => {
                "Uma palavra ou um nome é fácil de adivinhar, mesmo com números. \
                 Use três ou mais palavras que não combinam."
            }
            Self::Weak(Weakness::Other) => {
                "Esta senha é fácil de adivinhar. Acrescente uma ou duas palavras que não combinam."
            }
        }
    }

    /// The message for the operator.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Length => "the password must have 8 to 128 characters",
            Self::OwnWords => {
                "the password is made of the names or the address of its owner, company or product"
            }
            Self::Common => "the password is one that guessers try first",
            Self::Weak(_) => "the password is easy to guess: three or more unrelated words are better",
        }
    }
}

impl From<Option<Warning>> for Weakness {
    fn from(warning: Option<Warning>) -> Self {
        use Warning::*;
        let Some(warning) = warning else { return Self::Other };
        match warning {
            StraightRowsOfKeysAreEasyToGuess | ShortKeyboardPatternsAreEasyToGuess => Self::Keys,
            RepeatsLikeAaaAreEasyToGuess | RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess => Self::Repeats,
            SequencesLikeAbcAreEasyToGuess => Self::Sequence,
            RecentYearsAreEasyToGuess | DatesAreOftenEasyToGuess => Self::Date,
            ThisIsATop10Password
            | ThisIsATop100Password
            | ThisIsACommonPassword
            | ThisIsSimilarToACommonlyUsedPassword
            | AWordByItselfIsEasyToGuess
            | NamesAndSurnamesByThemselvesAreEasyToGuess
            | CommonNamesAndSurnamesAreEasyToGuess => Self::Word,
        }
    }
}
