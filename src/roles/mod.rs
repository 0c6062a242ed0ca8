//! Roles ("cargos"): a name and a set of permissions.
//!
//! "Habilitar agendamento" lets the members of a role create schedules. A change of permissions takes effect
//! with the members' next request. The administrator role has every permission and cannot be changed. Nobody
//! edits their own role or grants a permission that they lack, and only administrators grant those in
//! [`ADMIN_ONLY_PERMISSIONS`]. One exception: role managers can enable scheduling without having that permission (see
//! `form::may_grant`). A role cannot be deleted while a user has it, even a deactivated one. The page of a role
//! shows who changed what and when.

mod delete;
pub mod deletion;
mod form;
pub mod handlers;
mod history;
mod queries;
mod save;
mod views;

use crate::auth::Permission;

/// A switch of the form.
struct PermissionSwitch {
    permission: Permission,
    label: &'static str,
    text: &'static str,
}

/// Every permission, in groups, as the form shows them.
const GROUPS: [(&str, &str, &[PermissionSwitch]); 4] = [
    (
        "calendar-time",
        "Agendamentos",
        &[PermissionSwitch {
            permission: Permission::Schedules,
            label: "Habilitar agendamento",
            text: "Permite criar, editar e cancelar agendamentos, e ver todos eles.",
        }],
    ),
    (
        "message-circle",
        "Conversas",
        &[
            PermissionSwitch {
                permission: Permission::Tickets,
                label: "Atender chamados",
                text: "Vê e responde os chamados dos seus departamentos e os seus próprios.",
            },
            PermissionSwitch {
                permission: Permission::TicketsAll,
                label: "Atender todos os chamados",
                text: "Vê e responde os chamados de todos os departamentos.",
            },
        ],
    ),
    (
        "address-book",
        "Cadastros",
        &[
            PermissionSwitch {
                permission: Permission::Contacts,
                label: "Gerenciar contatos e pessoas",
                text: "Cria, edita, importa, arquiva e anonimiza contatos e pessoas.",
            },
            PermissionSwitch {
                permission: Permission::Departments,
                label: "Gerenciar departamentos",
                text: "Cria, ordena e desativa departamentos, e define quem atende em cada um.",
            },
            PermissionSwitch {
                permission: Permission::Users,
                label: "Gerenciar atendentes",
                text: "Convida, edita e desativa atendentes. Só o administrador concede.",
            },
            PermissionSwitch {
                permission: Permission::Roles,
                label: "Gerenciar cargos",
                text: "Altera as permissões dos cargos. Só o administrador concede.",
            },
        ],
    ),
    (
        "settings",
        "Plataforma",
        &[
            PermissionSwitch {
                permission: Permission::Channels,
                label: "Gerenciar conexões",
                text: "Configura o chat do site e as outras formas de falar com os contatos.",
            },
            PermissionSwitch {
                permission: Permission::Settings,
                label: "Configurar a empresa",
                text: "Define nome, fuso horário e regras dos agendamentos. Só o administrador concede.",
            },
            PermissionSwitch {
                permission: Permission::Audit,
                label: "Ver a auditoria",
                text: "Consulta e exporta quem fez o quê, quando e de onde. Só o administrador concede.",
            },
        ],
    ),
];

/// The label of a permission in the form.
pub fn label(permission: Permission) -> &'static str {
    let mut switches = GROUPS.iter().flat_map(|(_, _, group)| *group);
    switches.find(|switch| switch.permission == permission).map_or(permission.as_str(), |switch| switch.label)
}

/// Permissions that only administrators grant.
pub const ADMIN_ONLY_PERMISSIONS: [Permission; 4] =
    [Permission::Roles, Permission::Users, Permission::Settings, Permission::Audit];
