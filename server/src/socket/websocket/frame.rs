//! The heads of WebSocket frames (RFC 6455, section 5.2), read and written.

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The next part of a message.
    Continue = 0x0,
    /// A text message, or its first part.
    Text = 0x1,
    /// A binary message, or its first part.
    Binary = 0x2,
    /// The goodbye.
    Close = 0x8,
    /// To be answered with a pong.
    Ping = 0x9,
    /// The answer to a ping.
    Pong = 0xA,
}

impl Kind {
    const fn of(opcode: u8) -> Option<Self> {
        Some(match opcode {
            0x0 => Self::Continue,
            0x1 => Self::Text,
            0x2 => Self::Binary,
            0x8 => Self::Close,
            0x9 => Self::Ping,
            0xA => Self::Pong,
            _ => return None,
        })
    }

    pub(super) const fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }
}

/// A head that is none, or none that a client may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct InvalidHead;

/// The head of a frame from a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) is_final: bool,
    pub(super) kind: Kind,
    pub(super) mask: [u8; 4],
    /// How long what follows the head is, as the client says.
    pub(super) length: u64,
    /// How long the head itself is.
    pub(super) size: usize,
}

/// How many bytes a control frame carries at most.
pub(super) const CONTROL_MAX: usize = 125;

impl Head {
    /// Reads a head; `None` while it is not all there.
    ///
    /// # Errors
    /// As soon as it can be told.
    pub(super) fn read(bytes: &[u8]) -> Result<Option<Self>, InvalidHead> {
        let &[first, second, ref more @ ..] = bytes else { return Ok(None) };
        let (is_final, has_reserved_bits) = (first & 0x80 != 0, first & 0x70 != 0);
        let (is_masked, short) = (second & 0x80 != 0, second & 0x7F);
        let kind = Kind::of(first & 0x0F).ok_or(InvalidHead)?;
        // A client masks every frame; a control frame is short and in one piece.
        let is_bad_control = kind.is_control() && (!is_final || usize::from(short) > CONTROL_MAX);
        if has_reserved_bits || !is_masked || is_bad_control {
            return Err(InvalidHead);
        }
        let (length, more) = match short {
            126 => match more.split_first_chunk() {
                Some((length, more)) => (u64::from(u16::from_be_bytes(*length)), more),
                None => return Ok(None),
            },
            127 => match more.split_first_chunk() {
                Some((length, more)) => (u64::from_be_bytes(*length), more),
                None => return Ok(None),
            },
            short => (u64::from(short), more),
        };
        let Some((&mask, rest)) = more.split_first_chunk() else { return Ok(None) };
        Ok(Some(Self { is_final, kind, mask, length, size: bytes.len() - rest.len() }))
    }
}

/// Writes the head of a frame from the server.
pub(super) fn write_head(out: &mut Vec<u8>, kind: Kind, is_final: bool, length: usize) {
    out.push(if is_final { 0x80 } else { 0 } | kind as u8);
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(length @ ..126), _) => out.push(length),
        (_, Ok(length)) => {
            out.push(126);
            out.extend_from_slice(&length.to_be_bytes());
        }
        (_, Err(_)) => {
            out.push(127);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
}

/// Takes the mask off what a client sent, or puts it on.
pub(super) fn mask(bytes: &mut [u8], mask: [u8; 4]) {
    let (words, rest) = bytes.as_chunks_mut::<4>();
    for word in words {
        *word = (u32::from_ne_bytes(*word) ^ u32::from_ne_bytes(mask)).to_ne_bytes();
    }
    for (byte, mask) in rest.iter_mut().zip(mask) {
        *byte ^= mask;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_of_all_lengths() {
        for (length, bytes) in [
            (0, vec![0x81, 0x80]),
            (125, vec![0x81, 0xFD]),
            (126, vec![0x81, 0xFE, 0, 126]),
            (65_535, vec![0x81, 0xFE, 0xFF, 0xFF]),
            (65_536, vec![0x81, 0xFF, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] {
            let head = [&*bytes, &[1, 2, 3, 4]].concat();
            let size = head.len();
            let expected = Head { is_final: true, kind: Kind::Text, mask: [1, 2, 3, 4], length, size };
            assert_eq!(Head::read(&[&*head, b"more"].concat()), Ok(Some(expected)));
            assert!((0..size).all(|size| Head::read(&head[..size]) == Ok(None)));
            let mut written = Vec::new();
            write_head(&mut written, Kind::Text, true, usize::try_from(length).unwrap());
            written[1] |= 0x80;
            assert_eq!(written, bytes);
        }
    }

    #[test]
    fn what_is_no_head_is_known_by_its_first_bytes() {
        for first in [0x91, 0xA1, 0xC1, 0x83, 0x87, 0x8B, 0x8F, 0x08, 0x09, 0x0A] {
            assert_eq!(Head::read(&[first, 0x80]), Err(InvalidHead), "{first:#x}");
        }
        assert_eq!(Head::read(&[0x81, 0x01]), Err(InvalidHead), "no mask");
        assert_eq!(Head::read(&[0x89, 0xFE]), Err(InvalidHead), "a long ping");
    }

    #[test]
    fn masks_of_all_lengths() {
        for length in 0..20_u8 {
            let plain: Vec<u8> = (0..length).collect();
            let mut bytes = plain.clone();
            mask(&mut bytes, [1, 2, 3, 250]);
            let expected = plain.iter().zip([1, 2, 3, 250].iter().cycle()).map(|(byte, mask)| byte ^ mask);
            assert!(bytes.iter().copied().eq(expected));
        }
    }
}
