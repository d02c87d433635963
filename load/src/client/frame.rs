//! WebSocket frames (RFC 6455, section 5), no more of them than is needed here.

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// What follows a frame that was not the last of its message.
    Continuation,
    Text,
    Binary,
    Close,
    Ping,
    Pong,
}

impl Kind {
    const fn of(opcode: u8) -> Option<Self> {
        match opcode {
            0x0 => Some(Self::Continuation),
            0x1 => Some(Self::Text),
            0x2 => Some(Self::Binary),
            0x8 => Some(Self::Close),
            0x9 => Some(Self::Ping),
            0xA => Some(Self::Pong),
            _ => None,
        }
    }

    const fn opcode(self) -> u8 {
        match self {
            Self::Continuation => 0x0,
            Self::Text => 0x1,
            Self::Binary => 0x2,
            Self::Close => 0x8,
            Self::Ping => 0x9,
            Self::Pong => 0xA,
        }
    }
}

/// Where in the bytes read a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) kind: Kind,
    /// Whether the message ends with it.
    pub(crate) is_final: bool,
    /// Where the payload begins.
    pub(crate) start: usize,
    /// Where the frame ends.
    pub(crate) end: usize,
}

/// A frame that none of the servers measured here sends.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a frame of the wrong kind: it begins with {0:#04x} {1:#04x}")]
pub(crate) struct Odd(u8, u8);

/// The whole frame that `bytes` begin with; `None` when its end is still to come. A mask must be zero, as that of
/// [`masked`] is: nobody's time goes into taking it off.
pub(crate) fn first(bytes: &[u8]) -> Result<Option<Frame>, Odd> {
    let [first, second, ..] = *bytes else { return Ok(None) };
    // No extensions.
    let kind = Kind::of(first & 0x0F).filter(|_| first & 0x70 == 0).ok_or(Odd(first, second))?;
    let is_final = first & 0x80 != 0;
    let (length, head) = match second & 0x7F {
        126 => match bytes.get(2..4) {
            Some(length) => (usize::from(u16::from_be_bytes(length.try_into().expect("two bytes"))), 4),
            None => return Ok(None),
        },
        127 => match bytes.get(2..10) {
            Some(length) => {
                let length = u64::from_be_bytes(length.try_into().expect("eight bytes"));
                (usize::try_from(length).map_err(|_| Odd(first, second))?, 10)
            }
            None => return Ok(None),
        },
        length => (usize::from(length), 2),
    };
    let start = if second & 0x80 == 0 {
        head
    } else {
        match bytes.get(head..head + 4) {
            Some([0, 0, 0, 0]) => head + 4,
            Some(_) => return Err(Odd(first, second)),
            None => return Ok(None),
        }
    };
    let end = start.saturating_add(length);
    Ok((end <= bytes.len()).then_some(Frame { kind, is_final, start, end }))
}

fn head(kind: Kind, length: usize, mask: u8, out: &mut Vec<u8>) {
    out.push(0x80 | kind.opcode());
    if let Ok(length) = u8::try_from(length)
        && length < 126
    {
        out.push(mask | length);
    } else if let Ok(length) = u16::try_from(length) {
        out.push(mask | 126);
        out.extend(length.to_be_bytes());
    } else {
        out.push(mask | 127);
        out.extend((length as u64).to_be_bytes());
    }
}

/// Adds a frame as clients send it, masked with zeros: any mask will do, and this one costs nothing.
pub(crate) fn masked(kind: Kind, payload: &[u8], out: &mut Vec<u8>) {
    head(kind, payload.len(), 0x80, out);
    out.extend([0; 4]);
    out.extend(payload);
}

/// Adds a frame as servers send it.
pub(crate) fn plain(kind: Kind, payload: &[u8], out: &mut Vec<u8>) {
    head(kind, payload.len(), 0, out);
    out.extend(payload);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_all_lengths_are_found_once_they_are_whole() {
        for length in [0, 1, 125, 126, 65_535, 65_536] {
            let payload = vec![b'x'; length];
            for encode in [masked, plain] {
                let mut bytes = Vec::new();
                encode(Kind::Text, &payload, &mut bytes);
                let end = bytes.len();
                bytes.extend(b"next");
                let frame = first(&bytes).unwrap().unwrap();
                assert_eq!((frame.kind, frame.end, &bytes[frame.start..frame.end]), (Kind::Text, end, &payload[..]));
                for cut in [0, 1, 2, 3, 5, 9, 13, end - 1] {
                    assert_eq!(first(&bytes[..cut.min(end - 1)]), Ok(None), "{length} bytes, cut at {cut}");
                }
            }
        }
    }

    #[test]
    fn what_no_server_here_sends_is_an_error() {
        for bytes in [[0xC1, 0x00], [0x83, 0x00]] {
            assert_eq!(first(&bytes), Err(Odd(bytes[0], bytes[1])));
        }
        assert!(first(&[0x81, 0x81, 1, 2, 3, 4, 5]).is_err(), "a mask that is not zero");
    }
}
