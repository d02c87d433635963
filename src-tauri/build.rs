//! Tells Tauri where the capabilities are and which commands the interface may be granted.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// What stands in for the interface until `cargo xtask ui` has built it, so that the app compiles on a fresh clone.
const NO_INTERFACE: &str =
    "<!doctype html><title>Roost</title><p>The interface is not built: run <code>cargo xtask run</code>.\n";

fn main() -> Result<(), Box<dyn Error>> {
    ensure_interface()?;
    let permissions = write_permissions(&PathBuf::from(env::var("OUT_DIR")?))?;
    let manifest = tauri_build::AppManifest::new().permissions_path_pattern(permissions);
    let attributes = tauri_build::Attributes::new()
        .capabilities_path_pattern("src-tauri/capabilities/*.json")
        .app_manifest(manifest);
    println!("cargo:rerun-if-changed=src-tauri/capabilities");
    println!("cargo:rerun-if-changed=src-tauri/build.rs");
    // The files that are there are watched where they are embedded; this finds the new ones.
    println!("cargo:rerun-if-changed=ui/dist");
    tauri_build::try_build(attributes).map_err(|error| format!("{error:#}"))?;
    Ok(())
}

/// Tauri embeds `ui/dist` while it compiles, so the folder has to be there.
fn ensure_interface() -> Result<(), Box<dyn Error>> {
    let index = Path::new("ui/dist/index.html");
    if !index.exists() {
        fs::create_dir_all("ui/dist")?;
        fs::write(index, NO_INTERFACE)?;
    }
    Ok(())
}

/// Writes one permission for each command of the bridge, `allow-get-state` for `get_state`, and answers the pattern
/// that finds them.
///
/// `AppManifest::commands` would make the same, but in a folder `permissions` at the root of the workspace.
fn write_permissions(out_dir: &Path) -> Result<&'static str, Box<dyn Error>> {
    let mut text = String::new();
    for command in roost_bridge::COMMANDS {
        write!(
            text,
            "[[permission]]\nidentifier = \"allow-{}\"\ndescription = \"The command {command}.\"\n\
             commands.allow = [\"{command}\"]\n\n",
            command.replace('_', "-"),
        )?;
    }
    let folder = out_dir.join("permissions");
    let file = folder.join("commands.toml");
    // Written only if it differs: Cargo would take a newer file for a reason to run this script again.
    if fs::read_to_string(&file).is_ok_and(|old| old == text) {
        return leak(&folder);
    }
    fs::create_dir_all(&folder)?;
    fs::write(&file, text)?;
    leak(&folder)
}

fn leak(folder: &Path) -> Result<&'static str, Box<dyn Error>> {
    let pattern = folder.join("*.toml");
    let pattern = pattern.to_str().ok_or("the path of the target folder is not UTF-8")?;
    Ok(Box::leak(pattern.to_owned().into_boxed_str()))
}
