//! `cargo xtask ui`: the interface, from Rust to what the window loads.
//!
//! Three steps: cargo compiles `ui` to wasm, wasm-bindgen writes the JavaScript that goes with it, and
//! `ui/dist` is assembled from both, from `ui/static` and from `ui/styles`. The desktop app embeds `ui/dist`
//! when it is compiled, so a file there is written only if its bytes differ: an unchanged interface must not
//! compile the app again.

mod dist;

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use wasm_bindgen_cli_support::Bindgen;

use crate::process::{cargo, check, in_root, root, target_dir};
use crate::progress::{say, timed};
use crate::setup::{self, tools};
use dist::Dist;

/// The wasm target of rustc.
pub(crate) const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// The interface's wasm, under the name that wasm-bindgen's JavaScript asks for.
pub(crate) const WASM_FILE: &str = "roost-ui_bg.wasm";

/// Build only the interface, into `ui/dist`
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Optimise for size, as it is shipped
    #[arg(long)]
    release: bool,
}

/// How the interface is compiled. The names are those of cargo profiles in the root manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Quick to build, small enough to start at once.
    Dev,
    /// Small.
    Release,
}

impl Profile {
    /// The name of the cargo profile, which is also that of its folder in the target directory.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Dev => "ui-dev",
            Self::Release => "ui-release",
        }
    }
}

/// Runs the command.
///
/// # Errors
///
/// As [`build`].
pub(crate) fn main(args: &Args) -> Result<()> {
    build(if args.release { Profile::Release } else { Profile::Dev })
}

/// Builds the interface into `ui/dist`.
///
/// # Errors
///
/// The crate does not compile, or a file cannot be read or written.
pub(crate) fn build(profile: Profile) -> Result<()> {
    timed("the interface", || {
        let wasm = compile(profile)?;
        let bound = bind(&wasm, profile)?;
        let written = assemble(&bound)?;
        if written == 0 {
            say("Fresh", "ui/dist is up to date");
        }
        Ok(())
    })
}

/// Compiles the crate `roost-ui` and gives the path of its wasm.
fn compile(profile: Profile) -> Result<PathBuf> {
    check(cargo().args(["build", "--package", "roost-ui", "--target", WASM_TARGET, "--profile", profile.name()]))?;
    Ok(target_dir().join(WASM_TARGET).join(profile.name()).join("roost-ui.wasm"))
}

/// Runs wasm-bindgen over the compiled wasm and gives the folder with its results.
///
/// The folder keeps a fingerprint of its input, for this takes seconds and the input is mostly unchanged.
fn bind(wasm: &Path, profile: Profile) -> Result<PathBuf> {
    let folder = target_dir().join("ui").join(profile.name());
    let stamp = folder.with_extension("stamp");
    let fingerprint = fingerprint_of(wasm)?;
    if fs::read_to_string(&stamp).is_ok_and(|stored| stored == fingerprint) {
        return Ok(folder);
    }
    // The stamp goes first: a run that is cut off must not leave one that vouches for half a result.
    remove_if_there(&stamp)?;
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("could not empty {}", folder.display()))?;
    }
    fs::create_dir_all(&folder).with_context(|| format!("could not create {}", folder.display()))?;
    Bindgen::new()
        .input_path(wasm)
        .out_name("roost-ui")
        .web(true)
        .and_then(|bindgen| bindgen.typescript(false).generate(&folder))
        // The library has an anyhow of its own making: only the text of its error is ours to pass on.
        .map_err(|error| anyhow!("wasm-bindgen could not read {}: {error:#}", wasm.display()))?;
    if profile == Profile::Release {
        shrink(&folder.join(WASM_FILE))?;
    }
    fs::write(&stamp, fingerprint).with_context(|| format!("could not write {}", stamp.display()))?;
    Ok(folder)
}

/// Makes the wasm smaller in place, with the tool that knows more of wasm than rustc does.
fn shrink(wasm: &Path) -> Result<()> {
    setup::npm_packages(&tools())?;
    check(
        in_root("node")
            .arg(tools().join("node_modules/binaryen/bin/wasm-opt"))
            .arg("-Oz")
            .arg(wasm)
            .arg("-o")
            .arg(wasm),
    )
}

/// Puts `ui/dist` together and gives the number of files that had to be written or removed.
fn assemble(bound: &Path) -> Result<usize> {
    let ui = root().join("ui");
    let mut dist = Dist::default();
    dist.add_tree(&ui.join("static"), Path::new(""))?;
    dist.add_tree(&ui.join("styles"), Path::new("styles"))?;
    dist.add_tree(bound, Path::new(""))?;
    dist.write_to(&ui.join("dist"))
}

fn fingerprint_of(file: &Path) -> Result<String> {
    let bytes = fs::read(file).with_context(|| format!("could not read {}", file.display()))?;
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    Ok(format!("{} {:016x}", bytes.len(), hasher.finish()))
}

fn remove_if_there(file: &Path) -> Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("could not remove {}", file.display()))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}
