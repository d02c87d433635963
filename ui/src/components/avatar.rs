//! People as small discs.

use yew::prelude::*;

use super::Person;

/// How an [`Avatar`] is drawn.
#[derive(Properties, PartialEq)]
pub struct AvatarProps {
    /// Who.
    pub person: Person,
    /// The diameter in pixels.
    #[prop_or(24)]
    pub size: u16,
    /// Whether the name is read out and shown on hover; not where it stands beside.
    #[prop_or(true)]
    pub named: bool,
}

/// One person.
#[component]
pub fn Avatar(props: &AvatarProps) -> Html {
    let person = &props.person;
    let style = format!("{}; --avatar-size: {}px", person.style(), props.size);
    if props.named {
        html! {
            <span class="person avatar" {style} role="img" aria-label={&person.name} title={&person.name}>
                { person.initials() }
            </span>
        }
    } else {
        html! { <span class="person avatar" {style} aria-hidden="true">{ person.initials() }</span> }
    }
}

/// How an [`AvatarStack`] is drawn.
#[derive(Properties, PartialEq)]
pub struct AvatarStackProps {
    /// Who, in the order they are drawn.
    pub people: Vec<Person>,
    /// How many are drawn at most; the others are a number.
    #[prop_or(4)]
    pub max: usize,
    /// How many there are in all, where `people` names only the first ones.
    #[prop_or_default]
    pub total: usize,
    /// The diameter in pixels.
    #[prop_or(24)]
    pub size: u16,
    /// What the group is, such as "Here now".
    pub label: AttrValue,
}

/// Several people, one over the other.
#[component]
pub fn AvatarStack(props: &AvatarStackProps) -> Html {
    let total = props.total.max(props.people.len());
    // A number in place of one face would take as much room as the face.
    let n_drawn = if total == props.max + 1 && props.people.len() == total { total } else { props.max };
    let drawn = props.people.iter().take(n_drawn);
    let n_more = total.saturating_sub(drawn.len());
    html! {
        <span class="avatar-stack" role="group" aria-label={&props.label}>
            { for drawn.map(|person| html! {
                <Avatar key={person.id.to_string()} person={person.clone()} size={props.size} />
            }) }
            if n_more > 0 {
                <span key="more" class="avatar avatar--more" style={format!("--avatar-size: {}px", props.size)}>
                    { format!("+{n_more}") }
                </span>
            }
        </span>
    }
}
