use super::*;
use crate::contacts::display;

/// Ways to write +55 11 90000-0142: as people type it, then as phones and spreadsheets copy it.
pub const SPELLINGS: &[&str] = &[
    "(11) 90000-0142",
    "11 90000 0142",
    "11900000142",
    "011 90000-0142",
    "0 15 11 90000-0142",
    "+55 11 90000-0142",
    "55 11 90000-0142",
    "0055 11 90000 0142",
    " 11\u{a0}90000–0142 ",
    "(0xx11) 90000-0142",
    "+55 (011) 90000-0142",
    "(+55) 11 90000-0142",
    "\u{202a}+55 11 90000\u{2011}0142\u{202c}",
    "\u{2068}+5511900000142\u{2069}",
    "\u{200e}(11) 90000-0142",
    "(11)\u{fe0f} 90000-0142",
    "+55\u{a0}11\u{a0}90000\u{202f}0142",
    "\u{feff}11\u{200b}900000142",
    "＋５５ （１１） ９００００－０１４２",
    "٠١١ ٩٠٠٠٠-٠١٤٢",
    "tel:+55-11-90000-0142",
    "TEL:+5511900000142;ext=3",
    "whatsapp:+5511900000142",
    "5511900000142@c.us",
    "=\"11900000142\"",
    "=\"+55 11 90000-0142\"",
    "'+5511900000142",
    "5511900000142,00",
    "5511900000142.0",
    "5,511900000142E+12",
    "5.511900000142e12",
];

fn read(typed: &str) -> String {
    Phone::parse(typed).unwrap_or_else(|error| panic!("{typed:?}: {error}")).as_str().to_owned()
}

#[test]
fn what_people_type_and_programs_copy_is_understood() {
    for typed in SPELLINGS {
        assert_eq!(read(typed), "+5511900000142", "{typed}");
    }
    assert_eq!(read("(55) 3333-4444"), "+555533334444");
    assert_eq!(read("55 5533334444"), "+555533334444");
    assert_eq!(read("55 99999-4444"), "+5555999994444");
}

#[test]
fn a_number_that_a_spreadsheet_rounded_is_refused() {
    for typed in ["5,5119E+12", "5.51E12", "1,19E+10"] {
        assert!(Phone::parse(typed).unwrap_err().contains("Formate a coluna como texto"), "{typed}");
    }
}

#[test]
fn numbers_of_services_are_kept_but_take_no_messages() {
    for (typed, kept, shown) in [
        ("0800 123 0036", "+558001230036", "0800 123 0036"),
        ("0800 12 0036", "+55800120036", "0800 12 0036"),
        ("+55 800 123 0036", "+558001230036", "0800 123 0036"),
        ("0300 313 0038", "+553003130038", "0300 313 0038"),
        ("4004-0037", "+5540040037", "4004-0037"),
        ("3003 0037", "+5530030037", "3003-0037"),
    ] {
        let phone = Phone::parse(typed).unwrap();
        assert_eq!(phone.as_str(), kept);
        assert!(!phone.takes_messages(), "{typed}");
        assert_eq!(display::phone(kept), shown);
        assert_eq!(read(shown), kept, "what is shown can be typed");
    }
    for typed in ["(11) 90000-0142", "(80) 3333-4444", "+351 912 340 039", "(11) 4004-0037"] {
        assert!(Phone::parse(typed).map_or(true, |phone| phone.takes_messages()), "{typed}");
    }
}

/// Compares our parser with Google's library, which phones use, on one number of each kind per country. We
/// accept all of them. In the other direction there are two intended differences. We judge foreign numbers by
/// length alone, because numbering plans change and customers know their numbers. And we require that a
/// Brazilian area code exists.
#[test]
fn the_examples_of_libphonenumber_are_read_as_it_reads_them() {
    use phonenumber::metadata::DATABASE;
    let mut count = 0;
    for country in ["BR", "PT", "US", "AR", "ES", "DE", "GB", "FR", "IT", "JP", "PY", "UY", "MX", "CN"] {
        let country = DATABASE.by_id(country).unwrap();
        let kinds = country.descriptors();
        let kinds = [
            kinds.fixed_line(),
            kinds.mobile(),
            kinds.toll_free(),
            kinds.premium_rate(),
            kinds.shared_cost(),
            kinds.personal_number(),
            kinds.voip(),
            kinds.pager(),
            kinds.uan(),
        ];
        for example in kinds.into_iter().flatten().filter_map(|kind| kind.example()) {
            let whole = format!("+{}{example}", country.country_code());
            let number = phonenumber::parse(None, &whole).unwrap();
            let mut spellings = vec![
                whole.clone(),
                number.format().mode(phonenumber::Mode::International).to_string(),
                number.format().mode(phonenumber::Mode::Rfc3966).to_string(),
                format!("00{}", &whole[1..]),
            ];
            if country.id() == "BR" {
                spellings.push(number.format().mode(phonenumber::Mode::National).to_string());
            }
            for spelling in spellings {
                assert_eq!(read(&spelling), whole, "{spelling}");
            }
            count += 1;
        }
    }
    assert!(count > 60, "{count}");
    let is_valid =
        |text: &str| phonenumber::parse(None, text).is_ok_and(|number| phonenumber::is_valid(&number));
    for laxer in ["+1 555 010-0040", "+351 100 000 000"] {
        assert!(!is_valid(laxer) && Phone::parse(laxer).is_ok(), "{laxer}");
    }
    for both in ["+55 11 80000-0142", "+55 11 190", "+55 10 90000-0142"] {
        assert!(!is_valid(both) && Phone::parse(both).is_err(), "{both}");
    }
}

#[test]
fn other_countries_need_their_code() {
    assert_eq!(read("+351 912 345 678"), "+351912345678");
    assert_eq!(read("00351912345678"), "+351912345678");
    assert!(Phone::parse("+0 11 90000").is_err());
    assert!(Phone::parse("+1234567").is_err());
    assert!(Phone::parse("+1234567890123456").is_err());
}

#[test]
fn what_is_wrong_is_said() {
    for (typed, said) in [
        ("90000-0142", "Inclua o DDD"),
        ("(10) 90000-0142", "DDD não existe"),
        ("abc", "só números"),
        ("(11) 80000-0142", "Confira o número"),
        ("(11) 8000-0142", "9 dígitos"),
        ("11", "Confira"),
        ("190", "Confira"),
        ("11 90000-0142 +", "só números"),
        ("", "Confira"),
        ("(80) 3333-4444", "DDD não existe"),
    ] {
        let error = Phone::parse(typed).unwrap_err();
        assert!(error.contains(said), "{typed}: {error}");
    }
}
