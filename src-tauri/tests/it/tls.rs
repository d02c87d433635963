//! The way over TLS, as everybody goes it who does not sit at the server, and what may be wrong with it.

use std::env;
use std::ffi::OsStr;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::desk::{Host, hasty};
use crate::far::Far;
use crate::faults::Faults;
use crate::wire::Wire;

/// Names the folder with the certificates, in the process that trusts one of them.
const FOLDER: &str = "ROOST_TEST_CERTIFICATES";

/// The system is told of a certificate by the environment, so this is done again in a process with one of its own.
#[test]
fn a_secure_way_and_what_is_none() {
    match env::var_os(FOLDER) {
        Some(folder) => {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
            runtime.block_on(a_way(Path::new(&folder)));
        }
        None => in_a_process_that_trusts("tls::a_secure_way_and_what_is_none"),
    }
}

fn in_a_process_that_trusts(test: &str) {
    let folder = tempfile::tempdir().unwrap();
    for name in ["ours", "theirs"] {
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        std::fs::write(folder.path().join(name).with_extension("crt"), cert.pem()).unwrap();
        std::fs::write(folder.path().join(name).with_extension("key"), signing_key.serialize_pem()).unwrap();
    }
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(FOLDER, folder.path())
        .env("SSL_CERT_FILE", folder.path().join("ours.crt"))
        .env_remove("SSL_CERT_DIR")
        .output()
        .unwrap();
    let printed = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat();
    assert!(output.status.success() && printed.contains("1 passed"), "{printed}");
}

async fn a_way(certificates: &Path) {
    let host = Host::start().await;
    let wire = Wire::to(host.listens_at()).await;
    let front = Front::of(wire.listens_at(), certificates).await;
    let mut faults = Faults::of(Far::at(&front.address(), host, wire, hasty()).await).await;
    for (name, face) in [("a stranger's certificate", Face::Theirs), ("no TLS at all", Face::Plain)] {
        let shown = |wire: &Wire| {
            front.show(face);
            wire.cut();
        };
        faults.survive_until(name, shown, |_| front.show(Face::Ours)).await;
    }
    faults.end().await;
}

/// What stands before a server and speaks TLS for it, or should.
struct Front {
    port: u16,
    face: Arc<Mutex<Face>>,
    _tasks: JoinSet<()>,
}

/// What it shows whoever connects.
#[derive(Clone, Copy)]
enum Face {
    /// The certificate that is trusted.
    Ours,
    /// Another one.
    Theirs,
    /// The server itself.
    Plain,
}

impl Front {
    async fn of(server: SocketAddr, certificates: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let face = Arc::new(Mutex::new(Face::Ours));
        let [ours, theirs] = ["ours", "theirs"].map(|name| acceptor(&certificates.join(name)));
        let mut tasks = JoinSet::new();
        let shown = face.clone();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let tls = match *shown.lock().unwrap() {
                    Face::Ours => Some(ours.clone()),
                    Face::Theirs => Some(theirs.clone()),
                    Face::Plain => None,
                };
                connections.spawn(carry(client, tls, server));
            }
        });
        Self { port, face, _tasks: tasks }
    }

    fn address(&self) -> String {
        format!("https://localhost:{}", self.port)
    }

    fn show(&self, face: Face) {
        *self.face.lock().unwrap() = face;
    }
}

async fn carry(mut client: TcpStream, tls: Option<TlsAcceptor>, server: SocketAddr) {
    let mut server = TcpStream::connect(server).await.unwrap();
    // However it ends, it is at an end.
    match tls {
        Some(tls) => {
            if let Ok(mut client) = tls.accept(client).await {
                copy_bidirectional(&mut client, &mut server).await.ok();
            }
        }
        None => drop(copy_bidirectional(&mut client, &mut server).await),
    }
}

fn acceptor(certificate: &Path) -> TlsAcceptor {
    let file = |extension: &str| certificate.with_extension(OsStr::new(extension));
    let chain = vec![CertificateDer::from_pem_file(file("crt")).unwrap()];
    let key = PrivateKeyDer::from_pem_file(file("key")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}
