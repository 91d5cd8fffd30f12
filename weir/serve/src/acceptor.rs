//! HTTP connections that can be closed in favour of others.

use std::future::{Ready, ready};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum_server::accept::Accept;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use super::connections::{ConnectionSlot, Connections};
use super::peer::Peer;

/// Takes connections in as long as there is room for them.
#[derive(Debug, Clone)]
pub(super) struct Acceptor(pub(super) Arc<Connections<SocketAddr>>);

impl<S> Accept<TcpStream, S> for Acceptor {
    type Stream = Guarded;
    type Service = S;
    type Future = Ready<io::Result<(Guarded, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        ready(self.guard(stream).map(|stream| (stream, service)))
    }
}

impl Acceptor {
    fn guard(&self, stream: TcpStream) -> io::Result<Guarded> {
        let from = stream.peer_addr()?;
        let (sender, cut) = oneshot::channel();
        let close = move || {
            // Whoever has gone needs no closing.
            let _ = sender.send(());
        };
        let slot = self.0.enter(from, Peer::from(from.ip()), Box::new(close));
        let slot = slot.map_err(|_| io::Error::other("too many connections"))?;
        Ok(Guarded {
            stream,
            cut: Some(cut),
            _slot: slot,
        })
    }
}

/// A connection that ends when it has to give way.
#[derive(Debug)]
pub(super) struct Guarded {
    stream: TcpStream,
    /// Signal to close the connection; none once it was received.
    cut: Option<oneshot::Receiver<()>>,
    _slot: ConnectionSlot<SocketAddr>,
}

impl AsyncRead for Guarded {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let told = match &mut self.cut {
            Some(cut) => Pin::new(cut).poll(context).is_ready(),
            None => true,
        };
        if told {
            self.cut = None;
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl AsyncWrite for Guarded {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        from: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, from)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        from: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, from)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
