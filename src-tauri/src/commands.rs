//! The commands that the interface may call: each takes its arguments and hands them to one function of the core.
//!
//! They are not Tauri's own `#[tauri::command]`s, which start on any thread in any order: the interface's calls are
//! begun here in the order in which they arrive, so that what is typed first is kept first and what is proposed first
//! is proposed first.

use std::future::ready;
use std::io::Write as _;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;

use futures_util::FutureExt as _;
use roost_bridge::command::{
    ChooseServer, CloseBoard, Command, CommandError, ConnectLocal, CreateBoard, DiscardAttention, GetState, Invite,
    LeaveServer, OpenBoard, Propose, Ready, Reconnect, RetryAttention, SaveDraft, SetTheme, SignIn, SignOut, SignUp,
};
use roost_protocol::rest::{Credentials, NewUser};
use serde::Deserialize;
use serde_json::Value;
use tauri::ipc::{Invoke, InvokeBody, InvokeError, InvokeResponseBody};
use tauri::{Manager as _, Wry};

use crate::core::{Core, Error};

/// The answer to a command: its JSON.
type Answer = Pin<Box<dyn Future<Output = Result<String, CommandError>> + Send>>;

/// Begins a command with its arguments.
type Begin = fn(&Core, Value) -> Answer;

/// Every command and what begins it.
const TABLE: &[(&str, Begin)] = &[
    entry::<GetState>(),
    entry::<Ready>(),
    entry::<ConnectLocal>(),
    entry::<ChooseServer>(),
    entry::<LeaveServer>(),
    entry::<SignUp>(),
    entry::<SignIn>(),
    entry::<SignOut>(),
    entry::<Reconnect>(),
    entry::<CreateBoard>(),
    entry::<OpenBoard>(),
    entry::<CloseBoard>(),
    entry::<Propose>(),
    entry::<Invite>(),
    entry::<RetryAttention>(),
    entry::<DiscardAttention>(),
    entry::<SaveDraft>(),
    entry::<SetTheme>(),
];

/// Takes a call of the interface; answers whether there is such a command.
pub(crate) fn handle(invoke: Invoke<Wry>) -> bool {
    let Invoke { message, resolver, .. } = invoke;
    let Some((_, begin)) = TABLE.iter().find(|(name, _)| *name == message.command()) else { return false };
    let arguments = match message.payload() {
        InvokeBody::Json(arguments) => arguments.clone(),
        InvokeBody::Raw(_) => Value::Null,
    };
    // Some begin tasks at once, and the window's thread is none of the runtime's.
    let runtime = tauri::async_runtime::handle();
    let _entered = runtime.inner().enter();
    let answer = begin(message.webview_ref().state::<Core>().inner(), arguments);
    let name = message.command().to_owned();
    resolver.respond_async_serialized(async move {
        match AssertUnwindSafe(answer).catch_unwind().await {
            Ok(Ok(json)) => Ok(InvokeResponseBody::Json(json)),
            Ok(Err(error)) => Err(rejection(&name, error)),
            Err(_) => Err(rejection(&name, Error::Internal("a command has failed").into())),
        }
    });
    true
}

fn rejection(command: &str, error: CommandError) -> InvokeError {
    tracing::debug!(command, code = error.code, error.message, "refused");
    InvokeError(serde_json::to_value(error).expect("an error is plain JSON"))
}

/// A command of the bridge, and the function of the core that it stands for.
trait Run: Command + Send + 'static {
    /// Begins it. What has to have its place in the order is done before this returns.
    fn run(self, core: &Core) -> impl Future<Output = Result<Self::Reply, Error>> + Send + 'static;
}

const fn entry<C: Run>() -> (&'static str, Begin) {
    (C::NAME, begin::<C>)
}

fn begin<C: Run>(core: &Core, arguments: Value) -> Answer {
    #[derive(Deserialize)]
    struct Arguments<C> {
        args: C,
    }
    match serde_json::from_value::<Arguments<C>>(arguments) {
        Ok(Arguments { args }) => {
            let reply = args.run(core);
            Box::pin(async move {
                let reply = reply.await?;
                Ok(serde_json::to_string(&reply).expect("a reply is plain JSON"))
            })
        }
        Err(error) => {
            tracing::error!(command = C::NAME, %error, "arguments that cannot be read");
            Box::pin(ready(Err(Error::Internal("the arguments of a command cannot be read").into())))
        }
    }
}

/// Answers a command with an async function of the core that borrows it.
macro_rules! with {
    ($core:ident, $run:expr) => {{
        let $core = $core.clone();
        async move { $run.await }
    }};
}

impl Run for GetState {
    fn run(self, core: &Core) -> impl Future<Output = Result<Self::Reply, Error>> + Send + 'static {
        with!(core, core.state())
    }
}

impl Run for Ready {
    fn run(self, _core: &Core) -> impl Future<Output = Result<Self::Reply, Error>> + Send + 'static {
        // Whoever has started the app may wait for this line; if nobody listens, nothing is amiss.
        drop(writeln!(std::io::stdout(), "window ready"));
        ready(Ok(()))
    }
}

impl Run for ConnectLocal {
    fn run(self, core: &Core) -> impl Future<Output = Result<Self::Reply, Error>> + Send + 'static {
        with!(core, core.connect_local())
    }
}

impl Run for ChooseServer {
    fn run(self, core: &Core) -> impl Future<Output = Result<Self::Reply, Error>> + Send + 'static {
        with!(core, core.choose_server(&self.address))
    }
}

impl Run for LeaveServer {
    fn run(self, core: &Core) -> impl Future<Output = Result<Self::Reply, Error>> + Send + 'static {
        with!(core, core.leave_server())
    }
}

impl Run for SignUp {
    fn run(self, core: &Core) -> impl Future<Output = Result<Self::Reply, Error>> + Send + 'static {
        let Self { first_name, last_name, email, password } = self;
        with!(core, core.sign_up(NewUser { first_name, last_name, email, password: password.0 }))
    }
}

impl Run for SignIn {
    fn run(self, core: &Core) -> impl Future<Output = Result<Self::Reply, Error>> + Send + 'static {
        let Self { email, password } = self;
        with!(core, core.sign_in(Credentials { email, password: password.0 }))
    }
}

impl Run for SignOut {
    fn run(self, core: &Core) -> impl Future<Output = Result<Self::Reply, Error>> + Send + 'static {
        with!(core, core.sign_out())
    }
}

impl Run for Reconnect {
    fn run(self, core: &Core) -> impl Future<Output = Result<Self::Reply, Error>> + Send + 'static {
        core.reconnect();
        ready(Ok(()))
    }
}

impl Run for CreateBoard {
    fn run(self, core: &Core) -> impl Future<Output = Result<Self::Reply, Error>> + Send + 'static {
        with!(core, core.create_board(self.id, self.name))
    }
}

impl Run for OpenBoard {
    fn run(self, core: &Core) -> impl Future<Output = Result<Self::Reply, Error>> + Send + 'static {
        core.open_board(self.board_id)
    }
}

impl Run for CloseBoard {
    fn run(self, core: &Core) -> impl Future<Output = Result<Self::Reply, Error>> + Send + 'static {
        core.close_board(self.board_id);
        ready(Ok(()))
    }
}

impl Run for Propose {
    fn run(self, core: &Core) -> impl Future<Output = Result<Self::Reply, Error>> + Send + 'static {
        core.propose(self.board_id, self.proposal, self.doing, self.inverse)
    }
}

impl Run for Invite {
    fn run(self, core: &Core) -> impl Future<Output = Result<Self::Reply, Error>> + Send + 'static {
        with!(core, core.invite(self.board_id, self.email))
    }
}

impl Run for RetryAttention {
    fn run(self, core: &Core) -> impl Future<Output = Result<Self::Reply, Error>> + Send + 'static {
        with!(core, core.retry_attention(self.id))
    }
}

impl Run for DiscardAttention {
    fn run(self, core: &Core) -> impl Future<Output = Result<Self::Reply, Error>> + Send + 'static {
        with!(core, core.discard_attention(self.id))
    }
}

impl Run for SaveDraft {
    fn run(self, core: &Core) -> impl Future<Output = Result<Self::Reply, Error>> + Send + 'static {
        core.save_draft(&self.key, self.text)
    }
}

impl Run for SetTheme {
    fn run(self, core: &Core) -> impl Future<Output = Result<Self::Reply, Error>> + Send + 'static {
        with!(core, core.set_theme(self.theme))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_of_the_bridge_is_here_and_granted_to_the_window() {
        let names: Vec<&str> = TABLE.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, roost_bridge::COMMANDS);

        let capability: Value = serde_json::from_str(include_str!("../capabilities/main.json")).unwrap();
        let granted: Vec<&str> = capability["permissions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|permission| permission.as_str().unwrap())
            .collect();
        let mut due = vec!["core:event:allow-listen".to_owned(), "core:event:allow-unlisten".to_owned()];
        due.extend(names.iter().map(|name| format!("allow-{}", name.replace('_', "-"))));
        assert_eq!(granted, due);
        assert_eq!(capability["windows"], serde_json::json!(["main"]));
    }
}
