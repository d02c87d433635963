//! Texts that are being typed and are not yet changes. They are in memory for the interface and on disk for the next
//! start: each input is written through.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use roost_board::UserId;
use roost_bridge::command::SaveDraft;
use roost_bridge::{CommandError, Draft, DraftKey};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::Toasts;

/// All drafts, and which of them are on their way to the disk.
///
/// For each key at most one write is under way. What is typed meanwhile is written when that one has ended, so the
/// writes of a key arrive in order and the last one carries the latest text.
#[derive(Debug, Default)]
pub struct DraftBook {
    owner: Option<UserId>,
    texts: BTreeMap<DraftKey, String>,
    writing: BTreeMap<DraftKey, String>,
    /// Those whose text has become a change: it stays on the disk until the change is there.
    done: BTreeSet<DraftKey>,
    /// How many changes are on their way to the disk.
    n_changes: usize,
}

impl DraftBook {
    /// Takes the drafts of a person from the disk. Those of the same person stay as they are: nothing on the disk is
    /// newer than what was typed here.
    pub fn load(&mut self, owner: Option<UserId>, drafts: Vec<Draft>) {
        if owner.is_some() && owner == self.owner {
            return;
        }
        self.owner = owner;
        self.done.clear();
        self.texts = drafts.into_iter().map(|draft| (draft.key, draft.text)).collect();
    }

    /// The text of a draft; empty when there is none.
    #[must_use]
    pub fn text(&self, key: &DraftKey) -> &str {
        self.texts.get(key).map_or("", String::as_str)
    }

    /// Sets the text of a draft, and answers whether a write is to be started.
    fn set(&mut self, key: &DraftKey, text: &str) -> bool {
        if self.text(key) == text {
            return false;
        }
        if text.is_empty() {
            self.texts.remove(key);
        } else {
            self.texts.insert(key.clone(), text.to_owned());
        }
        self.done.remove(key);
        self.start(key)
    }

    /// A text has become a change.
    fn done(&mut self, key: &DraftKey) {
        if self.texts.remove(key).is_some() {
            self.done.insert(key.clone());
        }
    }

    /// The drafts to be forgotten on the disk, once every change is there.
    fn take_done(&mut self) -> BTreeSet<DraftKey> {
        if self.n_changes > 0 {
            return BTreeSet::new();
        }
        let mut done = std::mem::take(&mut self.done);
        done.retain(|key| self.start(key));
        done
    }

    fn start(&mut self, key: &DraftKey) -> bool {
        if self.writing.contains_key(key) {
            return false;
        }
        let text = self.text(key).to_owned();
        self.writing.insert(key.clone(), text);
        true
    }

    /// The text of the write that is under way.
    fn to_write(&self, key: &DraftKey) -> String {
        self.writing.get(key).cloned().unwrap_or_default()
    }

    /// A write has ended. Answers whether the next one is to be started: the text has changed since, other than into a
    /// change that is not there yet.
    fn written(&mut self, key: &DraftKey) -> bool {
        let written = self.writing.remove(key).unwrap_or_default();
        self.text(key) != written && !self.done.contains(key) && self.start(key)
    }
}

/// All drafts, shared by the whole interface. Never changes as a context: a draft is read where it is shown.
#[derive(Debug, Clone, Default)]
pub struct DraftStore(Rc<RefCell<DraftBook>>);

impl PartialEq for DraftStore {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl DraftStore {
    /// Takes the drafts of a person from the disk.
    pub fn load(&self, owner: Option<UserId>, drafts: Vec<Draft>) {
        self.0.borrow_mut().load(owner, drafts);
    }

    fn set(&self, key: &DraftKey, text: &str, toasts: &Toasts) {
        if self.0.borrow_mut().set(key, text) {
            spawn_local(write(self.0.clone(), key.clone(), toasts.clone()));
        }
    }

    /// Forgets on the disk what is done, once nothing is on its way any more. In a moment: by then a text has begun to be
    /// a change, if there is anything to be changed, and what was refused has gone back to its draft.
    fn forget_done_soon(&self, toasts: &Toasts) {
        let (book, toasts) = (self.0.clone(), toasts.clone());
        Timeout::new(0, move || {
            let done = book.borrow_mut().take_done();
            for key in done {
                spawn_local(write(book.clone(), key, toasts.clone()));
            }
        })
        .forget();
    }
}

/// Writes a draft until what is on disk is what was typed.
async fn write(book: Rc<RefCell<DraftBook>>, key: DraftKey, toasts: Toasts) {
    loop {
        let text = book.borrow().to_write(&key);
        let result: Result<(), CommandError> = crate::core::call(SaveDraft { key: key.clone(), text }).await;
        if let Err(error) = result {
            // The text stays in memory, and the next input tries again.
            toasts.refused(&error);
        }
        if !book.borrow_mut().written(&key) {
            return;
        }
    }
}

/// All drafts by their keys, for what knows only later which one it needs.
#[derive(Clone)]
pub struct Drafts {
    store: DraftStore,
    toasts: Toasts,
}

impl PartialEq for Drafts {
    fn eq(&self, other: &Self) -> bool {
        self.store == other.store
    }
}

impl Drafts {
    /// The text of a draft; empty when there is none.
    #[must_use]
    pub fn text(&self, key: &DraftKey) -> String {
        self.store.0.borrow().text(key).to_owned()
    }

    /// Keeps a text, in memory at once and on disk as soon as it can be written. Who shows it is not drawn anew.
    pub fn set(&self, key: &DraftKey, text: &str) {
        self.store.set(key, text, &self.toasts);
    }

    /// A change is on its way to the disk: until it is there, the draft that it was stays.
    pub fn begin_change(&self) {
        self.store.0.borrow_mut().n_changes += 1;
    }

    /// A change is on the disk, or was refused. To be called once for each that was begun.
    pub fn end_change(&self) {
        self.store.0.borrow_mut().n_changes -= 1;
        self.store.forget_done_soon(&self.toasts);
    }
}

/// All drafts.
#[hook]
pub fn use_drafts() -> Drafts {
    let store = use_context::<DraftStore>().expect("inside of StateProvider");
    Drafts { store, toasts: super::use_toasts() }
}

/// A draft. Its methods see and set the latest text, also when called from a callback of an earlier render.
#[derive(Clone)]
pub struct DraftHandle {
    store: DraftStore,
    key: DraftKey,
    toasts: Toasts,
    update: UseForceUpdateHandle,
}

impl PartialEq for DraftHandle {
    fn eq(&self, other: &Self) -> bool {
        self.store == other.store && self.key == other.key
    }
}

impl DraftHandle {
    /// The text; empty when nothing was typed.
    #[must_use]
    pub fn text(&self) -> String {
        self.store.0.borrow().text(&self.key).to_owned()
    }

    /// Keeps a text, in memory at once and on disk as soon as it can be written.
    pub fn set(&self, text: &str) {
        self.store.set(&self.key, text, &self.toasts);
        self.update.force_update();
    }

    /// Forgets the draft: what was typed is not wanted any more, or is kept.
    pub fn clear(&self) {
        self.set("");
    }

    /// What was typed becomes a change of a board, now. It is forgotten here at once, and on the disk when the change is
    /// there: whatever ends the app in between, the text is in one of the two places.
    pub fn done(&self) {
        self.store.0.borrow_mut().done(&self.key);
        self.update.force_update();
        self.store.forget_done_soon(&self.toasts);
    }
}

/// The draft of `key`; the component is drawn anew when it is set here.
#[hook]
pub fn use_draft(key: DraftKey) -> DraftHandle {
    let store = use_context::<DraftStore>().expect("inside of StateProvider");
    DraftHandle { store, key, toasts: super::use_toasts(), update: use_force_update() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_during_a_write_is_written_after_it_and_only_the_latest() {
        let key = DraftKey::new_board();
        let mut book = DraftBook::default();
        assert!(book.set(&key, "H"));
        assert!(!book.set(&key, "Ho"), "one write at a time");
        assert!(!book.set(&key, "Hom"));
        assert_eq!((book.text(&key), book.to_write(&key).as_str()), ("Hom", "H"));
        assert!(book.written(&key));
        assert_eq!(book.to_write(&key), "Hom");
        assert!(!book.written(&key));
        assert!(book.set(&key, ""), "an empty text is written too: it forgets the draft");
        assert!(!book.written(&key));
        assert_eq!(book.text(&key), "");
    }

    #[test]
    fn what_has_become_a_change_stays_on_the_disk_until_the_change_is_there() {
        let key = DraftKey::new_board();
        let mut book = DraftBook::default();
        assert!(book.set(&key, "Milk"));
        assert!(!book.written(&key));
        book.done(&key);
        book.n_changes = 1;
        assert_eq!(book.text(&key), "");
        assert!(book.take_done().is_empty(), "the change is not there yet");
        book.n_changes = 0;
        assert_eq!(book.take_done(), BTreeSet::from([key.clone()]));
        assert_eq!(book.to_write(&key), "");
        assert!(!book.written(&key));

        // The text itself is still on its way.
        assert!(book.set(&key, "Bread"));
        book.done(&key);
        book.n_changes = 1;
        assert!(!book.written(&key));
        book.n_changes = 0;
        assert_eq!(book.take_done().len(), 1);
    }

    #[test]
    fn the_same_text_is_not_written_again() {
        let key = DraftKey::new_board();
        let mut book = DraftBook::default();
        book.load(None, vec![Draft { key: key.clone(), text: "Home".to_owned() }]);
        assert_eq!(book.text(&key), "Home");
        assert!(!book.set(&key, "Home"));
    }

    #[test]
    fn what_was_typed_here_is_newer_than_the_disk_and_another_person_has_other_drafts() {
        let key = DraftKey::new_board();
        let owner = |last: u8| format!("0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e{last:02}").parse().ok();
        let on_disk = |text: &str| vec![Draft { key: key.clone(), text: text.to_owned() }];
        let mut book = DraftBook::default();
        book.load(owner(11), on_disk("Ho"));
        book.set(&key, "Home");
        book.load(owner(11), on_disk("Ho"));
        assert_eq!(book.text(&key), "Home");
        book.load(owner(12), on_disk("Garden"));
        assert_eq!(book.text(&key), "Garden");
    }
}
