//! A text that is edited in place and saved as a draft with each key.

use roost_board::{Field, check_line};
use roost_bridge::DraftKey;
use web_sys::HtmlTextAreaElement;
use yew::prelude::*;

use super::elements::set_style;
use crate::components::{Icon, IconName};
use crate::dom;
use crate::state::{DraftHandle, use_draft};
use crate::words::sentence;

/// How many things can be added at once.
const LINES_MAX: usize = 200;

/// How a field was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leave {
    /// By a key or a button of its own: the focus goes back to what was edited.
    Done,
    /// The focus went elsewhere, and stays there.
    Blur,
}

/// How a [`LineField`] is drawn and what it does.
#[derive(Properties, PartialEq)]
pub(crate) struct LineFieldProps {
    /// What it is a draft of.
    pub draft: DraftKey,
    /// What it is now; empty for something new.
    #[prop_or_default]
    pub value: AttrValue,
    /// What is typed here.
    pub label: AttrValue,
    /// Shown while it is empty.
    #[prop_or_default]
    pub placeholder: AttrValue,
    /// What kind of text it is.
    pub field: Field,
    /// How many characters it can have.
    pub max: usize,
    /// Whether it adds: each line is one more, and it stays open. Otherwise it renames.
    #[prop_or_default]
    pub adds: bool,
    /// What was typed: one line, or several when it adds.
    pub on_done: Callback<Vec<String>>,
    /// It is to be closed.
    pub on_close: Callback<Leave>,
    /// Grows when a refused text has gone back to its draft.
    #[prop_or_default]
    pub n_refused: u32,
    /// It is taller or shorter than before.
    #[prop_or_default]
    pub on_resize: Callback<()>,
    /// What its button says when it adds.
    #[prop_or_default]
    pub verb: AttrValue,
    /// A name for tests.
    pub testid: AttrValue,
}

/// The lines that say something, each checked; the first error is a sentence.
fn lines(text: &str, field: Field, max: usize) -> Result<Vec<String>, String> {
    let lines: Vec<String> = text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
    if lines.len() > LINES_MAX {
        return Err(format!("That is {} lines; {LINES_MAX} can be added at once.", lines.len()));
    }
    lines.iter().try_for_each(|line| check_line(field, line, max)).map_err(|error| sentence(&error.to_string()))?;
    Ok(lines)
}

/// As [`lines`], for what is one line whatever was pasted into it.
fn one_line(text: &str, field: Field, max: usize) -> Result<String, String> {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    check_line(field, &line, max).map_err(|error| sentence(&error.to_string()))?;
    Ok(line)
}

/// Makes a text area as tall as its text.
pub(crate) fn fit(area: &HtmlTextAreaElement) {
    set_style(area, "height", "auto");
    set_style(area, "height", &format!("{}px", area.scroll_height()));
}

/// Shows a text that was refused and has gone back to its draft.
#[hook]
pub(crate) fn use_restored(area: &NodeRef, draft: &DraftHandle, n_refused: u32) {
    let (area, draft) = (area.clone(), draft.clone());
    use_effect_with(n_refused, move |_| {
        let kept = draft.text();
        if let Some(area) = area.cast::<HtmlTextAreaElement>()
            && !kept.is_empty()
            && area.value() != kept
        {
            area.set_value(&kept);
            fit(&area);
        }
    });
}

/// A text that is edited in place. What is typed belongs to the element alone: nothing that arrives meanwhile changes
/// it or moves the caret.
#[component]
pub(crate) fn LineField(props: &LineFieldProps) -> Html {
    let draft = use_draft(props.draft.clone());
    let area = use_node_ref();
    let error = use_state_eq(|| None::<AttrValue>);
    let is_over = use_mut_ref(|| false);
    let was_kept = *use_memo((), |()| !draft.text().is_empty());
    let id = dom::use_id();

    use_effect_with((), {
        let (area, draft, value, adds) = (area.clone(), draft.clone(), props.value.clone(), props.adds);
        move |()| {
            if let Some(area) = area.cast::<HtmlTextAreaElement>() {
                let kept = draft.text();
                area.set_value(if kept.is_empty() { &value } else { &kept });
                fit(&area);
                dom::focus(&area);
                if kept.is_empty() && !adds {
                    area.select();
                }
            }
        }
    });

    use_restored(&area, &draft, props.n_refused);

    let oninput = {
        let (draft, value, error) = (draft.clone(), props.value.clone(), error.clone());
        let on_resize = props.on_resize.clone();
        move |event: InputEvent| {
            let area: HtmlTextAreaElement = event.target_unchecked_into();
            let text = area.value();
            draft.set(if text == *value { "" } else { &text });
            error.set(None);
            fit(&area);
            on_resize.emit(());
        }
    };
    // Closing takes the element away, which some engines report as a blur: only the first of the two counts.
    let close = {
        let (is_over, on_close) = (is_over.clone(), props.on_close.clone());
        Callback::from(move |leave| {
            if !is_over.replace(true) {
                on_close.emit(leave);
            }
        })
    };
    let commit = {
        let (area, draft, error, close) = (area.clone(), draft.clone(), error.clone(), close.clone());
        let (value, field, max, adds) = (props.value.clone(), props.field, props.max, props.adds);
        let (on_done, on_resize) = (props.on_done.clone(), props.on_resize.clone());
        Callback::from(move |leave| {
            let Some(area) = area.cast::<HtmlTextAreaElement>() else { return };
            let result = if adds {
                lines(&area.value(), field, max)
            } else {
                one_line(&area.value(), field, max).map(|line| vec![line])
            };
            match result {
                Ok(lines) if adds => {
                    if !lines.is_empty() {
                        // The draft goes first: a refusal puts the text back.
                        draft.clear();
                        area.set_value("");
                        fit(&area);
                        on_resize.emit(());
                        on_done.emit(lines);
                    }
                    dom::focus(&area);
                }
                Ok(lines) => {
                    draft.clear();
                    if lines != [value.as_str()] {
                        on_done.emit(lines);
                    }
                    close.emit(leave);
                }
                Err(text) => error.set(Some(text.into())),
            }
        })
    };
    let onkeydown = {
        let (commit, close) = (commit.clone(), close.clone());
        move |event: KeyboardEvent| {
            // What is typed here is no key of the board.
            event.stop_propagation();
            // In an input method Enter takes a suggestion and Esc leaves it.
            if event.is_composing() {
                return;
            }
            match event.key().as_str() {
                "Enter" => {
                    event.prevent_default();
                    commit.emit(Leave::Done);
                }
                "Escape" => {
                    event.prevent_default();
                    close.emit(Leave::Done);
                }
                _ => {}
            }
        }
    };
    let onblur = {
        let (area, commit, close, is_over) = (area.clone(), commit.clone(), close.clone(), is_over.clone());
        let (adds, field, max) = (props.adds, props.field, props.max);
        move |_: FocusEvent| {
            // Another window is in front; the field is left as it is.
            let has_focus = web_sys::window().and_then(|window| window.document()?.has_focus().ok());
            if *is_over.borrow() || has_focus == Some(false) {
                return;
            }
            let text = area.cast::<HtmlTextAreaElement>().map(|area| area.value()).unwrap_or_default();
            if adds {
                if text.trim().is_empty() {
                    close.emit(Leave::Blur);
                }
            } else if one_line(&text, field, max).is_ok() {
                commit.emit(Leave::Blur);
            } else {
                // The draft keeps it.
                close.emit(Leave::Blur);
            }
        }
    };
    let discard = {
        let (area, draft, value, close, adds) =
            (area.clone(), draft.clone(), props.value.clone(), close.clone(), props.adds);
        Callback::from(move |event: MouseEvent| {
            event.prevent_default();
            draft.clear();
            if let Some(area) = area.cast::<HtmlTextAreaElement>() {
                area.set_value(&value);
                fit(&area);
            }
            if !adds {
                close.emit(Leave::Done);
            }
        })
    };
    let pressed = |event: MouseEvent| {
        event.prevent_default();
        Leave::Done
    };
    let (onadd, onclose) = (commit.reform(pressed), close.reform(pressed));
    let note_id = format!("{id}-note");
    // Its buttons act on the press: the click comes after the blur, which may have closed the field.
    html! {
        <div class={classes!("line-field", props.adds.then_some("line-field--adds"))}>
            <textarea
                ref={area}
                class="line-field__area"
                rows="1"
                aria-label={&props.label}
                placeholder={&props.placeholder}
                aria-invalid={error.is_some().then_some("true")}
                aria-describedby={error.is_some().then(|| note_id.clone())}
                spellcheck="true"
                autocomplete="off"
                data-testid={&props.testid}
                {oninput}
                {onkeydown}
                {onblur}
            />
            if let Some(error) = &*error {
                <p id={note_id} class="line-field__error" role="alert">{ error }</p>
            }
            if was_kept && !draft.text().is_empty() {
                <UnsavedNote on_discard={discard} />
            }
            if props.adds {
                <div class="line-field__actions">
                    <button type="button" class="button button--primary" onmousedown={onadd}>
                        <span class="button__text">{ &props.verb }</span>
                    </button>
                    <button
                        type="button" class="icon-button" aria-label="Close" title="Close, and keep the text"
                        onmousedown={onclose}
                    >
                        <Icon name={IconName::Close} />
                    </button>
                </div>
            }
        </div>
    }
}

/// What an [`UnsavedNote`] does.
#[derive(Properties, PartialEq)]
pub(crate) struct UnsavedNoteProps {
    /// The text is not wanted any more.
    pub on_discard: Callback<MouseEvent>,
}

/// Says that a text is from before and not saved.
#[component]
pub(crate) fn UnsavedNote(props: &UnsavedNoteProps) -> Html {
    html! {
        <p class="unsaved" data-testid="unsaved-draft">
            <span>{ "Unsaved draft" }</span>
            <button type="button" class="unsaved__discard" onmousedown={&props.on_discard}>{ "Discard" }</button>
        </p>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_that_says_something_is_one() {
        let check = |text: &str| lines(text, Field::CardTitle, 20);
        assert_eq!(check("  Milk \n\n\tBread\r\n"), Ok(vec!["Milk".to_owned(), "Bread".to_owned()]));
        assert_eq!(check(" \n "), Ok(vec![]));
        assert_eq!(check(&"x\n".repeat(201)), Err("That is 201 lines; 200 can be added at once.".to_owned()));
        let too_long = check("Milk\n123456789012345678901");
        assert_eq!(too_long, Err("The card's title can have 20 characters at most, not 21.".to_owned()));
    }

    #[test]
    fn a_name_is_one_line_whatever_was_pasted() {
        assert_eq!(one_line(" This\n week ", Field::ListName, 20), Ok("This week".to_owned()));
        assert_eq!(one_line(" \n", Field::ListName, 20), Err("The list's name cannot be blank.".to_owned()));
    }
}
