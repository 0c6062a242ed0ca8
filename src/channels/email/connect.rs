//! Connections to mail servers: the name becomes an address, then a TCP connection, then TLS.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll};
use std::time::Duration;

use lettre::transport::smtp::client::AsyncTokioStream;
use rustls::pki_types::ServerName;
use rustls::{CertificateError, ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::channels::addresses::{self, AddressError};
use crate::channels::transport::Signal;

const CONNECT_TIME_LIMIT: Duration = Duration::from_secs(10);
const TLS_TIME_LIMIT: Duration = Duration::from_secs(10);

/// Why there is no connection. The detail is for people, in Portuguese.
#[derive(Debug)]
pub struct ConnectFailure {
    pub signal: Signal,
    pub detail: String,
}

impl ConnectFailure {
    fn new(signal: Signal, detail: String) -> Self {
        Self { signal, detail }
    }
}

/// The addresses of a server that may be called.
pub async fn resolve(host: &str, port: u16, allows_private: bool) -> Result<Vec<SocketAddr>, ConnectFailure> {
    match timeout(CONNECT_TIME_LIMIT, addresses::resolve(host, allows_private)).await {
        Ok(Ok(found)) => Ok(found.into_iter().map(|address| SocketAddr::new(address, port)).collect()),
        Ok(Err(error @ AddressError::NotFound(..))) => {
            Err(ConnectFailure::new(Signal::NoConnection, error.to_string()))
        }
        Ok(Err(error @ AddressError::Private)) => {
            Err(ConnectFailure::new(Signal::AddressRefused, format!("{host}: {error}")))
        }
        Err(_) => Err(ConnectFailure::new(
            Signal::NoConnection,
            format!("o nome {host} não foi encontrado a tempo"),
        )),
    }
}

/// Connects to the first address that answers.
pub async fn tcp(host: &str, port: u16, allows_private: bool) -> Result<TcpStream, ConnectFailure> {
    let addresses = resolve(host, port, allows_private).await?;
    match timeout(CONNECT_TIME_LIMIT, TcpStream::connect(&addresses[..])).await {
        Ok(Ok(stream)) => {
            stream.set_nodelay(true).ok();
            Ok(stream)
        }
        Ok(Err(error)) => Err(ConnectFailure::new(
            Signal::NoConnection,
            format!("o servidor {host} não atende na porta {port}: {error}"),
        )),
        Err(_) => Err(ConnectFailure::new(
            Signal::NoConnection,
            format!("o servidor {host} não atende na porta {port}: sem resposta"),
        )),
    }
}

/// Encrypts the connection. The certificate must be valid for `host` and signed by an authority that the machine trusts.
pub async fn tls(host: &str, stream: TcpStream) -> Result<MailStream, ConnectFailure> {
    let name = ServerName::try_from(host.to_owned()).map_err(|error| no_tls(host, &error.to_string()))?;
    let config = TLS.as_ref().map_err(|error| no_tls(host, error))?;
    match timeout(TLS_TIME_LIMIT, TlsConnector::from(config.clone()).connect(name, stream)).await {
        Ok(Ok(stream)) => Ok(MailStream::Tls(Box::new(stream))),
        Ok(Err(error)) => Err(no_tls(host, &why_no_tls(&error))),
        Err(_) => Err(no_tls(host, "sem resposta")),
    }
}

pub fn no_tls(host: &str, why: &str) -> ConnectFailure {
    ConnectFailure::new(Signal::NoTls, format!("{host} não oferece uma conexão segura válida: {why}"))
}

/// What is wrong with the certificate or the server, in words for the administrator.
fn why_no_tls(error: &io::Error) -> String {
    use rustls::Error as Tls;

    let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<Tls>());
    let plain = match cause {
        Some(Tls::InvalidCertificate(CertificateError::UnknownIssuer)) => {
            "o certificado é de uma autoridade que o servidor do Pontual não conhece"
        }
        Some(Tls::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        )) => "o certificado é de um servidor com outro nome",
        Some(Tls::InvalidCertificate(
            CertificateError::Expired | CertificateError::ExpiredContext { .. },
        )) => "o certificado venceu",
        Some(Tls::InvalidCertificate(
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. },
        )) => "o certificado ainda não vale",
        Some(Tls::InvalidMessage(_)) => "esta porta não usa TLS desde o início; talvez seja a de STARTTLS",
        Some(other) => return other.to_string(),
        None => "o servidor encerrou a conexão",
    };
    plain.to_owned()
}

/// Trusts the authorities that the machine trusts: those of the system, or of `SSL_CERT_FILE` and `SSL_CERT_DIR`.
static TLS: LazyLock<Result<Arc<ClientConfig>, String>> = LazyLock::new(|| {
    let mut roots = RootCertStore::empty();
    let loaded = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(loaded.certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
});

/// A connection to a mail server, encrypted or not.
#[derive(Debug)]
pub enum MailStream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    /// These bytes are read before those of the stream.
    Preceded(&'static [u8], Box<MailStream>),
}

impl MailStream {
    pub fn preceded_by(self, bytes: &'static [u8]) -> Self {
        Self::Preceded(bytes, Box::new(self))
    }
}

impl AsyncRead for MailStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Preceded([], stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Preceded(bytes, _) => {
                let (now, later) = bytes.split_at(bytes.len().min(buffer.remaining()));
                buffer.put_slice(now);
                *bytes = later;
                Poll::Ready(Ok(()))
            }
        }
    }
}

impl AsyncWrite for MailStream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Preceded(_, stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream).poll_flush(context),
            Self::Preceded(_, stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Preceded(_, stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}

impl AsyncTokioStream for MailStream {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        match self {
            Self::Plain(stream) => stream.peer_addr(),
            Self::Tls(stream) => stream.get_ref().0.peer_addr(),
            Self::Preceded(_, stream) => stream.peer_addr(),
        }
    }
}
