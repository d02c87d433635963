//! Everything that is measured with: a server with boards on it, the way there, and the profile of the app.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use roost_board::BoardId;
use tempfile::TempDir;

use super::Args;
use super::desk::Desk;
use super::link::Link;
use super::say;
use super::screen::Screen;
use super::world::{Filled, Shape, World};

/// The boards. Those with descriptions are so long that what was missed comes as entries; the one without is shorter
/// than its entries, and comes as a whole.
const SHAPES: [Shape; 4] = [
    Shape { name: "100 cards", n_lists: 10, n_cards: 10, is_described: true },
    Shape { name: "1,000 cards", n_lists: 10, n_cards: 100, is_described: true },
    Shape { name: "10,000 cards", n_lists: 10, n_cards: 1_000, is_described: true },
    Shape { name: "one list of 10,000 cards", n_lists: 1, n_cards: 10_000, is_described: false },
];

/// The lines of pixels that are looked at: through the first cards of a board.
const TOP: u64 = 150;
const N_LINES: u64 = 60;

/// Everything that is measured with; see the [module](self).
pub(crate) struct Stage {
    pub(crate) app: PathBuf,
    pub(crate) bare: PathBuf,
    pub(crate) screen: Screen,
    pub(crate) link: Link,
    /// The boards, by the order of their size; the last one is the one with one list.
    pub(crate) boards: Vec<Filled>,
    quick: bool,
    world: World,
    folder: TempDir,
}

impl Stage {
    /// Makes everything.
    pub(super) async fn set(args: &Args) -> Result<Self> {
        std::fs::create_dir_all(&args.folder).context("could not make the folder to measure in")?;
        let folder = tempfile::Builder::new().prefix("run-").tempdir_in(&args.folder)?;
        let world = World::start(&folder.path().join("server")).await?;
        let link = Link::to(world.address()).await?;
        let mut boards = Vec::new();
        for shape in SHAPES {
            say(&format!("filling: {}", shape.name));
            boards.push(world.fill(shape).await?);
        }
        let screen = Screen::open(&args.screen, TOP, N_LINES)?;
        let (app, bare, quick) = (args.app.clone(), args.bare.clone(), args.quick);
        let stage = Self { app, bare, screen, link, boards, quick, world, folder };
        let mut desk = Desk::open(&stage.profile()).await?;
        desk.sign_in(&stage.link.address()).await?;
        for board in &stage.boards {
            desk.core.open_board(board.id).await?;
            desk.core.close_board(board.id);
        }
        desk.core.shutdown().await;
        Ok(stage)
    }

    /// The folder of the profile of the app.
    pub(crate) fn profile(&self) -> PathBuf {
        self.folder.path().join("profile")
    }

    /// The folder of the caches of the bare window.
    pub(crate) fn bare_caches(&self) -> PathBuf {
        self.folder.path().join("bare")
    }

    /// Has the app show a board when it starts.
    pub(crate) async fn leave_at(&self, board: BoardId) -> Result<()> {
        let mut desk = Desk::open(&self.profile()).await?;
        desk.phase(roost_bridge::ConnectionPhase::Live).await?;
        desk.core.open_board(board).await?;
        desk.core.shutdown().await;
        Ok(())
    }

    /// So many, or the few that a quick run makes do with.
    pub(crate) const fn n(&self, thorough: usize, quick: usize) -> usize {
        if self.quick { quick } else { thorough }
    }

    /// Ends everything, and leaves nothing behind.
    pub(super) async fn clear(self) {
        self.world.shutdown().await;
    }
}
