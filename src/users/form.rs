//! The form of a user: whom to invite, or what to change.

use super::queries::{Department, Role, User};
use super::{Name, Reach};
use crate::email::Email;
use crate::ids::{DepartmentId, RoleId};
use crate::web::{FieldErrors, Fields, Snapshot};

/// What somebody typed and chose.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    pub name: String,
    pub email: String,
    pub role_id: String,
    pub departments: Vec<String>,
    /// The version that was shown.
    pub version: String,
}

/// A user as it may be saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    pub name: Name,
    pub email: Email,
    pub role: RoleId,
    /// Among the active departments; membership of others stays as it is.
    pub departments: Vec<DepartmentId>,
}

/// What is known while a form is judged.
pub struct Facts {
    pub roles: Vec<Role>,
    pub departments: Vec<Department>,
    /// Whom it is about, unless they are new.
    pub before: Option<User>,
}

impl Facts {
    /// A user as their form shows them. Departments that are inactive count, but are not named.
    pub fn snapshot(&self, user: &User) -> Snapshot {
        let role = self.roles.iter().find(|role| role.id == user.role_id);
        let mut held = user.departments.clone();
        held.sort();
        let named = self.departments.iter().filter(|department| held.contains(&department.id));
        let named: Vec<&str> = named.map(|department| department.name.as_str()).collect();
        let held: Vec<String> = held.iter().map(DepartmentId::to_string).collect();
        Snapshot::default()
            .text("Nome", &user.name)
            .text("E-mail", &user.email)
            .choice("Cargo", user.role_id, role.map_or("", |role| &role.name))
            .choice("Departamentos", held.join(","), &named.join(", "))
    }
}

impl Typed {
    pub fn read(fields: &Fields) -> Self {
        Self {
            name: fields.get("name").to_owned(),
            email: fields.get("email").to_owned(),
            role_id: fields.get("role_id").to_owned(),
            version: fields.get("version").to_owned(),
            departments: fields.all("departments").map(str::to_owned).collect(),
        }
    }

    /// The form of a user as it stands.
    pub fn of(user: &User, facts: &Facts) -> Self {
        Self {
            version: facts.snapshot(user).version(),
            name: user.name.clone(),
            email: user.email.clone(),
            role_id: user.role_id.to_string(),
            departments: user.departments.iter().map(DepartmentId::to_string).collect(),
        }
    }

    /// The fields as they are sent again with the answer to a question.
    pub fn fields(self) -> Vec<(&'static str, String)> {
        let texts = [
            ("name", self.name),
            ("email", self.email),
            ("role_id", self.role_id),
            ("version", self.version),
        ];
        let departments = self.departments.into_iter().map(|id| ("departments", id));
        texts.into_iter().chain(departments).collect()
    }

    /// # Errors
    /// Every field that is wrong.
    pub fn parse(&self, reach: Reach, facts: &Facts) -> Result<Draft, FieldErrors> {
        let mut errors = FieldErrors::default();
        let name = Name::parse(&self.name).map_err(|message| errors.add("name", message));
        let email = Email::parse(&self.email).map_err(|message| errors.add("email", message));
        let role = self.role(reach, facts).map_err(|message| errors.add("role_id", message));
        let chosen: Vec<DepartmentId> = self.departments.iter().filter_map(|id| id.parse().ok()).collect();
        let departments = facts.departments.iter().map(|department| department.id);
        let departments = departments.filter(|id| chosen.contains(id)).collect();
        match (name, email, role) {
            (Ok(name), Ok(email), Ok(role)) => Ok(Draft { name, email, role, departments }),
            _ => Err(errors),
        }
    }

    /// A role that stays needs nobody's leave.
    fn role(&self, reach: Reach, facts: &Facts) -> Result<RoleId, &'static str> {
        let before = facts.before.as_ref();
        if let Some(user) = before.filter(|user| reach.is_self(user.id)) {
            let is_same = self.role_id.is_empty() || self.role_id.parse() == Ok(user.role_id);
            return if is_same {
                Ok(user.role_id)
            } else {
                Err("Peça a outra pessoa para mudar o seu cargo.")
            };
        }
        let chosen = self.role_id.parse().ok();
        let Some(role) = facts.roles.iter().find(|role| Some(role.id) == chosen) else {
            return Err("Escolha o cargo.");
        };
        match before.is_some_and(|user| user.role_id == role.id) || reach.holds(role.rank()) {
            true => Ok(role.id),
            false => Err("Só o administrador concede este cargo."),
        }
    }
}
