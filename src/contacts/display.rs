//! How a contact's address reads.

/// A Brazilian telephone in E.164 as people write it, `(11) 90000-0142`; other numbers as they are.
pub fn phone(e164: &str) -> String {
    let is_digits = |rest: &&str| rest.bytes().all(|byte| byte.is_ascii_digit());
    let Some(national) = e164.strip_prefix("+55").filter(is_digits) else { return e164.to_owned() };
    if !matches!(national.len(), 10 | 11) {
        return e164.to_owned();
    }
    let (area, number) = national.split_at(2);
    let (start, end) = number.split_at(number.len() - 4);
    format!("({area}) {start}-{end}")
}

/// As `phone`, for the first of the parts that a dot separates.
pub fn phones(line: &str) -> String {
    match line.split_once(" · ") {
        Some((first, rest)) => format!("{} · {rest}", phone(first)),
        None => phone(line),
    }
}

/// The line below a contact's name: telephone, else e-mail address, else the channel.
pub fn line(phone_number: &str, email: &str, channel: &str) -> String {
    match (phone_number, email) {
        ("", "") => channel.to_owned(),
        ("", email) => email.to_owned(),
        (number, _) => phone(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn telephones_read_as_in_brazil() {
        assert_eq!(phone("+5511900000142"), "(11) 90000-0142");
        assert_eq!(phone("+551133334444"), "(11) 3333-4444");
        assert_eq!(phone("+351912345678"), "+351912345678");
        assert_eq!(line("", "", "Chat do site"), "Chat do site");
    }
}
