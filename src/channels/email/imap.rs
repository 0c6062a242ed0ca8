//! A session with an IMAP server. The mailbox is opened read-only: nothing on the server is changed or deleted.

use std::io::ErrorKind;
use std::time::Duration;

use async_imap::error::Error;
use async_imap::extensions::idle::IdleResponse;
use async_imap::types::Fetch;
use async_imap::{Authenticator, Client, Session};
use chrono::NaiveDate;
use futures_util::TryStreamExt;
use tokio::time::timeout;

use super::connect::{self, MailStream};
use super::oauth::Applicant;
use super::settings::{EmailSettings, PASSWORD, Security, SignIn};
use crate::channels::{Secrets, TransportOptions};
use crate::ids::ChannelId;

/// The only mailbox that is read. Copies of what we send are in another.
const MAILBOX: &str = "INBOX";

/// Maximum wait for an answer, and for a whole mail.
const STEP_TIME_LIMIT: Duration = Duration::from_secs(30);
const MAIL_TIME_LIMIT: Duration = Duration::from_secs(180);

/// Larger mails are not fetched, in bytes.
pub const MAX_MAIL: u32 = 40 * 1024 * 1024;

const NOT_DELIVERED: &str = "o servidor não entregou o e-mail";

/// An open mailbox.
pub struct Mailbox {
    session: Session<MailStream>,
    pub has_idle: bool,
    pub exists: u32,
    pub uid_validity: u32,
    /// The UID of the next mail to arrive.
    pub uid_next: u32,
}

/// What fetching one mail gave.
pub enum Fetched {
    Mail(Vec<u8>),
    /// Its size in bytes.
    TooLarge(u32),
    /// It was deleted meanwhile.
    Gone,
}

/// Why a mail was not fetched, with a sentence in Portuguese.
pub enum FetchError {
    /// The server does not give us this mail.
    Refused(String),
    /// The connection failed, which says nothing of the mail.
    Interrupted(String),
}

/// Connects, signs in and opens the mailbox.
///
/// # Errors
/// A sentence in Portuguese.
pub async fn open(
    channel: ChannelId,
    settings: &EmailSettings,
    secrets: &Secrets,
    options: &TransportOptions,
) -> Result<Mailbox, String> {
    let client = connect(settings, options).await?;
    let mut session = sign_in(client, Applicant { channel, settings, secrets, options }).await?;
    let capabilities = within(STEP_TIME_LIMIT, session.capabilities()).await?;
    let has_idle = capabilities.has_str("IDLE");
    let mailbox = within(STEP_TIME_LIMIT, session.examine(MAILBOX)).await?;
    let uid_next = match mailbox.uid_next {
        Some(next) => next,
        None => within(STEP_TIME_LIMIT, session.uid_search("ALL")).await?.into_iter().max().unwrap_or(0) + 1,
    };
    let uid_validity = mailbox.uid_validity.unwrap_or(0);
    Ok(Mailbox { session, has_idle, exists: mailbox.exists, uid_validity, uid_next })
}

impl Mailbox {
    /// The UIDs from `first` on, in order.
    pub async fn uids_from(&mut self, first: u32) -> Result<Vec<u32>, String> {
        let found = within(STEP_TIME_LIMIT, self.session.uid_search(format!("UID {first}:*"))).await?;
        // "*" is the last mail, even if its UID is below `first`.
        Ok(sorted(found.into_iter().filter(|uid| *uid >= first)))
    }

    /// The UIDs of mails that arrived on or after a day (UTC), and some of the day before: the server compares the dates of
    /// its own time zone.
    pub async fn uids_since(&mut self, day: NaiveDate) -> Result<Vec<u32>, String> {
        let day = day.pred_opt().unwrap_or(day);
        let query = format!("SINCE {}", day.format("%-d-%b-%Y"));
        Ok(sorted(within(STEP_TIME_LIMIT, self.session.uid_search(query)).await?.into_iter()))
    }

    /// Fetches a mail. It stays unread.
    pub async fn fetch(&mut self, uid: u32) -> Result<Fetched, FetchError> {
        let Some(about) = self.fetched(STEP_TIME_LIMIT, uid, "(UID RFC822.SIZE)").await? else {
            return self.not_given(uid).await;
        };
        let Some(size) = about.size else {
            return Err(FetchError::Refused("o servidor não disse o tamanho do e-mail".to_owned()));
        };
        if size > MAX_MAIL {
            return Ok(Fetched::TooLarge(size));
        }
        match self.fetched(MAIL_TIME_LIMIT, uid, "(UID BODY.PEEK[])").await? {
            None => self.not_given(uid).await,
            Some(fetch) => match fetch.body() {
                Some(body) => Ok(Fetched::Mail(body.to_vec())),
                None => Err(FetchError::Refused(NOT_DELIVERED.to_owned())),
            },
        }
    }

    /// Tells a deleted mail from one that the server refuses: async-imap does not report a NO to FETCH.
    async fn not_given(&mut self, uid: u32) -> Result<Fetched, FetchError> {
        let query = format!("UID {uid}");
        let found = within(STEP_TIME_LIMIT, self.session.uid_search(query)).await;
        match found.map_err(FetchError::Interrupted)?.contains(&uid) {
            true => Err(FetchError::Refused(NOT_DELIVERED.to_owned())),
            false => Ok(Fetched::Gone),
        }
    }

    async fn fetched(&mut self, limit: Duration, uid: u32, query: &str) -> Result<Option<Fetch>, FetchError> {
        let fetching = async {
            let stream = self.session.uid_fetch(uid.to_string(), query).await?;
            stream.try_collect::<Vec<_>>().await
        };
        match timeout(limit, fetching).await {
            Ok(Ok(found)) => Ok(found.into_iter().find(|fetch| fetch.uid == Some(uid))),
            Ok(Err(error)) if is_about_the_mail(&error) => Err(FetchError::Refused(failed(&error))),
            Ok(Err(error)) => Err(FetchError::Interrupted(failed(&error))),
            Err(_) => Err(FetchError::Interrupted(silent())),
        }
    }

    /// Waits until the server says that something changed, or for `limit`. The server must have IDLE.
    pub async fn idle(self, limit: Duration) -> Result<Self, String> {
        let Self { session, has_idle, exists, uid_validity, uid_next } = self;
        let mut handle = session.idle();
        within(STEP_TIME_LIMIT, handle.init()).await?;
        let (response, _interrupt) = handle.wait_with_timeout(limit);
        if let Ok(IdleResponse::ManualInterrupt) =
            timeout(limit, response).await.unwrap_or(Ok(IdleResponse::Timeout))
        {
            return Err("o servidor encerrou a conexão".to_owned());
        }
        let session = within(STEP_TIME_LIMIT, handle.done()).await?;
        Ok(Self { session, has_idle, exists, uid_validity, uid_next })
    }

    /// Asks for news, so that the next search sees them.
    pub async fn poll(&mut self) -> Result<(), String> {
        within(STEP_TIME_LIMIT, self.session.noop()).await
    }

    pub async fn close(mut self) {
        timeout(Duration::from_secs(2), self.session.logout()).await.ok();
    }
}

async fn connect(settings: &EmailSettings, options: &TransportOptions) -> Result<Client<MailStream>, String> {
    let EmailSettings { imap_host: host, imap_port, imap_security, .. } = settings;
    let stream = connect::tcp(host, *imap_port, options.allows_private_addresses)
        .await
        .map_err(|failure| failure.detail)?;
    if *imap_security == Security::Tls {
        let stream = connect::tls(host, stream).await.map_err(|failure| failure.detail)?;
        return greeted(stream).await;
    }
    let mut client = greeted(MailStream::Plain(stream)).await?;
    if *imap_security == Security::None {
        return Ok(client);
    }
    within(STEP_TIME_LIMIT, client.run_command_and_check_ok("STARTTLS", None))
        .await
        .map_err(|_| connect::no_tls(host, "o servidor não tem STARTTLS").detail)?;
    // What the server sent after its answer was not encrypted, and is dropped with the client.
    match client.into_inner() {
        MailStream::Plain(stream) => {
            connect::tls(host, stream).await.map(Client::new).map_err(|failure| failure.detail)
        }
        encrypted => Ok(Client::new(encrypted)),
    }
}

async fn greeted(stream: MailStream) -> Result<Client<MailStream>, String> {
    let mut client = Client::new(stream);
    match timeout(STEP_TIME_LIMIT, client.read_response()).await {
        Ok(Ok(Some(_))) => Ok(client),
        Ok(Ok(None)) => Err("o servidor encerrou a conexão".to_owned()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(silent()),
    }
}

async fn sign_in(
    client: Client<MailStream>,
    applicant: Applicant<'_>,
) -> Result<Session<MailStream>, String> {
    let user = applicant.settings.user.as_str();
    match applicant.settings.sign_in {
        SignIn::Password => {
            let signed_in = client.login(user, applicant.secrets.get(PASSWORD));
            let result = timeout(STEP_TIME_LIMIT, signed_in).await.map_err(|_| silent())?;
            result.map_err(|(error, _)| format!("o servidor não deixou {user} entrar: {error}"))
        }
        SignIn::Oauth => {
            let token = applicant.token().await.map_err(|failure| failure.detail)?;
            let answer = TokenAnswer { user: user.to_owned(), token: Some(token.clone()) };
            let signed_in = client.authenticate("XOAUTH2", answer);
            let result = timeout(STEP_TIME_LIMIT, signed_in).await.map_err(|_| silent())?;
            if result.is_err() {
                applicant.forget(&token).await;
            }
            result.map_err(|(error, _)| {
                format!("o servidor não deixou {user} entrar: recusou o acesso do provedor (OAuth). Ele disse: {error}")
            })
        }
    }
}

fn silent() -> String {
    "o servidor de entrada não respondeu a tempo".to_owned()
}

/// Answers the first challenge with the token, and the error that follows a refusal with nothing.
struct TokenAnswer {
    user: String,
    token: Option<String>,
}

impl Authenticator for TokenAnswer {
    type Response = String;

    fn process(&mut self, _: &[u8]) -> String {
        self.token
            .take()
            .map_or_else(String::new, |token| format!("user={}\x01auth=Bearer {token}\x01\x01", self.user))
    }
}

async fn within<T>(
    limit: Duration,
    answer: impl Future<Output = async_imap::error::Result<T>>,
) -> Result<T, String> {
    match timeout(limit, answer).await {
        Ok(result) => result.map_err(|error| failed(&error)),
        Err(_) => Err(silent()),
    }
}

fn failed(error: &Error) -> String {
    format!("o servidor de entrada respondeu com erro: {error}")
}

/// Whether the server answered, but with nothing that we can use. async-imap calls an answer that it cannot read, or that is
/// too large, an I/O error of the kind `Other`.
fn is_about_the_mail(error: &Error) -> bool {
    match error {
        Error::No(_) | Error::Bad(_) | Error::Parse(_) => true,
        Error::Io(error) => error.kind() == ErrorKind::Other,
        _ => false,
    }
}

fn sorted(uids: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut uids: Vec<u32> = uids.collect();
    uids.sort_unstable();
    uids
}
