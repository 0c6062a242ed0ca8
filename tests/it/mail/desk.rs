//! A running Pontual that may call this machine and trusts the mail servers' authority, as an operator sets it up.

use std::process::Stdio;

use crate::harness::{Company, Database, Folder, Page, Serving, Visitor};
use crate::schedules::form;

use super::servers::{MailServers, PASSWORD};

/// The id of the desk's only channel of this kind.
const CHANNEL: &str = "SELECT id AS value FROM channels WHERE kind = 'email'";

pub struct Desk {
    pub database: Database,
    pub servers: &'static MailServers,
    pub admin: Visitor,
    folder: Folder,
    serving: Serving,
}

impl Desk {
    pub async fn open(servers: &'static MailServers) -> Self {
        let database = Database::new();
        Company::found(&database);
        let folder = Folder::new();
        let serving = serve(&database, &folder, servers);
        let admin = serving.administrator().await;
        Self { database, servers, admin, folder, serving }
    }

    /// Ends the process and starts another one on the same database.
    pub async fn restart(self) -> Self {
        let Self { database, servers, admin: _, folder, serving } = self;
        drop(serving);
        let serving = serve(&database, &folder, servers);
        let admin = serving.administrator().await;
        Self { database, servers, admin, folder, serving }
    }

    /// Creates a channel of the account by its form. Returns its path.
    pub async fn connect(&self, account: &str, changes: &[(&str, &str)]) -> String {
        self.admin.get("/channels/new?kind=email").await;
        let fields = self.fields(account, changes);
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.admin.post("/channels", &fields).await.assert_status(303);
        format!("/channels/{}", self.database.number(CHANNEL))
    }

    /// Saves other fields of the channel.
    pub async fn change(&self, channel: &str, account: &str, changes: &[(&str, &str)]) {
        let fields = self.fields(account, changes);
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.admin.edit(channel, &fields).await.assert_status(303);
    }

    /// Presses "Testar conexão".
    pub async fn test(&self, channel: &str) -> Page {
        self.admin.get(channel).await;
        self.admin.post(&format!("{channel}/test"), &[]).await
    }

    /// An account with TLS at both servers and a password.
    fn fields<'a>(&self, account: &str, changes: &[(&'a str, &str)]) -> Vec<(&'a str, String)> {
        let ports = &self.servers.ports;
        let address = format!("{account}@mail.example");
        let mut fields = vec![
            ("kind", "email".to_owned()),
            ("name", format!("E-mail {account}")),
            ("department_id", "101".to_owned()),
            ("address", address.clone()),
            ("smtp_host", "localhost".to_owned()),
            ("smtp_security", "tls".to_owned()),
            ("smtp_port", ports.submissions.to_string()),
            ("sign_in", "password".to_owned()),
            ("user", address),
            ("password", PASSWORD.to_owned()),
            ("imap_host", "localhost".to_owned()),
            ("imap_security", "tls".to_owned()),
            ("imap_port", ports.imaps.to_string()),
        ];
        for (name, value) in changes {
            fields.retain(|(known, _)| known != name);
            fields.push((*name, (*value).to_owned()));
        }
        fields
    }

    /// Adds a contact with an address on the channel.
    pub fn add_contact(&self, address: &str) {
        let channel = self.database.number(CHANNEL);
        self.database.execute(&format!(
            "INSERT INTO contacts (id, channel_id, name)
             VALUES (650, {channel}, 'Raul Braga');
             INSERT INTO contact_identities (contact_id, channel_id, kind, value)
             VALUES (650, {channel}, 'email', '{address}')"
        ));
    }

    /// Schedules a message with a file to the contact, and lets it fall due.
    pub async fn send_file(&self, name: &str, content: &[u8]) {
        self.admin.get("/schedules/new").await;
        let file = self.admin.upload(name, content).await;
        let mut fields = form(&[("contact_id", "650"), ("message", "Olá, Raul!\r\nSegue o orçamento.")]);
        fields.push(("files", file.as_str()));
        self.admin.post("/schedules", &fields).await.assert_status(303);
        self.database.execute("UPDATE schedules SET due_at = now() - interval '1 second'");
    }

    /// State and reason of the messages in the outbox.
    pub fn states(&self) -> Vec<String> {
        self.database.texts("SELECT concat_ws(' ', state, reason) AS value FROM outbox ORDER BY message_id")
    }
}

fn serve(database: &Database, folder: &Folder, servers: &MailServers) -> Serving {
    let variables = [
        ("DATABASE_URL", database.url.as_str()),
        ("PONTUAL_DATA_DIR", folder.path().to_str().unwrap()),
        ("PONTUAL_ALLOW_PRIVATE_ADDRESSES", "yes"),
        ("SSL_CERT_FILE", &servers.ports.ca),
    ];
    Serving::with(&variables, Stdio::null())
}
