//! Separates the text that a customer wrote from the mail that their program quotes below it.

/// Lines that stand above a quoted mail.
const DIVIDERS: [&str; 4] =
    ["mensagem original", "original message", "mensaje original", "mensagem original anexa"];

/// The first and the last words of the line above a quote. It may be broken over several lines.
const INTRODUCTIONS: [(&str, &str); 4] =
    [("em ", "escreveu:"), ("on ", "wrote:"), ("el ", "escribió:"), ("le ", "a écrit :")];

/// Maximum lines of such an introduction.
const LONGEST_INTRODUCTION: usize = 4;

/// The names of the first head of a quoted mail in Outlook, and of those that follow.
const FIRST_HEADS: [&str; 3] = ["de:", "from:", "von:"];
const DATE_HEADS: [&str; 6] = ["enviado:", "enviada em:", "enviado em:", "data:", "sent:", "date:"];
const SUBJECT_HEADS: [&str; 2] = ["assunto:", "subject:"];

/// The text that the customer wrote, and the quotation. If the text would be empty, everything is text: some people write
/// into the quotation.
pub fn split(text: &str) -> (String, String) {
    let lines: Vec<&str> = text.lines().collect();
    // A forwarded mail is meant to be read.
    let end = lines.iter().position(|line| is_forwarding(line)).unwrap_or(lines.len());
    let at = (0..end).find(|at| begins_quote(&lines[*at..])).unwrap_or(lines.len());
    let written = lines[..at].join("\n").trim().to_owned();
    if written.is_empty() {
        return (text.trim().to_owned(), String::new());
    }
    (written, lines[at..].join("\n").trim().to_owned())
}

fn begins_quote(lines: &[&str]) -> bool {
    is_divider(lines[0])
        || introduction(lines).is_some_and(|length| !is_answered_inside(&lines[length..]))
        || is_head(lines)
        || (is_rule(lines[0]) && is_head(lines.get(1..).unwrap_or_default()))
        || (is_quoted(lines[0]) && !is_answered_inside(lines))
}

fn is_forwarding(line: &str) -> bool {
    let line = line.to_lowercase();
    line.contains("forwarded message") || line.contains("mensagem encaminhada")
}

/// "-----Mensagem original-----"
fn is_divider(line: &str) -> bool {
    let words = line.trim().trim_matches(['-', '_', ' ', '*']).to_lowercase();
    line.trim().starts_with(['-', '_']) && DIVIDERS.contains(&words.as_str())
}

/// "Em seg., 30 de nov. de 2026 às 12:00, Ana <ana@empresa.example> escreveu:"; the number of its lines.
fn introduction(lines: &[&str]) -> Option<usize> {
    let first = lines[0].trim().trim_start_matches(['>', ' ']).to_lowercase();
    let (_, last_words) = INTRODUCTIONS.iter().find(|(first_words, _)| first.starts_with(first_words))?;
    let mut joined = String::new();
    for (at, line) in lines.iter().take(LONGEST_INTRODUCTION).enumerate() {
        if line.trim().is_empty() {
            return None;
        }
        joined.push_str(&line.to_lowercase());
        // A date tells it from a sentence that happens to end alike.
        if line.trim_end().to_lowercase().ends_with(last_words) {
            return joined.contains(|c: char| c.is_ascii_digit()).then_some(at + 1);
        }
    }
    None
}

/// "De: … Enviado: … Para: … Assunto: …"
fn is_head(lines: &[&str]) -> bool {
    let begins = |line: &&str, names: &[&str]| {
        let line = line.trim().trim_start_matches('*').to_lowercase();
        names.iter().any(|name| line.starts_with(name) || line.starts_with(&name.replace(':', ":*")))
    };
    let Some(first) = lines.first() else { return false };
    let next = &lines[1..lines.len().min(8)];
    begins(first, &FIRST_HEADS)
        && next.iter().any(|line| begins(line, &DATE_HEADS))
        && next.iter().any(|line| begins(line, &SUBJECT_HEADS))
}

fn is_rule(line: &str) -> bool {
    let line = line.trim();
    line.len() >= 10 && line.chars().all(|c| matches!(c, '_' | '-'))
}

fn is_quoted(line: &str) -> bool {
    line.trim_start().starts_with('>')
}

/// Whether quoted lines are followed by lines that are not: the answer stands between or below them.
fn is_answered_inside(lines: &[&str]) -> bool {
    let mut full = lines.iter().filter(|line| !line.trim().is_empty());
    full.next().is_some_and(|line| is_quoted(line)) && full.any(|line| !is_quoted(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quote_of_each_program_is_kept_apart() {
        for quote in [
            "Em seg., 30 de nov. de 2026 às 12:00, Ana <ana@e.example> escreveu:\n> Olá\n> Tudo bem?",
            "Em seg., 30 de nov. de 2026 às 12:00, Ana Maria de Souza\n<ana@e.example> escreveu:\n\n> Olá",
            "On Mon, Nov 30, 2026 at 12:00 PM Ana <ana@e.example> wrote:\n> Olá",
            "Em 30 de nov. de 2026, à(s) 12:00, Ana <ana@e.example> escreveu:\n\nOlá, sem marcas",
            "-----Mensagem original-----\nDe: Ana\nOlá",
            "-----Original Message-----\nFrom: Ana",
            "De: Ana <ana@e.example>\nEnviado: segunda-feira, 30 de novembro de 2026 12:00\nPara: Raul\nAssunto: x\n\nOlá",
            "________________________________\nDe: Ana\nEnviada em: 30/11/2026\nPara: Raul\nAssunto: x\n\nOlá",
            "*From:* Ana\n*Sent:* Monday\n*To:* Raul\n*Subject:* x\n\nHi",
            "> Olá\n> Tudo bem?",
        ] {
            let (text, quoted) = split(&format!("Sim, pode ser.\n\nRaul\n\n{quote}\n"));
            assert_eq!(text, "Sim, pode ser.\n\nRaul", "{quote}");
            assert_eq!(quoted, quote);
        }
    }

    #[test]
    fn an_answer_inside_or_below_the_quote_is_not_lost() {
        for text in [
            "Em 30 de nov. de 2026, Ana escreveu:\n> Pode ser às 9h?\nSim.\n> E o valor?\nCombinado.",
            "> Pode ser às 9h?\n\nSim.",
            "De: Ana\nEnviado: 1\nAssunto: x\nSim, respondo aqui mesmo",
        ] {
            assert_eq!(split(text), (text.to_owned(), String::new()));
        }
    }

    #[test]
    fn usual_sentences_are_no_quote() {
        for text in [
            "Em 30 de novembro vou viajar.\nOk?",
            "De: São Paulo\nPara: Recife",
            "Em relação ao que ela escreveu:\nconcordo",
            "On my way",
            "---------- Forwarded message ---------\nDe: x\nDate: 1\nSubject: y\nolha isto",
            "",
        ] {
            assert_eq!(split(text), (text.to_owned(), String::new()));
        }
    }
}
