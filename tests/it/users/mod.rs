//! Users: inviting, changing, deactivating; and the limits of users who manage users.

use crate::harness::{Page, TestApp, Visitor};

mod beyond_own_rights;
mod choosing;
mod deactivation;
mod invitations;
mod managing;

const NEW_PASSWORD: &str = "quatro palavras quaisquer";

/// A user with the permissions `users` and `tickets`, not an administrator and in no department.
async fn user_manager(app: &TestApp) -> Visitor {
    app.database.execute(
        "INSERT INTO roles (id, name) VALUES (205, 'Gestão de pessoas');
         INSERT INTO role_permissions VALUES (205, 'users'), (205, 'tickets');
         INSERT INTO users (id, name, email, password_hash, role_id)
            SELECT 305, 'Paula Vieira', 'paula@empresa.example', password_hash, 205 FROM users WHERE id = 303",
    );
    app.signed_in("paula@empresa.example").await
}

fn link_of(page: &Page) -> String {
    let link = page.attribute("#access-link", "value").unwrap();
    link[link.find("/access/").unwrap()..].to_owned()
}

async fn invite(app: &TestApp, by: &Visitor) -> String {
    by.get("/users/new").await.assert_status(200);
    let support = app.company.support.to_string();
    let fields = [
        ("name", "Íris Sá"),
        ("email", " Iris@Empresa.example "),
        ("role_id", "203"),
        ("departments", support.as_str()),
    ];
    let page = by.post("/users", &fields).await;
    page.assert_status(201).assert_says("Convite para Íris Sá").assert_says("Vale por 48 horas");
    link_of(&page)
}
