//! The page that shows a form that was not saved, and sends it again.
//!
//! The user who filled it in sees it at once. If somebody else or nobody is signed in, the form is encrypted,
//! and only its owner can open it after signing in. Passwords are never kept: the page asks for them again.

use aes_gcm::aead::{Aead, AeadCore, KeyInit, OsRng};
use aes_gcm::{Aes256Gcm, Nonce};
use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::NaiveDateTime;
use serde::{Deserialize, Serialize};

use super::posted_form::RecoveredForm;
use super::{FORM_LIMIT, Fields};
use crate::keys::Key;

/// Bytes of the nonce, with which each sealed text begins.
const NONCE: usize = 12;

/// Bytes left free for the other fields of the sign-in form.
const SIGN_IN_ROOM: usize = 64 * 1024;

/// Encrypts forms that wait for a sign-in.
#[derive(Clone)]
pub struct FormCipher(Aes256Gcm);

/// A form that waits for its owner to sign in.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedForm {
    owner: i64,
    action: String,
    fields: Vec<(String, String)>,
    has_files: bool,
}

impl SealedForm {
    /// `form` was posted to `action` from a page that was made for the user `owner`.
    pub fn of(owner: i64, action: &str, form: &RecoveredForm) -> Self {
        let fields = form.fields.iter().filter(|(name, _)| *name != "csrf");
        // Of a password field, only the name is kept, so that the page asks for it again.
        let fields = fields.map(|(name, value)| {
            let value = if is_secret(name) { String::new() } else { value.to_owned() };
            (name.to_owned(), value)
        });
        Self { owner, action: action.to_owned(), fields: fields.collect(), has_files: form.has_files }
    }

    pub fn belongs_to(&self, user: i64) -> bool {
        self.owner == user
    }

    /// The page that shows the form to its owner.
    pub fn page(self, csrf: &str) -> ResubmissionPage {
        let form = RecoveredForm { fields: Fields::from(self.fields), has_files: self.has_files };
        ResubmissionPage::of(&self.action, csrf.to_owned(), &form)
    }
}

impl FormCipher {
    pub fn new(key: &Key) -> Self {
        Self(Aes256Gcm::new(&key.tag(&[b"cipher"]).into()))
    }

    /// Encrypts the form for a hidden field. `None` if it is too large.
    pub fn encrypt(&self, kept: &SealedForm) -> Option<String> {
        let plain = serde_json::to_vec(kept).ok()?;
        let nonce = Aes256Gcm::generate_nonce(&mut OsRng);
        let sealed = self.0.encrypt(&nonce, plain.as_slice()).ok()?;
        let text = URL_SAFE_NO_PAD.encode([&nonce[..], &sealed].concat());
        (text.len() + SIGN_IN_ROOM < FORM_LIMIT).then_some(text)
    }

    /// Decrypts a form. `None` if `encrypt` did not make the text.
    pub fn decrypt(&self, text: &str) -> Option<SealedForm> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE)?;
        let plain = self.0.decrypt(Nonce::from_slice(nonce), sealed).ok()?;
        serde_json::from_slice(&plain).ok()
    }
}

/// The page that shows what was typed and where it goes, and sends it again.
#[derive(Template)]
#[template(path = "web/resubmission.html")]
pub struct ResubmissionPage {
    title: &'static str,
    text: String,
    /// The code by which the log names an internal error.
    code: Option<String>,
    can_send: bool,
    action: String,
    destination: &'static str,
    csrf: String,
    texts: Vec<(&'static str, String)>,
    hidden: Vec<(String, String)>,
    secrets: Vec<(String, &'static str)>,
    has_files: bool,
    /// Whether the form also sends choices that the page does not show.
    has_choices: bool,
}

impl ResubmissionPage {
    pub fn of(action: &str, csrf: String, form: &RecoveredForm) -> Self {
        let is_open = |name: &str| name != "csrf" && !is_secret(name);
        let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let secrets = form.fields.iter().filter(|(name, _)| is_secret(name));
        Self {
            title: "Confira e envie de novo",
            text: "Sua sessão tinha terminado, e nada foi salvo ainda. Isto é o que você tinha preenchido."
                .into(),
            code: None,
            can_send: true,
            action: action.to_owned(),
            destination: destination(action),
            csrf,
            texts: form.texts(),
            hidden: form.fields.iter().filter(|(name, _)| is_open(name)).map(own).collect(),
            secrets: secrets.map(|(name, _)| (name.to_owned(), secret_label(name))).collect(),
            has_files: form.has_files,
            has_choices: form.has_choices(),
        }
    }

    /// Sets the reason why the form was not saved.
    pub fn because(self, title: &'static str, text: String) -> Self {
        Self { title, text, ..self }
    }

    /// Sets the code of an internal error.
    pub fn with_code(self, code: Option<String>) -> Self {
        Self { code, ..self }
    }

    /// Removes the button, where sending the form again cannot succeed.
    pub fn read_only(self) -> Self {
        Self { can_send: false, ..self }
    }
}

impl RecoveredForm {
    /// The typed texts, with the labels of their fields.
    pub fn texts(&self) -> Vec<(&'static str, String)> {
        let typed = self.fields.iter().filter(|(_, value)| !value.trim().is_empty());
        typed.filter_map(|(name, value)| Some((label(name)?, shown(value)))).collect()
    }

    /// Whether the form holds nothing but passwords.
    pub fn is_blank(&self) -> bool {
        self.texts().is_empty() && !self.has_choices()
    }

    fn has_choices(&self) -> bool {
        let is_choice = |name| name != "csrf" && !is_secret(name) && is_choice(name);
        self.fields.iter().any(|(name, value)| is_choice(name) && !value.is_empty())
    }

    pub fn asks_for_a_password(&self) -> bool {
        self.fields.iter().any(|(name, _)| is_secret(name))
    }
}

fn is_secret(name: &str) -> bool {
    name.contains("password") || matches!(name, "client_secret" | "refresh_token")
}

fn secret_label(name: &str) -> &'static str {
    match name {
        "current_password" => "Senha atual",
        "new_password" => "Nova senha",
        "client_secret" => "Segredo do aplicativo",
        "refresh_token" => "Refresh token",
        _ => "Senha",
    }
}

/// The labels of the fields into which users type. Other fields are sent, but not shown.
const LABELS: &[(&str, &str)] = &[
    ("address", "E-mail do remetente"),
    ("audit_months", "Guardar a auditoria por (meses)"),
    ("body", "Mensagem"),
    ("client_id", "ID do aplicativo"),
    ("colour", "Cor"),
    ("comment", "Comentário"),
    ("company_name", "Nome da empresa"),
    ("department", "Departamento"),
    ("description", "Descrição"),
    ("due_at", "Data e hora"),
    ("email", "E-mail"),
    ("greeting", "Saudação"),
    ("history_months", "Guardar o histórico por (meses)"),
    ("imap_host", "Servidor IMAP"),
    ("imap_port", "Porta do IMAP"),
    ("late_tolerance_minutes", "Tolerância de atraso (minutos)"),
    ("message", "Mensagem"),
    ("name", "Nome"),
    ("notification_days", "Guardar as notificações por (dias)"),
    ("phone", "Telefone"),
    ("public_name", "Nome para os clientes"),
    ("reason", "Motivo"),
    ("scope", "Escopo"),
    ("smtp_host", "Servidor SMTP"),
    ("smtp_port", "Porta do SMTP"),
    ("spacing_minutes", "Intervalo (minutos)"),
    ("token_url", "Endereço dos tokens"),
    ("url", "Endereço"),
    ("user", "Usuário"),
];

/// Fields that the user neither types nor chooses, such as the record and its version.
const HIDDEN_FIELDS: &[&str] = &[
    "client_key",
    "confirmed",
    "direction",
    "form_key",
    "id",
    "kept",
    "known",
    "list",
    "next",
    "open_ticket",
    "original",
    "rescheduled_from",
    "schedule_id",
    "searched",
    "shape",
    "sort",
    "step",
    "ticket_id",
    "up_to",
    "username",
    "version",
    "zone",
];

fn is_choice(name: &str) -> bool {
    label(name).is_none() && !HIDDEN_FIELDS.contains(&name)
}

fn label(name: &str) -> Option<&'static str> {
    LABELS.iter().find(|(known, _)| *known == name).map(|(_, label)| *label)
}

/// Formats a date and time. Other text is returned unchanged.
fn shown(value: &str) -> String {
    match NaiveDateTime::parse_from_str(value, "%Y-%m-%dT%H:%M") {
        Ok(local) => local.format("%d/%m/%Y às %H:%M").to_string(),
        Err(_) => value.to_owned(),
    }
}

/// The name of the page to which the form is sent.
fn destination(action: &str) -> &'static str {
    match action.trim_start_matches('/').split(['/', '?']).next().unwrap_or_default() {
        "schedules" => "Agendamentos",
        "tickets" | "c" | "chat" => "Conversa",
        "contacts" => "Contatos",
        "people" => "Pessoas",
        "users" => "Atendentes",
        "roles" => "Cargos",
        "departments" => "Departamentos",
        "channels" => "Conexões",
        "settings" => "Empresa",
        "profile" => "Meu perfil",
        "setup" => "Configuração da plataforma",
        "login" => "Entrar",
        _ => "Pontual",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Keys;

    fn recovered() -> RecoveredForm {
        let fields =
            [("csrf", "t"), ("name", "Casa Ávila"), ("password", "segredo"), ("due_at", "2031-05-12T10:00")];
        RecoveredForm { fields: Fields::from(fields), has_files: false }
    }

    #[test]
    fn a_sealed_form_opens_whole_but_for_its_token_and_passwords() {
        let cipher = FormCipher::new(&Keys::new("secret").key("forms"));
        let kept = SealedForm::of(7, "/people", &recovered());
        let text = cipher.encrypt(&kept).unwrap();
        assert!(!text.contains("Casa") && !text.contains(&URL_SAFE_NO_PAD.encode("Casa Ávila")));
        let opened = cipher.decrypt(&text).unwrap();
        assert!(opened.belongs_to(7) && !opened.belongs_to(8));
        let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let fields = [("name", "Casa Ávila"), ("password", ""), ("due_at", "2031-05-12T10:00")];
        assert_eq!(opened.fields, fields.map(own));
    }

    #[test]
    fn a_foreign_text_is_not_decrypted() {
        let cipher = FormCipher::new(&Keys::new("secret").key("forms"));
        let mut text = cipher.encrypt(&SealedForm::of(7, "/people", &recovered())).unwrap();
        assert!(FormCipher::new(&Keys::new("another").key("forms")).decrypt(&text).is_none());
        let last = if text.pop() == Some('A') { 'B' } else { 'A' };
        text.push(last);
        for bad in [text.as_str(), "", "AAAA", "é"] {
            assert!(cipher.decrypt(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_form_that_is_too_large_is_not_sealed() {
        let cipher = FormCipher::new(&Keys::new("secret").key("forms"));
        let much = "x".repeat(FORM_LIMIT);
        let fields = Fields::from([("comment", much.as_str())]);
        assert!(
            cipher
                .encrypt(&SealedForm::of(7, "/schedules", &RecoveredForm { fields, has_files: false }))
                .is_none()
        );
    }

    #[test]
    fn texts_are_shown_by_their_names_on_the_screen() {
        let texts = recovered().texts();
        assert_eq!(
            texts,
            [("Nome", "Casa Ávila".to_owned()), ("Data e hora", "12/05/2031 às 10:00".to_owned())]
        );
    }

    #[test]
    fn a_form_with_only_choices_is_not_blank() {
        let is_blank = |fields| RecoveredForm { fields, has_files: false }.is_blank();
        assert!(is_blank(Fields::from([
            ("csrf", "t"),
            ("password", "x"),
            ("version", "3"),
            ("message", "  ")
        ])));
        assert!(!is_blank(Fields::from([("csrf", "t"), ("permissions", "schedules")])));
    }
}
