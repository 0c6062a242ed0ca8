use super::*;
use crate::contacts::import::column_titles;
use crate::contacts::import::table::{ReadSettings, Table};

fn read(content: &[u8], kind: ChannelKind) -> Vec<Line> {
    let table = Table::open(content, &ReadSettings::default()).unwrap();
    let mut rows = Vec::new();
    table
        .rows(|row| {
            rows.push(row);
            Ok(())
        })
        .unwrap();
    let width = rows.iter().map(|row| row.cells.len()).max().unwrap_or(0);
    let column =
        |place: usize| rows.iter().filter_map(|row: &Row| row.cells.get(place).cloned()).take(20).collect();
    let examples: Vec<Vec<String>> = (0..width).map(column).collect();
    let parser = LineParser::new(column_titles::guess_targets(&table.titles, &examples), kind, directory());
    let mut parser = parser.with_labels(column_titles::label_columns(&table.titles));
    rows.into_iter().map(|row| parser.parse(row)).collect()
}

fn directory() -> DepartmentDirectory {
    let attendant = |id, name: &str, email: &str| Attendant {
        department: DepartmentId(1),
        id: UserId(id),
        name: name.into(),
        email: email.into(),
    };
    let attendants = vec![
        attendant(1, "Bruno Sá", "bruno@empresa.example"),
        attendant(2, "Ana", "ana1@empresa.example"),
        attendant(3, "Ana", "ana2@empresa.example"),
    ];
    DepartmentDirectory::new(
        vec![(DepartmentId(1), "Suporte Técnico".into()), (DepartmentId(2), "Vendas".into())],
        attendants,
    )
}

/// Each line as text: `line|name|phone|email|remark|problem`.
fn as_text(lines: &[Line]) -> Vec<String> {
    let problem = |line: &Line| line.problem.clone().unwrap_or_default();
    let tell = |line: &Line| {
        let Line { number, name, phone, email, remark, .. } = line;
        format!("{number}|{name}|{phone}|{email}|{remark}|{}", problem(line))
    };
    lines.iter().map(tell).collect()
}

macro_rules! input {
    ($name:literal) => {
        read(
            include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/contacts/inputs/", $name)),
            ChannelKind::WebChat,
        )
    };
}

#[test]
fn exports_of_other_programs_are_read() {
    let aside = "Fica de fora: (11) 3333-00";
    for (lines, expected) in [
        (
            input!("chatwoot.csv"),
            vec![
                "2|Tereza Quintela|+5511900010001|tereza.quintela@cliente.example||".to_owned(),
                "3|Otto Bessa|+5511900010002|otto.bessa@cliente.example||".into(),
            ],
        ),
        (
            input!("google-2024.csv"),
            vec![format!("2|Ivana de Souto|+5511900010013|ivana@cliente.example|{aside}14, (11) 3333-0015|")],
        ),
        (
            input!("google-old.csv"),
            vec![
                "2|Ivana de Souto|+5511900010013|ivana@cliente.example|Fica de fora: ivana@casa.example|"
                    .into(),
            ],
        ),
        (
            input!("outlook-en.csv"),
            vec![format!("2|Mirela Tavora|+5511900010018|mirela@cliente.example|{aside}18|")],
        ),
        (
            input!("outlook-pt.csv"),
            vec![format!("2|Nilo Barros|+5511900010019|nilo@cliente.example|{aside}19|")],
        ),
        (
            input!("outlook-es.csv"),
            vec![format!("2|Nilo Barros Peña|+5511900010019|nilo@cliente.example|{aside}19|")],
        ),
        (
            input!("whaticket.csv"),
            vec![
                "2|Ana Tulha|+5511900010301|||".into(),
                "3|Bento Rios|+5511900010302|bento@cliente.example||".into(),
            ],
        ),
        (input!("hubspot.csv"), vec!["2|Dora Lins|+5511900010401|dora@cliente.example||".into()]),
        (input!("digisac.csv"), vec!["2|Elza Paz|+5511900010501|||".into()]),
    ] {
        assert_eq!(as_text(&lines), expected);
    }
}

#[test]
fn cards_of_telephones_are_read() {
    assert_eq!(as_text(&input!("contacts.vcf")), ["1|Ana Silva|+5511900010099|||"]);
    assert_eq!(
        as_text(&input!("android-2.1.vcf")),
        [
            "1|Conceição Araújo|+5511900010201|conceicao@cliente.example|Fica de fora: (11) 3333-0201|",
            "13|Pizzaria|+5511900010202|||",
        ]
    );
    assert_eq!(
        as_text(&input!("iphone-3.0.vcf")),
        ["1|Mirela de Távora|+5511900010203|mirela@cliente.example|Fica de fora: (11) 3333-0203|"]
    );
    assert_eq!(
        as_text(&input!("web-4.0.vcf")),
        ["1|Otto Bessa|+5511900010204|otto@cliente.example|Fica de fora: otto.bessa@casa.example|"]
    );
}

#[test]
fn files_that_people_made_by_hand_are_read() {
    for (lines, expected) in [
        (input!("sep.csv"), vec!["3|Rui Seixas|+5511900010023|rui@cliente.example||"]),
        (input!("title-row.csv"), vec!["4|Ana Tulha|+5511900020102|||"]),
        (input!("only-emails.csv"), vec!["2|||marta@cliente.example||", "3|||neto@cliente.example||"]),
        (
            input!("lone-cr-among-lf.csv"),
            vec!["2|Ana|+5511900020005|||", "3|Bia|+5511900020006|||", "4|Caio|+5511900020007|||"],
        ),
        (input!("unknown-heads.csv"), vec!["2|Jana Reis|+5511900010045|jana@cliente.example||"]),
        (
            input!("two-phones.csv"),
            vec![
                "2|Kaio Reis|+5511900010046|kaio@cliente.example|Fica de fora: (11) 3333-0046|",
                "3|Lara Reis|+5511900010047|lara@cliente.example||",
            ],
        ),
        (
            input!("more-cells-than-head.csv"),
            vec!["2|Felipa Lopes|+5511900010041|||", "3|Gil Lopes|+5511900010042|||"],
        ),
        (input!("excel-text-marker.csv"), vec!["2|Bia Marca|+5511900020115|||"]),
        (
            input!("invisible-marks.csv"),
            vec![
                "2|Sara iOS|+5511900010024|||",
                "3|Tito Signal|+5511900010025|||",
                "4|Ulla Web|+5511900010026|||",
                "5|Vera Pdf|+5511900010027|||",
            ],
        ),
    ] {
        assert_eq!(as_text(&lines), expected);
    }
    let lines_0800 = as_text(&input!("0800.csv"));
    assert_eq!(lines_0800[0], "2|SAC Um|+558001230036||Este número não recebe mensagens.|");
    assert_eq!(lines_0800[1], "3|SAC Dois|+5540040037||Este número não recebe mensagens.|");
    assert_eq!(lines_0800[2], "4|SAC Tres|+553003130038||Este número não recebe mensagens.|");
    assert!(lines_0800[3].contains("|190|") && lines_0800[3].contains("Confira o número"));
    assert_eq!(lines_0800[4..], ["6|Estrangeira|+351912340039|||", "7|EUA|+15550100040|||"]);
    let rounded = as_text(&input!("scientific.csv"));
    assert!(rounded[0].contains("Formate a coluna como texto"), "{rounded:?}");
    assert_eq!(rounded[1], "3|Xico Excel|+5511900010028|||");
    assert_eq!(rounded[2..], ["4|Yara Excel|+5511900010029|||", "5|Zeca Excel|+5511900010030|||"]);
}

#[test]
fn every_encoding_gives_the_same_contact() {
    for (lines, digit) in [
        (input!("macroman.csv"), 4),
        (input!("utf16le-nobom.csv"), 6),
        (input!("cp850.csv"), 7),
        (input!("utf8-with-one-bad-byte.csv"), 8),
    ] {
        let expected =
            format!("2|Conceição Muñoz Araújo|+552190001000{digit}|conceicao{digit}@cliente.example||");
        assert_eq!(
            (as_text(&lines)[0].as_str(), lines[0].person.as_str()),
            (expected.as_str(), "Família Assunção")
        );
    }
    assert_eq!(input!("utf8-with-one-bad-byte.csv")[1].name, "José Misto");
}

#[test]
fn a_wrong_line_names_its_problem_and_keeps_what_was_typed() {
    let text = "nome,telefone,email\nAna,123,ana\n\n,(11) 90000-0142,\nBia,11 90000-0142,\nCaio,,\n,,x@\n";
    let found = read(text.as_bytes(), ChannelKind::WebChat);
    assert_eq!(found.iter().map(|line| line.number).collect::<Vec<_>>(), [2, 4, 5, 6, 7]);
    assert_eq!((found[0].phone.as_str(), found[0].email.as_str()), ("123", "ana"));
    let problem = found[0].problem.as_deref().unwrap();
    assert!(problem.contains("Confira o número") && problem.contains("e-mail completo"), "{problem}");
    assert_eq!((found[1].name.as_str(), &found[1].problem), ("", &None));
    assert_eq!((found[2].repeats, &found[3].problem), (Some(4), &None));
    assert!(found[4].problem.is_some());
}

#[test]
fn a_line_needs_the_address_of_its_channel() {
    let text = "nome,telefone,email\nAna,(11) 90000-0142,\nBia,,b@x.example\nSAC,0800 123 4567,\n";
    let problems = |kind| -> Vec<bool> {
        read(text.as_bytes(), kind).iter().map(|line| line.problem.is_some()).collect()
    };
    assert_eq!(problems(ChannelKind::WebChat), [false, false, false]);
    assert_eq!(problems(ChannelKind::Whatsapp), [false, true, true]);
    assert_eq!(problems(ChannelKind::Email), [true, false, true]);
}

#[test]
fn a_line_that_repeats_another_names_it() {
    let text = "nome;telefone;email\nAna;11900000142;a@b.example\nBia;(11) 90000-0142;\nCaio;;A@B.example\n";
    let repeats: Vec<_> =
        read(text.as_bytes(), ChannelKind::WebChat).into_iter().map(|line| line.repeats).collect();
    assert_eq!(repeats, [None, Some(2), Some(2)]);
    let text = "nome;telefone;código do contato\nAna;11900000142;x1\nBia;11900000142;x2\nBia;;x2\n";
    let repeats: Vec<_> =
        read(text.as_bytes(), ChannelKind::WebChat).into_iter().map(|line| line.repeats).collect();
    assert_eq!(repeats, [None, None, Some(3)]);
}

#[test]
fn departments_and_attendants_are_found_by_name() {
    let text = "nome;departamento padrão;atendente padrão\nA;suporte tecnico;BRUNO@empresa.example\nB;SUPORTE TÉCNICO;bruno sa\n\
                C;Vendas;Bruno Sá\nD;Suporte Técnico;Ana\nE;Nenhum;\nF;;Bruno Sá\n";
    let found = read(text.as_bytes(), ChannelKind::WebChat);
    assert!(
        found[..2]
            .iter()
            .all(|line| (line.department_id, line.attendant_id) == (Some(DepartmentId(1)), Some(UserId(1))))
    );
    let problems: Vec<&str> = found[2..].iter().filter_map(|line| line.problem.as_deref()).collect();
    assert_eq!(problems.len(), 4, "{problems:?}");
    assert!(problems[1].contains("mais de um atendente") && problems[2].contains("departamento ativo"));
}

#[test]
fn several_addresses_in_one_cell_are_separated() {
    let text = "nome|telefone|email\nAna|(11) 3333-0001 / (11) 90000-0142; 12|Ana <a@b.example>, mailto:c@d.example\n";
    let found = as_text(&read(text.as_bytes(), ChannelKind::WebChat));
    assert_eq!(found, ["2|Ana|+5511900000142|a@b.example|Fica de fora: (11) 3333-0001, 12, c@d.example|"]);
}

#[test]
fn a_quote_that_never_ends_is_one_bad_line() {
    let text = format!("nome\n\"Ana\n{}", "Bia\n".repeat(500));
    let found = read(text.as_bytes(), ChannelKind::WebChat);
    assert_eq!(found.len(), 1);
    assert!(found[0].problem.is_some() && found[0].name.chars().count() <= MAX_SHOWN_CHARS);
}

#[test]
fn of_several_numbers_the_mobile_is_chosen_by_label_or_form() {
    for header in [
        "Nome,Telefone 1 - Rótulo,Telefone 1 - Valor,Telefone 2 - Rótulo,Telefone 2 - Valor",
        "Name,Phone 1 - Label,Phone 1 - Value,Phone 2 - Label,Phone 2 - Value",
        "Name,Phone 1 - Type,Phone 1 - Value,Phone 2 - Type,Phone 2 - Value",
    ] {
        let text = format!(
            "{header}\nAna,Work,(11) 90000-0001,Mobile,+351 912 340 039\n\
             Bia,Residencial,(11) 3333-0001,* Celular,(11) 90000-0002\n\
             Caio,,(11) 3333-0001,,(11) 90000-0003\nDora,,(11) 3333-0001,,(11) 3333-0002\n"
        );
        let left_out = "Fica de fora: (11) 3333-0001";
        assert_eq!(
            as_text(&read(text.as_bytes(), ChannelKind::WebChat)),
            [
                "2|Ana|+351912340039||Fica de fora: (11) 90000-0001|".to_owned(),
                format!("3|Bia|+5511900000002||{left_out}|"),
                format!("4|Caio|+5511900000003||{left_out}|"),
                "5|Dora|+551133330001||Fica de fora: (11) 3333-0002|".into(),
            ],
            "{header}"
        );
    }
}

#[test]
fn a_number_among_words_is_imported_and_the_words_are_a_remark() {
    let text = "nome;telefone\nAna;(11) 3333-1052 ramal 12\nBia;(11) 90000-2007 e (11) 90000-2008\n\
                Caio;90000-2009 (recado)\nDora;Maria (11) 90000-2010 / (11) 90000-2011\n";
    let found = as_text(&read(text.as_bytes(), ChannelKind::WebChat));
    assert_eq!(
        found[..2],
        [
            "2|Ana|+551133331052||Fica de fora: ramal 12|",
            "3|Bia|+5511900002007||Fica de fora: (11) 90000-2008|"
        ]
    );
    assert!(found[2].starts_with("4|Caio|90000-2009 (recado)|||") && found[2].len() > 40, "{found:?}");
    assert_eq!(found[3], "5|Dora|+5511900002010||Fica de fora: (11) 90000-2011, Maria|");
}

#[test]
fn a_name_with_a_line_break_is_read_with_a_space() {
    let text = "nome;telefone;pessoa\n\"Ana\nQuebra Silva\";(11) 90000-0142;\"Casa\r\nSilva\"\n\
                \"Bia\nQuebra\";12;\n";
    let found = read(text.as_bytes(), ChannelKind::WebChat);
    assert_eq!((found[0].name.as_str(), &found[0].problem), ("Ana Quebra Silva", &None));
    assert_eq!(found[0].person, "Casa Silva");
    assert_eq!(found[1].name, "Bia Quebra");
    assert!(found[1].problem.as_deref().is_some_and(|problem| problem.starts_with("Confira o número")));
}

#[test]
fn a_line_with_only_a_name_is_valid_and_has_a_remark() {
    let text = "nome;telefone;email\nAna;;\nBia;;b@x.example\n";
    let found = as_text(&read(text.as_bytes(), ChannelKind::WebChat));
    assert_eq!(found, ["2|Ana|||Sem telefone nem e-mail.|", "3|Bia||b@x.example||"]);
}

#[test]
fn a_card_without_an_end_is_reported() {
    let text = "BEGIN:VCARD\nFN:Ana\nTEL:11900000142\nBEGIN:VCARD\nFN:Bia\nEND:VCARD\nBEGIN:VCARD\nFN:Caio\n";
    let found = read(text.as_bytes(), ChannelKind::WebChat);
    let problem = |line: &Line| line.problem.clone().unwrap_or_default();
    let cards: Vec<_> = found.iter().map(|line| (line.number, line.name.as_str(), problem(line))).collect();
    assert_eq!(
        cards,
        [
            (1, "Ana", "O cartão não termina: falta a linha END:VCARD.".to_owned()),
            (4, "Bia", String::new()),
            (7, "Caio", "O cartão não termina: o arquivo está incompleto.".into()),
        ]
    );
}
