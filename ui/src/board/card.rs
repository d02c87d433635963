//! A card on the board.

use roost_board::{Card, Field, limits};
use roost_bridge::DraftKey;
use yew::prelude::*;

use super::act::{Act, Dispatch, Edit};
use super::field::LineField;
use super::shared::SharedCard;
use super::windowing::has_meta;
use crate::components::{Icon, IconName};
use crate::words::count;

/// How many bytes of a title may be more than the four lines show, so that it is also shown on hover.
const LONG: usize = 110;

/// How a card on the board looks just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Look {
    /// As ever.
    #[default]
    Rest,
    /// It is in the hand; this is the place where it would land.
    Place,
    /// It was lifted by the keyboard.
    Lifted,
    /// It is on its way to this place.
    Landing,
}

/// The light of somebody who has just changed a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Glow {
    /// That person's hue, in degrees.
    pub(crate) hue: u16,
    /// Tells one glow from the next.
    pub(crate) number: u32,
}

/// How a [`CardView`] is drawn.
#[derive(Properties, PartialEq)]
pub(crate) struct CardViewProps {
    /// The card.
    pub card: SharedCard,
    /// How it looks.
    pub look: Look,
    /// Who has just changed it.
    pub glow: Option<Glow>,
    /// Whether the Tab key stops here.
    pub is_current: bool,
    /// Whether its title is being edited in place.
    pub is_edited: bool,
    /// It is taller or shorter than before.
    pub on_resize: Callback<()>,
    /// The way to act.
    pub dispatch: Dispatch,
}

/// A card on the board. What is pressed on it is found by its attributes, so that it needs no listeners of its own.
#[component]
pub(crate) fn CardView(props: &CardViewProps) -> Html {
    let card = &props.card;
    if props.is_edited {
        return html! { <CardEditor card={card.clone()} on_resize={&props.on_resize} dispatch={&props.dispatch} /> };
    }
    let look = match props.look {
        Look::Rest => None,
        Look::Place => Some("card--place"),
        Look::Lifted => Some("card--lifted"),
        Look::Landing => Some("card--landing"),
    };
    // Two names for one animation: a new name starts it anew.
    let glow = props.glow.map(|glow| if glow.number % 2 == 0 { "card--glow-even" } else { "card--glow-odd" });
    html! {
        <div
            class={classes!("card", look, glow)}
            style={props.glow.map(|glow| format!("--person-hue: {}", glow.hue))}
            role="button"
            tabindex={if props.is_current { "0" } else { "-1" }}
            title={(card.title.len() > LONG).then(|| card.title.clone())}
            aria-describedby="board-card-help"
            data-testid="card"
            data-card-id={card.id.to_string()}
        >
            { face(card) }
        </div>
    }
}

/// What is on a card.
pub(crate) fn face(card: &Card) -> Html {
    html! {
        <>
            <div class="card__title">{ &card.title }</div>
            if has_meta(card) {
                <div class="card__meta">
                    if !card.description.is_empty() {
                        <span class="card__fact" title="Has a description">
                            <Icon name={IconName::Description} size={14} />
                            <span class="visually-hidden">{ "Has a description" }</span>
                        </span>
                    }
                    if !card.comments.is_empty() {
                        <span class="card__fact" title={count(card.comments.len(), "comment")}>
                            <Icon name={IconName::Comment} size={14} />
                            <span aria-hidden="true">{ card.comments.len() }</span>
                            <span class="visually-hidden">{ count(card.comments.len(), "comment") }</span>
                        </span>
                    }
                </div>
            }
        </>
    }
}

#[derive(Properties, PartialEq)]
struct CardEditorProps {
    card: SharedCard,
    on_resize: Callback<()>,
    dispatch: Dispatch,
}

#[component]
fn CardEditor(props: &CardEditorProps) -> Html {
    let id = props.card.id;
    let on_done = props.dispatch.reform(move |lines: Vec<String>| Act::Rename(Edit::CardTitle(id), lines.concat()));
    let on_close = props.dispatch.reform(Act::Leave);
    html! {
        <div class="card card--edited" data-testid="card" data-card-id={id.to_string()}>
            <LineField
                draft={DraftKey::card_title(id)}
                value={props.card.title.clone()}
                label="Title"
                field={Field::CardTitle}
                max={limits::CARD_TITLE_MAX}
                {on_done}
                {on_close}
                on_resize={&props.on_resize}
                testid="rename-card"
            />
        </div>
    }
}
