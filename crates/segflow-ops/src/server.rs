//! The HTTP server: `/metrics`, `/livez` and `/readyz`, on a thread of its own.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use segflow_core::event::Family;
use segflow_runtime::status::Status;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;

use crate::health::{liveness, readiness};
use crate::metrics::render;

/// How long open requests may take once the server stops.
const DRAIN: Duration = Duration::from_secs(1);

const PATHS: &str = "\
/metrics  lag, clocks, counts; for Prometheus
/livez    200 while no worker has stopped for good
/readyz   200 while every worker is healthy and all its tasks run
";

/// Why the server could not start.
#[derive(Debug, thiserror::Error)]
pub enum OpsError {
    /// The address cannot be listened on.
    #[error("cannot serve metrics and health on {address}: {source}; set another `listen` in section [ops]")]
    Listen {
        /// What was asked for.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// The thread of the server could not be had.
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

struct Source {
    status: Arc<Status>,
    topics: BTreeMap<Family, String>,
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
        .spawn(move || run(&runtime, listener, router, stop))
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

fn run(runtime: &Runtime, listener: tokio::net::TcpListener, router: Router, stop: watch::Receiver<()>) {
    let limit = stop.clone();
    runtime.block_on(async {
        let served = axum::serve(listener, router).with_graceful_shutdown(closed(stop));
        tokio::select! {
            // It accepts for ever and ends only by the signal.
            _ = served => {}
            () = async { closed(limit).await; tokio::time::sleep(DRAIN).await } => {}
        }
    });
}

/// Waits until the server's handle is dropped.
async fn closed(mut stop: watch::Receiver<()>) {
    while stop.changed().await.is_ok() {}
}

fn router(source: Source) -> Router {
    Router::new()
        .route("/", get(|| async { PATHS }))
        .route("/metrics", get(metrics))
        .route("/livez", get(live))
        .route("/readyz", get(ready))
        .fallback(|| async { (StatusCode::NOT_FOUND, format!("no such path; there are\n{PATHS}")) })
        .with_state(Arc::new(source))
}

async fn metrics(State(source): State<Arc<Source>>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, prometheus::TEXT_FORMAT)], render(&source.status.snapshot(), &source.topics))
}

async fn live(State(source): State<Arc<Source>>) -> impl IntoResponse {
    verdict(&liveness(&source.status.snapshot()))
}

async fn ready(State(source): State<Arc<Source>>) -> impl IntoResponse {
    verdict(&readiness(&source.status.snapshot()))
}

fn verdict(reasons: &[String]) -> (StatusCode, String) {
    if reasons.is_empty() {
        return (StatusCode::OK, "ok\n".to_owned());
    }
    (StatusCode::SERVICE_UNAVAILABLE, reasons.join("\n") + "\n")
}
