//! What somebody types to sign in or to sign up, and what is wrong with it. Pure.

use std::collections::BTreeMap;
use std::rc::Rc;

use yew::Reducible;

use crate::words::sentence;

/// Whether somebody has an account already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// They have.
    SignIn,
    /// They make one.
    SignUp,
}

impl Mode {
    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::SignIn => Self::SignUp,
            Self::SignUp => Self::SignIn,
        }
    }

    /// The fields, in their order on the page.
    #[must_use]
    pub fn fields(self) -> &'static [Field] {
        match self {
            Self::SignIn => &[Field::Email, Field::Password],
            Self::SignUp => &[Field::FirstName, Field::LastName, Field::Email, Field::Password],
        }
    }
}

/// A field of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    FirstName,
    LastName,
    Email,
    Password,
}

impl Field {
    /// Its name in commands and in their errors.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::FirstName => "first_name",
            Self::LastName => "last_name",
            Self::Email => "email",
            Self::Password => "password",
        }
    }

    fn when_empty(self) -> &'static str {
        match self {
            Self::FirstName => "Type your first name.",
            Self::LastName => "Type your last name.",
            Self::Email => "Type your e-mail address.",
            Self::Password => "Type a password.",
        }
    }
}

/// What was typed. It outlives a switch between signing in and signing up.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Credentials {
    texts: BTreeMap<Field, String>,
}

impl Credentials {
    /// What was typed in a field.
    #[must_use]
    pub fn text(&self, field: Field) -> &str {
        self.texts.get(&field).map_or("", String::as_str)
    }

    #[must_use]
    fn with(&self, field: Field, text: String) -> Self {
        let mut texts = self.texts.clone();
        texts.insert(field, text);
        Self { texts }
    }

    /// What is missing before it is worth asking the server.
    #[must_use]
    pub fn problems(&self, mode: Mode) -> Problems {
        let is_empty = |field: &&Field| self.text(**field).trim().is_empty();
        let fields = mode.fields().iter().filter(is_empty).map(|field| (*field, vec![field.when_empty().to_owned()]));
        Problems { form: None, fields: fields.collect() }
    }
}

impl Reducible for Credentials {
    type Action = (Field, String);

    /// Takes what is typed in a field. A password keeper fills in several fields before the page is drawn again.
    fn reduce(self: Rc<Self>, (field, text): (Field, String)) -> Rc<Self> {
        self.with(field, text).into()
    }
}

/// What is wrong with the form.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Problems {
    /// With all of it.
    pub form: Option<String>,
    /// With its fields.
    pub fields: BTreeMap<Field, Vec<String>>,
}

impl Problems {
    /// From what the core has refused: what belongs to a field that is shown stands there, the rest above the form.
    #[must_use]
    pub fn of(error: &roost_bridge::CommandError, mode: Mode) -> Self {
        let mut problems = Self::default();
        let mut is_all_shown = !error.fields.is_empty();
        for (name, messages) in &error.fields {
            let sentences = messages.iter().map(|message| sentence(message)).collect();
            match mode.fields().iter().find(|field| field.name() == name) {
                Some(field) => {
                    problems.fields.insert(*field, sentences);
                }
                None => is_all_shown = false,
            }
        }
        if !is_all_shown {
            problems.form = Some(sentence(&error.message));
        }
        problems
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.form.is_none() && self.fields.is_empty()
    }

    /// The same without what was wrong with a field that is typed in now, and without what was wrong with all of it.
    #[must_use]
    pub fn without(&self, field: Field) -> Self {
        let mut fields = self.fields.clone();
        fields.remove(&field);
        Self { form: None, fields }
    }

    /// The first field with which something is wrong, in their order on the page.
    #[must_use]
    pub fn first(&self, mode: Mode) -> Option<Field> {
        mode.fields().iter().copied().find(|field| self.fields.contains_key(field))
    }
}

#[cfg(test)]
mod tests {
    use roost_bridge::CommandError;

    use super::*;

    fn refused(fields: &[(&str, &str)]) -> CommandError {
        CommandError {
            code: "invalid".to_owned(),
            message: "some fields are not right".to_owned(),
            fields: fields.iter().map(|(name, text)| ((*name).to_owned(), vec![(*text).to_owned()])).collect(),
        }
    }

    #[test]
    fn the_first_empty_field_is_found_before_the_server_is_asked() {
        let typed =
            Credentials::default().with(Field::FirstName, "Ada".to_owned()).with(Field::LastName, " ".to_owned());
        let problems = typed.problems(Mode::SignUp);
        assert_eq!(problems.first(Mode::SignUp), Some(Field::LastName));
        assert_eq!(problems.fields.len(), 3);
        assert!(
            typed.with(Field::Email, "a@b".to_owned()).problems(Mode::SignIn).fields.contains_key(&Field::Password)
        );
    }

    #[test]
    fn what_no_field_can_show_stands_above_the_form() {
        let both = refused(&[("email", "the e-mail address is taken")]);
        assert_eq!(Problems::of(&both, Mode::SignUp).form, None);
        assert_eq!(Problems::of(&both, Mode::SignUp).fields[&Field::Email], ["The e-mail address is taken."]);
        let unknown = refused(&[("captcha", "is missing")]);
        assert_eq!(Problems::of(&unknown, Mode::SignUp).form.as_deref(), Some("Some fields are not right."));
        assert!(Problems::of(&refused(&[]), Mode::SignIn).form.is_some());
    }
}
