//! `roost-load`: puts a server under load and says what it costs.

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    roost_load::main()
}

#[cfg(not(target_os = "linux"))]
fn main() {}
