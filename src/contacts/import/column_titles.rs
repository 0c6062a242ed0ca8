//! Guesses what the columns of a file hold from their headers. It knows the headers that other programs write:
//! Google Contacts (old and new), Outlook, Chatwoot, Digisac, Whaticket, HubSpot, vCard. It also knows usual
//! words in Portuguese, English and Spanish, for files made by hand.

use super::table::Row;
use crate::email::Email;
use crate::phone::Phone;
use crate::text_enum;

text_enum! {
    /// The field of a contact that a column is imported into.
    pub enum ColumnTarget {
        Name = "name",
        MiddleName = "middle_name",
        Surname = "surname",
        Phone = "phone",
        /// Used if the line has no better number.
        OtherPhone = "other_phone",
        Email = "email",
        OtherEmail = "other_email",
        Person = "person",
        Department = "department",
        Attendant = "attendant",
        /// The id by which our own exported files name a contact.
        Code = "code",
    }
}

impl ColumnTarget {
    pub fn label(self) -> &'static str {
        match self {
            Self::Name => "Nome",
            Self::MiddleName => "Nome do meio",
            Self::Surname => "Sobrenome",
            Self::Phone => "Telefone",
            Self::OtherPhone => "Outro telefone",
            Self::Email => "E-mail",
            Self::OtherEmail => "Outro e-mail",
            Self::Person => "Pessoa",
            Self::Department => "Departamento padrão",
            Self::Attendant => "Atendente padrão",
            Self::Code => "Código do contato",
        }
    }
}

/// A header in lower case, without accents, spaces and punctuation.
fn normalised_title(title: &str) -> String {
    let decomposed =
        icu_normalizer::DecomposingNormalizerBorrowed::new_nfkd().normalize(title).to_lowercase();
    decomposed.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// What a header can mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TitleMeaning {
    FullName,
    /// "Nome": the full name, or the first name if there is a column for the surname.
    Name,
    FirstName,
    MiddleName,
    Surname,
    /// Rank of the number: the smallest is the most likely one for messages to the customer.
    Phone(u8),
    Email(u8),
    Person,
    Department,
    Attendant,
    Code,
    /// A header that we know, but that is no field of a contact.
    Nothing,
}

fn meaning(title: &str) -> Option<TitleMeaning> {
    let title = normalised_title(title);
    let title = title.as_str();
    let is = |words: &[&str]| words.contains(&title);
    let has = |words: &[&str]| words.iter().any(|word| title.contains(word));
    if is(&["codigodocontato"]) {
        return Some(TitleMeaning::Code);
    }
    if is(&["identidades"]) {
        return Some(TitleMeaning::Nothing);
    }
    if is(&["departamentopadrao"]) {
        return Some(TitleMeaning::Department);
    }
    if is(&["atendentepadrao"]) {
        return Some(TitleMeaning::Attendant);
    }
    if is(&["pessoa", "grupo", "person"]) {
        return Some(TitleMeaning::Person);
    }
    if is(&[
        "nomecompleto",
        "fullname",
        "displayname",
        "nombrecompleto",
        "fn",
        "nomedocontato",
        "contactname",
        "nomedecontato",
        "nomedocliente",
        "nomecliente",
        "customername",
        "clientname",
        "nombredelcontacto",
        "nombredecontacto",
        "nombredelcliente",
        "nomedeexibicao",
        "nomeparaexibicao",
        "nomecontato",
        "namecontact",
        "pushname",
        "nomenowhatsapp",
    ]) {
        return Some(TitleMeaning::FullName);
    }
    if is(&[
        "nome", "name", "contato", "contact", "contacto", "cliente", "customer", "nombre", "nomes", "nombres",
    ]) {
        return Some(TitleMeaning::Name);
    }
    if is(&[
        "firstname",
        "givenname",
        "primeironome",
        "prenome",
        "nomeproprio",
        "primernombre",
        "nomededbatismo",
        "nome1",
        "nombredepila",
        "forename",
    ]) {
        return Some(TitleMeaning::FirstName);
    }
    if is(&[
        "middlename",
        "middlenames",
        "additionalname",
        "additionalnames",
        "segundonome",
        "nomedomeio",
        "nomesadicionais",
        "nomeadicional",
        "segundonombre",
        "nomesintermediarios",
    ]) {
        return Some(TitleMeaning::MiddleName);
    }
    if is(&[
        "lastname",
        "surname",
        "familyname",
        "sobrenome",
        "sobrenomes",
        "apellido",
        "apellidos",
        "ultimonome",
        "nomedefamilia",
        "primerapellido",
    ]) {
        return Some(TitleMeaning::Surname);
    }
    // Kinds and labels of numbers, and numbers that reach machines, such as fax.
    if has(&[
        "label",
        "type",
        "tipo",
        "rotulo",
        "etiqueta",
        "fax",
        "pager",
        "telex",
        "ramal",
        "extension",
        "isdn",
        "ttytdd",
    ]) {
        return has(&[
            "phone", "telefone", "telefono", "mail", "fax", "pager", "correo", "telex", "isdn", "ttytdd",
            "ramal",
        ])
        .then_some(TitleMeaning::Nothing);
    }
    if has(&["email", "mail", "correo"])
        && !has(&[
            "display",
            "exibicao",
            "presentacion",
            "mailing",
            "emailopt",
            "mailopt",
            "permit",
            "status",
            "domain",
            "dominio",
        ])
    {
        let rank = match () {
            () if has(&[
                "2",
                "3",
                "4",
                "5",
                "secundario",
                "alternativo",
                "other",
                "outro",
                "adicional",
                "additional",
            ]) =>
            {
                2
            }
            () if has(&["trabalho", "work", "comercial", "pessoal", "home", "trabajo"]) => 1,
            () => 0,
        };
        return Some(TitleMeaning::Email(rank));
    }
    if has(&["displayname", "exibicao", "presentacion"]) {
        return Some(TitleMeaning::Nothing);
    }
    phone_rank(title).map(TitleMeaning::Phone)
}

fn phone_rank(title: &str) -> Option<u8> {
    let is = |words: &[&str]| words.contains(&title);
    let has = |words: &[&str]| words.iter().any(|word| title.contains(word));
    let is_other = has(&[
        "2",
        "3",
        "4",
        "5",
        "outro",
        "other",
        "otro",
        "secundario",
        "alternativo",
        "recado",
        "adicional",
    ]);
    let is_phone =
        has(&["phone", "telefone", "telefono", "celular", "whats", "telemovel", "mobile", "movil"])
            || is(&[
                "fone",
                "fone1",
                "fone2",
                "tel",
                "tel1",
                "tel2",
                "cel",
                "cel1",
                "cel2",
                "zap",
                "wpp",
                "movel",
                "contactnumber",
                "numero",
                "number",
                "numerodecontato",
                "numerodocontato",
                "msisdn",
                "waid",
                "phonenumber",
            ]);
    if !is_phone
        || has(&[
            "phonetic",
            "emailphone",
            "fonetic",
            "status",
            "operadora",
            "carrier",
            "pais",
            "country",
            "ddi",
            "optin",
        ])
    {
        return None;
    }
    let rank = match () {
        () if has(&["whats", "zap", "wpp", "waid"]) => 0,
        () if has(&["celular", "mobile", "telemovel", "movel", "movil", "cel"]) => 1,
        () if has(&[
            "comercial",
            "business",
            "work",
            "trabalho",
            "trabajo",
            "empresa",
            "company",
            "assistant",
            "assistente",
            "asistente",
            "residencial",
            "residencia",
            "home",
            "casa",
            "particular",
            "car",
            "radio",
            "fixo",
            "fijo",
            "callback",
            "retorno",
        ]) =>
        {
            4
        }
        () if has(&["principal", "primary", "primario"]) => 2,
        () => 3,
    };
    Some(rank * 2 + u8::from(is_other))
}

/// The index of the label column that belongs to each number column, as in Google's "Phone 1 - Label" beside
/// "Phone 1 - Value".
pub fn label_columns(titles: &[String]) -> Vec<Option<usize>> {
    let titles: Vec<String> = titles.iter().map(|title| normalised_title(title)).collect();
    let label_of = |title: &String| {
        let stem = title.strip_suffix("valor").or_else(|| title.strip_suffix("value"))?;
        titles.iter().position(|other| {
            other
                .strip_prefix(stem)
                .is_some_and(|rest| ["label", "type", "tipo", "rotulo", "etiqueta"].contains(&rest))
        })
    };
    titles.iter().map(label_of).collect()
}

/// Whether the label says that the number is a mobile.
pub fn is_label_of_mobile(label: &str) -> bool {
    let label = normalised_title(label);
    let has = |words: &[&str]| words.iter().any(|word| label.contains(word));
    matches!(label.as_str(), "cel" | "cell")
        || has(&["celular", "cellular", "mobile", "telemovel", "movil", "whats", "wpp"])
        || (label.contains("movel") && !label.contains("imovel"))
}

/// Number of cells in a row that are known headers.
pub fn count_known_titles(row: &Row) -> usize {
    row.cells.iter().filter(|cell| meaning(cell).is_some()).count()
}

/// The index of the header row.
pub fn find_title_row(rows: &[Row]) -> Option<usize> {
    let is_data =
        |row: &Row| row.cells.iter().any(|cell| Phone::parse(cell).is_ok() || Email::parse(cell).is_ok());
    let mut best: Option<(usize, usize)> = None;
    for (place, row) in rows.iter().enumerate() {
        let known = count_known_titles(row);
        if known > best.map_or(0, |(most, _)| most) && !is_data(row) {
            best = Some((known, place));
        }
    }
    if let Some((_, place)) = best {
        return Some(place);
    }
    // No row has known headers. Then the first row is the header, unless it contains a telephone number or an
    // e-mail address.
    rows.first().filter(|row| !is_data(row)).filter(|_| rows.len() > 1).map(|_| 0)
}

/// The target of each column, guessed from its header, or from its examples if the header says nothing.
pub fn guess_targets(titles: &[String], examples: &[Vec<String>]) -> Vec<Option<ColumnTarget>> {
    let meanings: Vec<Option<TitleMeaning>> = titles.iter().map(|title| meaning(title)).collect();
    let mut targets = vec![None; titles.len().max(examples.len())];
    let find = |wanted: TitleMeaning| meanings.iter().position(|meaning| *meaning == Some(wanted));
    name(&find, &mut targets);
    for (wanted, target) in [
        (TitleMeaning::Person, ColumnTarget::Person),
        (TitleMeaning::Department, ColumnTarget::Department),
        (TitleMeaning::Attendant, ColumnTarget::Attendant),
        (TitleMeaning::Code, ColumnTarget::Code),
    ] {
        if let Some(place) = find(wanted) {
            targets[place] = Some(target);
        }
    }
    let phone =
        |meaning: TitleMeaning| if let TitleMeaning::Phone(rank) = meaning { Some(rank) } else { None };
    let email =
        |meaning: TitleMeaning| if let TitleMeaning::Email(rank) = meaning { Some(rank) } else { None };
    ranked(&meanings, phone, (ColumnTarget::Phone, ColumnTarget::OtherPhone), &mut targets);
    ranked(&meanings, email, (ColumnTarget::Email, ColumnTarget::OtherEmail), &mut targets);
    by_examples(&meanings, examples, &mut targets);
    targets
}

fn name(find: &impl Fn(TitleMeaning) -> Option<usize>, targets: &mut [Option<ColumnTarget>]) {
    let (full, name, first) =
        (find(TitleMeaning::FullName), find(TitleMeaning::Name), find(TitleMeaning::FirstName));
    let (middle, last) = (find(TitleMeaning::MiddleName), find(TitleMeaning::Surname));
    let whole = full.or(name.filter(|_| first.is_some() || last.is_none()));
    match (whole, first.or(name)) {
        (Some(whole), _) => targets[whole] = Some(ColumnTarget::Name),
        (None, first) => {
            for (place, target) in [
                (first, ColumnTarget::Name),
                (middle, ColumnTarget::MiddleName),
                (last, ColumnTarget::Surname),
            ] {
                if let Some(place) = place {
                    targets[place] = Some(target);
                }
            }
        }
    }
}

/// Gives the best ranked column the target `first`, and the others the target `other`.
fn ranked(
    meanings: &[Option<TitleMeaning>],
    rank: impl Fn(TitleMeaning) -> Option<u8>,
    (first, other): (ColumnTarget, ColumnTarget),
    targets: &mut [Option<ColumnTarget>],
) {
    let ranks = || {
        let of = |(place, meaning): (usize, &Option<TitleMeaning>)| Some((meaning.and_then(&rank)?, place));
        meanings.iter().enumerate().filter_map(of)
    };
    let Some((_, best)) = ranks().min() else { return };
    for (_, place) in ranks() {
        targets[place] = Some(if place == best { first } else { other });
    }
}

/// Whether `parse` accepts at least three quarters of the non-empty examples.
fn are_mostly(examples: &[String], parse: impl Fn(&str) -> bool) -> bool {
    let filled = || examples.iter().filter(|example| !example.trim().is_empty());
    filled().count() > 0 && filled().filter(|example| parse(example)).count() * 4 >= filled().count() * 3
}

fn by_examples(
    meanings: &[Option<TitleMeaning>],
    examples: &[Vec<String>],
    targets: &mut [Option<ColumnTarget>],
) {
    let is_free = |place: usize| meanings.get(place).copied().flatten().is_none();
    let has = |targets: &[Option<ColumnTarget>], wanted| targets.contains(&Some(wanted));
    for (place, examples) in examples.iter().enumerate().filter(|(place, _)| is_free(*place)) {
        if targets[place].is_some() {
            continue;
        }
        if are_mostly(examples, |text| Email::parse(text).is_ok()) {
            let taken = has(targets, ColumnTarget::Email);
            targets[place] = Some(if taken { ColumnTarget::OtherEmail } else { ColumnTarget::Email });
        } else if !has(targets, ColumnTarget::Phone)
            && are_mostly(examples, |text| Phone::parse(text).is_ok())
        {
            targets[place] = Some(ColumnTarget::Phone);
        }
    }
    let has_name = [ColumnTarget::Name, ColumnTarget::Surname].into_iter().any(|part| has(targets, part));
    let has_address = has(targets, ColumnTarget::Email) || has(targets, ColumnTarget::Phone);
    if has_name || !has_address || !meanings.iter().all(Option::is_none) {
        return;
    }
    // If no column has a known header, the first column with words is the name.
    let is_word = |text: &str| text.chars().any(char::is_alphabetic) && Email::parse(text).is_err();
    let words = examples.iter().position(|examples| are_mostly(examples, is_word));
    if let Some(place) = words.filter(|place| targets[*place].is_none()) {
        targets[place] = Some(ColumnTarget::Name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guess(head: &str) -> Vec<String> {
        let titles: Vec<String> = head.split(',').map(str::to_owned).collect();
        let found = guess_targets(&titles, &[]);
        let said = titles
            .iter()
            .zip(found)
            .filter_map(|(title, target)| Some(format!("{title}={}", target?.as_str())));
        said.collect()
    }

    #[test]
    fn titles_of_other_programs_are_known() {
        for (head, expected) in [
            ("id,name,email,identifier,phone_number", "name=name,email=email,phone_number=phone"),
            (
                "First Name,Middle Name,Last Name,Phonetic First Name,Organization Name,E-mail 1 - Label,E-mail 1 - Value,Phone 1 - Label,Phone 1 - Value,Phone 2 - Value",
                "First Name=name,Middle Name=middle_name,Last Name=surname,E-mail 1 - Value=email,Phone 1 - Value=phone,Phone 2 - Value=other_phone",
            ),
            (
                "Name,Given Name,Additional Name,Family Name,Group Membership,E-mail 1 - Type,E-mail 1 - Value,Phone 1 - Type,Phone 1 - Value",
                "Name=name,E-mail 1 - Value=email,Phone 1 - Value=phone",
            ),
            (
                "First Name,Last Name,Company,Department,Business Fax,Business Phone,Home Phone,Mobile Phone,E-mail Address,E-mail Type,E-mail Display Name,E-mail 2 Address",
                "First Name=name,Last Name=surname,Business Phone=other_phone,Home Phone=other_phone,Mobile Phone=phone,E-mail Address=email,E-mail 2 Address=other_email",
            ),
            (
                "Primeiro nome,Segundo nome,Sobrenome,Empresa,Fax comercial,Telefone comercial,Telefone residencial,Telefone celular,Endereço de email,Tipo de email,Nome para exibição do email",
                "Primeiro nome=name,Segundo nome=middle_name,Sobrenome=surname,Telefone comercial=other_phone,Telefone residencial=other_phone,Telefone celular=phone,Endereço de email=email",
            ),
            (
                "Nombre,Segundo nombre,Apellidos,Organización,Teléfono del trabajo,Particular,Teléfono móvil,Dirección de correo electrónico,Tipo de correo electrónico",
                "Nombre=name,Segundo nombre=middle_name,Apellidos=surname,Teléfono del trabajo=other_phone,Teléfono móvil=phone,Dirección de correo electrónico=email",
            ),
            (
                "Nome,Telefone celular,Celular/WhatsApp,Telefone 1,E-mail principal",
                "Nome=name,Telefone celular=other_phone,Celular/WhatsApp=phone,Telefone 1=other_phone,E-mail principal=email",
            ),
            ("Nome,Telefone,Celular,E-mail", "Nome=name,Telefone=other_phone,Celular=phone,E-mail=email"),
            (
                "Record ID,First Name,Last Name,Email,Phone Number,Contact owner,Lead Status",
                "First Name=name,Last Name=surname,Email=email,Phone Number=phone",
            ),
            ("Nome,Número,Email,Tags", "Nome=name,Número=phone,Email=email"),
            ("Nome,WhatsApp,Departamento,Pessoa", "Nome=name,WhatsApp=phone,Pessoa=person"),
            ("Nome,Telefone,Whats", "Nome=name,Telefone=other_phone,Whats=phone"),
            ("Nome,Whats App", "Nome=name,Whats App=phone"),
            ("Nome,nº whatsapp", "Nome=name,nº whatsapp=phone"),
            (
                "linha,nome,telefone,e-mail,pessoa,departamento padrão,atendente padrão,código do contato,motivo",
                "nome=name,telefone=phone,e-mail=email,pessoa=person,departamento padrão=department,atendente padrão=attendant,código do contato=code",
            ),
            ("email", "email=email"),
        ] {
            assert_eq!(guess(head).join(","), expected, "{head}");
        }
    }

    #[test]
    fn columns_without_titles_are_guessed_from_examples() {
        let column = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let examples = [
            column(&["12", "13"]),
            column(&["Ana", "Bia"]),
            column(&["(11) 90000-0142", ""]),
            column(&["a@b.example"]),
        ];
        let none = vec![String::new(); 4];
        let expected = [None, Some(ColumnTarget::Name), Some(ColumnTarget::Phone), Some(ColumnTarget::Email)];
        assert_eq!(guess_targets(&none, &examples), expected);
    }
}
