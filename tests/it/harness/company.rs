//! A small company: two departments, three roles, four users, two contacts on the web chat.

use std::sync::LazyLock;

use super::Database;

pub const PASSWORD: &str = "uma senha de teste";

static HASH: LazyLock<String> = LazyLock::new(|| pontual::auth::passwords::hash(PASSWORD).unwrap());

/// The ids of the company's records.
#[derive(Clone, Copy, Debug)]
pub struct Company {
    pub support: i64,
    pub finance: i64,
    pub administrator: i64,
    pub role_manager: i64,
    /// An attendant of "Suporte".
    pub bruno: i64,
    /// An attendant of "Financeiro".
    pub helena: i64,
    pub marina: i64,
    pub rafael: i64,
}

impl Company {
    /// The ids, whether the records exist or not.
    pub const IDS: Self = Self {
        support: 101,
        finance: 102,
        administrator: 301,
        role_manager: 302,
        bruno: 303,
        helena: 304,
        marina: 601,
        rafael: 602,
    };

    pub fn found(database: &Database) -> Self {
        let hash = &*HASH;
        database.execute(&format!(
            "INSERT INTO departments (id, name, position) VALUES (101, 'Suporte', 1), (102, 'Financeiro', 2);
             INSERT INTO roles (id, name, description) VALUES
                (202, 'Gestor de cargos', 'Cuida dos cargos'), (203, 'Atendente', 'Atende os chamados');
             INSERT INTO role_permissions VALUES (202, 'roles'), (203, 'tickets');
             INSERT INTO users (id, name, email, password_hash, role_id) VALUES
                (301, 'Ana Prado', 'admin@empresa.example', '{hash}',
                    (SELECT id FROM roles WHERE is_administrator)),
                (302, 'Gil Torres', 'gestor@empresa.example', '{hash}', 202),
                (303, 'Bruno Lima', 'bruno@empresa.example', '{hash}', 203),
                (304, 'Helena Costa', 'helena@empresa.example', '{hash}', 203);
             INSERT INTO department_members VALUES (101, 303), (102, 304);
             INSERT INTO channels (id, kind, name, default_department_id) VALUES (401, 'web_chat', 'Chat do site', 101);
             INSERT INTO people (id, name) VALUES (501, 'Família Duarte');
             INSERT INTO contacts (id, channel_id, name, phone, person_id) VALUES
                (601, 401, 'Marina Duarte', '+5511900000142', 501),
                (602, 401, 'Rafael Nogueira', '+5521900000117', NULL);"
        ));
        Self::IDS
    }

    /// The corresponding records of the demonstration, whose people sign in with other addresses.
    pub fn of_demonstration(database: &Database) -> Self {
        let id = |table: &str, name: &str| {
            database.number(&format!("SELECT id AS value FROM {table} WHERE name = '{name}'"))
        };
        Self {
            support: id("departments", "Suporte"),
            finance: id("departments", "Financeiro"),
            administrator: id("users", "Ana Prado"),
            role_manager: id("users", "Gil Torres"),
            bruno: id("users", "Bruno Lima"),
            helena: id("users", "Helena Costa"),
            marina: id("contacts", "Marina Duarte"),
            rafael: id("contacts", "Rafael Nogueira"),
        }
    }
}
