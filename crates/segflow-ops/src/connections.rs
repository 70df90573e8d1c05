//! The connections of the server, and their bounds: each is for one small request, has some seconds, and the oldest makes room
//! for a new one. A supervisor's probe is answered whoever else holds connections.

use std::collections::VecDeque;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1::Builder;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

/// The most connections at once.
const CONNECTIONS_MAX: usize = 64;
/// How long a client may take to send the head of its request.
const HEAD: Duration = Duration::from_secs(5);
/// How long a connection may last.
const WHOLE: Duration = Duration::from_secs(15);
/// The most bytes of the head of a request.
const HEAD_BYTES: usize = 16 << 10;
/// The pause after a connection could not be accepted, as when no descriptor is left.
const REFUSED: Duration = Duration::from_millis(100);

/// The connections that are open, the oldest first.
#[derive(Default)]
pub(crate) struct Connections(VecDeque<JoinHandle<()>>);

impl Connections {
    /// Accepts and serves until the other side of `stop` is dropped.
    pub(crate) async fn accept(&mut self, listener: &TcpListener, router: &Router, mut stop: watch::Receiver<()>) {
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                changed = stop.changed() => match changed {
                    Ok(()) => continue,
                    Err(_) => return,
                },
            };
            match accepted {
                Ok((stream, _)) => self.serve(stream, router.clone()),
                Err(_) => sleep(REFUSED).await,
            }
        }
    }

    /// Serves a connection, for which the oldest makes room.
    fn serve(&mut self, stream: TcpStream, router: Router) {
        self.0.retain(|connection| !connection.is_finished());
        while self.0.len() >= CONNECTIONS_MAX {
            self.0.pop_front().inspect(JoinHandle::abort);
        }
        self.0.push_back(tokio::spawn(async move {
            let mut server = Builder::new();
            server.timer(TokioTimer::new()).header_read_timeout(HEAD).max_buf_size(HEAD_BYTES).keep_alive(false);
            let served = server.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
            // Why a client went away, or was let go, is nobody's concern.
            let _ = timeout(WHOLE, served).await;
        }));
    }

    /// Waits until every connection is answered.
    pub(crate) async fn answered(self) {
        for connection in self.0 {
            let _ = connection.await;
        }
    }
}
