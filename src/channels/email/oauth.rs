//! Access tokens for XOAUTH2, kept until shortly before they expire.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use reqwest::header::CONTENT_TYPE;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use url::Url;

use super::connect::{self, ConnectFailure};
use super::settings::{CLIENT_SECRET, EmailSettings, REFRESH_TOKEN};
use crate::channels::Secrets;
use crate::channels::transport::Signal;
use crate::channels::transport::SmtpStep::Authentication;

const TIME_LIMIT: Duration = Duration::from_secs(15);

/// A token is renewed this long before it expires.
const MARGIN: Duration = Duration::from_secs(120);

/// The lifetime of a token whose provider does not state it.
const USUAL_LIFETIME: u64 = 3600;

/// Maximum length of an answer, in bytes.
const LONGEST_ANSWER: usize = 64 * 1024;

struct CachedToken {
    token: String,
    until: Instant,
}

/// Tokens of this process, by a hash of everything they were asked for with.
static TOKENS: LazyLock<Mutex<HashMap<[u8; 32], CachedToken>>> = LazyLock::new(Mutex::default);

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    access_token: String,
    expires_in: Option<u64>,
    #[serde(default)]
    error: String,
    #[serde(default)]
    error_description: String,
}

/// A token for the channel's user: by its refresh token if there is one (Google), else by client credentials
/// (Microsoft 365).
pub async fn token(
    settings: &EmailSettings,
    secrets: &Secrets,
    allows_private: bool,
) -> Result<String, ConnectFailure> {
    let fields = fields(settings, secrets);
    let key = cache_key(&settings.token_url, &fields);
    if let Some(token) = cached(&key) {
        return Ok(token);
    }
    let answer = ask(&settings.token_url, &fields, allows_private).await?;
    if answer.access_token.is_empty() {
        return Err(refused(format!("{} {}", answer.error, answer.error_description)));
    }
    let lifetime = Duration::from_secs(answer.expires_in.unwrap_or(USUAL_LIFETIME)).saturating_sub(MARGIN);
    let cached = CachedToken { token: answer.access_token.clone(), until: Instant::now() + lifetime };
    let mut tokens = TOKENS.lock().unwrap_or_else(PoisonError::into_inner);
    tokens.retain(|_, token| token.until > Instant::now());
    tokens.insert(key, cached);
    Ok(answer.access_token)
}

/// Drops a token that a server refused, so that the next attempt asks for another.
pub fn forget(settings: &EmailSettings, secrets: &Secrets) {
    let key = cache_key(&settings.token_url, &fields(settings, secrets));
    TOKENS.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
}

fn cached(key: &[u8; 32]) -> Option<String> {
    let tokens = TOKENS.lock().unwrap_or_else(PoisonError::into_inner);
    tokens.get(key).filter(|token| token.until > Instant::now()).map(|token| token.token.clone())
}

fn fields<'a>(settings: &'a EmailSettings, secrets: &'a Secrets) -> Vec<(&'static str, &'a str)> {
    let mut fields =
        vec![("client_id", settings.client_id.as_str()), ("client_secret", secrets.get(CLIENT_SECRET))];
    if secrets.has(REFRESH_TOKEN) {
        fields.extend([("grant_type", "refresh_token"), ("refresh_token", secrets.get(REFRESH_TOKEN))]);
    } else {
        fields.push(("grant_type", "client_credentials"));
    }
    if !settings.scope.is_empty() {
        fields.push(("scope", settings.scope.as_str()));
    }
    fields
}

fn cache_key(url: &str, fields: &[(&str, &str)]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in fields.iter().flat_map(|(name, value)| [*name, *value]).chain([url]) {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
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

    use super::*;

    async fn provider(answer: &'static str) -> (String, tokio::task::JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/token", listener.local_addr().unwrap());
        let served = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 4096];
            let read = stream.read(&mut request).await.unwrap();
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{answer}", answer.len());
            stream.write_all(head.as_bytes()).await.unwrap();
            vec![String::from_utf8_lossy(&request[..read]).into_owned()]
        });
        (url, served)
    }

    fn secrets(refresh_token: &str) -> Secrets {
        let mut secrets = Secrets::default();
        secrets.set(CLIENT_SECRET, "s3cr3t".to_owned());
        secrets.set(REFRESH_TOKEN, refresh_token.to_owned());
        secrets
    }

    #[tokio::test]
    async fn a_token_is_asked_for_once_until_it_is_refused() {
        let (url, served) = provider(r#"{"access_token":"one","expires_in":3600}"#).await;
        let settings =
            EmailSettings { token_url: url, client_id: "id".into(), scope: "s".into(), ..Default::default() };
        let secrets = secrets("");
        assert_eq!(token(&settings, &secrets, true).await.unwrap(), "one");
        assert_eq!(token(&settings, &secrets, true).await.unwrap(), "one");
        let request = served.await.unwrap().remove(0);
        assert!(request.ends_with("client_id=id&client_secret=s3cr3t&grant_type=client_credentials&scope=s"));
        forget(&settings, &secrets);
        assert!(token(&settings, &secrets, true).await.is_err());
    }

    #[tokio::test]
    async fn a_refusal_says_what_the_provider_said() {
        let (url, served) =
            provider(r#"{"error":"invalid_grant","error_description":"Token revoked."}"#).await;
        let settings = EmailSettings { token_url: url, ..Default::default() };
        let failure = token(&settings, &secrets("r"), true).await.unwrap_err();
        assert_eq!(failure.signal, Signal::Smtp(Authentication, 535));
        assert!(failure.detail.ends_with("invalid_grant Token revoked."), "{}", failure.detail);
        assert!(served.await.unwrap()[0].contains("grant_type=refresh_token&refresh_token=r"));
        let failure = token(&settings, &secrets("r"), false).await.unwrap_err();
        assert!(failure.detail.contains("https"), "{}", failure.detail);
    }
}
