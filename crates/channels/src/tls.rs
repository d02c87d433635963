//! Whom to trust on the other side of TLS.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};

use crate::config::SocketConfig;

/// Fills in what the system trusts, where TLS is used and nothing else is said. Reading it takes some milliseconds and
/// is done once.
pub(crate) async fn prepare(config: &mut SocketConfig) {
    if config.tls.is_some() || config.url().scheme() != "wss" {
        return;
    }
    match tokio::task::spawn_blocking(system).await {
        Ok(tls) => config.tls = Some(Arc::new(tls)),
        Err(error) => tracing::error!(%error, "could not read the certificates that the system trusts"),
    }
}

/// Trusts the certificate authorities that the system trusts. The provider is named, since a library leaves the choice
/// of the process-wide one to the program.
fn system() -> ClientConfig {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "a certificate that the system trusts cannot be read");
    }
    let mut roots = RootCertStore::empty();
    let (n_added, n_ignored) = roots.add_parsable_certificates(found.certs);
    tracing::debug!(n_added, n_ignored, "read the certificates that the system trusts");
    ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring has the default versions of TLS")
        .with_root_certificates(roots)
        .with_no_client_auth()
}
