//! Who and what is in the demo.

pub(super) struct DemoBoard {
    pub(super) name: &'static str,
    /// Whose, as an index into [`PEOPLE`].
    pub(super) owner: usize,
    /// With whom it is shared.
    pub(super) members: &'static [usize],
    pub(super) lists: &'static [DemoList],
}

pub(super) struct DemoList {
    pub(super) name: &'static str,
    pub(super) cards: &'static [DemoCard],
}

pub(super) struct DemoCard {
    pub(super) title: &'static str,
    pub(super) description: &'static str,
    /// Who says what.
    pub(super) comments: &'static [(usize, &'static str)],
}

const ADA: usize = 0;
const MIRA: usize = 1;
const JONAS: usize = 2;
const RUTH: usize = 3;
const EMEKA: usize = 4;

/// First name, last name and address; the first one is whose sign-in is printed.
pub(super) const PEOPLE: [(&str, &str, &str); 5] = [
    ("Ada", "Berg", "ada@example.org"),
    ("Mira", "Kowalska", "mira@example.org"),
    ("Jonas", "Thal", "jonas@example.org"),
    ("Ruth", "Sanders", "ruth@example.org"),
    ("Emeka", "Obi", "emeka@example.org"),
];

const fn card(title: &'static str) -> DemoCard {
    DemoCard { title, description: "", comments: &[] }
}

const fn described(title: &'static str, description: &'static str) -> DemoCard {
    DemoCard { title, description, comments: &[] }
}

const fn discussed(
    title: &'static str,
    description: &'static str,
    comments: &'static [(usize, &'static str)],
) -> DemoCard {
    DemoCard { title, description, comments }
}

pub(super) const BOARDS: &[DemoBoard] = &[
    DemoBoard {
        name: "Spring release",
        owner: ADA,
        members: &[MIRA, JONAS, RUTH, EMEKA],
        lists: &[
            DemoList {
                name: "Backlog",
                cards: &[
                    discussed(
                        "Collect feedback from the three pilot teams",
                        "Half an hour with each team, in person where that is possible.\n\nAsk what they did last week, \
                         not what they would like to have.",
                        &[
                            (JONAS, "The Lisbon team can do Thursday."),
                            (ADA, "Good. I take Lisbon and Graz, can you do Leeds?"),
                            (JONAS, "Yes."),
                        ],
                    ),
                    described("Keyboard map: every action on one page", "One printed page, both sides at most."),
                    described(
                        "Import: keep the authors and times of comments",
                        "Today everything looks as if whoever runs the import had said it just now.",
                    ),
                    card("Board templates worth starting from"),
                    card("Archive view: search and restore"),
                    discussed(
                        "Measure a cold start on a five-year-old laptop",
                        "",
                        &[(EMEKA, "I have the old ThinkPad here. Numbers by Friday.")],
                    ),
                    card("Write the hosting guide as a newcomer would read it"),
                    card("Quiet hours for notifications"),
                ],
            },
            DemoList {
                name: "This week",
                cards: &[
                    discussed(
                        "Reconnect at once when the machine wakes",
                        "Now it waits for the next attempt, which can be half a minute away. The lid opens, the board \
                         should be live.",
                        &[
                            (MIRA, "Happens to me on every train."),
                            (ADA, "The system tells us when it wakes; we only have to listen."),
                        ],
                    ),
                    described(
                        "Undo across a reconnect",
                        "Move a card, lose the network, press undo: the card goes back as soon as we are online.",
                    ),
                    card("Card dialog: drafts survive a restart"),
                    card("Empty states for boards, lists and search"),
                    discussed(
                        "Label colours that stay apart for colour-blind eyes",
                        "Eight colours, in light and dark. Check with a simulator and then with Emeka, who knows better.",
                        &[
                            (RUTH, "First set is in the design file."),
                            (EMEKA, "Green and brown are the same to me. The rest is fine."),
                            (RUTH, "Brown is out. Thank you!"),
                        ],
                    ),
                ],
            },
            DemoList {
                name: "In progress",
                cards: &[
                    described(
                        "Lists draw only the cards in view",
                        "A board with 10,000 cards should scroll like one with ten.",
                    ),
                    discussed(
                        "Drag by keyboard, spoken as it moves",
                        "Space lifts the card, arrows move it, Space drops it, Esc puts it back.",
                        &[(MIRA, "The screen reader should say the list and the place, not the pixels.")],
                    ),
                    card("Refused changes keep what you typed"),
                    card("Presence: one person, two windows, one face"),
                ],
            },
            DemoList {
                name: "Review",
                cards: &[
                    discussed(
                        "Signed tokens renew quietly",
                        "",
                        &[(RUTH, "Looks right to me. One question on expiry.")],
                    ),
                    card("Long names: three lines, then a fade, and the whole of it on hover"),
                ],
            },
            DemoList {
                name: "Done",
                cards: &[
                    discussed(
                        "Two people, one board, live",
                        "",
                        &[(JONAS, "I moved a card and Mira laughed. It works.")],
                    ),
                    card("Light and dark from one scale"),
                    card("A window that opens in under a second"),
                ],
            },
        ],
    },
    DemoBoard {
        name: "Kitchen renovation",
        owner: ADA,
        members: &[JONAS],
        lists: &[
            DemoList {
                name: "To decide",
                cards: &[
                    discussed(
                        "Worktop: oak or stone",
                        "Oak is warmer and can be sanded. Stone forgives hot pans.",
                        &[(JONAS, "Oak. We own trivets.")],
                    ),
                    card("Where the fridge goes"),
                ],
            },
            DemoList {
                name: "To order",
                cards: &[
                    described("Tiles for the back wall", "4.2 m², and a box more for the corners."),
                    card("Tap with a pull-out spray"),
                ],
            },
            DemoList { name: "Booked", cards: &[described("Electrician", "Tuesday at 8. Move the shelf before.")] },
            DemoList { name: "Done", cards: &[card("Measure everything twice"), card("Old cabinets to the depot")] },
        ],
    },
    DemoBoard {
        name: "Reading list",
        owner: ADA,
        members: &[],
        lists: &[
            DemoList {
                name: "Next",
                cards: &[card("A Pattern Language"), card("The Design of Everyday Things"), card("Ways of Seeing")],
            },
            DemoList {
                name: "Reading",
                cards: &[described("The Timeless Way of Building", "Chapter 7. Read it outside.")],
            },
            DemoList { name: "Read", cards: &[card("Thinking in Systems")] },
        ],
    },
    DemoBoard {
        name: "Autumn conference",
        owner: MIRA,
        members: &[ADA, RUTH],
        lists: &[
            DemoList {
                name: "Ideas",
                cards: &[
                    card("A table where people can try Roost"),
                    discussed("Talk: a board is a log", "", &[(ADA, "I would give this one.")]),
                ],
            },
            DemoList {
                name: "Doing",
                cards: &[described("Book the train", "Before the end of the month it is half the price.")],
            },
            DemoList { name: "Done", cards: &[card("Hand in two proposals")] },
        ],
    },
];
