//! What people say of themselves, checked.

use roost_board::limits::{EMAIL_MAX, PERSON_NAME_MAX};
use roost_board::{ApplyError, Field, User, UserId, check_line};
use roost_protocol::rest::NewUser;

use super::FieldErrors;

/// The lengths that a password may have, in characters.
const PASSWORD_LENGTHS: std::ops::RangeInclusive<usize> = 8..=200;

/// The part of an e-mail address before the `@`, in bytes (RFC 5321, section 4.5.3.1.1).
const LOCAL_PART_MAX: usize = 64;

/// The address of the person who uses the bundled server, who has none there.
const LOCAL_EMAIL: &str = "me@roost.invalid";

/// An e-mail address as it is stored and looked up: upper and lower case are the same to Roost.
pub(crate) fn normal_email(email: &str) -> String {
    email.trim().to_lowercase()
}

/// A new account's profile and password, or what is wrong with each field.
pub(super) fn check(new: NewUser, id: impl FnOnce() -> UserId) -> Result<(User, String), FieldErrors> {
    let NewUser { first_name, last_name, email, password } = new;
    let email = normal_email(&email);
    let mut errors = FieldErrors::new();
    let mut note = |field: &str, problem: Option<String>| {
        if let Some(problem) = problem {
            errors.entry(field.to_owned()).or_default().push(problem);
        }
    };
    note("first_name", name_problem(Field::FirstName, &first_name));
    note("last_name", last_name_problem(&last_name));
    note("email", email_problem(&email));
    note("password", password_problem(&password));
    if !errors.is_empty() {
        return Err(errors);
    }
    let user = User { id: id(), first_name: first_name.trim().into(), last_name: last_name.trim().into(), email };
    Ok((user, password))
}

/// The person who uses the bundled server.
pub(super) fn local_user(id: UserId, first_name: &str, last_name: &str) -> Result<User, FieldErrors> {
    let problems =
        [("first_name", name_problem(Field::FirstName, first_name)), ("last_name", last_name_problem(last_name))];
    let errors: FieldErrors =
        problems.into_iter().filter_map(|(field, problem)| Some((field.to_owned(), vec![problem?]))).collect();
    if !errors.is_empty() {
        return Err(errors);
    }
    Ok(User {
        id,
        first_name: first_name.trim().to_owned(),
        last_name: last_name.trim().to_owned(),
        email: LOCAL_EMAIL.to_owned(),
    })
}

/// Not everybody has a last name, but one of spaces is a mistake.
fn last_name_problem(name: &str) -> Option<String> {
    if name.is_empty() { None } else { name_problem(Field::LastName, name) }
}

fn name_problem(field: Field, name: &str) -> Option<String> {
    check_line(field, name, PERSON_NAME_MAX).err().map(|error| in_a_form(&error))
}

/// The words for beside a field, where what it is called already stands.
pub(crate) fn in_a_form(error: &ApplyError) -> String {
    match error {
        ApplyError::Blank { .. } => "cannot be blank".to_owned(),
        ApplyError::TooLong { max, length, .. } => format!("can have {max} characters at most, not {length}"),
        ApplyError::ControlCharacter { character, .. } => {
            format!("cannot contain the character U+{:04X}", u32::from(*character))
        }
        ApplyError::NotAMember
        | ApplyError::NotAnOwner
        | ApplyError::NotTheAuthor
        | ApplyError::NoSuchList(_)
        | ApplyError::ListArchived(_)
        | ApplyError::ListNotArchived(_)
        | ApplyError::NoSuchCard(_)
        | ApplyError::CardArchived(_)
        | ApplyError::CardNotArchived(_)
        | ApplyError::NoSuchComment(_)
        | ApplyError::NoSuchMember(_)
        | ApplyError::AlreadyAMember(_)
        | ApplyError::LastOwner
        | ApplyError::IdTaken
        | ApplyError::TooMany { .. }
        | ApplyError::UnknownChange { .. } => error.to_string(),
    }
}

/// Only a message that arrives proves an address; this finds the slips of the finger.
fn email_problem(email: &str) -> Option<String> {
    if email.is_empty() {
        return Some("cannot be blank".to_owned());
    }
    if email.chars().count() > EMAIL_MAX {
        return Some(format!("can have {EMAIL_MAX} characters at most"));
    }
    let is_address = email.rsplit_once('@').is_some_and(|(local, domain)| is_local_part(local) && is_domain(domain));
    (!is_address).then(|| "is not an e-mail address such as ada@example.org".to_owned())
}

fn is_local_part(local: &str) -> bool {
    let is_allowed = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    (1..=LOCAL_PART_MAX).contains(&local.len())
        && local.chars().all(is_allowed)
        && local.split('.').all(|part| !part.is_empty())
}

fn is_domain(domain: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    domain.contains('.') && domain.split('.').all(is_label)
}

fn password_problem(password: &str) -> Option<String> {
    let (min, max) = (*PASSWORD_LENGTHS.start(), *PASSWORD_LENGTHS.end());
    match password.chars().count() {
        0 => Some("cannot be blank".to_owned()),
        length if length < min => Some(format!("must have at least {min} characters")),
        length if length > max => Some(format!("can have {max} characters at most")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> UserId {
        "0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e11".parse().unwrap()
    }

    fn new_user(first_name: &str, last_name: &str, email: &str, password: &str) -> NewUser {
        NewUser {
            first_name: first_name.into(),
            last_name: last_name.into(),
            email: email.into(),
            password: password.into(),
        }
    }

    #[test]
    fn a_profile_is_stored_tidied_up() {
        let (user, password) = check(new_user(" Ada ", "Berg", " Ada@Example.ORG ", " 12345678 "), id).unwrap();
        assert_eq!((user.first_name.as_str(), user.email.as_str()), ("Ada", "ada@example.org"));
        assert_eq!(password, " 12345678 ", "a password is taken as it is typed");
        assert!(check(new_user("Ada", "", "ada@example.org", "12345678"), id).is_ok());
    }

    #[test]
    fn each_field_is_told_what_is_wrong_with_it() {
        let errors = check(new_user("", "  ", "ada", "1234567"), id).unwrap_err();
        assert_eq!(errors.keys().collect::<Vec<_>>(), ["email", "first_name", "last_name", "password"]);
        let errors = check(new_user("a\u{0}", &"x".repeat(51), "", &"x".repeat(201)), id).unwrap_err();
        assert_eq!(errors["first_name"], ["cannot contain the character U+0000"]);
        assert_eq!(errors["last_name"], ["can have 50 characters at most, not 51"]);
        assert_eq!(errors["password"], ["can have 200 characters at most"]);
    }

    #[test]
    fn email_addresses() {
        for good in ["ada@example.org", "a.b+c@sub.example.co", "jörg@exämple.de", "o'brien@example.ie"] {
            assert_eq!(email_problem(good), None, "{good}");
        }
        for bad in [
            "ada",
            "@example.org",
            "ada@",
            "ada@example",
            "ada@example..org",
            "ada@-example.org",
            "a da@example.org",
            "ada@exam ple.org",
            "a@b@example.org",
            ".ada@example.org",
            "ada.@example.org",
            "ada@example.org\n",
            "<script>@example.org",
            &format!("{}@example.org", "a".repeat(65)),
            &format!("ada@{}.org", "a".repeat(250)),
        ] {
            assert!(email_problem(bad).is_some(), "{bad}");
        }
    }
}
