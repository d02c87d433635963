//! What has to hold for any body of a POST.

use super::lines::Lines;

/// Reads a body that comes in one part and in two: both have to come to the same.
pub(crate) fn check(body: &[u8], cut: usize, is_list: bool) {
    let (first, rest) = body.split_at(cut.min(body.len()));
    let (whole, cut) = (read(&[body], is_list), read(&[first, rest], is_list));
    // A line that is too long is refused as soon as that much of it is there; what came before it is the same.
    assert_eq!(whole, cut, "in one part, and in two");
}

fn read(parts: &[&[u8]], is_list: bool) -> Vec<String> {
    let mut lines = Lines::new(is_list, 1_000);
    let mut said = Vec::new();
    for part in parts {
        lines.add(part);
        loop {
            match lines.next() {
                Ok(Some(frame)) => said.push(format!("{frame:?}")),
                Ok(None) => break,
                Err(error) => {
                    said.push(format!("{error:?}"));
                    return said;
                }
            }
        }
    }
    match lines.last() {
        Ok(frame) => said.extend(frame.map(|frame| format!("{frame:?}"))),
        Err(error) => said.push(format!("{error:?}")),
    }
    said
}
