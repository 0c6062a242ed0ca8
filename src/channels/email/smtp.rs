//! Hands mails over by SMTP, one step at a time, so that each reply has its meaning.

use std::error::Error as _;
use std::future::Future;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use futures_util::TryStreamExt;
use futures_util::future::BoxFuture;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail as MailFrom, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use lettre::transport::smtp::response::Response;
use tokio::time::{Instant, timeout_at};

use super::compose::{self, Mail, MailFile};
use super::connect::{self, ConnectFailure, MailStream};
use super::ids::MailIds;
use super::oauth::Applicant;
use super::settings::{EmailSettings, PASSWORD, Security, SignIn};
use super::{imap, starttls};
use crate::channels::transport::{Attempt, Outgoing, OutgoingFile, Phase, Signal, SmtpStep, Transport};
use crate::channels::{Secrets, TransportOptions};
use crate::files::Files;
use crate::ids::ChannelId;

/// How long the goodbye may take. The mail is handed over already.
const QUIT_TIME_LIMIT: Duration = Duration::from_secs(2);

/// Sends the mails of a channel.
pub struct EmailTransport {
    pub settings: EmailSettings,
    channel: ChannelId,
    secrets: Secrets,
    ids: MailIds,
    options: TransportOptions,
}

impl EmailTransport {
    /// # Errors
    /// A sentence in Portuguese if the settings are incomplete.
    pub fn new(
        channel: ChannelId,
        settings: EmailSettings,
        secrets: Secrets,
        options: TransportOptions,
    ) -> Result<Self, String> {
        if settings.address.is_empty() {
            return Err("Informe o e-mail do remetente.".to_owned());
        }
        if settings.smtp_host.is_empty() || settings.smtp_port == 0 {
            return Err("Informe o servidor SMTP e a porta.".to_owned());
        }
        let ids = MailIds::new(channel, &options);
        Ok(Self { settings, channel, secrets, ids, options })
    }

    /// An open connection whose user is signed in.
    async fn connect(&self, deadline: Instant) -> Result<AsyncSmtpConnection, Attempt> {
        let EmailSettings { smtp_host: host, smtp_port, smtp_security, .. } = &self.settings;
        let stream =
            connect::tcp(host, *smtp_port, self.options.allows_private_addresses).await.map_err(failed)?;
        let name = client_name(&self.options.host);
        let stream = match smtp_security {
            Security::Tls => connect::tls(host, stream).await.map_err(failed)?,
            Security::StartTls => {
                let own_name = name.to_string();
                let encrypted = starttls::smtp(host, stream, &own_name);
                match timeout_at(self.until(deadline), encrypted).await {
                    Ok(stream) => stream.map_err(failed)?,
                    Err(_) => return Err(silent(Phase::BeforeWrite)),
                }
            }
            Security::None => MailStream::Plain(stream),
        };
        let opened = AsyncSmtpConnection::connect_with_transport(Box::new(stream), &name);
        let mut connection = self.step(SmtpStep::Greeting, deadline, opened).await?;
        self.sign_in(&mut connection, deadline).await?;
        Ok(connection)
    }

    async fn sign_in(&self, connection: &mut AsyncSmtpConnection, deadline: Instant) -> Result<(), Attempt> {
        let user = &self.settings.user;
        let (mechanisms, secret) = match self.settings.sign_in {
            SignIn::Password if user.is_empty() => return Ok(()),
            SignIn::Password => {
                (&[Mechanism::Plain, Mechanism::Login][..], self.secrets.get(PASSWORD).to_owned())
            }
            SignIn::Oauth => (&[Mechanism::Xoauth2][..], self.applicant().token().await.map_err(failed)?),
        };
        let credentials = Credentials::new(user.clone(), secret.clone());
        let signed_in = connection.auth(mechanisms, &credentials);
        let result = match timeout_at(self.until(deadline), signed_in).await {
            Err(_) => Err(silent(Phase::BeforeWrite)),
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) if error.status().is_some() || !error.is_client() => {
                Err(replied(SmtpStep::Authentication, Phase::BeforeWrite, &error))
            }
            Ok(Err(_)) => {
                let detail = match connection.server_info().get_auth_mechanism(mechanisms) {
                    None => "o servidor não aceita este modo de entrar".to_owned(),
                    // It answers a token that it refuses with a challenge.
                    Some(_) => {
                        format!("o servidor não deixou {user} entrar: recusou o acesso do provedor (OAuth)")
                    }
                };
                Err(Attempt::new(Phase::BeforeWrite, Signal::Smtp(SmtpStep::Authentication, 535), detail))
            }
        };
        if self.settings.sign_in == SignIn::Oauth && result.is_err() {
            self.applicant().forget(&secret).await;
        }
        result
    }

    fn applicant(&self) -> Applicant<'_> {
        let Self { channel, settings, secrets, options, .. } = self;
        Applicant { channel: *channel, settings, secrets, options }
    }

    async fn send(
        &self,
        connection: &mut AsyncSmtpConnection,
        mail: &Mail,
        deadline: Instant,
    ) -> Result<Response, Attempt> {
        let mut parameters = Vec::new();
        if mail
            .envelope
            .to()
            .iter()
            .chain(mail.envelope.from())
            .any(|address| !AsRef::<str>::as_ref(address).is_ascii())
        {
            if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
                let detail = "o servidor não envia para endereços com acentos antes do @";
                return Err(Attempt::new(Phase::BeforeWrite, Signal::NotSendable, detail));
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        let sender = MailFrom::new(mail.envelope.from().cloned(), parameters);
        self.step(SmtpStep::Sender, deadline, connection.command(sender)).await?;
        for recipient in mail.envelope.to() {
            let command = Rcpt::new(recipient.clone(), Vec::new());
            self.step(SmtpStep::Recipient, deadline, connection.command(command)).await?;
        }
        let reply = self.step(SmtpStep::Data, deadline, connection.command(Data)).await?;
        if !reply.has_code(354) {
            let signal = Signal::Smtp(SmtpStep::Data, u16::from(reply.code()));
            return Err(Attempt::new(Phase::BeforeWrite, signal, said(&reply)));
        }
        // From here on, the server may have taken the mail.
        match timeout_at(deadline, connection.message(&mail.bytes)).await {
            Ok(Ok(reply)) => Ok(reply),
            Ok(Err(error)) if error.status().is_some() => {
                Err(replied(SmtpStep::Content, Phase::Answered, &error))
            }
            Ok(Err(error)) => Err(Attempt::new(Phase::AfterWrite, Signal::Silence, broken(&error))),
            Err(_) => Err(silent(Phase::AfterWrite)),
        }
    }

    /// Waits for one reply before the content.
    async fn step<T>(
        &self,
        step: SmtpStep,
        deadline: Instant,
        reply: impl Future<Output = Result<T, lettre::transport::smtp::Error>>,
    ) -> Result<T, Attempt> {
        match timeout_at(self.until(deadline), reply).await {
            Ok(Ok(result)) => Ok(result),
            Ok(Err(error)) => Err(replied(step, Phase::BeforeWrite, &error)),
            Err(_) => Err(silent(Phase::BeforeWrite)),
        }
    }

    fn until(&self, deadline: Instant) -> Instant {
        deadline.min(Instant::now() + self.options.time_limits.step)
    }

    async fn attempt(&self, outgoing: &Outgoing, files: &Files) -> Result<Attempt, Attempt> {
        let deadline = Instant::now() + self.options.time_limits.attempt;
        let mut contents = Vec::with_capacity(outgoing.files.len());
        for file in &outgoing.files {
            contents.push(contents_of(file, files).await?);
        }
        let mail = compose::compose(outgoing, contents, &self.settings, &self.ids)
            .map_err(|sentence| Attempt::new(Phase::BeforeWrite, Signal::NotSendable, sentence))?;
        let mut connection = self.connect(deadline).await?;
        let reply = self.send(&mut connection, &mail, deadline).await;
        let goodbye = connection.quit();
        tokio::time::timeout(QUIT_TIME_LIMIT, goodbye).await.ok();
        let reply = reply?;
        let signal = Signal::Smtp(SmtpStep::Content, u16::from(reply.code()));
        Ok(Attempt::new(Phase::Answered, signal, said(&reply)))
    }

    async fn tested(&self) -> Result<String, Attempt> {
        let mut connection = self.connect(Instant::now() + self.options.time_limits.attempt).await?;
        tokio::time::timeout(QUIT_TIME_LIMIT, connection.quit()).await.ok();
        let EmailSettings { smtp_host, smtp_port, smtp_security, user, .. } = &self.settings;
        let security = match smtp_security {
            Security::Tls | Security::StartTls => "com conexão segura",
            Security::None => "sem conexão segura",
        };
        let user =
            if user.is_empty() { "sem usuário".to_owned() } else { format!("o usuário {user} entrou") };
        Ok(format!("Envio: {smtp_host}, porta {smtp_port}, {security}; {user}."))
    }
}

impl Transport for EmailTransport {
    fn fixed_id(&self, outgoing: &Outgoing) -> Option<String> {
        Some(self.ids.message_id(outgoing.message))
    }

    fn hand_over<'a>(&'a self, outgoing: &'a Outgoing, files: &'a Files) -> BoxFuture<'a, Attempt> {
        Box::pin(async move {
            let attempt = self.attempt(outgoing, files).await.unwrap_or_else(|failed| failed);
            // An attempt without an answer may have been taken, and a bounce then names its id.
            Attempt { provider_id: Some(self.ids.message_id(outgoing.message)), ..attempt }
        })
    }

    fn test(&self) -> BoxFuture<'_, Result<String, String>> {
        Box::pin(async move {
            let sent =
                self.tested().await.map_err(|failed| format!("Envio: {}.", without_dot(&failed.detail)))?;
            let replies = if self.settings.has_subaddresses() {
                "As respostas também são reconhecidas pelo endereço."
            } else {
                "As respostas são reconhecidas pelo e-mail que citam, não pelo endereço."
            };
            if self.settings.imap_host.is_empty() {
                return Ok(format!("{sent} As respostas não são buscadas: não há servidor de entrada."));
            }
            let mailbox = imap::open(self.channel, &self.settings, &self.secrets, &self.options)
                .await
                .map_err(|error| format!("{sent} Recebimento: {}.", without_dot(&error)))?;
            let (count, has_idle) = (mailbox.exists, mailbox.has_idle);
            mailbox.close().await;
            let waits =
                if has_idle { "o servidor avisa quando chega um" } else { "olhada a cada 30 segundos" };
            Ok(format!("{sent} Recebimento: caixa de entrada com {count} e-mails, {waits}. {replies}"))
        })
    }
}

async fn contents_of(file: &OutgoingFile, files: &Files) -> Result<MailFile, Attempt> {
    let unread = |error: String| {
        tracing::warn!(error, hash = %file.hash, "a file of a mail cannot be read");
        let detail = format!("o arquivo {} não pôde ser lido", file.name);
        Attempt::new(Phase::BeforeWrite, Signal::NotBegun, detail)
    };
    let stored = files.read(file.hash).await.map_err(|error| unread(error.to_string()))?;
    let mut bytes = Vec::with_capacity(usize::try_from(stored.size).unwrap_or(0));
    let mut parts = stored.bytes;
    while let Some(part) = parts.try_next().await.map_err(|error| unread(error.to_string()))? {
        bytes.extend_from_slice(&part);
    }
    Ok(MailFile { name: file.name.clone(), media_type: file.media_type.clone(), bytes })
}

/// What a service said, so that a dot can follow.
fn without_dot(sentence: &str) -> &str {
    sentence.trim_end_matches('.')
}

/// How we greet the server.
fn client_name(host: &str) -> ClientId {
    if let Ok(address) = host.parse::<Ipv4Addr>() {
        return ClientId::Ipv4(address);
    }
    match host.trim_matches(['[', ']']).parse::<Ipv6Addr>() {
        Ok(address) => ClientId::Ipv6(address),
        Err(_) => ClientId::Domain(host.to_owned()),
    }
}

fn failed(failure: ConnectFailure) -> Attempt {
    Attempt::new(Phase::BeforeWrite, failure.signal, failure.detail)
}

/// An error reply, or a connection that broke.
fn replied(step: SmtpStep, phase: Phase, error: &lettre::transport::smtp::Error) -> Attempt {
    match error.status() {
        Some(code) => Attempt::new(phase, Signal::Smtp(step, u16::from(code)), words(error)),
        None => Attempt::new(phase, Signal::Silence, broken(error)),
    }
}

fn silent(phase: Phase) -> Attempt {
    Attempt::new(phase, Signal::Silence, "o servidor não respondeu a tempo")
}

fn broken(error: &lettre::transport::smtp::Error) -> String {
    format!("a conexão caiu: {}", words(error))
}

/// The server's words, with the code.
fn words(error: &lettre::transport::smtp::Error) -> String {
    let words = error.source().map(ToString::to_string).unwrap_or_else(|| error.to_string());
    match error.status() {
        Some(code) => format!("{code} {words}"),
        None => words,
    }
}

fn said(reply: &Response) -> String {
    let words: Vec<&str> = reply.message().collect();
    format!("{} {}", reply.code(), words.join(" "))
}

#[cfg(test)]
mod tests;
