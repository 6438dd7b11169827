//! What a centre installs: one archive with the program, the site inside it, and what systemd and an operator need beside it.
//!
//! ```text
//! evwall-VERSION-ARCH/
//!   bin/evwall                  the whole server, its symbols stripped
//!   bin/evwall-kiosk            what the unit of a wall PC starts
//!   etc/                        settings to begin with
//!   lib/systemd/, lib/sysusers.d/
//!   share/doc/evwall/           help of every command, the operators' pages, licence, attribution
//! ```

mod tried;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use clap::Args;

use crate::root;
use crate::site::{self, AS_THE_TESTS, BuildOptions};
use crate::step::{cargo, check, git, output, step};

#[derive(Args)]
pub struct DistOptions {
    /// Of the dev profile, to try it
    #[arg(long)]
    pub dev: bool,
}

/// Where each file of the repository goes.
const FILES: [(&str, &str); 14] = [
    ("packaging/evwall-kiosk", "bin/evwall-kiosk"),
    ("packaging/evwall.toml", "etc/evwall/evwall.toml"),
    ("packaging/kiosk.env", "etc/evwall/kiosk.env"),
    (
        "packaging/evwall.service",
        "lib/systemd/system/evwall.service",
    ),
    (
        "packaging/evwall-kiosk.service",
        "lib/systemd/user/evwall-kiosk.service",
    ),
    ("packaging/evwall.sysusers", "lib/sysusers.d/evwall.conf"),
    ("README.md", "share/doc/evwall/README.md"),
    ("THREATS.md", "share/doc/evwall/THREATS.md"),
    ("docs/operations.md", "share/doc/evwall/operations.md"),
    ("docs/security.md", "share/doc/evwall/security.md"),
    ("docs/performance.md", "share/doc/evwall/performance.md"),
    ("docs/chaos.md", "share/doc/evwall/chaos.md"),
    ("docs/grafana.json", "share/doc/evwall/grafana.json"),
    ("public/ATTRIBUTION.md", "share/doc/evwall/ATTRIBUTION.md"),
];

/// Each command's page of the help.
const HELP: [&[&str]; 18] = [
    &[],
    &["serve"],
    &["check-config"],
    &["user"],
    &["user", "add"],
    &["user", "list"],
    &["user", "disable"],
    &["user", "password"],
    &["user", "role"],
    &["audit"],
    &["audit", "verify"],
    &["audit", "vehicle"],
    &["audit", "check-report"],
    &["audit", "accept-clock"],
    &["registry"],
    &["registry", "import"],
    &["version"],
    &["decode"],
];

pub fn dist(options: &DistOptions) -> Result<()> {
    site::build(&BuildOptions {
        dev: options.dev,
        site_only: true,
    })?;
    let program = step("compiling the server with the site inside", || {
        compile(options.dev)
    })?;
    let archive = step("packing", || pack(&program, options.dev))?;
    let folder = root::target().join("dist/tried");
    let _ = fs::remove_dir_all(&folder);
    let says = step("trying what was packed", || tried::tried(&archive, &folder))?;
    fs::remove_dir_all(&folder)?;
    let mb = fs::metadata(&archive)?.len() as f64 / 1e6;
    eprintln!("  {} ({mb:.1} MB)\n{says}", root::shown(&archive));
    Ok(())
}

fn compile(dev: bool) -> Result<PathBuf> {
    let mut build = cargo();
    build
        .arg("build")
        .args(["--features", "server/embedded-site"])
        .env("EVWALL_EMBED_SITE", root::site())
        .env("EVWALL_COMMIT", commit());
    match dev {
        true => build.args(AS_THE_TESTS),
        false => build.args(["--release", "--package", "server", "--bin", "evwall"]),
    };
    check(&mut build)?;
    let profile = if dev { "debug" } else { "release" };
    Ok(root::target().join(profile).join("evwall"))
}

/// The one that was said, else that of the repository; with a word where something was changed since.
fn commit() -> String {
    std::env::var("EVWALL_COMMIT").unwrap_or_else(|_| {
        let changed = git(&["status", "--porcelain"]).is_none_or(|changes| !changes.is_empty());
        let commit = git(&["rev-parse", "HEAD"]).unwrap_or_else(|| "unknown".to_owned());
        format!("{commit}{}", if changed { ", changed" } else { "" })
    })
}

fn pack(program: &Path, dev: bool) -> Result<PathBuf> {
    let name = format!(
        "evwall-{}-{}",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::ARCH
    );
    let dist = root::target().join("dist");
    let folder = dist.join(&name);
    let _ = fs::remove_dir_all(&folder);
    for (from, to) in FILES {
        let to = folder.join(to);
        fs::create_dir_all(to.parent().context("a file without a folder")?)?;
        fs::copy(root::root().join(from), &to).with_context(|| format!("cannot copy {from}"))?;
    }
    let inside = folder.join("bin/evwall");
    if dev {
        fs::copy(program, &inside)?;
    } else {
        // Of the binutils, which come with the C compiler that the build needs.
        check(Command::new("strip").arg("-o").arg(&inside).arg(program))?;
    }
    fs::write(folder.join("share/doc/evwall/HELP.txt"), help(&inside)?)?;
    let archive = dist.join(format!("{name}.tar.gz"));
    check(
        Command::new("tar")
            .args(["--sort=name", "--owner=0", "--group=0", "--numeric-owner"])
            .arg("-czf")
            .arg(&archive)
            .arg("-C")
            .arg(&dist)
            .arg(&name),
    )?;
    fs::remove_dir_all(&folder)?;
    Ok(archive)
}

fn help(program: &Path) -> Result<String> {
    let mut text = String::new();
    for page in HELP {
        let said = output(Command::new(program).args(page).arg("--help"))
            .with_context(|| format!("evwall {} --help says nothing", page.join(" ")))?;
        text += &format!("evwall {}\n\n{said}\n\n\n", page.join(" "));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// The script of a wall PC with a browser and a systemd that only write down what they are told.
    #[test]
    fn a_wall_that_says_that_it_is_well_is_told_to_systemd() {
        let folder = tempfile::tempdir().unwrap();
        let program = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        };
        program(
            "chromium",
            r#"echo "$@" >&2; echo '[INFO:CONSOLE(43)] "evwall: this wall is well", source: watch.mjs (43)' >&2"#,
        );
        program("systemd-notify", r#"echo "$@" >> "$HOME/told""#);
        let path = std::env::var("PATH").unwrap();
        let ran = Command::new("sh")
            .arg(root::root().join("packaging/evwall-kiosk"))
            .env("PATH", format!("{}:{path}", folder.path().display()))
            .env("HOME", folder.path())
            .env("NOTIFY_SOCKET", "/nowhere")
            .env("EVWALL_WALL", "https://evwall.example/wall")
            .env("EVWALL_GPU", "no")
            .env_remove("STATE_DIRECTORY")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&ran.stdout);
        assert!(
            said.contains("--kiosk ") && said.contains("--disable-gpu "),
            "{ran:?}"
        );
        assert!(
            said.trim().ends_with("https://evwall.example/wall"),
            "{said}"
        );
        let told = fs::read_to_string(folder.path().join("told")).unwrap();
        assert_eq!(told, "WATCHDOG=1\n");
        for page in ["app/js/watch.mjs", "app/js/pairing.mjs"] {
            let script = fs::read_to_string(root::root().join(page)).unwrap();
            assert!(
                script.contains("console.info(\"evwall: this wall is well\")"),
                "{page}"
            );
        }
    }

    #[test]
    fn every_file_that_is_packed_is_there() {
        for (from, _) in FILES {
            assert!(root::root().join(from).is_file(), "{from}");
        }
    }
}
