//! The socket of a connection. It reports what happens on it, and ends when the register closes it.

use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::rt::net::TcpStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::register::AdmittedConnection;
use super::{Connection, Connections};

pub struct WatchedSocket {
    io: TcpStream,
    admitted: AdmittedConnection,
}

impl WatchedSocket {
    /// Admits the connection. Fails if its address has reached the limit.
    pub fn admit(io: TcpStream, peer: IpAddr, connections: &Connections) -> io::Result<Self> {
        match connections.admit(peer) {
            Some(admitted) => Ok(Self { io, admitted }),
            None => Err(io::ErrorKind::ConnectionRefused.into()),
        }
    }

    pub fn connection(&self) -> &Arc<Connection> {
        self.admitted.connection()
    }

    fn write(
        &mut self,
        offered: usize,
        write: impl FnOnce(Pin<&mut TcpStream>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if self.admitted.is_closing() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        let written = write(Pin::new(&mut self.io));
        match &written {
            Poll::Ready(Ok(count)) => self.admitted.record_write(Some(*count), offered),
            Poll::Ready(Err(_)) => {}
            Poll::Pending => self.admitted.record_write(None, offered),
        }
        written
    }
}

impl AsyncRead for WatchedSocket {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Self { io, admitted } = self.get_mut();
        // So that the register can wake this task when it closes the connection.
        admitted.waker.register(context.waker());
        if admitted.is_closing() {
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        let read = Pin::new(io).poll_read(context, buffer);
        match &read {
            Poll::Ready(Ok(())) => admitted.record_read(buffer.filled().len() - before),
            Poll::Ready(Err(_)) => admitted.record_read(0),
            Poll::Pending => {}
        }
        read
    }
}

impl AsyncWrite for WatchedSocket {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.get_mut().write(bytes.len(), |io| io.poll_write(context, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let offered = parts.iter().map(|part| part.len()).sum();
        self.get_mut().write(offered, |io| io.poll_write_vectored(context, parts))
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { io, admitted } = self.get_mut();
        if admitted.is_closing() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        Pin::new(io).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_shutdown(context)
    }
}
