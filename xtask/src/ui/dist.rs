//! A folder of files, gathered in memory and written with as few changes as can be.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// What a folder shall hold: the bytes of each file under its path in the folder.
#[derive(Debug, Default)]
pub(crate) struct Dist {
    files: BTreeMap<PathBuf, Vec<u8>>,
}

impl Dist {
    /// Adds every file under `source`, at the same place under `below`. A folder that is not there adds nothing.
    ///
    /// # Errors
    ///
    /// A file cannot be read, or two sources want the same place.
    pub(crate) fn add_tree(&mut self, source: &Path, below: &Path) -> Result<()> {
        for path in files_under(source)? {
            let bytes = fs::read(source.join(&path)).with_context(|| format!("could not read {}", path.display()))?;
            let place = below.join(&path);
            if self.files.insert(place.clone(), bytes).is_some() {
                bail!("two files of the interface want to be {}", place.display());
            }
        }
        Ok(())
    }

    /// Makes `target` hold exactly these files. One that is right already is not touched.
    ///
    /// Gives the number of files that were written or removed.
    ///
    /// # Errors
    ///
    /// A file cannot be read, written or removed.
    pub(crate) fn write_to(&self, target: &Path) -> Result<usize> {
        let mut changed = 0;
        for path in files_under(target)?.iter().filter(|path| !self.files.contains_key(*path)) {
            let file = target.join(path);
            fs::remove_file(&file).with_context(|| format!("could not remove {}", file.display()))?;
            changed += 1;
        }
        for (path, bytes) in &self.files {
            let file = target.join(path);
            if fs::read(&file).is_ok_and(|there| there == *bytes) {
                continue;
            }
            let folder = file.parent().expect("a file is in a folder");
            fs::create_dir_all(folder).with_context(|| format!("could not create {}", folder.display()))?;
            fs::write(&file, bytes).with_context(|| format!("could not write {}", file.display()))?;
            changed += 1;
        }
        Ok(changed)
    }
}

/// The files in a folder and in those below it, as paths from that folder. Of a folder that is not there, none.
fn files_under(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut to_visit = vec![PathBuf::new()];
    while let Some(below) = to_visit.pop() {
        let here = folder.join(&below);
        if !here.is_dir() {
            continue;
        }
        for entry in fs::read_dir(&here).with_context(|| format!("could not list {}", here.display()))? {
            let entry = entry.with_context(|| format!("could not list {}", here.display()))?;
            let path = below.join(entry.file_name());
            if entry.path().is_dir() {
                to_visit.push(path);
            } else {
                found.push(path);
            }
        }
    }
    Ok(found)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_written() {
        let source = tempfile::tempdir().unwrap();
        let target = tempfile::tempdir().unwrap();
        fs::create_dir(source.path().join("fonts")).unwrap();
        fs::write(source.path().join("index.html"), "<html>").unwrap();
        fs::write(source.path().join("fonts/inter.woff2"), [1, 2]).unwrap();
        fs::write(target.path().join("left-over.js"), "old").unwrap();

        let mut dist = Dist::default();
        dist.add_tree(source.path(), Path::new("")).unwrap();
        assert_eq!(dist.write_to(target.path()).unwrap(), 3, "two written, one removed");
        assert_eq!(fs::read(target.path().join("fonts/inter.woff2")).unwrap(), [1, 2]);
        assert!(!target.path().join("left-over.js").exists());
        assert_eq!(dist.write_to(target.path()).unwrap(), 0);
    }

    #[test]
    fn two_files_for_one_place_are_refused() {
        let source = tempfile::tempdir().unwrap();
        fs::write(source.path().join("index.html"), "<html>").unwrap();
        let mut dist = Dist::default();
        dist.add_tree(source.path(), Path::new("")).unwrap();
        let error = dist.add_tree(source.path(), Path::new("")).unwrap_err();
        assert!(error.to_string().contains("index.html"), "{error}");
    }
}
