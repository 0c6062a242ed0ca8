//! The data of the walk: three departments with attendants and conversations, and a user whose role has three
//! permissions.

use crate::harness::TestApp;

pub const CONTACTS: std::ops::RangeInclusive<i64> = 601..=606;
pub const WALKER: i64 = 310;
pub const WALKER_EMAIL: &str = "caminhante@empresa.example";

/// A text that occurs only in a message of the contact.
pub fn secret(contact: i64) -> String {
    format!("segredo-{contact}-fim")
}

/// The walker attends "Suporte" (101) and can at first read the conversation with 601 at most. First messages go to
/// "Comercial" (103) and "Financeiro" (102). 604 and 606 have no ticket yet. The administrator has pending schedules:
/// one will notify the walker of 602, one will notify Bruno of 603, and one will open a ticket in "Financeiro".
/// A file came with each first message.
pub async fn fill(app: &TestApp, permissions: &[&str]) {
    let database = &app.database;
    database.execute(
        "UPDATE settings SET spacing_minutes = 0;
         INSERT INTO departments (id, name, position) VALUES (103, 'Comercial', 3);
         INSERT INTO roles (id, name) VALUES (210, 'Três'), (211, 'Nenhuma'), (212, 'Uma'), (213, 'Sem ninguém');
         INSERT INTO users (id, name, email, password_hash, role_id)
            SELECT v.id, v.name, v.email, u.password_hash, v.role_id
              FROM (VALUES (310, 'Caminhante', 'caminhante@empresa.example', 210),
                           (305, 'Igor Matos', 'igor@empresa.example', 203),
                           (311, 'Nina Alves', 'nina@empresa.example', 211),
                           (312, 'Davi Rocha', 'davi@empresa.example', 210),
                           (313, 'Eva Nunes', 'eva@empresa.example', 212)) AS v (id, name, email, role_id),
                   users u WHERE u.id = 303;
         INSERT INTO department_members VALUES (101, 310), (103, 305), (102, 312), (103, 313), (102, 311);
         UPDATE channels SET default_department_id = 103 WHERE id = 401;
         INSERT INTO channels (id, kind, name, default_department_id) VALUES (402, 'web_chat', 'Loja', 102);
         INSERT INTO contacts (id, channel_id, name) VALUES
            (603, 401, 'Caio Fontes'), (604, 401, 'Tereza Campos'), (605, 401, 'Letícia Prado'),
            (606, 402, 'Sônia Azevedo');
         INSERT INTO tickets (id, contact_id, department_id, attendant_id, status, opened_at, closed_at) VALUES
            (701, 601, 101, 303, 'closed', now() - interval '2 hours', now() - interval '1 hour'),
            (702, 602, 102, 304, 'open', now() - interval '2 hours', NULL),
            (703, 603, 103, 305, 'closed', now() - interval '2 hours', now() - interval '1 hour'),
            (705, 605, 102, 304, 'closed', now() - interval '2 hours', now() - interval '1 hour');
         INSERT INTO schedules (id, contact_id, department_id, attendant_id, action, due_at, due_local, due_zone,
                                comment, created_by) VALUES
            (801, 602, 101, 310, 'notify', now() + interval '1 day', now(), 'UTC', 'Ligar', 301),
            (802, 603, 101, 303, 'notify', now() + interval '1 day', now(), 'UTC', 'Ligar', 301),
            (803, 605, 102, 304, 'open_ticket', now() + interval '1 day', now(), 'UTC', 'Ligar', 301);
         INSERT INTO sessions (token_hash, user_id, state)
            SELECT sha256(convert_to(u.id || v.browser, 'UTF8')), u.id, '{}'
              FROM users u, (VALUES ('phone'), ('desk')) AS v (browser) WHERE u.id IN (303, 305, 311, 313);
         INSERT INTO schedule_history (schedule_id, kind, actor_id) SELECT id, 'created', 301 FROM schedules;",
    );
    for contact in CONTACTS {
        database.execute(&format!(
            "INSERT INTO messages (contact_id, ticket_id, kind, body)
             SELECT contact_id, id, 'customer', '{}' FROM tickets WHERE contact_id = {contact}",
            secret(contact)
        ));
        app.keep(secret(contact).as_bytes()).await;
        database.execute(&format!(
            "INSERT INTO attachments (sha256, file_name, message_id)
             SELECT sha256(convert_to(body, 'UTF8')), 'nota.txt', id FROM messages WHERE contact_id = {contact}"
        ));
    }
    for permission in permissions {
        database.execute(&format!("INSERT INTO role_permissions VALUES (210, '{permission}')"));
    }
    database.execute(&format!(
        "INSERT INTO role_permissions VALUES (212, '{}')",
        permissions.first().copied().unwrap_or("tickets")
    ));
}
