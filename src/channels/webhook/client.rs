//! Posts signed events to the address of a webhook channel.

use std::error::Error as _;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use actix_web::rt::time::timeout;
use chrono::{DateTime, Utc};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};
use url::Url;

use super::signature::SigningSecrets;
use crate::channels::addresses::{self, AddressError};
use crate::channels::transport::{Attempt, Phase, Signal};

/// Maximum time to resolve the name, connect, and agree on TLS.
const CONNECT_TIME: Duration = Duration::from_secs(5);

/// How long an idle connection is kept for the next event.
const IDLE_TIME: Duration = Duration::from_secs(10);

/// Maximum bytes of an answer's body that are read, and for how long. It only serves to explain a refusal.
const MAX_ANSWER: usize = 4 * 1024;
const ANSWER_TIME: Duration = Duration::from_secs(2);

/// Maximum characters of an answer that are kept.
const MAX_EXCERPT: usize = 300;

/// Longest pause that a receiver may ask for.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(24 * 3600);

/// A signed way to one address.
pub struct WebhookClient {
    pub url: Url,
    pub secrets: SigningSecrets,
    pub allows_private_addresses: bool,
    /// Maximum time until the answer has arrived.
    pub time_limit: Duration,
}

impl WebhookClient {
    /// Posts an event once, signed with the time of this attempt.
    pub async fn post(&self, id: &str, body: Vec<u8>) -> Attempt {
        // A host that is an address is never resolved, and so is judged here.
        let host = self.url.host_str().unwrap_or_default();
        let is_name = self.url.domain().is_some();
        if !is_name && let Err(error) = addresses::resolve(host, self.allows_private_addresses).await {
            return Attempt::new(Phase::BeforeWrite, Signal::AddressRefused, error);
        }
        let client = match client(self.allows_private_addresses) {
            Ok(client) => client,
            Err(error) => return Attempt::new(Phase::BeforeWrite, Signal::NoTls, error),
        };
        let now = Utc::now();
        let timestamp = now.timestamp();
        let request = client
            .post(self.url.clone())
            .timeout(self.time_limit)
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", self.secrets.sign(id, timestamp, &body))
            .body(body);
        match request.send().await {
            Ok(response) => answered(response, now).await,
            Err(error) => failed(error, self.time_limit),
        }
    }
}

/// The clients of this process: building one reads the certificates of the system.
fn client(allows_private_addresses: bool) -> Result<&'static Client, String> {
    static CLIENTS: [OnceLock<Client>; 2] = [OnceLock::new(), OnceLock::new()];
    let place = &CLIENTS[usize::from(allows_private_addresses)];
    if let Some(client) = place.get() {
        return Ok(client);
    }
    // If another part of the process has already chosen a provider, that one stays.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder()
        .redirect(Policy::none())
        // A proxy would resolve the name itself.
        .no_proxy()
        .connect_timeout(CONNECT_TIME)
        .pool_idle_timeout(IDLE_TIME)
        .user_agent(concat!("Pontual/", env!("CARGO_PKG_VERSION")))
        .dns_resolver(Arc::new(JudgingResolver { allows_private_addresses }))
        .build()
        .map_err(|error| error.to_string())?;
    Ok(place.get_or_init(|| client))
}

/// Gives only addresses that may be called; the connection goes to one of them.
struct JudgingResolver {
    allows_private_addresses: bool,
}

impl Resolve for JudgingResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let allows_private = self.allows_private_addresses;
        Box::pin(async move {
            let found = addresses::resolve(name.as_str(), allows_private).await?;
            let found: Addrs = Box::new(found.into_iter().map(|ip| (ip, 0).into()));
            Ok(found)
        })
    }
}

async fn answered(mut response: Response, now: DateTime<Utc>) -> Attempt {
    let status = response.status();
    let retry_after = retry_after(response.headers(), now);
    let excerpt = excerpt(&mut response).await;
    let detail = match excerpt.is_empty() || status.is_success() {
        true => format!("HTTP {}", status.as_u16()),
        false => format!("HTTP {}: {excerpt}", status.as_u16()),
    };
    let detail = match status {
        StatusCode::GONE => format!("{detail} (o endereço foi desativado)"),
        status if status.is_redirection() => format!("{detail} (redirecionamentos não são seguidos)"),
        _ => detail,
    };
    Attempt { retry_after, ..Attempt::new(Phase::Answered, Signal::Http(status.as_u16()), detail) }
}

/// The beginning of the answer. Whatever happens while it is read, the status has been given.
async fn excerpt(response: &mut Response) -> String {
    let mut bytes = Vec::new();
    let reading = async {
        while let Ok(Some(chunk)) = response.chunk().await {
            bytes.extend_from_slice(&chunk[..chunk.len().min(MAX_ANSWER - bytes.len())]);
            if bytes.len() >= MAX_ANSWER {
                break;
            }
        }
    };
    timeout(ANSWER_TIME, reading).await.ok();
    let text: String = String::from_utf8_lossy(&bytes).chars().filter(|c| !c.is_control()).collect();
    text.trim().chars().take(MAX_EXCERPT).collect()
}

/// Seconds, or a date: <https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3>.
fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match text.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => (DateTime::parse_from_rfc2822(text).ok()?.to_utc() - now).to_std().ok()?,
    };
    Some(wait.min(MAX_RETRY_AFTER))
}

/// An error without an answer. The message counts as unwritten only if no connection was made.
fn failed(error: reqwest::Error, time_limit: Duration) -> Attempt {
    let is_early = error.is_connect() || error.is_builder();
    let error = error.without_url();
    let (mut causes, mut next) = (Vec::new(), error.source());
    while let Some(cause) = next {
        causes.push(cause);
        next = cause.source();
    }
    let last = causes.last().map_or_else(|| error.to_string(), ToString::to_string);
    let address = causes.iter().find_map(|cause| cause.downcast_ref::<AddressError>());
    match (is_early, address) {
        (true, Some(AddressError::Private)) => {
            Attempt::new(Phase::BeforeWrite, Signal::AddressRefused, AddressError::Private)
        }
        (true, Some(not_found)) => Attempt::new(Phase::BeforeWrite, Signal::NoConnection, not_found),
        (true, None) if causes.iter().any(|cause| is_tls(*cause)) => {
            Attempt::new(Phase::BeforeWrite, Signal::NoTls, format!("sem TLS válido: {last}"))
        }
        (true, None) => {
            Attempt::new(Phase::BeforeWrite, Signal::NoConnection, format!("sem conexão: {last}"))
        }
        (false, _) if error.is_timeout() => {
            let detail = format!("sem resposta em {} segundos", time_limit.as_secs());
            Attempt::new(Phase::AfterWrite, Signal::Silence, detail)
        }
        (false, _) => {
            Attempt::new(Phase::AfterWrite, Signal::Silence, format!("a conexão caiu sem resposta: {last}"))
        }
    }
}

/// An I/O error can hold the error of TLS without naming it as its source.
fn is_tls(cause: &(dyn std::error::Error + 'static)) -> bool {
    let inner = cause.downcast_ref::<std::io::Error>().and_then(|error| error.get_ref());
    cause.is::<rustls::Error>() || inner.is_some_and(|inner| inner.is::<rustls::Error>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_asks_to_wait_in_seconds_or_until_a_time() {
        let now = DateTime::parse_from_rfc3339("2026-11-30T12:00:00Z").unwrap().to_utc();
        let asked = |text: &str| {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, text.parse().unwrap())]);
            retry_after(&headers, now).map(|wait| wait.as_secs())
        };
        assert_eq!(asked("120"), Some(120));
        assert_eq!(asked("Mon, 30 Nov 2026 12:01:00 GMT"), Some(60));
        assert_eq!(asked("Mon, 30 Nov 2026 11:00:00 GMT"), None);
        assert_eq!(asked("99999999999"), Some(24 * 3600));
        assert_eq!(asked("soon"), None);
    }
}
