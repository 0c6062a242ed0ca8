//! Telephones as people read them.

/// `(11) 90000-0142` for a Brazilian number in E.164; others as they are.
pub fn display_phone(phone: &str) -> String {
    let Some(national) = phone.strip_prefix("+55").filter(|rest| rest.bytes().all(|b| b.is_ascii_digit()))
    else {
        return phone.to_owned();
    };
    match national.len() {
        10 | 11 => {
            let (area, number) = national.split_at(2);
            let (start, end) = number.split_at(number.len() - 4);
            format!("({area}) {start}-{end}")
        }
        _ => phone.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brazilian_numbers_read_as_in_brazil() {
        assert_eq!(display_phone("+5511900000142"), "(11) 90000-0142");
        assert_eq!(display_phone("+551133334444"), "(11) 3333-4444");
        assert_eq!(display_phone("+351910000000"), "+351910000000");
        assert_eq!(display_phone(""), "");
    }
}
