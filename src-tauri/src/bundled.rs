//! "This computer": a server inside the app, for one person who needs no account.

use std::path::PathBuf;
use std::sync::Arc;

use roost_protocol::rest::SessionAnswer;
use roost_server::{Config, Rate, Server};
use tokio::sync::Mutex;

/// How long a name may be for a server to take it, in characters.
const NAME_MAX: usize = roost_board::limits::PERSON_NAME_MAX;

/// How often anything may happen: what one person did without the server, which may be thousands of changes, is to be
/// let in as fast as the disk takes it.
const AS_FAST_AS_CAN_BE: Rate = Rate::per_second(1_000_000, 1_000_000);

/// The bundled server of a profile; started when it is needed for the first time.
#[derive(Debug)]
pub(crate) struct Bundled {
    data_dir: PathBuf,
    server: Arc<Mutex<Option<Server>>>,
}

/// The local person's way in, good until the app ends.
#[derive(Debug)]
pub(crate) struct LocalSession {
    /// Where the server listens.
    pub(crate) address: String,
    /// Who they are, and their token.
    pub(crate) answer: SessionAnswer,
}

impl Bundled {
    /// The server that keeps its boards in that folder.
    pub(crate) fn new(data_dir: PathBuf) -> Self {
        Self { data_dir, server: Arc::default() }
    }

    /// Signs the local person in. The server is started if it does not run yet, and they are made on first use.
    pub(crate) async fn session(&self) -> anyhow::Result<LocalSession> {
        let mut running = Arc::clone(&self.server).lock_owned().await;
        let config = config(self.data_dir.clone());
        // To its end even when nobody waits any more: one that is given up while it starts would still have its folder,
        // and the next one could not start.
        let session = tokio::spawn(async move {
            let server = match &mut *running {
                Some(server) => server,
                none => none.insert(Server::start(config).await?),
            };
            let (first_name, last_name) = names(&whoami::realname().unwrap_or_default());
            let answer = server.local_session(&first_name, &last_name).await?;
            Ok(LocalSession { address: format!("http://{}", server.address()), answer })
        });
        session.await?
    }

    /// Stops it; everything that it has accepted is on disk.
    pub(crate) async fn shutdown(&self) {
        if let Some(server) = self.server.lock().await.take() {
            server.shutdown().await;
        }
    }
}

/// A server for one person: nobody can sign up, and nobody has to be kept from taking what is there for all.
fn config(data_dir: PathBuf) -> Config {
    let mut config = Config::new(data_dir);
    config.registrations = false;
    config.limits.frames_per_socket = AS_FAST_AS_CAN_BE;
    config.limits.proposals_per_user = AS_FAST_AS_CAN_BE;
    config.limits.proposals_per_board = AS_FAST_AS_CAN_BE;
    config
}

/// First and last name of the person, from the name that the system has for them; often it is only a user name.
fn names(real_name: &str) -> (String, String) {
    let name: String = real_name.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let mut words = name.split_whitespace();
    let mut letters = words.next().unwrap_or("Me").chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
    let last = words.collect::<Vec<_>>().join(" ");
    let shorten = |name: String| name.chars().take(NAME_MAX).collect::<String>().trim().to_owned();
    (shorten(first), shorten(last))
}

#[cfg(test)]
mod tests {
    use roost_server::Limits;

    use super::{NAME_MAX, config, names};

    #[test]
    fn the_person_waits_for_no_turn() {
        let (own, others) = (config("data".into()), Limits::DEFAULT);
        assert!(!own.registrations);
        assert_ne!(own.limits.proposals_per_user, others.proposals_per_user);
        assert_ne!(own.limits.proposals_per_board, others.proposals_per_board);
        assert_ne!(own.limits.frames_per_socket, others.frames_per_socket);
    }

    #[track_caller]
    fn check(real_name: &str, first: &str, last: &str) {
        assert_eq!(names(real_name), (first.to_owned(), last.to_owned()), "{real_name:?}");
    }

    #[test]
    fn the_person_is_called_as_the_system_calls_them() {
        check("ada", "Ada", "");
        check("Ada Berg", "Ada", "Berg");
        check("Ada  van den\u{7}Berg ", "Ada", "van den Berg");
        check("", "Me", "");
        check(" \t", "Me", "");
        check(&"x".repeat(80), &format!("X{}", "x".repeat(NAME_MAX - 1)), "");
    }
}
