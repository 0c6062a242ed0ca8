//! The form of a user, for inviting and for editing.

use super::queries::{Department, Role, User};
use super::{EditorRights, Name};
use crate::email::Email;
use crate::ids::{DepartmentId, RoleId};
use crate::refusal::{FieldErrors, Snapshot};
use crate::web::Fields;

/// The form's fields as typed.
#[derive(Clone, Debug, Default)]
pub struct UserInput {
    pub name: String,
    pub email: String,
    pub role_id: String,
    pub departments: Vec<String>,
    /// The version of the user that the form was made from.
    pub version: String,
}

/// A valid form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidUser {
    pub name: Name,
    pub email: Email,
    pub role: RoleId,
    /// Active departments only. Memberships of inactive ones do not change.
    pub departments: Vec<DepartmentId>,
}

/// The error when the editor may not add the user to a chosen department.
pub const ONLY_OWN_DEPARTMENTS: &str =
    "Escolha só departamentos de que você faz parte. Para os outros, peça a quem atende todos os chamados.";

/// The data that the form is checked against.
pub struct FormContext {
    pub roles: Vec<Role>,
    pub departments: Vec<Department>,
    /// The user before the change. `None` for a new one.
    pub before: Option<User>,
    /// Whether the editor may take over the account, and so change its e-mail address.
    pub may_take_over: bool,
    /// The departments to which the editor may add the user. `None` means all.
    pub allowed_departments: Option<Vec<DepartmentId>>,
}

impl FormContext {
    /// Whether the editor may add the user to this department.
    pub fn may_add_to(&self, department: DepartmentId) -> bool {
        self.allowed_departments.as_ref().is_none_or(|these| these.contains(&department))
    }

    /// The user as the form shows them. It does not show inactive departments, and does not change them.
    pub fn snapshot(&self, user: &User) -> Snapshot {
        let role = self.roles.iter().find(|role| role.id == user.role_id);
        let held = self.departments.iter().filter(|department| user.departments.contains(&department.id));
        let (ids, names): (Vec<String>, Vec<&str>) =
            held.map(|department| (department.id.to_string(), department.name.as_str())).unzip();
        Snapshot::default()
            .text("name", "Nome", &user.name)
            .text("email", "E-mail", &user.email)
            .choice("role_id", "Cargo", user.role_id, role.map_or("", |role| &role.name))
            .checkboxes("departments", "Departamentos", ids, &names.join(", "))
    }
}

impl UserInput {
    pub fn read(fields: &Fields) -> Self {
        Self {
            name: fields.get("name").to_owned(),
            email: fields.get("email").to_owned(),
            role_id: fields.get("role_id").to_owned(),
            version: fields.get("version").to_owned(),
            departments: fields.all("departments").map(str::to_owned).collect(),
        }
    }

    /// The form, filled with the user's current data.
    pub fn of(user: &User, context: &FormContext) -> Self {
        Self {
            version: context.snapshot(user).version(),
            name: user.name.clone(),
            email: user.email.clone(),
            role_id: user.role_id.to_string(),
            departments: user.departments.iter().map(DepartmentId::to_string).collect(),
        }
    }

    /// The fields, to be sent again together with the answer to a question.
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

    /// Checks every field. The errors name all invalid ones.
    pub fn parse(&self, rights: EditorRights, context: &FormContext) -> Result<ValidUser, FieldErrors> {
        let mut errors = FieldErrors::default();
        let name = Name::parse(&self.name).map_err(|message| errors.add("name", message));
        let email = Email::parse(&self.email).map_err(|message| errors.add("email", message));
        let role = self.role(rights, context).map_err(|message| errors.add("role_id", message));
        let chosen: Vec<DepartmentId> = self.departments.iter().filter_map(|id| id.parse().ok()).collect();
        let departments = context.departments.iter().map(|department| department.id);
        let departments: Vec<DepartmentId> = departments.filter(|id| chosen.contains(id)).collect();
        let held = context.before.as_ref().map_or(&[][..], |user| &user.departments);
        let is_beyond = |id: &DepartmentId| !held.contains(id) && !context.may_add_to(*id);
        if departments.iter().any(is_beyond) {
            errors.add("departments", ONLY_OWN_DEPARTMENTS);
        }
        let before = context.before.as_ref().filter(|_| !context.may_take_over);
        if let (Ok(email), Some(user)) = (&email, before)
            && user.email != email.as_str()
        {
            errors.add("email", "Você não pode mudar o e-mail desta conta, que serve para entrar nela.");
        }
        match (name, email, role) {
            (Ok(name), Ok(email), Ok(role)) if errors.is_empty() => {
                Ok(ValidUser { name, email, role, departments })
            }
            _ => Err(errors),
        }
    }

    /// The chosen role. Keeping the present role needs no permission.
    fn role(&self, rights: EditorRights, context: &FormContext) -> Result<RoleId, &'static str> {
        let before = context.before.as_ref();
        if let Some(user) = before.filter(|user| rights.is_self(user.id)) {
            let is_same = self.role_id.is_empty() || self.role_id.parse() == Ok(user.role_id);
            return if is_same {
                Ok(user.role_id)
            } else {
                Err("Peça a outra pessoa para mudar o seu cargo.")
            };
        }
        let chosen = self.role_id.parse().ok();
        let Some(role) = context.roles.iter().find(|role| Some(role.id) == chosen) else {
            return Err("Escolha o cargo.");
        };
        match before.is_some_and(|user| user.role_id == role.id) {
            false if !rights.can_manage(role.role_rights()) => Err("Só o administrador concede este cargo."),
            false if !rights.can_grant(role.role_rights()) => {
                Err("Este cargo tem permissões que você não tem. Peça a quem as tem.")
            }
            _ => Ok(role.id),
        }
    }
}
