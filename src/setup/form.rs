//! The form that sets up a company.

use crate::auth::passwords::{self, Owner};
use crate::clock::Zone;
use crate::email::Email;
use crate::refusal::FieldErrors;
use crate::settings::company_name_error;
use crate::text::has_control_characters;
use crate::users::{Name, NewAccount};
use crate::web::Fields;

/// The fields as typed. All except the password are shown again.
#[derive(Clone, Debug)]
pub struct CompanyInput {
    pub company_name: String,
    pub time_zone: String,
    pub name: String,
    pub email: String,
    pub password: String,
    pub department: String,
    pub attends: bool,
}

/// Valid fields of a company.
#[derive(Clone, Debug)]
pub struct ValidCompany {
    pub company_name: String,
    pub zone: Zone,
    pub administrator: NewAccount,
    pub department: String,
    /// Whether the administrator becomes a member of the department.
    pub attends: bool,
}

impl CompanyInput {
    /// The initial values.
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

    pub fn parse(&self) -> Result<ValidCompany, FieldErrors> {
        let mut errors = FieldErrors::default();
        if let Some(message) = company_name_error(&self.company_name) {
            errors.add("company_name", message);
        }
        let zone = Zone::find(&self.time_zone);
        if zone.is_none() {
            errors.add("time_zone", "Selecione o fuso horário.");
        }
        self.check_administrator(&mut errors);
        if let Some(message) = department_error(&self.department) {
            errors.add("department", message);
        }
        let administrator = NewAccount::parse(&self.name, &self.email, &self.password, &self.company_name);
        match (zone, administrator, errors.is_empty()) {
            (Some(zone), Ok(administrator), true) => Ok(ValidCompany {
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
        if let Err(message) = Name::parse(&self.name) {
            errors.add("name", message);
        }
        if let Err(message) = Email::parse(&self.email) {
            errors.add("email", message);
        }
        let owner =
            Owner { company: self.company_name.clone(), name: self.name.clone(), email: self.email.clone() };
        match passwords::refusal(&self.password, &owner) {
            Some(_) if self.password.is_empty() => errors.add("password", "Crie uma senha."),
            Some(refusal) => errors.add("password", refusal.sentence()),
            None => {}
        }
    }
}

fn department_error(input: &str) -> Option<&'static str> {
    let name = input.trim();
    if name.is_empty() || has_control_characters(name) {
        return Some("Informe o nome do departamento.");
    }
    (name.chars().count() > 60).then_some("Use até 60 caracteres.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrong_field_is_reported() {
        let input = CompanyInput { password: "curta".into(), department: " ".into(), ..CompanyInput::new() };
        let errors = input.parse().unwrap_err();
        let fields: Vec<_> = errors.iter().map(|error| error.field).collect();
        assert_eq!(fields, ["company_name", "name", "email", "password", "department"]);
    }
}
