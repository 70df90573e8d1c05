//! Every path of the server, and its answer. To add one is to add a row to [`ENDPOINTS`].

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use segflow_core::event::Family;
use segflow_runtime::status::Status;

use crate::health::{liveness, readiness};
use crate::metrics::render;

/// A path that answers `GET`.
pub(crate) struct Endpoint {
    pub(crate) path: &'static str,
    /// Its line in the list of paths.
    about: &'static str,
    pub(crate) answer: fn(&Source) -> Response,
}

/// The source of all answers.
pub(crate) struct Source {
    pub(crate) status: Arc<Status>,
    /// The topic of each input that is read.
    pub(crate) topics: BTreeMap<Family, String>,
}

/// Every path but `/`, which lists these.
pub(crate) const ENDPOINTS: [Endpoint; 3] = [
    Endpoint { path: "/metrics", about: "lag, clocks, counts; for Prometheus", answer: metrics },
    Endpoint {
        path: "/livez",
        about: "200 while no worker has stopped for good, or hangs",
        answer: |source| verdict(&liveness(&source.status.snapshot())),
    },
    Endpoint {
        path: "/readyz",
        about: "200 while every worker is healthy and all its tasks run",
        answer: |source| verdict(&readiness(&source.status.snapshot())),
    },
];

/// A line per path; what is said of them stands in one column.
pub(crate) fn list() -> String {
    let width = ENDPOINTS.iter().map(|endpoint| endpoint.path.len()).max().unwrap_or_default();
    ENDPOINTS.iter().map(|Endpoint { path, about, .. }| format!("{path:<width$}  {about}\n")).collect()
}

fn metrics(source: &Source) -> Response {
    let text = render(&source.status.snapshot(), &source.topics);
    ([(header::CONTENT_TYPE, prometheus::TEXT_FORMAT)], text).into_response()
}

/// 200 if there is no reason why not, else 503 with a line per reason.
fn verdict(reasons: &[String]) -> Response {
    if reasons.is_empty() {
        return (StatusCode::OK, "ok\n".to_owned()).into_response();
    }
    (StatusCode::SERVICE_UNAVAILABLE, reasons.join("\n") + "\n").into_response()
}
