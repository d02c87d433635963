//! What was said about a card.

use std::rc::Rc;

use roost_board::{Board, Comment, Timestamp, User, limits::COMMENT_BODY_MAX};
use roost_bridge::DraftKey;
use yew::prelude::*;

use super::super::act::{Act, Dispatch};
use super::super::shared::{Shared, SharedCard};
use super::super::text::TextArea;
use crate::clock::{ago, use_now};
use crate::components::{Avatar, Person};

/// How [`Comments`] are drawn.
#[derive(Properties, PartialEq)]
pub(super) struct CommentsProps {
    pub(super) board: Shared<Rc<Board>>,
    pub(super) card: SharedCard,
    pub(super) is_gone: bool,
    pub(super) me: User,
    pub(super) n_refused: u32,
    pub(super) dispatch: Dispatch,
}

/// What was said about a card, oldest first, and the way to say something.
#[component]
pub(super) fn Comments(props: &CommentsProps) -> Html {
    let (id, now) = (props.card.id, use_now());
    let on_done = props.dispatch.reform(move |body| Act::Comment(id, body));
    html! {
        <section class="activity">
            <h3 class="activity__heading">{ "Activity" }</h3>
            <ul class="comments">
                { for props.card.comments.iter().map(|comment| view_comment(props, comment, now)) }
            </ul>
            <div class="comment">
                <Avatar person={Person::from(&props.me)} named=false />
                <TextArea
                    n_refused={props.n_refused}
                    draft={DraftKey::new_comment(id)}
                    label="Comment"
                    placeholder="Write a comment…"
                    verb="Comment"
                    max={COMMENT_BODY_MAX}
                    is_off={props.is_gone}
                    {on_done}
                    testid="new-comment"
                />
            </div>
        </section>
    }
}

fn view_comment(props: &CommentsProps, comment: &Comment, now: Timestamp) -> Html {
    let author = props.board.member(comment.author).map(|member| Person::from(&member.user));
    let author = author.unwrap_or_else(|| Person { id: comment.author, name: "Former member".into() });
    let (card, id) = (props.card.id, comment.id);
    let name = author.name.clone();
    html! {
        <li key={id.to_string()} class="comment" data-testid="comment">
            <Avatar person={author} named=false />
            <div class="comment__said">
                <div class="comment__head">
                    <span class="comment__author">{ name }</span>
                    <time class="comment__when" datetime={comment.at.to_string()}>{ ago(comment.at, now) }</time>
                    if comment.author == props.me.id && !props.is_gone {
                        <button
                            type="button" class="comment__remove"
                            onclick={props.dispatch.reform(move |_| Act::RemoveComment(card, id))}
                        >
                            { "Remove" }
                        </button>
                    }
                </div>
                <p class="comment__body">{ &comment.body }</p>
            </div>
        </li>
    }
}
