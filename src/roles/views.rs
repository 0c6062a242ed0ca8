//! Finished data for the templates of roles.

use askama::Template;

use super::GROUPS;
use super::form::{Typed, may_switch};
use super::queries::{Member, Role};
use crate::auth::{Permission, Person};
use crate::web::{FieldErrors, initials, tint};

#[derive(Template)]
#[template(path = "roles/index.html")]
pub struct Index {
    roles: Vec<Line>,
}

struct Line {
    id: String,
    name: String,
    description: String,
    members: i64,
    may_schedule: bool,
    is_administrator: bool,
}

impl Index {
    pub fn new(roles: Vec<Role>) -> Self {
        let line = |role: Role| Line {
            id: role.id.to_string(),
            members: role.members,
            may_schedule: role.permissions().contains(Permission::Schedules),
            is_administrator: role.is_administrator,
            name: role.name,
            description: role.description,
        };
        Self { roles: roles.into_iter().map(line).collect() }
    }
}

#[derive(Template)]
#[template(path = "roles/edit.html")]
pub struct Edit {
    csrf: String,
    id: String,
    name: String,
    description: String,
    groups: Vec<Group>,
    members: Vec<MemberLine>,
    errors: FieldErrors,
    /// Why nothing can be changed, if so.
    locked: Option<&'static str>,
}

struct Group {
    icon: &'static str,
    title: &'static str,
    switches: Vec<Switch>,
}

struct Switch {
    value: &'static str,
    label: &'static str,
    text: &'static str,
    is_on: bool,
    is_locked: bool,
    is_key: bool,
}

struct MemberLine {
    name: String,
    initials: String,
    tint: u32,
    departments: String,
}

impl Edit {
    pub fn new(editor: &Person, csrf: &str, role: Role, members: Vec<Member>) -> Self {
        let locked = match role {
            Role { is_administrator: true, .. } => {
                Some("O cargo Administrador tem acesso total e não pode ser alterado.")
            }
            Role { id, .. } if id == editor.role_id => {
                Some("Este é o seu cargo. Peça a outra pessoa para alterá-lo.")
            }
            _ => None,
        };
        let typed = Typed { permissions: role.permissions(), ..Typed::default() };
        Self {
            csrf: csrf.to_owned(),
            id: role.id.to_string(),
            groups: groups(editor, &typed, locked.is_some()),
            name: role.name,
            description: role.description,
            members: members.into_iter().map(MemberLine::new).collect(),
            errors: FieldErrors::default(),
            locked,
        }
    }

    /// The same form with what was typed and what is wrong.
    pub fn refused(self, editor: &Person, typed: Typed, errors: FieldErrors) -> Self {
        let groups = groups(editor, &typed, false);
        Self { groups, name: typed.name, description: typed.description, errors, ..self }
    }
}

impl MemberLine {
    fn new(member: Member) -> Self {
        Self {
            initials: initials(&member.name),
            tint: tint(&member.id),
            name: member.name,
            departments: member.departments,
        }
    }
}

fn groups(editor: &Person, typed: &Typed, is_locked: bool) -> Vec<Group> {
    let switch = |permission: &Permission| {
        let (label, text) = words(*permission);
        Switch {
            value: permission.as_str(),
            label,
            text,
            is_on: typed.permissions.contains(*permission),
            is_locked: is_locked || !may_switch(editor, *permission),
            is_key: *permission == Permission::Schedules,
        }
    };
    let group = |(icon, title, permissions): &(&'static str, &'static str, &[Permission])| Group {
        icon,
        title,
        switches: permissions.iter().map(switch).collect(),
    };
    GROUPS.iter().map(group).collect()
}

fn words(permission: Permission) -> (&'static str, &'static str) {
    match permission {
        Permission::Schedules => {
            ("Habilitar agendamento", "Permite criar e cancelar agendamentos, e ver todos eles.")
        }
        Permission::Tickets => {
            ("Atender chamados", "Vê e responde os chamados dos seus departamentos e os seus próprios.")
        }
        Permission::TicketsAll => {
            ("Atender todos os chamados", "Vê e responde os chamados de todos os departamentos.")
        }
        Permission::Roles => {
            ("Gerenciar cargos", "Altera as permissões dos cargos. Só o administrador concede.")
        }
        Permission::Contacts => ("Gerenciar contatos e pessoas", "Cria e edita contatos e agrupamentos."),
        Permission::Departments => ("Gerenciar departamentos", "Cria e edita departamentos."),
        Permission::Users => ("Gerenciar atendentes", "Convida, edita e desativa atendentes."),
        Permission::Channels => ("Gerenciar conexões", "Configura os canais de atendimento."),
        Permission::Settings => ("Alterar dados da empresa", "Muda nome, fuso horário e regras."),
        Permission::Audit => ("Consultar auditoria", "Lê o registro de quem fez o quê."),
    }
}
