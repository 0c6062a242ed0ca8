//! Access tokens for XOAUTH2, kept until shortly before they expire.
//!
//! Sending and fetching share a channel's token. In one process only one task at a time asks for it, because a provider may
//! accept a refresh token once only. Two processes may ask at the same time: the one that is refused then uses what the
//! other has stored ([`super::renewed`]).

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use reqwest::header::CONTENT_TYPE;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use tokio::sync;
use url::Url;

use super::connect::{self, ConnectFailure};
use super::settings::{CLIENT_SECRET, EmailSettings, REFRESH_TOKEN};
use crate::channels::transport::Signal;
use crate::channels::transport::SmtpStep::Authentication;
use crate::channels::{Secrets, TransportOptions};
use crate::ids::ChannelId;

const TIME_LIMIT: Duration = Duration::from_secs(15);

/// A token is renewed this long before it expires.
const MARGIN: Duration = Duration::from_secs(120);

/// The lifetime of a token whose provider does not state it.
const USUAL_LIFETIME: u64 = 3600;

/// Maximum length of an answer, in bytes.
const LONGEST_ANSWER: usize = 64 * 1024;

/// What this process knows of the tokens of one channel.
#[derive(Default)]
struct TokenState {
    access: Option<AccessToken>,
    /// A refresh token that the provider gave and that could not be stored yet.
    unstored: Option<String>,
}

struct AccessToken {
    token: String,
    until: Instant,
}

type SharedState = Arc<sync::Mutex<TokenState>>;

/// Tokens of this process. The key is a hash of the settings and secrets with which a token is requested.
static STATES: LazyLock<Mutex<HashMap<[u8; 32], SharedState>>> = LazyLock::new(Mutex::default);

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    access_token: String,
    #[serde(default)]
    refresh_token: String,
    expires_in: Option<u64>,
    #[serde(default)]
    error: String,
    #[serde(default)]
    error_description: String,
}

/// Who asks for a token.
#[derive(Clone, Copy)]
pub struct Applicant<'a> {
    pub channel: ChannelId,
    pub settings: &'a EmailSettings,
    pub secrets: &'a Secrets,
    pub options: &'a TransportOptions,
}

impl Applicant<'_> {
    /// A token for the channel's user: by its refresh token if there is one (Google), else by client credentials
    /// (Microsoft 365).
    pub async fn token(self) -> Result<String, ConnectFailure> {
        let state = self.state();
        let mut state = state.lock().await;
        if let Some(known) = state.access.as_ref().filter(|known| known.until > Instant::now()) {
            return Ok(known.token.clone());
        }
        let answer = match self.secrets.has(REFRESH_TOKEN) {
            true => self.refresh(&mut state).await?,
            false => self.ask("").await?,
        };
        if answer.access_token.is_empty() {
            return Err(answer.refusal());
        }
        let lifetime = Duration::from_secs(answer.expires_in.unwrap_or(USUAL_LIFETIME));
        let until = Instant::now() + lifetime.saturating_sub(MARGIN);
        state.access = Some(AccessToken { token: answer.access_token.clone(), until });
        Ok(answer.access_token)
    }

    /// Drops a token that a server refused, so that the next attempt asks for another.
    pub async fn forget(self, token: &str) {
        let state = self.state();
        let mut state = state.lock().await;
        if state.access.as_ref().is_some_and(|known| known.token == token) {
            state.access = None;
        }
    }

    async fn refresh(self, state: &mut TokenState) -> Result<Answer, ConnectFailure> {
        let typed = self.secrets.get(REFRESH_TOKEN);
        let token = match &state.unstored {
            Some(token) => token.clone(),
            None => self.refresh_token().await?,
        };
        let mut answer = self.ask(&token).await?;
        if answer.access_token.is_empty() {
            let newer = self.refresh_token().await?;
            if newer != token {
                answer = self.ask(&newer).await?;
            }
        }
        if !answer.refresh_token.is_empty() && answer.refresh_token != token {
            state.unstored = Some(answer.refresh_token.clone());
        }
        if let Some(token) = &state.unstored {
            match self.options.renewed_tokens.store(self.channel, typed, token).await {
                Ok(()) => state.unstored = None,
                Err(error) => {
                    tracing::error!(%error, channel = self.channel.0, "a renewed token cannot be stored");
                }
            }
        }
        Ok(answer)
    }

    /// The refresh token that is stored: the last one that the provider gave, else the one that was typed.
    async fn refresh_token(self) -> Result<String, ConnectFailure> {
        let typed = self.secrets.get(REFRESH_TOKEN);
        self.options.renewed_tokens.current(self.channel, typed).await.map_err(|error| {
            tracing::warn!(%error, channel = self.channel.0, "a renewed token cannot be read");
            let detail = "o refresh token guardado não pôde ser lido".to_owned();
            ConnectFailure { signal: Signal::NoConnection, detail }
        })
    }

    fn state(self) -> SharedState {
        let mut hash = Sha256::new();
        let refresh_token = self.secrets.get(REFRESH_TOKEN);
        let fields = self.fields(refresh_token);
        let parts = fields.iter().flat_map(|(name, value)| [*name, *value]);
        for part in parts.chain([self.settings.token_url.as_str()]) {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hash.update(self.channel.0.to_be_bytes());
        let mut states = STATES.lock().unwrap_or_else(PoisonError::into_inner);
        states.entry(hash.finalize().into()).or_default().clone()
    }

    fn fields<'a>(&'a self, refresh_token: &'a str) -> Vec<(&'static str, &'a str)> {
        let mut fields = vec![
            ("client_id", self.settings.client_id.as_str()),
            ("client_secret", self.secrets.get(CLIENT_SECRET)),
        ];
        match refresh_token {
            "" => fields.push(("grant_type", "client_credentials")),
            token => fields.extend([("grant_type", "refresh_token"), ("refresh_token", token)]),
        }
        if !self.settings.scope.is_empty() {
            fields.push(("scope", self.settings.scope.as_str()));
        }
        fields
    }

    async fn ask(self, refresh_token: &str) -> Result<Answer, ConnectFailure> {
        ask(&self.settings.token_url, &self.fields(refresh_token), self.options.allows_private_addresses)
            .await
    }
}

impl Answer {
    /// Why there is no token, and what to do, in front of what the provider said.
    fn refusal(&self) -> ConnectFailure {
        let plain = match self.error.as_str() {
            "invalid_grant" => {
                "o refresh token não vale mais; autorize o aplicativo de novo e informe o novo"
            }
            "invalid_client" | "unauthorized_client" => {
                "o ID ou o segredo do aplicativo não é aceito; talvez o segredo tenha vencido"
            }
            "invalid_scope" => "o escopo não é aceito",
            _ => "o provedor recusou o pedido",
        };
        refused(format!("{plain}. O provedor disse: {} {}", self.error, self.error_description))
    }
}

async fn ask(url: &str, fields: &[(&str, &str)], allows_private: bool) -> Result<Answer, ConnectFailure> {
    let url = Url::parse(url).map_err(|_| refused("o endereço do token não é válido".to_owned()))?;
    if url.scheme() != "https" && !allows_private {
        return Err(refused("o endereço do token deve começar com https://".to_owned()));
    }
    let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
        return Err(refused("o endereço do token não é válido".to_owned()));
    };
    let bare = host.trim_matches(['[', ']']);
    let addresses = connect::resolve(bare, port, allows_private).await?;
    // If another part of the process has already chosen a provider, that one stays.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder()
        .timeout(TIME_LIMIT)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .resolve_to_addrs(bare, &addresses)
        .build()
        .map_err(|error| unreachable(&error))?;
    let body = serde_urlencoded::to_string(fields).map_err(|error| refused(error.to_string()))?;
    let request = client.post(url).header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body);
    let mut response = request.send().await.map_err(|error| unreachable(&error))?;
    let status = response.status();
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| unreachable(&error))? {
        if bytes.len() + chunk.len() > LONGEST_ANSWER {
            return Err(refused("a resposta é longa demais".to_owned()));
        }
        bytes.extend_from_slice(&chunk);
    }
    if status.is_server_error() {
        let detail = format!("o provedor respondeu {status} ao pedido de token");
        return Err(ConnectFailure { signal: Signal::NoConnection, detail });
    }
    serde_json::from_slice(&bytes).map_err(|_| refused(format!("o provedor respondeu {status}")))
}

/// The provider gives no token: nothing can be sent until somebody corrects the settings.
fn refused(why: String) -> ConnectFailure {
    let detail = format!("o provedor não deu acesso (OAuth): {}", why.trim());
    ConnectFailure { signal: Signal::Smtp(Authentication, 535), detail }
}

fn unreachable(error: &reqwest::Error) -> ConnectFailure {
    // Without the address of the request, which the error would name.
    let why = if error.is_timeout() { "sem resposta" } else { "falha na conexão" };
    ConnectFailure {
        signal: Signal::NoConnection,
        detail: format!("o provedor do token não foi alcançado: {why}"),
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::super::ids::tests::options;
    use super::*;

    async fn provider(status: u16, answer: &'static str) -> (String, tokio::task::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/token", listener.local_addr().unwrap());
        let served = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 4096];
            let read = stream.read(&mut request).await.unwrap();
            let head = format!("HTTP/1.1 {status} OK\r\ncontent-length: {}\r\n\r\n{answer}", answer.len());
            stream.write_all(head.as_bytes()).await.unwrap();
            String::from_utf8_lossy(&request[..read]).into_owned()
        });
        (url, served)
    }

    #[tokio::test]
    async fn a_token_is_asked_for_once_until_it_is_refused() {
        let (token_url, served) = provider(200, r#"{"access_token":"one","expires_in":3600}"#).await;
        let settings =
            EmailSettings { token_url, client_id: "id".into(), scope: "s".into(), ..Default::default() };
        let mut secrets = Secrets::default();
        secrets.set(CLIENT_SECRET, "s3cr3t".to_owned());
        let applicant =
            Applicant { channel: ChannelId(1), settings: &settings, secrets: &secrets, options: &options() };
        assert_eq!(applicant.token().await.unwrap(), "one");
        assert_eq!(applicant.token().await.unwrap(), "one");
        let request = served.await.unwrap();
        assert!(request.ends_with("client_id=id&client_secret=s3cr3t&grant_type=client_credentials&scope=s"));
        applicant.forget("another").await;
        assert_eq!(applicant.token().await.unwrap(), "one");
        applicant.forget("one").await;
        assert!(applicant.token().await.is_err());
    }

    #[tokio::test]
    async fn a_refusal_says_what_to_do_and_what_the_provider_said() {
        let (token_url, _served) =
            provider(401, r#"{"error":"invalid_client","error_description":"Secret expired."}"#).await;
        let settings = EmailSettings { token_url, ..Default::default() };
        let (secrets, open) = (Secrets::default(), options());
        let applicant =
            Applicant { channel: ChannelId(2), settings: &settings, secrets: &secrets, options: &open };
        let failure = applicant.token().await.unwrap_err();
        assert_eq!(failure.signal, Signal::Smtp(Authentication, 535));
        assert!(failure.detail.contains("talvez o segredo tenha vencido"), "{}", failure.detail);
        assert!(failure.detail.ends_with("invalid_client Secret expired."), "{}", failure.detail);
        let closed = TransportOptions { allows_private_addresses: false, ..options() };
        let failure = Applicant { options: &closed, ..applicant }.token().await.unwrap_err();
        assert!(failure.detail.contains("https"), "{}", failure.detail);
    }
}
