//! A step that takes time says when it starts and how many seconds it took; a child that fails says so in one line.

use std::io::IsTerminal;
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How often a step that prints nothing itself says that it is still at work.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// Runs `work` between two lines: what begins, and what it took.
pub fn step<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    eprintln!("{} {what} …", mark("▸", "36"));
    let begun = Instant::now();
    let done = work().with_context(|| what.to_owned());
    let seconds = begun.elapsed().as_secs_f64();
    match &done {
        Ok(_) => eprintln!("{} {what}: {seconds:.1} s", mark("✓", "32")),
        Err(_) => eprintln!("{} {what}: failed after {seconds:.1} s", mark("✗", "31")),
    }
    done
}

/// Like [`step`], for work that prints nothing: a line every ten seconds while it lasts.
pub fn quiet_step<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let (stop, stopped) = channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let begun = Instant::now();
            while stopped.recv_timeout(HEARTBEAT) == Err(RecvTimeoutError::Timeout) {
                eprintln!("  … {what}, {} s so far", begun.elapsed().as_secs());
            }
        });
        let done = step(what, work);
        drop(stop);
        done
    })
}

/// Runs a command to its end; its output goes where ours goes.
pub fn check(command: &mut Command) -> Result<()> {
    let shown = shown(command);
    let status = command
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("`{shown}` could not be started"))?;
    if !status.success() {
        bail!("`{shown}` ended with {status}");
    }
    Ok(())
}

/// Runs a command and returns what it wrote to standard output; `None` when it cannot be started or fails.
pub fn output(command: &mut Command) -> Option<String> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// What git says of this repository; `None` where it is no clone.
pub fn git(arguments: &[&str]) -> Option<String> {
    output(
        Command::new("git")
            .args(arguments)
            .current_dir(crate::root::root()),
    )
}

/// The cargo that started us. It does not hear in which package it did: build scripts (that of `ring`) look at it, and with
/// another word there they, and all that rests on them, would be compiled again.
pub fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.env_remove("CARGO_MANIFEST_DIR");
    cargo.current_dir(crate::root::root());
    cargo
}

fn shown(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str());
    std::iter::once(name)
        .chain(command.get_args())
        .map(|part| crate::root::shown(std::path::Path::new(part)))
        .collect::<Vec<_>>()
        .join(" ")
}

fn mark(sign: &str, colour: &str) -> String {
    if std::io::stderr().is_terminal() {
        format!("\x1b[{colour}m{sign}\x1b[0m")
    } else {
        sign.to_owned()
    }
}
