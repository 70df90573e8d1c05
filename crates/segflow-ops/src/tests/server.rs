//! Round trips over a socket.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

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
        /livez    200 while no worker has stopped for good
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
        /livez    200 while no worker has stopped for good
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
