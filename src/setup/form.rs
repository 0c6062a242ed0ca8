//! The form of the set-up.

use crate::auth::passwords::LENGTHS;
use crate::clock::Zone;
use crate::settings::company_name_error;
use crate::users::NewAccount;
use crate::web::{FieldErrors, Fields, has_control_characters};

/// What somebody typed; all but the password comes back.
#[derive(Clone, Debug)]
pub struct Typed {
    pub company_name: String,
    pub time_zone: String,
    pub name: String,
    pub email: String,
    pub password: String,
    pub department: String,
    pub attends: bool,
}

/// A company that may be made.
#[derive(Clone, Debug)]
pub struct Draft {
    pub company_name: String,
    pub zone: Zone,
    pub administrator: NewAccount,
    pub department: String,
    /// Whether the administrator belongs to the department.
    pub attends: bool,
}

impl Typed {
    /// Nothing typed yet.
    pub fn new() -> Self {
        Self {
            company_name: String::new(),
            time_zone: crate::clock::DEFAULT_ZONE.name().into(),
            name: String::new(),
            email: String::new(),
            password: String::new(),
            department: "Atendimento".into(),
            attends: true,
        }
    }

    pub fn read(fields: &Fields) -> Self {
        let text = |name: &str| fields.get(name).to_owned();
        Self {
            company_name: text("company_name"),
            time_zone: text("time_zone"),
            name: text("name"),
            email: text("email"),
            password: text("password"),
            department: text("department"),
            attends: !fields.get("attends").is_empty(),
        }
    }

    /// # Errors
    /// Every field that is wrong.
    pub fn parse(&self) -> Result<Draft, FieldErrors> {
        let mut errors = FieldErrors::default();
        if let Some(message) = company_name_error(&self.company_name) {
            errors.add("company_name", message);
        }
        let zone = Zone::find(&self.time_zone);
        if zone.is_none() {
            errors.add("time_zone", "Selecione o fuso horário.");
        }
        self.check_administrator(&mut errors);
        if let Some(message) = line_error(&self.department, 60, "Informe o nome do departamento.") {
            errors.add("department", message);
        }
        let administrator = NewAccount::parse(&self.name, &self.email, &self.password);
        match (zone, administrator, errors.is_empty()) {
            (Some(zone), Ok(administrator), true) => Ok(Draft {
                company_name: self.company_name.trim().into(),
                zone,
                administrator,
                department: self.department.trim().into(),
                attends: self.attends,
            }),
            _ => Err(errors),
        }
    }

    fn check_administrator(&self, errors: &mut FieldErrors) {
        if let Some(message) = line_error(&self.name, 100, "Informe o seu nome.") {
            errors.add("name", message);
        }
        // With the other parts right, what is refused is the address.
        if NewAccount::parse("-", &self.email, &"-".repeat(*LENGTHS.start())).is_err() {
            errors.add("email", "Informe um e-mail válido, como voce@empresa.com.br.");
        }
        match self.password.chars().count() {
            0 => errors.add("password", "Crie uma senha."),
            count if count < *LENGTHS.start() => errors.add("password", "Use pelo menos 8 caracteres."),
            count if count > *LENGTHS.end() => errors.add("password", "Use até 128 caracteres."),
            _ => {}
        }
    }
}

fn line_error(typed: &str, most: usize, missing: &str) -> Option<String> {
    let text = typed.trim();
    if text.is_empty() || has_control_characters(text) {
        return Some(missing.into());
    }
    (text.chars().count() > most).then(|| format!("Use até {most} caracteres."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrong_field_is_told() {
        let typed = Typed { password: "curta".into(), department: " ".into(), ..Typed::new() };
        let errors = typed.parse().unwrap_err();
        let fields: Vec<_> = errors.iter().map(|error| error.field).collect();
        assert_eq!(fields, ["company_name", "name", "email", "password", "department"]);
    }
}
