//! The variables of a message, such as `{{nome}}`. Each stands for a value that is known only when the message is sent.
//!
//! The set is closed. Spaces inside the braces and capital letters make no difference: `{{ Nome }}` is `{{nome}}`. Every
//! `{{` must begin a variable, so that a mistyped one is refused when the schedule is saved, and never sent as it stands.
//! The SQL functions `message_variables` and `fill_variables` fill them: in the form's preview, and in
//! `dispatcher/decide.sql` when the schedule is due.

use crate::contacts::form::NAME_LIMIT;
use crate::settings::COMPANY_NAME_LIMIT;
use crate::text_enum;
use crate::users;

text_enum! {
    pub enum Variable {
        Name = "nome",
        /// The name up to its first space.
        FirstName = "primeiro_nome",
        Company = "empresa",
        /// The attendant of the ticket; the department, if it waits in the queue.
        Attendant = "atendente",
        /// Date and time of sending, in the company's time zone.
        Date = "data",
        Time = "hora",
        Protocol = "protocolo",
    }
}

impl Variable {
    /// `{{nome}}`.
    pub fn tag(self) -> String {
        format!("{{{{{}}}}}", self.as_str())
    }

    /// What it stands for, as the form explains it.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Name => "nome do contato",
            Self::FirstName => "primeiro nome do contato",
            Self::Company => "nome da empresa",
            Self::Attendant => "atendente, ou o departamento se não houver um",
            Self::Date => "data do envio",
            Self::Time => "hora do envio",
            Self::Protocol => "número do chamado",
        }
    }

    /// Maximum characters of its value.
    fn longest(self) -> usize {
        match self {
            Self::Name | Self::FirstName => NAME_LIMIT,
            Self::Company => COMPANY_NAME_LIMIT,
            // A department's name is shorter.
            Self::Attendant => users::Name::LIMIT,
            Self::Date => "31/12/9998".len(),
            Self::Time => "23:59".len(),
            Self::Protocol => i64::MAX.ilog10() as usize + 1,
        }
    }

    /// The variable that somebody probably meant by `written`.
    fn meant(written: &str) -> Option<Self> {
        let plain: String = written.chars().filter(|letter| letter.is_alphanumeric()).collect();
        let plain = plain.to_lowercase();
        let distance = |variable: &Self| distance(&plain, &variable.as_str().replace('_', ""));
        let nearest = Self::ALL.iter().copied().min_by_key(distance)?;
        (distance(&nearest) <= 2).then_some(nearest)
    }
}

/// A `{{` that begins no variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The text from `{{` on.
    written: String,
    /// The line of the message, from 1.
    line: usize,
    is_closed: bool,
    meant: Option<Variable>,
}

/// Maximum characters of a mistake that are repeated in its sentence.
const SHOWN: usize = 40;

/// Maximum mistakes that one answer names.
const NAMED: usize = 3;

/// The variables of a message, in their order, with their lengths in bytes as written.
///
/// # Errors
/// All mistakes.
pub fn parse(message: &str) -> Result<Vec<(Variable, usize)>, Vec<Mistake>> {
    let (mut found, mut mistakes) = (Vec::new(), Vec::new());
    let mut at = 0;
    while let Some(start) = message[at..].find("{{").map(|index| at + index) {
        let rest = &message[start + 2..];
        let inner = rest.find("}}").map(|end| &rest[..end]);
        let inner = inner.filter(|inner| !inner.contains("{{") && !inner.contains('\n'));
        let variable = inner.and_then(|inner| inner.trim_matches(' ').to_ascii_lowercase().parse().ok());
        let end = start + 2 + inner.map_or(0, |inner| inner.len() + 2);
        match variable {
            Some(variable) => found.push((variable, end - start)),
            None => mistakes.push(Mistake {
                written: shown(inner.map_or(&message[start..], |_| &message[start..end])),
                line: message[..start].matches('\n').count() + 1,
                is_closed: inner.is_some(),
                meant: Variable::meant(inner.unwrap_or_else(|| first_word(rest))),
            }),
        }
        at = end;
    }
    if mistakes.is_empty() { Ok(found) } else { Err(mistakes) }
}

/// Maximum characters of the message once its variables are filled.
pub fn longest_filled(message: &str, variables: &[(Variable, usize)]) -> usize {
    let written: usize = variables.iter().map(|(_, bytes)| bytes).sum();
    let filled: usize = variables.iter().map(|(variable, _)| variable.longest()).sum();
    // Variables are written in ASCII: as many characters as bytes.
    message.chars().count() - written + filled
}

/// What the form says about the mistakes of a message.
pub fn in_words(message: &str, mistakes: &[Mistake]) -> String {
    let has_lines = message.contains('\n');
    let mut sentences: Vec<String> =
        mistakes.iter().take(NAMED).map(|mistake| mistake.sentence(has_lines)).collect();
    match mistakes.len().saturating_sub(NAMED) {
        0 => {}
        1 => sentences.push("Há mais uma assim.".into()),
        more => sentences.push(format!("Há mais {more} assim.")),
    }
    let all: Vec<String> = Variable::ALL.iter().map(|variable| variable.tag()).collect();
    format!("{} Variáveis: {}.", sentences.join(" "), all.join(", "))
}

impl Mistake {
    fn sentence(&self, has_lines: bool) -> String {
        let line = if has_lines { format!(", na linha {},", self.line) } else { String::new() };
        let what = match self.is_closed {
            true => format!("“{}”{line} não existe.", self.written),
            false => format!("“{}”{line} não foi fechado com “}}}}”.", self.written),
        };
        match self.meant {
            Some(variable) => format!("{what} Você quis dizer {}?", variable.tag()),
            None => what,
        }
    }
}

/// The beginning of a mistake's line.
fn shown(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

fn first_word(text: &str) -> &str {
    let text = text.trim_start_matches(' ');
    let end = text.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(text.len());
    &text[..end]
}

/// How many letters must be added, removed or replaced to make one text the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, letter) in one.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], index + 1);
        for (column, known) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *known);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(message: &str) -> Vec<Variable> {
        parse(message).unwrap().into_iter().map(|(variable, _)| variable).collect()
    }

    fn refusal(message: &str) -> String {
        in_words(message, &parse(message).unwrap_err())
    }

    #[test]
    fn every_variable_is_read_by_its_name() {
        let all: String = Variable::ALL.iter().map(|variable| variable.tag()).collect();
        assert_eq!(found(&all), Variable::ALL);
        assert_eq!(found("{{ Nome }}{{PROTOCOLO}}"), [Variable::Name, Variable::Protocol]);
    }

    #[test]
    fn text_without_two_opening_braces_has_none() {
        for message in ["", "Olá", "{nome}", "a } b }} c { d", "ção {"] {
            assert_eq!(found(message), []);
        }
    }

    #[test]
    fn an_unknown_variable_is_named_with_what_was_probably_meant() {
        for (message, sentence) in [
            ("Olá, {{nomee}}!", "“{{nomee}}” não existe. Você quis dizer {{nome}}? Variáveis: {{nome}}, "),
            ("{{primeiro nome}}", "“{{primeiro nome}}” não existe. Você quis dizer {{primeiro_nome}}?"),
            ("{{{nome}}}", "“{{{nome}}” não existe. Você quis dizer {{nome}}?"),
            ("{{cpf do titular}}", "“{{cpf do titular}}” não existe. Variáveis: "),
            ("{{}}", "“{{}}” não existe. Variáveis: "),
            ("Oi\nOi {{datta}}", "“{{datta}}”, na linha 2, não existe. Você quis dizer {{data}}?"),
            ("Oi {{nome", "“{{nome” não foi fechado com “}}”. Você quis dizer {{nome}}?"),
            ("{{hora\n}}", "“{{hora”, na linha 1, não foi fechado com “}}”. Você quis dizer {{hora}}?"),
            ("{{nome {{data}}", "“{{nome {{data}}” não foi fechado com “}}”. Você quis dizer {{nome}}?"),
        ] {
            let said = refusal(message);
            assert!(said.starts_with(sentence), "{message}: {said}");
        }
    }

    #[test]
    fn a_long_answer_names_only_the_first_mistakes() {
        let said = refusal(&"{{x}}".repeat(5));
        assert_eq!(said.matches("“{{x}}” não existe.").count(), 3);
        assert!(said.contains("Há mais 2 assim."), "{said}");
        assert!(refusal(&format!("{{{{{}", "á".repeat(99))).contains(&format!("{}…", "á".repeat(38))));
    }

    #[test]
    fn the_length_counts_the_longest_values() {
        let longest = |message: &str| longest_filled(message, &parse(message).unwrap());
        assert_eq!(longest("Olá"), 3);
        assert_eq!(longest("Olá, {{ nome }}!"), 5 + NAME_LIMIT + 1);
        assert_eq!(longest("{{data}} {{hora}} {{protocolo}}"), 10 + 1 + 5 + 1 + 19);
    }
}
