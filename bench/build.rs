//! Nothing to do: Tauri's macros ask for the folder that only a package with a build script has.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
}
