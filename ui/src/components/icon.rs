//! The pictures: drawn for Roost on a grid of 16 pixels, with strokes of 1.5.

use yew::prelude::*;

macro_rules! icons {
    ($($(#[$doc:meta])* $name:ident = $path:literal)*) => {
        /// A picture.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum IconName {
            $($(#[$doc])* $name,)*
        }

        impl IconName {
            /// The path of the stroke.
            fn path(self) -> &'static str {
                match self {
                    $(Self::$name => $path,)*
                }
            }
        }
    };
}

icons! {
    /// Archive: a box with a lid.
    Archive = "M2.5 3h11v3h-11z M3.5 6v7h9V6 M6.5 8.75h3"
    /// Back, or to the left.
    ArrowLeft = "M13 8H3 M7 4 3 8l4 4"
    /// On, or to the right.
    ArrowRight = "M3 8h10 M9 4l4 4-4 4"
    /// Done, or chosen.
    Check = "M3 8.5 6.5 12 13 4.5"
    /// There is more below.
    ChevronDown = "M4 6.25 8 10.25 12 6.25"
    /// Close.
    Close = "M4 4l8 8 M12 4l-8 8"
    /// No way to the server: a cloud with a stroke through it.
    CloudOff = "M5.2 5.2A4 4 0 0 0 4.5 12.5H11 M6.7 3.9a4 4 0 0 1 5.1 3.2 2.75 2.75 0 0 1 1.9 4.3 M2.5 2.5l11 11"
    /// A text of several lines.
    Description = "M2.5 4.25h11 M2.5 8h11 M2.5 11.75h6"
    /// Shown.
    Eye = "M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8z M8 6a2 2 0 1 0 0 4 2 2 0 0 0 0-4z"
    /// Hidden.
    EyeOff = "M6.2 3.8A6.4 6.4 0 0 1 8 3.5c4 0 6.5 4.5 6.5 4.5a12 12 0 0 1-1.7 2.2 M4 5.1A12 12 0 0 0 1.5 8S4 12.5 8 12.5c1.1 0 2.1-.3 3-.8 M2.5 2.5l11 11"
    /// Something to know.
    Info = "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2z M8 7.25V11 M8 4.9v.2"
    /// This computer.
    Laptop = "M3.5 3.25h9v7h-9z M1.75 12.75h12.5"
    /// Several people.
    Members = "M6 2.75a2.25 2.25 0 1 0 0 4.5 2.25 2.25 0 0 0 0-4.5z M1.75 13.25v-.5A3 3 0 0 1 4.75 9.75h2.5a3 3 0 0 1 3 3v.5 M10.75 2.9a2.25 2.25 0 0 1 0 4.2 M12 9.9a3 3 0 0 1 2.25 2.9v.45"
    /// The dark theme.
    Moon = "M13 9.6A5.5 5.5 0 0 1 6.4 3a5.5 5.5 0 1 0 6.6 6.6z"
    /// More can be done here.
    More = "M3.25 8h.01 M8 8h.01 M12.75 8h.01"
    /// One more person.
    Person = "M8 2.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z M3.25 13.5v-.75a3 3 0 0 1 3-3h3.5a3 3 0 0 1 3 3v.75"
    /// Write.
    Pencil = "M3 13l.6-2.8 7.2-7.2a1.4 1.4 0 0 1 2 0l.2.2a1.4 1.4 0 0 1 0 2L5.8 12.4z M9.6 4.2l2.2 2.2"
    /// One more.
    Plus = "M8 3v10 M3 8h10"
    /// A board: three columns.
    Board = "M2.5 2.75h11v10.5h-11z M6.25 2.75v10.5 M9.75 2.75v6.5h3.75"
    /// Comments.
    Comment = "M2.75 3.25h10.5v7.5H7l-3 2.5v-2.5H2.75z"
    /// Enter.
    Return = "M13 3.5v4a2 2 0 0 1-2 2H3.5 M6.25 6.5l-3 3 3 3"
    /// A server.
    Server = "M3.5 2.75h9a1 1 0 0 1 1 1v2.5a1 1 0 0 1-1 1h-9a1 1 0 0 1-1-1v-2.5a1 1 0 0 1 1-1z M3.5 8.75h9a1 1 0 0 1 1 1v2.5a1 1 0 0 1-1 1h-9a1 1 0 0 1-1-1v-2.5a1 1 0 0 1 1-1z M5.25 5h.01 M5.25 11h.01"
    /// Leave.
    SignOut = "M6.5 2.75h-3a1 1 0 0 0-1 1v8.5a1 1 0 0 0 1 1h3 M6.5 8h7 M10.75 5.25 13.5 8l-2.75 2.75"
    /// The light theme.
    Sun = "M8 5.25a2.75 2.75 0 1 0 0 5.5 2.75 2.75 0 0 0 0-5.5z M8 1.5v1 M8 13.5v1 M1.5 8h1 M13.5 8h1 M3.4 3.4l.7.7 M11.9 11.9l.7.7 M12.6 3.4l-.7.7 M4.1 11.9l-.7.7"
    /// As the system says.
    System = "M2.5 2.75h11v8h-11z M5.5 13.5h5 M8 10.75v2.75"
    /// Something is wrong.
    Warning = "M8 2.25 14.25 13H1.75z M8 6.5v3 M8 11.2v.1"
}

/// How an [`Icon`] is drawn.
#[derive(Properties, PartialEq)]
pub struct IconProps {
    /// Which picture.
    pub name: IconName,
    /// Its width and height in pixels.
    #[prop_or(16)]
    pub size: u16,
}

/// A picture in the colour of the text around it. It has no name: what it means is said beside it.
#[component]
pub fn Icon(props: &IconProps) -> Html {
    let size = props.size.to_string();
    html! {
        <svg
            class="icon"
            width={size.clone()}
            height={size}
            viewBox="0 0 16 16"
            fill="none"
            stroke="currentColor"
            stroke-width={if props.name == IconName::More { "2" } else { "1.5" }}
            stroke-linecap="round"
            stroke-linejoin="round"
            aria-hidden="true"
        >
            <path d={props.name.path()} />
        </svg>
    }
}
