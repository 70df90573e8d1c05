//! The HTTP server of the [`ENDPOINTS`], on a thread of its own.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use segflow_core::event::Family;
use segflow_runtime::status::Status;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::connections::Connections;
use crate::endpoints::{ENDPOINTS, Endpoint, Source, list};

/// How long open requests may take once the server stops.
const DRAIN: Duration = Duration::from_secs(1);

/// The reasons why the server could not start.
#[derive(Debug, thiserror::Error)]
pub enum OpsError {
    /// The address cannot be listened on.
    #[error("cannot serve metrics and health on {address}: {source}; set another `listen` in section [ops]")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// The error of the system.
        source: std::io::Error,
    },
    /// The thread of the server could not be started.
    #[error("cannot start the thread that serves metrics and health: {0}")]
    Thread(std::io::Error),
}

/// A server that runs until it is dropped; dropping it waits for open requests, at most a second.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    /// Dropped to stop the thread.
    alive: Option<watch::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Listens on `address`, port 0 for any free one, and serves what `status` says. `topics` names the topic of each
/// input read.
///
/// # Errors
/// If the address cannot be listened on, or no thread be started.
pub fn serve(address: SocketAddr, status: Arc<Status>, topics: BTreeMap<Family, String>) -> Result<Server, OpsError> {
    let refused = |source| OpsError::Listen { address, source };
    let listener = TcpListener::bind(address).map_err(refused)?;
    listener.set_nonblocking(true).map_err(refused)?;
    let bound = listener.local_addr().map_err(refused)?;
    let runtime = Builder::new_current_thread().enable_all().build().map_err(OpsError::Thread)?;
    let listener = {
        let _entered = runtime.enter();
        tokio::net::TcpListener::from_std(listener).map_err(refused)?
    };
    let (alive, stop) = watch::channel(());
    let router = router(Source { status, topics });
    let thread = std::thread::Builder::new()
        .name("ops".to_owned())
        .spawn(move || run(&runtime, listener, &router, stop))
        .map_err(OpsError::Thread)?;
    Ok(Server { address: bound, alive: Some(alive), thread: Some(thread) })
}

impl Server {
    /// The address it listens on, with the port that was chosen.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.alive.take());
        if let Some(thread) = self.thread.take() {
            // A panic of that thread has been reported by its own hook; stopping must not panic again.
            let _ = thread.join();
        }
    }
}

fn run(runtime: &Runtime, listener: tokio::net::TcpListener, router: &Router, stop: watch::Receiver<()>) {
    runtime.block_on(async {
        let mut connections = Connections::default();
        connections.accept(&listener, router, stop).await;
        // Nobody is accepted any more.
        drop(listener);
        let _ = timeout(DRAIN, connections.answered()).await;
    });
}

fn router(source: Source) -> Router {
    let mut router = Router::new().route("/", get(|| async { list() }));
    for Endpoint { path, answer, .. } in ENDPOINTS {
        let answer = move |State(source): State<Arc<Source>>| async move { answer(&source) };
        router = router.route(path, get(answer));
    }
    router
        .fallback(|| async { (StatusCode::NOT_FOUND, format!("no such path; there are\n{}", list())) })
        .with_state(Arc::new(source))
}
