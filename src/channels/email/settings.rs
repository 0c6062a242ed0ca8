//! The settings of an e-mail channel, as stored in `channels.settings`.

use serde::{Deserialize, Serialize};

/// How a connection to a mail server is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// TLS from the start: port 465 for SMTP, 993 for IMAP.
    #[default]
    Tls,
    /// TLS after the command STARTTLS: port 587 for SMTP, 143 for IMAP.
    StartTls,
    /// None. For servers on the same machine only.
    None,
}

/// How we sign in at the mail servers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SignIn {
    /// With user and password; without a user, we do not sign in.
    #[default]
    Password,
    /// XOAUTH2 with a token from the provider: by client credentials (Microsoft 365) if there is no refresh token, else by
    /// the refresh token (Google).
    Oauth,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct EmailSettings {
    /// The sender's address, to which customers answer.
    pub address: String,
    pub smtp_host: String,
    pub smtp_port: u16,
    pub smtp_security: Security,
    pub sign_in: SignIn,
    /// The user at both servers. Often the address.
    pub user: String,
    /// Empty: answers are not fetched.
    pub imap_host: String,
    pub imap_port: u16,
    pub imap_security: Security,
    /// For `SignIn::Oauth`.
    pub token_url: String,
    pub client_id: String,
    pub scope: String,
}

/// Servers of providers that also take mail for `name+anything@domain`. Elsewhere such mail may be refused, and with it a
/// customer's answer.
const WITH_SUBADDRESSES: [&str; 6] = [
    "smtp.gmail.com",
    "smtp-relay.gmail.com",
    "smtp.office365.com",
    "smtp-mail.outlook.com",
    "smtp.mail.me.com",
    "smtp.fastmail.com",
];

impl EmailSettings {
    /// Whether Reply-To may name the message.
    pub fn has_subaddresses(&self) -> bool {
        WITH_SUBADDRESSES.contains(&self.smtp_host.to_ascii_lowercase().as_str())
    }
}

/// Names of the secrets.
pub const PASSWORD: &str = "password";
pub const CLIENT_SECRET: &str = "client_secret";
pub const REFRESH_TOKEN: &str = "refresh_token";
