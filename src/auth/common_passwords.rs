//! Passwords that guessers try first, here and elsewhere. Only those of at least eight characters: the
//! shorter ones are refused anyway.

/// Each in lower case, without the digits at its end, which guessers add in every way.
#[rustfmt::skip] // as many in a line as fit
const STEMS: &[&str] = &[
    "abacaxis", "abcdefgh", "acesso", "admin", "administrador", "adminadmin", "amor", "amoreterno",
    "asdf", "asdfasdf", "asdfgh", "asdfghjk", "asdfghjkl", "atendente", "atendimento", "atletico",
    "bahia", "baseball", "bemvindo", "botafogo", "brasil", "brasilia", "cachorro", "changeme",
    "computador", "corinthians", "corintiano", "coracao", "cruzeiro", "deusefiel", "deusfiel",
    "deusteama", "dragon", "empresa", "estrela", "familia", "felicidade", "flamengo", "flamenguista",
    "fluminense", "football", "futebol", "gabriel", "gremio", "iloveyou", "internacional", "internet",
    "jesus", "jesuscristo", "jesusteama", "letmein", "liberdade", "mestre", "minhasenha", "mudar",
    "mudarsenha", "mudeasenha", "novasenha", "obrigado", "palmeiras", "parangaricutirimirruaro", "pass",
    "passw0rd", "password", "pontual", "portugal", "princesa", "princess", "qazwsx", "qazwsxedc",
    "qwer", "qwert", "qwerty", "qwertyui", "qwertyuiop", "salmo", "santos", "saopaulo", "saudade",
    "segredo", "senha", "senhasenha", "sucesso", "sunshine", "superman", "suporte", "teamo",
    "teamodemais", "temporaria", "teste", "testeteste", "trabalho", "trocar", "trustno", "usuario",
    "vasco", "vascodagama", "vitoria", "welcome", "zxcvbnm",
];

/// Digits, and what keyboards and habits make of them.
#[rustfmt::skip] // as many in a line as fit
const WHOLE: &[&str] = &[
    "01234567", "0123456789", "09876543", "0987654321", "102030405060", "10203040", "11223344",
    "1122334455", "12121212", "12123434", "123123123", "12312312", "123321123", "12341234", "1234567a",
    "123456ab", "123456abc", "12344321", "12345678", "123456789", "1234567890", "123456789a",
    "123456789q", "123456789z", "12345678a", "12345678910", "12345abc", "1234abcd", "123abc123",
    "123mudar", "123qweasd", "13131313", "147258369", "14725836", "1q2w3e4r", "1q2w3e4r5t", "1qaz2wsx",
    "1qaz2wsx3edc", "20202020", "21212121", "23456789", "31415926", "36925814", "741852963", "74185296",
    "789456123", "78945612", "87654321", "963852741", "98765432", "987654321", "9876543210", "a1b2c3d4",
    "a1s2d3f4", "aa123456", "abc12345", "abc123456", "abcd1234", "asd12345", "asdf1234", "p@ssw0rd",
    "p@ssword", "pa$$word", "q1w2e3r4", "q1w2e3r4t5", "qwe12345", "qwer1234", "qwerty12", "senh@123",
    "senha@123", "admin@123", "mudar@123", "brasil@123", "teste@123", "zaq12wsx", "zaq1zaq1",
    "zxcv1234",
];

/// Whether the list holds `password`, in capitals or small letters.
pub fn holds(password: &str) -> bool {
    let password = password.to_lowercase();
    let stem = password.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '!' | '@' | '.' | '*'));
    let mut characters = password.chars();
    let first = characters.next();
    WHOLE.contains(&password.as_str())
        || STEMS.contains(&stem)
        || characters.all(|character| Some(character) == first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_everybody_tries_first_is_held() {
        for common in
            ["12345678", "Senha123", "flamengo2026!", "PASSWORD1", "aaaaaaaa", "mudar@123", "qwerty123"]
        {
            assert!(holds(common), "{common}");
        }
        for rare in ["correto cavalo", "uma senha de teste", "demonstracao", "flamengo de 1981"] {
            assert!(!holds(rare), "{rare}");
        }
    }
}
