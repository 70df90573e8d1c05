//! `cargo xtask object-stores`: snapshots come and go in servers that speak the clouds' protocols: moto (S3) and Azurite
//! (Azure Blob Storage). Both are installed from PyPI and npm into the cache.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::shell::{Running, cache, cargo, output, program, run as call};

/// The emulator's port that `object_store` knows.
const AZURE_PORT: u16 = 10_000;

/// Makes the container. The emulator's account and key are published in its documentation.
const MAKE_CONTAINER: &str = "
from azure.storage.blob import BlobServiceClient
BlobServiceClient.from_connection_string('UseDevelopmentStorage=true').create_container('segflow')
";

/// Fails if a server does not give back what was sent.
pub fn run() -> Result<()> {
    let servers = cache().join("object-stores");
    install(&servers)?;
    s3(&servers)?;
    azure(&servers)
}

fn install(servers: &Path) -> Result<()> {
    let venv = servers.join("venv");
    if !venv.join("bin/moto_server").exists() {
        call(program("python3").args(["-m", "venv"]).arg(&venv))?;
        let pip = venv.join("bin/pip");
        call(program(pip).args(["install", "--quiet", "moto[server,s3]>=5,<6", "azure-storage-blob"]))?;
    }
    if !servers.join("node_modules/.bin/azurite-blob").exists() {
        call(program("npm").args(["install", "--silent", "--no-fund", "--prefix"]).arg(servers).arg("azurite@3"))?;
    }
    Ok(())
}

fn s3(servers: &Path) -> Result<()> {
    let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
    let mut moto = program(servers.join("venv/bin/moto_server"));
    moto.args(["-p", &port.to_string()]);
    let _moto = started(moto, port)?;
    make_bucket(port)?;
    let shown = output(program(servers.join("venv/bin/pip")).args(["show", "moto"]))?;
    let version = shown.lines().find_map(|line| line.strip_prefix("Version: ")).unwrap_or_default();
    println!("## S3 (moto {version})");
    call(
        come_and_go()
            .env("AWS_ENDPOINT", format!("http://127.0.0.1:{port}"))
            .env("AWS_ALLOW_HTTP", "true")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "any")
            .env("AWS_SECRET_ACCESS_KEY", "any")
            .env("SEGFLOW_SNAPSHOTS_URL", "s3://segflow/snapshots"),
    )
}

fn azure(servers: &Path) -> Result<()> {
    let scratch = tempfile::tempdir()?;
    let azurite = servers.join("node_modules/.bin/azurite-blob");
    let mut server = program(&azurite);
    server.args(["--silent", "--skipApiVersionCheck", "--blobPort", &AZURE_PORT.to_string()]);
    server.arg("--location").arg(scratch.path());
    let _azurite = started(server, AZURE_PORT)?;
    call(program(servers.join("venv/bin/python")).args(["-c", MAKE_CONTAINER]))?;
    println!("## Azure Blob Storage (Azurite {})", output(program(azurite).arg("--version"))?.trim());
    call(come_and_go().env("AZURE_STORAGE_USE_EMULATOR", "true").env("SEGFLOW_SNAPSHOTS_URL", "az://segflow/snapshots"))
}

fn come_and_go() -> Command {
    let mut test = cargo("test --release --quiet -p segflow-snapshot -- --ignored --exact");
    test.arg("tests::whole::files_come_and_go_in_the_object_store_that_is_named");
    test
}

/// A server that answers on its port, which takes at most half a minute.
fn started(mut server: Command, port: u16) -> Result<Running> {
    let running = Running::start({
        server.stdout(Stdio::null()).stderr(Stdio::null());
        server
    })?;
    let answers = (0..300).any(|_| {
        let answers = TcpStream::connect(("127.0.0.1", port)).is_ok();
        if !answers {
            sleep(Duration::from_millis(100));
        }
        answers
    });
    ensure!(answers, "expected a server on port {port} within 30 seconds, found none");
    Ok(running)
}

fn make_bucket(port: u16) -> Result<()> {
    let mut server = TcpStream::connect(("127.0.0.1", port))?;
    write!(
        server,
        "PUT /segflow HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    server.read_to_string(&mut answer).context("cannot make a bucket")?;
    ensure!(answer.split_whitespace().nth(1) == Some("200"), "cannot make a bucket: {answer}");
    Ok(())
}
