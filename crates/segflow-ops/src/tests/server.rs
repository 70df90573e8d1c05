//! Round trips over a socket.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use expect_test::expect;
use segflow_runtime::status::Status;

use super::topics;
use crate::metrics::VERSION;
use crate::{Server, serve};

#[test]
fn each_path_over_a_socket() {
    let server = start();
    let address = server.address();
    expect![[r#"
        HTTP/1.1 200 OK
        content-type: text/plain; charset=utf-8

        /metrics  lag, clocks, counts; for Prometheus
        /livez    200 while no worker has stopped for good, or hangs
        /readyz   200 while every worker is healthy and all its tasks run
    "#]]
    .assert_eq(&request(address, "/"));
    expect![[r#"
        HTTP/1.1 200 OK
        content-type: text/plain; version=0.0.4

        # HELP segflow_segmentation_file_invalid 1 while the segmentation's file cannot be read or used and the former one stays offered, else 0.
        # TYPE segflow_segmentation_file_invalid gauge
        segflow_segmentation_file_invalid 0
        # HELP segflow_build_info 1; the version is in the label.
        # TYPE segflow_build_info gauge
        segflow_build_info{version="VERSION"} 1
    "#]]
    .assert_eq(&request(address, "/metrics").replace(VERSION, "VERSION"));
    expect![[r#"
        HTTP/1.1 200 OK
        content-type: text/plain; charset=utf-8

        ok
    "#]]
    .assert_eq(&request(address, "/livez"));
    expect![[r#"
        HTTP/1.1 503 Service Unavailable
        content-type: text/plain; charset=utf-8

        no worker has joined
    "#]]
    .assert_eq(&request(address, "/readyz"));
    expect![[r#"
        HTTP/1.1 404 Not Found
        content-type: text/plain; charset=utf-8

        no such path; there are
        /metrics  lag, clocks, counts; for Prometheus
        /livez    200 while no worker has stopped for good, or hangs
        /readyz   200 while every worker is healthy and all its tasks run
    "#]]
    .assert_eq(&request(address, "/customers/C-1"));
}

#[test]
fn stopping_frees_the_port_though_a_client_holds_its_connection() {
    let server = start();
    let address = server.address();
    let mut client = TcpStream::connect(address).unwrap();
    client.write_all(b"GET /livez HTTP/1.1\r\n").unwrap();
    drop(server);
    assert!(TcpStream::connect(address).is_err());
}

/// Nobody keeps a connection by saying little, or nothing.
#[test]
fn a_client_that_does_not_finish_its_request_is_let_go() {
    let server = start();
    let began = Instant::now();
    let clients = ["", "GET /livez HTTP/1.1\r\nhost: seg"].map(|said| {
        let mut client = connect(&server);
        client.write_all(said.as_bytes()).unwrap();
        client
    });
    for mut client in clients {
        let mut answer = String::new();
        client.read_to_string(&mut answer).expect("the server closes the connection");
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");
    }
    assert!(began.elapsed() >= Duration::from_secs(1), "a slow client has some time");
}

/// A client that takes no answer holds its place for a while only, and one that asks much is refused.
#[test]
fn a_request_has_a_bound() {
    let server = start();
    let mut client = connect(&server);
    let long = format!("GET /livez HTTP/1.1\r\nhost: segflow\r\nx: {}\r\n\r\n", "y".repeat(100_000));
    // The server may close before it has read all of it.
    let _ = client.write_all(long.as_bytes());
    let mut answer = [0; 12];
    let refused = client.read_exact(&mut answer).is_err() || &answer == b"HTTP/1.1 431";
    assert!(refused, "{}", String::from_utf8_lossy(&answer));
}

/// The probe of a supervisor finds room, whoever holds connections.
#[test]
fn connections_have_a_bound_and_the_oldest_makes_room() {
    let server = start();
    let idle: Vec<TcpStream> = (0..200).map(|_| connect(&server)).collect();
    assert!(request(server.address(), "/livez").starts_with("HTTP/1.1 200 OK"));
    let open = idle.iter().rev().take(30).filter(|client| is_open(client)).count();
    assert_eq!(open, 30, "those that came last are open still");
    assert!(!is_open(&idle[0]), "the first one was let go");
}

fn connect(server: &Server) -> TcpStream {
    let client = TcpStream::connect(server.address()).unwrap();
    client.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    client
}

fn is_open(client: &TcpStream) -> bool {
    let mut client = client;
    client.set_read_timeout(Some(Duration::from_millis(5))).unwrap();
    matches!(client.read(&mut [0]), Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut))
}

#[test]
fn an_address_in_use_is_named() {
    let server = start();
    let error = serve(server.address(), Arc::default(), topics()).unwrap_err();
    assert!(error.to_string().contains(&server.address().to_string()), "{error}");
}

fn start() -> Server {
    serve(SocketAddr::from(([127, 0, 0, 1], 0)), Arc::<Status>::default(), topics()).unwrap()
}

/// The status line, the content type and the body of an answer.
fn request(address: SocketAddr, path: &str) -> String {
    let mut client = TcpStream::connect(address).unwrap();
    write!(client, "GET {path} HTTP/1.1\r\nhost: segflow\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let kept = head.lines().filter(|line| line.starts_with("HTTP/") || line.starts_with("content-type"));
    kept.collect::<Vec<_>>().join("\n") + "\n\n" + body
}
