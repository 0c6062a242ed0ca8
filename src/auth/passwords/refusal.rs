//! Why a password may not be chosen, and what its owner reads.

use zxcvbn::feedback::Warning;

/// Why a password may not be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    Length,
    /// Little is left of it without the names of the owner, the company and the product, and the address.
    Own,
    /// Among those that are tried first, or one of them with digits or marks around it.
    Common,
    /// Put together of what guessers put together.
    Weak(Weakness),
}

/// What makes a password weak most of all.
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
    /// What the form says.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Length => "Use de 8 a 128 caracteres.",
            Self::Own => {
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

    /// What the operator reads.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Length => "the password must have 8 to 128 characters",
            Self::Own => "the password is made of the names or the address of its owner, company or product",
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
