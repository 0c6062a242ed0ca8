use super::*;

fn lines(content: &[u8]) -> Result<Vec<Line>, &'static str> {
    let mut all = Vec::new();
    read(content, ChannelKind::WebChat, |portion| {
        all.extend_from_slice(portion);
        Ok::<_, &'static str>(())
    })?;
    Ok(all)
}

#[test]
fn a_file_is_read_in_whatever_way_it_was_saved() {
    let expected = ["José Araújo", "+5511900000142", "jose@casa.example", "Família Araújo"];
    let text =
        "Nome;Telefone;E-mail;Pessoa\r\nJosé Araújo;(11) 90000-0142;Jose@casa.example;Família Araújo\r\n";
    let utf_16 = [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let (windows, ..) = WINDOWS_1252.encode(text);
    for content in [
        text.as_bytes().to_vec(),
        format!("\u{feff}{text}").into_bytes(),
        windows.into_owned(),
        utf_16,
        text.replace(';', ",").into_bytes(),
        text.replace(';', "\t").into_bytes(),
    ] {
        let found = lines(&content).unwrap();
        let [line] = &found[..] else { panic!("{found:?}") };
        assert_eq!([&line.name, &line.phone, &line.email, &line.person], expected);
        assert_eq!((line.number, &line.problem, line.repeats), (2, &None, None));
    }
}

#[test]
fn what_is_wrong_is_told_by_line_and_keeps_what_was_typed() {
    let text = "nome,telefone,email\nAna,123,ana\n\n,(11) 90000-0142,\nBia,11 90000-0142,\nCaio,,\n";
    let found = lines(text.as_bytes()).unwrap();
    assert_eq!(found.iter().map(|line| line.number).collect::<Vec<_>>(), [2, 4, 5, 6]);
    assert_eq!((found[0].phone.as_str(), found[0].email.as_str()), ("123", "ana"));
    let problem = found[0].problem.as_deref().unwrap();
    assert!(problem.contains("Confira o número") && problem.contains("Confira o e-mail"), "{problem}");
    assert_eq!(found[1].problem.as_deref(), Some("Informe o nome."));
    assert_eq!((found[2].repeats, found[3].problem.as_ref()), (None, None));
}

#[test]
fn a_line_with_more_fields_than_the_head_says_so_instead_of_losing_one() {
    let found = lines(b"nome;telefone\nAna;11900000142;sobra\nBia;;;\n").unwrap();
    let problem = found[0].problem.as_deref().unwrap();
    assert_eq!(problem, "Há mais campos nesta linha do que no cabeçalho.");
    assert_eq!(found[1].problem, None);
}

#[test]
fn a_line_that_repeats_another_names_it() {
    let text = "nome;telefone;email\nAna;11900000142;a@b.example\nBia;(11) 90000-0142;\nCaio;;A@B.example\n";
    let repeats: Vec<_> = lines(text.as_bytes()).unwrap().into_iter().map(|line| line.repeats).collect();
    assert_eq!(repeats, [None, Some(2), Some(2)]);
}

#[test]
fn what_is_no_list_of_contacts_is_refused() {
    assert!(lines(b"PK\x03\x04...").unwrap_err().contains("planilha"));
    assert!(lines(b"").unwrap_err().contains("nenhum contato"));
    assert!(lines(b"nome;telefone\n").unwrap_err().contains("nenhum contato"));
    assert!(lines(b"a;b\n1;2\n").unwrap_err().contains("nome"));
    assert!(lines(b"nome;nome\n1;2\n").unwrap_err().contains("duas colunas"));
    let long = format!("nome\n{}", "Ana\n".repeat(MOST_LINES + 1));
    assert!(lines(long.as_bytes()).unwrap_err().contains("100.000"));
}

#[test]
fn our_own_files_of_errors_can_be_sent_again() {
    let found = lines("linha;nome;telefone\n2;'=Ana;'+55 11 90000-0142\n".as_bytes()).unwrap();
    assert_eq!((found[0].name.as_str(), found[0].phone.as_str()), ("=Ana", "+5511900000142"));
}

#[test]
fn lines_that_a_lone_quote_swallowed_make_no_contact() {
    let found = lines("nome;telefone\n\"Ruim;11\nPedro;(11) 98888-7777\n".as_bytes()).unwrap();
    let problems: Vec<_> = found.iter().filter_map(|line| line.problem.as_deref()).collect();
    assert!(matches!(problems[..], [problem] if problem.contains("aspas")), "{problems:?}");
}

#[test]
fn a_quote_that_never_ends_is_one_bad_line() {
    let text = format!("nome\n\"Ana\n{}", "Bia\n".repeat(500));
    let found = lines(text.as_bytes()).unwrap();
    assert_eq!(found.len(), 1);
    assert!(found[0].problem.is_some() && found[0].name.chars().count() <= LONGEST_CELL);
}
