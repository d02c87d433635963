//! The virtual screen, seen from outside: when a picture has come is read from its pixels, for every program alike.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

/// How often it is looked.
const PERIOD: Duration = Duration::from_millis(1);
/// How long the picture has to be the same to be the last one.
const STILL: Duration = Duration::from_millis(1_500);
/// How long the last picture may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// The file in which a virtual screen keeps its pixels: an X window dump.
#[derive(Debug)]
pub(crate) struct Screen {
    file: File,
    /// Where the first of the looked-at lines begins, in bytes.
    from: u64,
    n_bytes: usize,
}

/// What was seen, with the time since it was first looked.
#[derive(Debug)]
pub(crate) struct Seen {
    pictures: Vec<(Duration, Vec<u8>)>,
}

impl Screen {
    /// Looks at the lines of pixels from `top` on, so many of them.
    pub(crate) fn open(file: &Path, top: u64, n_lines: u64) -> Result<Self> {
        let file = File::open(file).with_context(|| format!("could not open {}", file.display()))?;
        // The header is made of numbers of four bytes, the most significant one first.
        let number = |index: u64| {
            let mut bytes = [0; 4];
            file.read_exact_at(&mut bytes, index * 4).map(|()| u64::from(u32::from_be_bytes(bytes)))
        };
        let (header, bits, line, n_colours) = (number(0)?, number(11)?, number(12)?, number(19)?);
        ensure!(bits == 32, "the screen has {bits} bits a pixel, not 32");
        let from = header + n_colours * 12 + top * line;
        let n_bytes = usize::try_from(n_lines * line)?;
        Ok(Self { file, from, n_bytes })
    }

    fn picture(&self) -> Result<Vec<u8>> {
        let mut bytes = vec![0; self.n_bytes];
        self.file.read_exact_at(&mut bytes, self.from)?;
        Ok(bytes)
    }

    /// Notes every other picture until the last one has stood still. Blocks.
    pub(crate) fn watch(&self, start: Instant) -> Result<Seen> {
        let mut pictures = vec![(start.elapsed(), self.picture()?)];
        loop {
            std::thread::sleep(PERIOD);
            let (now, picture) = (start.elapsed(), self.picture()?);
            let (since, last) = &pictures[pictures.len() - 1];
            if *last != picture {
                pictures.push((now, picture));
            } else if pictures.len() > 1 && now > *since + STILL {
                return Ok(Seen { pictures });
            }
            ensure!(now < PATIENCE, "the screen did not come to rest");
        }
    }
}

impl Seen {
    /// When all but one of fifty of what the last picture shows was there: what is of another colour than `ground`,
    /// which is there before anything is shown. A text that is drawn anew with another font, or a light that goes out,
    /// comes later and is not waited for.
    pub(crate) fn nearly_all(&self, ground: [u8; 4]) -> Duration {
        let (_, last) = &self.pictures[self.pictures.len() - 1];
        let shown: Vec<usize> = (0..last.len()).step_by(4).filter(|&at| last[at..at + 4] != ground).collect();
        let is_done = |picture: &[u8]| {
            let n_done = shown.iter().filter(|&&at| picture[at..at + 4] == last[at..at + 4]).count();
            n_done * 50 >= shown.len() * 49
        };
        self.pictures.iter().find(|(_, picture)| is_done(picture)).map_or(Duration::ZERO, |(at, _)| *at)
    }
}
