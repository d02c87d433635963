//! Which crate may know which: the workspace's crates among each other, and the libraries each must never see.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::process::{cargo, stdout_of};
use crate::ui::WASM_TARGET;

/// What one crate of the workspace may import.
struct Rule {
    name: &'static str,
    /// The crates of the workspace it may import.
    may: &'static [&'static str],
    /// The libraries that must not be reached from it, not even through others.
    never: &'static [&'static str],
    /// Whether it is also, or only, compiled to wasm: then what counts is what that build reaches.
    wasm: bool,
}

const IO: &[&str] = &["axum", "hyper", "reqwest", "rusqlite", "tauri", "tokio", "tokio-tungstenite", "yew"];

/// From the top of the map to its bottom: nobody may import what stands above.
const RULES: &[Rule] = &[
    Rule { name: "roost-board", may: &[], never: IO, wasm: true },
    Rule { name: "roost-sim", may: &["roost-board"], never: IO, wasm: false },
    Rule { name: "roost-protocol", may: &["roost-board"], never: IO, wasm: true },
    Rule {
        name: "roost-channels",
        may: &["roost-protocol"],
        never: &["axum", "rusqlite", "tauri", "yew"],
        wasm: false,
    },
    Rule { name: "roost-bridge", may: &["roost-board"], never: IO, wasm: true },
    Rule { name: "roost-server", may: &["roost-board", "roost-protocol"], never: &["tauri", "yew"], wasm: false },
    Rule {
        name: "roost",
        may: &["roost-board", "roost-protocol", "roost-channels", "roost-bridge", "roost-server"],
        never: &["yew"],
        wasm: false,
    },
    Rule {
        name: "roost-ui",
        may: &["roost-board", "roost-bridge"],
        never: &["axum", "jsonwebtoken", "keyring", "reqwest", "rusqlite", "tauri", "tokio", "tokio-tungstenite"],
        wasm: true,
    },
    Rule {
        name: "roost-bench",
        may: &["roost-board", "roost-protocol", "roost-channels", "roost-bridge", "roost-server", "roost"],
        never: &["yew"],
        wasm: false,
    },
    // It measures a server from outside: the model and the wire are all that they share.
    Rule { name: "roost-load", may: &["roost-board"], never: &["axum", "reqwest", "tauri", "yew"], wasm: false },
    Rule { name: "xtask", may: &[], never: &["tauri", "yew"], wasm: false },
    Rule { name: "roost-e2e", may: &[], never: &["tauri", "yew"], wasm: false },
];

/// Where these rules are broken. Imports of tests are free.
pub(super) fn broken() -> Result<Vec<String>> {
    let host = Graph::read(None)?;
    let wasm = Graph::read(Some(WASM_TARGET))?;
    let mut broken = Vec::new();
    for name in &host.members {
        match RULES.iter().find(|rule| rule.name == name) {
            Some(rule) => broken.extend(broken_by(rule, if rule.wasm { &wasm } else { &host })),
            None => broken.push(format!("{name}: no rule in xtask/src/tidy/imports.rs says what it may import")),
        }
    }
    Ok(broken)
}

fn broken_by(rule: &Rule, graph: &Graph) -> Vec<String> {
    let mut broken = Vec::new();
    let direct = graph.imports.get(rule.name).into_iter().flatten();
    for import in direct.filter(|import| graph.members.contains(*import) && !rule.may.contains(&import.as_str())) {
        broken.push(format!("{}: must not import {import}", rule.name));
    }
    for library in rule.never {
        if let Some(path) = graph.path(rule.name, library) {
            broken.push(format!("{}: must never reach {library} ({})", rule.name, path.join(" → ")));
        }
    }
    broken
}

/// Who imports whom, by name, for one target.
#[derive(Debug, Default)]
struct Graph {
    members: BTreeSet<String>,
    imports: BTreeMap<String, BTreeSet<String>>,
}

impl Graph {
    fn read(target: Option<&str>) -> Result<Self> {
        let mut command = cargo();
        command.args(["metadata", "--format-version", "1", "--locked"]);
        command.args(target.map(|target| format!("--filter-platform={target}")));
        Self::parse(&stdout_of(&mut command)?)
    }

    fn parse(json: &str) -> Result<Self> {
        let metadata: Metadata = serde_json::from_str(json).context("could not read what `cargo metadata` says")?;
        let names: BTreeMap<&str, &str> =
            metadata.packages.iter().map(|package| (package.id.as_str(), package.name.as_str())).collect();
        let name = |id: &str| names.get(id).copied().unwrap_or(id).to_owned();
        let mut graph =
            Self { members: metadata.workspace_members.iter().map(|id| name(id)).collect(), ..Self::default() };
        for node in &metadata.resolve.nodes {
            let imports = node.deps.iter().filter(|dep| dep.is_linked()).map(|dep| name(&dep.pkg));
            // Two versions of one library are one node here: the rules speak of names.
            graph.imports.entry(name(&node.id)).or_default().extend(imports);
        }
        Ok(graph)
    }

    /// How `from` comes to know `to`, if it does.
    fn path(&self, from: &str, to: &str) -> Option<Vec<String>> {
        let mut seen = BTreeSet::from([from]);
        let mut paths = vec![vec![from]];
        while let Some(path) = paths.pop() {
            let here = *path.last().expect("a path has a start");
            if here == to {
                return Some(path.into_iter().map(str::to_owned).collect());
            }
            for next in self.imports.get(here).into_iter().flatten() {
                if seen.insert(next) {
                    paths.push([path.as_slice(), &[next]].concat());
                }
            }
        }
        None
    }
}

#[derive(Debug, Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_members: Vec<String>,
    resolve: Resolve,
}

#[derive(Debug, Deserialize)]
struct Package {
    id: String,
    name: String,
}

#[derive(Debug, Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Debug, Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<DependencyKind>,
}

#[derive(Debug, Deserialize)]
struct DependencyKind {
    /// `None` for what is linked, else `dev` or `build`.
    kind: Option<String>,
}

impl Dependency {
    fn is_linked(&self) -> bool {
        self.dep_kinds.iter().any(|kind| kind.kind.is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(edges: &[(&str, &str)]) -> Graph {
        let mut graph = Graph { members: RULES.iter().map(|rule| rule.name.to_owned()).collect(), ..Graph::default() };
        for (from, to) in edges {
            graph.imports.entry((*from).to_owned()).or_default().insert((*to).to_owned());
        }
        graph
    }

    fn check(name: &str, edges: &[(&str, &str)], expected: &[&str]) {
        let rule = RULES.iter().find(|rule| rule.name == name).unwrap();
        assert_eq!(broken_by(rule, &graph(edges)), expected);
    }

    #[test]
    fn imports_downwards_are_fine() {
        check("roost-protocol", &[("roost-protocol", "roost-board"), ("roost-board", "serde")], &[]);
    }

    #[test]
    fn an_import_upwards_is_found() {
        check("roost-board", &[("roost-board", "roost-protocol")], &["roost-board: must not import roost-protocol"]);
    }

    #[test]
    fn a_forbidden_library_is_found_behind_another() {
        check(
            "roost-ui",
            &[("roost-ui", "timer"), ("timer", "tokio")],
            &["roost-ui: must never reach tokio (roost-ui → timer → tokio)"],
        );
    }

    #[test]
    fn libraries_of_tests_and_builds_do_not_count() {
        let json = r#"{
            "packages": [{"id": "a", "name": "roost-board"}, {"id": "b", "name": "tokio"}],
            "workspace_members": ["a"],
            "resolve": {"nodes": [{"id": "a", "deps": [{"pkg": "b", "dep_kinds": [{"kind": "dev"}]}]}]}
        }"#;
        assert_eq!(Graph::parse(json).unwrap().path("roost-board", "tokio"), None);
    }
}
