//! The fields of an e-mail channel: the mail servers, and how we sign in there.

use super::host;
use super::webhook::parse_url;
use crate::channels::Secrets;
use crate::channels::email::{CLIENT_SECRET, EmailSettings, PASSWORD, REFRESH_TOKEN, Security, SignIn};
use crate::email::Email;
use crate::refusal::{FieldErrors, Snapshot};
use crate::text::has_control_characters;
use crate::text_enum;
use crate::web::Fields;

/// Maximum characters of a password, a token, and any other text.
const LONGEST: usize = 4000;

text_enum! {
    /// How we sign in, as the form offers it.
    pub enum EmailSignIn {
        Password = "password",
        /// OAuth by client credentials, as Microsoft 365 asks for it.
        ClientCredentials = "client_credentials",
        /// OAuth by a refresh token, as Google asks for it.
        RefreshToken = "refresh_token",
    }
}

impl EmailSignIn {
    pub fn label(self) -> &'static str {
        match self {
            Self::Password => "Usuário e senha",
            Self::ClientCredentials => "OAuth com credenciais do aplicativo (Microsoft 365)",
            Self::RefreshToken => "OAuth com refresh token (Google)",
        }
    }

    fn of(settings: &EmailSettings, secrets: &Secrets) -> Self {
        match settings.sign_in {
            SignIn::Password => Self::Password,
            // Without a scope, only a refresh token can have been meant.
            SignIn::Oauth if secrets.has(REFRESH_TOKEN) || settings.scope.is_empty() => Self::RefreshToken,
            SignIn::Oauth => Self::ClientCredentials,
        }
    }

    /// The secrets of this way to sign in. When a user chooses it, the others are deleted.
    fn secrets(self) -> &'static [&'static str] {
        match self {
            Self::Password => &[PASSWORD],
            Self::ClientCredentials => &[CLIENT_SECRET],
            Self::RefreshToken => &[CLIENT_SECRET, REFRESH_TOKEN],
        }
    }
}

const SECRETS: [&str; 3] = [PASSWORD, CLIENT_SECRET, REFRESH_TOKEN];

/// The fields as typed. Typed secrets are in `secrets`, whose `Debug` does not show them.
#[derive(Clone, Debug, Default)]
pub struct EmailFields {
    pub address: String,
    pub smtp_host: String,
    pub smtp_port: String,
    pub smtp_security: String,
    pub sign_in: String,
    pub user: String,
    pub imap_host: String,
    pub imap_port: String,
    pub imap_security: String,
    pub token_url: String,
    pub client_id: String,
    pub scope: String,
    secrets: Secrets,
}

impl EmailFields {
    pub fn new() -> Self {
        Self {
            smtp_security: security_value(Security::Tls).to_owned(),
            imap_security: security_value(Security::Tls).to_owned(),
            sign_in: EmailSignIn::Password.as_str().to_owned(),
            ..Self::default()
        }
    }

    pub fn read(fields: &Fields) -> Self {
        let text = |name: &str| fields.get(name).to_owned();
        let mut secrets = Secrets::default();
        for name in SECRETS {
            secrets.set(name, text(name));
        }
        Self {
            address: text("address"),
            smtp_host: text("smtp_host"),
            smtp_port: text("smtp_port"),
            smtp_security: text("smtp_security"),
            sign_in: text("sign_in"),
            user: text("user"),
            imap_host: text("imap_host"),
            imap_port: text("imap_port"),
            imap_security: text("imap_security"),
            token_url: text("token_url"),
            client_id: text("client_id"),
            scope: text("scope"),
            secrets,
        }
    }

    pub fn of(settings: &EmailSettings, secrets: &Secrets) -> Self {
        let port = |port: u16| if port == 0 { String::new() } else { port.to_string() };
        Self {
            address: settings.address.clone(),
            smtp_host: settings.smtp_host.clone(),
            smtp_port: port(settings.smtp_port),
            smtp_security: security_value(settings.smtp_security).to_owned(),
            sign_in: EmailSignIn::of(settings, secrets).as_str().to_owned(),
            user: settings.user.clone(),
            imap_host: settings.imap_host.clone(),
            imap_port: port(settings.imap_port),
            imap_security: security_value(settings.imap_security).to_owned(),
            token_url: settings.token_url.clone(),
            client_id: settings.client_id.clone(),
            scope: settings.scope.clone(),
            secrets: Secrets::default(),
        }
    }

    /// `secrets` holds the channel's secrets, and afterwards those to save. If a server changes, the old ones are deleted.
    /// Otherwise a user who edits the channel could have its password sent to a server of their own.
    pub fn parse(
        &self,
        errors: &mut FieldErrors,
        secrets: &mut Secrets,
        stored: Option<&EmailSettings>,
        allows_private_addresses: bool,
    ) -> Option<EmailSettings> {
        if stored.is_some_and(|stored| self.has_moved(stored)) {
            *secrets = Secrets::default();
        }
        let address = match self.address.trim() {
            "" => {
                errors.add("address", "Informe o e-mail de onde as mensagens saem.");
                String::new()
            }
            typed => or_error(errors, "address", Email::parse(typed))
                .map_or_else(String::new, |it| it.as_str().into()),
        };
        let server = |errors: &mut FieldErrors,
                      names: [&'static str; 3],
                      typed: [&str; 3],
                      usual: fn(Security) -> u16| {
            let host = or_error(errors, names[0], host::parse(typed[0].trim(), allows_private_addresses));
            let security = or_error(errors, names[2], parse_security(typed[2], allows_private_addresses))
                .unwrap_or_default();
            let port = or_error(errors, names[1], parse_port(typed[1].trim(), usual(security)));
            (host.unwrap_or_default(), port.unwrap_or_default(), security)
        };
        let smtp = [&*self.smtp_host, &*self.smtp_port, &*self.smtp_security];
        let (smtp_host, smtp_port, smtp_security) =
            server(errors, ["smtp_host", "smtp_port", "smtp_security"], smtp, smtp_port);
        let signing_in = self.parse_sign_in(errors, secrets, allows_private_addresses);
        let imap = [&*self.imap_host, &*self.imap_port, &*self.imap_security];
        let (imap_host, imap_port, imap_security) = match self.imap_host.trim() {
            "" => (String::new(), 0, Security::Tls),
            _ => server(errors, ["imap_host", "imap_port", "imap_security"], imap, imap_port),
        };
        let (sign_in, user, oauth) = signing_in?;
        if !imap_host.is_empty() && user.is_empty() {
            errors.add("user", "Informe o usuário: sem ele as respostas não podem ser buscadas.");
        }
        Some(EmailSettings {
            address,
            smtp_host,
            smtp_port,
            smtp_security,
            sign_in,
            user,
            imap_host,
            imap_port,
            imap_security,
            token_url: oauth.token_url,
            client_id: oauth.client_id,
            scope: oauth.scope,
        })
    }

    /// Whether the secrets would go to another server than before.
    fn has_moved(&self, stored: &EmailSettings) -> bool {
        let differs = |typed: &str, stored: &str| {
            let typed = typed.trim();
            !typed.is_empty() && !stored.eq_ignore_ascii_case(typed)
        };
        differs(&self.smtp_host, &stored.smtp_host)
            || differs(&self.imap_host, &stored.imap_host)
            || differs(&self.token_url, &stored.token_url)
    }

    fn parse_sign_in(
        &self,
        errors: &mut FieldErrors,
        secrets: &mut Secrets,
        allows_private_addresses: bool,
    ) -> Option<(SignIn, String, Oauth)> {
        let Ok(chosen) = self.sign_in.parse::<EmailSignIn>() else {
            errors.add("sign_in", "Escolha como a plataforma entra no servidor.");
            return None;
        };
        for name in SECRETS {
            let typed = self.secrets.get(name);
            // Spaces around a copied token are not part of it.
            let typed = if name == PASSWORD { typed } else { typed.trim() };
            if !chosen.secrets().contains(&name) {
                secrets.remove(name);
            } else if typed.chars().count() > LONGEST || has_control_characters(typed) {
                errors.add(name, "Use até 4.000 caracteres, em uma linha.");
            } else if !typed.is_empty() {
                secrets.set(name, typed.to_owned());
            }
        }
        let user = line(errors, "user", &self.user);
        if chosen == EmailSignIn::Password {
            if !user.is_empty() && !secrets.has(PASSWORD) {
                errors.add("password", "Informe a senha.");
            }
            if user.is_empty() && !self.secrets.get(PASSWORD).is_empty() {
                errors.add("user", "Informe o usuário desta senha.");
            }
            if user.is_empty() {
                secrets.remove(PASSWORD);
            }
            return Some((SignIn::Password, user, Oauth::default()));
        }
        if user.is_empty() {
            errors.add("user", "Informe o usuário. Em geral é o próprio e-mail.");
        }
        let token_url =
            or_error(errors, "token_url", parse_url(self.token_url.trim(), allows_private_addresses));
        let client_id = line(errors, "client_id", &self.client_id);
        if client_id.is_empty() {
            errors.add("client_id", "Informe o ID do aplicativo.");
        }
        let scope = line(errors, "scope", &self.scope);
        if scope.is_empty() && chosen == EmailSignIn::ClientCredentials {
            errors.add("scope", "Informe o escopo, como https://outlook.office365.com/.default.");
        }
        if !secrets.has(CLIENT_SECRET) {
            errors.add("client_secret", "Informe o segredo do aplicativo.");
        }
        if !secrets.has(REFRESH_TOKEN) && chosen == EmailSignIn::RefreshToken {
            errors.add("refresh_token", "Informe o refresh token.");
        }
        let oauth = Oauth { token_url: token_url.map_or_else(String::new, String::from), client_id, scope };
        Some((SignIn::Oauth, user, oauth))
    }
}

#[derive(Default)]
struct Oauth {
    token_url: String,
    client_id: String,
    scope: String,
}

/// The value, or its error added to the others.
fn or_error<T>(errors: &mut FieldErrors, field: &'static str, parsed: Result<T, &'static str>) -> Option<T> {
    parsed.map_err(|message| errors.add(field, message)).ok()
}

/// A text of one line.
fn line(errors: &mut FieldErrors, field: &'static str, typed: &str) -> String {
    let text = typed.trim();
    if has_control_characters(text) || text.chars().count() > LONGEST {
        errors.add(field, "Use até 4.000 caracteres, em uma linha.");
    }
    text.to_owned()
}

fn parse_port(typed: &str, usual: u16) -> Result<u16, &'static str> {
    match typed {
        "" => Ok(usual),
        typed => typed.parse().ok().filter(|port| *port > 0).ok_or("Informe um número de 1 a 65535."),
    }
}

fn parse_security(typed: &str, allows_private_addresses: bool) -> Result<Security, &'static str> {
    let all = [Security::Tls, Security::StartTls, Security::None];
    match all.into_iter().find(|security| security_value(*security) == typed) {
        Some(Security::None) if !allows_private_addresses => {
            Err("Sem proteção, as mensagens e a senha podem ser lidas no caminho. Escolha TLS ou STARTTLS.")
        }
        Some(security) => Ok(security),
        None => Err("Escolha a segurança da ligação."),
    }
}

fn smtp_port(security: Security) -> u16 {
    match security {
        Security::Tls => 465,
        Security::StartTls => 587,
        Security::None => 25,
    }
}

fn imap_port(security: Security) -> u16 {
    match security {
        Security::Tls => 993,
        Security::StartTls | Security::None => 143,
    }
}

/// The value in the form.
fn security_value(security: Security) -> &'static str {
    match security {
        Security::Tls => "tls",
        Security::StartTls => "starttls",
        Security::None => "none",
    }
}

/// The text of a value of the form.
pub fn security_label(value: &str) -> &'static str {
    match value {
        "starttls" => "STARTTLS",
        "none" => "Nenhuma",
        _ => "TLS",
    }
}

pub fn changed_fields(new: &EmailSettings, old: &EmailSettings) -> Vec<&'static str> {
    super::differing([
        ("address", new.address != old.address),
        ("smtp_host", new.smtp_host != old.smtp_host),
        ("smtp_port", new.smtp_port != old.smtp_port),
        ("smtp_security", new.smtp_security != old.smtp_security),
        ("sign_in", new.sign_in != old.sign_in),
        ("user", new.user != old.user),
        ("token_url", new.token_url != old.token_url),
        ("client_id", new.client_id != old.client_id),
        ("scope", new.scope != old.scope),
        ("imap_host", new.imap_host != old.imap_host),
        ("imap_port", new.imap_port != old.imap_port),
        ("imap_security", new.imap_security != old.imap_security),
    ])
}

pub fn snapshot(common: Snapshot, settings: &EmailSettings, secrets: &Secrets) -> Snapshot {
    let fields = EmailFields::of(settings, secrets);
    let security = |value: &str| security_label(value);
    let sign_in = EmailSignIn::of(settings, secrets);
    common
        .text("address", "E-mail do remetente", &fields.address)
        .text("smtp_host", "Servidor SMTP", &fields.smtp_host)
        .choice("smtp_security", "Segurança do SMTP", &fields.smtp_security, security(&fields.smtp_security))
        .text("smtp_port", "Porta do SMTP", &fields.smtp_port)
        .choice("sign_in", "Como entrar", sign_in.as_str(), sign_in.label())
        .text("user", "Usuário", &fields.user)
        .text("token_url", "Endereço dos tokens", &fields.token_url)
        .text("client_id", "ID do aplicativo", &fields.client_id)
        .text("scope", "Escopo", &fields.scope)
        .text("imap_host", "Servidor IMAP", &fields.imap_host)
        .choice("imap_security", "Segurança do IMAP", &fields.imap_security, security(&fields.imap_security))
        .text("imap_port", "Porta do IMAP", &fields.imap_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(
        typed: &[(&str, &str)],
        stored: &Secrets,
    ) -> Result<(EmailSettings, Secrets), Vec<&'static str>> {
        let pairs = typed.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let fields = EmailFields::read(&Fields::from(pairs.collect::<Vec<_>>()));
        let (mut errors, mut secrets) = (FieldErrors::default(), stored.clone());
        let settings = fields.parse(&mut errors, &mut secrets, None, false);
        match settings {
            Some(settings) if errors.is_empty() => Ok((settings, secrets)),
            _ => Err(errors.iter().map(|error| error.field).collect()),
        }
    }

    const TYPED: [(&str, &str); 7] = [
        ("address", "Ola@Empresa.com.br"),
        ("smtp_host", "smtp.empresa.com.br"),
        ("smtp_security", "starttls"),
        ("sign_in", "password"),
        ("user", "ola"),
        ("password", "segredo"),
        ("imap_security", "tls"),
    ];

    #[test]
    fn an_empty_port_is_the_usual_one() {
        let (settings, secrets) = parsed(&TYPED, &Secrets::default()).unwrap();
        assert_eq!((settings.address.as_str(), settings.smtp_port), ("ola@empresa.com.br", 587));
        assert_eq!((settings.imap_host.as_str(), settings.imap_port), ("", 0));
        assert_eq!(secrets.get(PASSWORD), "segredo");
    }

    #[test]
    fn an_empty_password_keeps_the_stored_one() {
        let mut stored = Secrets::default();
        let without = &TYPED[..5];
        assert_eq!(parsed(without, &stored).unwrap_err(), ["password"]);
        stored.set(PASSWORD, "antiga".into());
        assert_eq!(parsed(without, &stored).unwrap().1.get(PASSWORD), "antiga");
    }

    #[test]
    fn another_way_to_sign_in_forgets_the_password() {
        let mut stored = Secrets::default();
        stored.set(PASSWORD, "antiga".into());
        let mut typed = TYPED[..3].to_vec();
        typed.push(("sign_in", "client_credentials"));
        let missing = ["user", "token_url", "client_id", "scope", "client_secret"];
        assert_eq!(parsed(&typed, &stored).unwrap_err(), missing);
        typed.extend([
            ("user", "ola@empresa.com.br"),
            ("token_url", "https://login.example/token"),
            ("client_id", "1"),
            ("scope", "mail"),
            ("client_secret", "2"),
        ]);
        let (settings, secrets) = parsed(&typed, &stored).unwrap();
        assert_eq!(settings.sign_in, SignIn::Oauth);
        assert_eq!((secrets.get(PASSWORD), secrets.get(CLIENT_SECRET)), ("", "2"));
    }

    #[test]
    fn every_wrong_field_is_reported() {
        let wrong = [
            ("smtp_port", "99999"),
            ("smtp_security", "none"),
            ("imap_host", "http://a"),
            ("imap_port", "x"),
        ];
        let fields = [
            "address",
            "smtp_host",
            "smtp_security",
            "smtp_port",
            "sign_in",
            "imap_host",
            "imap_security",
            "imap_port",
        ];
        assert_eq!(parsed(&wrong, &Secrets::default()).unwrap_err(), fields);
    }
}
