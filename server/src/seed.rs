//! A demo: a few people and boards worth looking at, made through the same gate as everybody's.

mod demo;

use roost_board::{BoardId, CardId, Change, CommentId, ListId, NewCard, NewComment, NewList, OpId, Position, Role};
use roost_protocol::rest::{NewUser, SessionAnswer};
use uuid::Uuid;

use crate::auth::SignUpError;
use crate::boards::{BoardAccess, CreateError, ProposeError};
use crate::config::Config;
use crate::server::{self, StartError};
use crate::state::AppState;

use demo::{BOARDS, DemoBoard, DemoCard, PEOPLE};

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seeded {
    /// The address to sign in with.
    pub email: String,
    /// The password, which is everybody's in the demo.
    pub password: String,
    /// The addresses of the others.
    pub others: Vec<String>,
    /// The names of the boards.
    pub boards: Vec<String>,
}

/// Why no demo was made. The text says what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// The data directory cannot be used.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The people of the demo are there already.
    #[error("this data directory has the demo already ({0} has an account); choose an empty one with --data-dir")]
    Again(String),
    /// The password cannot be had.
    #[error("the password {0}")]
    Password(String),
    /// Something else failed.
    #[error("cannot make the demo: {0}")]
    Failed(String),
}

impl From<ProposeError> for SeedError {
    fn from(error: ProposeError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<CreateError> for SeedError {
    fn from(error: CreateError) -> Self {
        Self::Failed(error.to_string())
    }
}

/// Makes the demo in the data directory of a server that does not run. Everybody in it gets `password`.
///
/// # Errors
/// [`SeedError`]
pub async fn seed(config: Config, password: &str) -> Result<Seeded, SeedError> {
    let state = server::open(config).await?;
    let made = make(&state, password).await;
    state.boards.close().await;
    state.store.close().await;
    made
}

async fn make(state: &AppState, password: &str) -> Result<Seeded, SeedError> {
    for (_, _, email) in PEOPLE {
        let known = state.store.account(email).await.map_err(|error| SeedError::Failed(error.to_string()))?;
        if known.is_some() {
            return Err(SeedError::Again(email.to_owned()));
        }
    }
    let mut people = Vec::new();
    for (first_name, last_name, email) in PEOPLE {
        people.push(sign_up(state, first_name, last_name, email, password).await?);
    }
    for board in BOARDS {
        make_board(state, &people, board).await?;
    }
    let mut emails = people.into_iter().map(|person| person.user.email);
    Ok(Seeded {
        email: emails.next().unwrap_or_default(),
        password: password.to_owned(),
        others: emails.collect(),
        boards: BOARDS.iter().map(|board| board.name.to_owned()).collect(),
    })
}

async fn sign_up(
    state: &AppState,
    first_name: &str,
    last_name: &str,
    email: &str,
    password: &str,
) -> Result<SessionAnswer, SeedError> {
    let new = NewUser {
        first_name: first_name.to_owned(),
        last_name: last_name.to_owned(),
        email: email.to_owned(),
        password: password.to_owned(),
    };
    state.auth.make_account(new).await.map_err(|error| match &error {
        SignUpError::Invalid(fields) if fields.contains_key("password") => {
            SeedError::Password(fields["password"].join(" and "))
        }
        SignUpError::Invalid(_) | SignUpError::Closed | SignUpError::Busy | SignUpError::Unavailable => {
            SeedError::Failed(error.to_string())
        }
    })
}

async fn make_board(state: &AppState, people: &[SessionAnswer], board: &DemoBoard) -> Result<(), SeedError> {
    let owner = &people[board.owner].user;
    let id = BoardId::from_uuid(Uuid::now_v7());
    state.boards.create(owner.clone(), id, board.name).await?;
    // Everybody does what is theirs to do, through a gate of their own.
    let enter = async |person: usize| {
        let access = state.boards.enter(people[person].user.id, id).await;
        access.map_err(|error| SeedError::Failed(error.to_string()))
    };
    let by_owner = enter(board.owner).await?;
    for &member in board.members {
        by_owner.invite(&people[member].user.email, Role::Member).await?;
    }
    let mut list_position = None;
    for list in board.lists {
        let position = next(list_position.as_ref())?;
        let list_id = ListId::from_uuid(Uuid::now_v7());
        let new = NewList { id: list_id, name: list.name.to_owned(), position: position.clone() };
        propose(&by_owner, Change::ListAdded { list: new }).await?;
        list_position = Some(position);
        let mut card_position = None;
        for card in list.cards {
            let position = next(card_position.as_ref())?;
            let card_id = CardId::from_uuid(Uuid::now_v7());
            make_card(&by_owner, card_id, list_id, position.clone(), card).await?;
            for &(person, body) in card.comments {
                let comment = NewComment { id: CommentId::from_uuid(Uuid::now_v7()), body: body.to_owned() };
                propose(&enter(person).await?, Change::CommentAdded { card_id, comment }).await?;
            }
            card_position = Some(position);
        }
    }
    Ok(())
}

async fn make_card(
    board: &BoardAccess,
    card_id: CardId,
    list_id: ListId,
    position: Position,
    card: &DemoCard,
) -> Result<(), SeedError> {
    let new = NewCard { id: card_id, list_id, title: card.title.to_owned(), position };
    propose(board, Change::CardAdded { card: new }).await?;
    if !card.description.is_empty() {
        propose(board, Change::CardDescribed { card_id, description: card.description.to_owned() }).await?;
    }
    Ok(())
}

async fn propose(board: &BoardAccess, change: Change) -> Result<(), SeedError> {
    board.propose(OpId::from_uuid(Uuid::now_v7()), change).await?;
    Ok(())
}

fn next(last: Option<&Position>) -> Result<Position, SeedError> {
    Position::between(last, None).map_err(|error| SeedError::Failed(error.to_string()))
}
