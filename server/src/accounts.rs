//! The commands of operators that need no running server: accounts, the audit log, the registry, a look into frames.

use std::io::BufRead;
use std::path::Path;

use access::{Access, By, Role};
use anyhow::{Context, Result, bail, ensure};
use app::log::clock_time;

use crate::clock;
use crate::config::{
    Audit, AuditCommand, Registry, RegistryCommand, User, UserCommand, make_private_dir,
    registry_in,
};
use crate::registry;

/// Rows of a report are bounded, and so are their columns.
const MAX_REPORT_BYTES: u64 = 16 * 1024 * 1024;

async fn open(data_dir: &Path) -> Result<Access> {
    make_private_dir(data_dir)?;
    Ok(Access::open(data_dir.join("evwall.db"), clock::unix_s()).await?)
}

/// `evwall user …`.
///
/// # Errors
/// What the store refused, in one sentence.
pub async fn user(user: User) -> Result<()> {
    let access = open(&user.data_dir.path).await?;
    let by = By::Console("console");
    let now = clock::unix_s();
    match user.command {
        UserCommand::Add { name, role } => {
            let password = access::random_password();
            access
                .create_user(by, &name, &password, parse_role(&role)?, now)
                .await?;
            println!("{name} may sign in with the password {password}");
        }
        UserCommand::List => {
            println!("{:<24} {:<16} {:<9} sessions", "name", "role", "state");
            for user in access.list_users(by, now).await? {
                let state = if user.disabled { "disabled" } else { "enabled" };
                println!(
                    "{:<24} {:<16} {:<9} {}",
                    user.name,
                    user.role.name(),
                    state,
                    user.sessions
                );
            }
        }
        UserCommand::Disable { name } => {
            access.disable(by, &name, now).await?;
            println!("{name} can no longer sign in; all sessions of {name} have ended");
        }
        UserCommand::Password { name } => {
            let password = access::random_password();
            access.set_password(by, &name, &password, now).await?;
            println!("{name} may sign in with the password {password}; older sessions have ended");
        }
        UserCommand::Role { name, role } => {
            access.set_role(by, &name, parse_role(&role)?, now).await?;
            println!("{name} is now {role}; older sessions have ended");
        }
    }
    access.close().await;
    Ok(())
}

fn parse_role(name: &str) -> Result<Role> {
    Role::parse(name).with_context(|| {
        let names: Vec<_> = Role::ALL.iter().map(|role| role.name()).collect();
        format!("{name:?} is no role; the roles are {}", names.join(", "))
    })
}

/// `evwall audit …`.
///
/// # Errors
/// A log that was changed, or one that cannot be read.
pub async fn audit(audit: Audit) -> Result<()> {
    match audit.command {
        AuditCommand::Verify { heads } => verify(&audit.data_dir.path, heads.as_deref()).await,
        AuditCommand::Vehicle => vehicle(&audit.data_dir.path).await,
        AuditCommand::CheckReport { file, heads } => {
            let said = check_report(&audit.data_dir.path, &file, heads.as_deref()).await?;
            println!("{said}");
            Ok(())
        }
        AuditCommand::AcceptClock => accept_clock(&audit.data_dir.path).await,
    }
}

/// Reads a VIN from standard input, where no list of processes shows it, and writes the report on that vehicle.
async fn vehicle(data_dir: &Path) -> Result<()> {
    let mut line = String::new();
    std::io::stdin()
        .read_line(&mut line)
        .context("standard input cannot be read")?;
    let vin = line.trim().to_ascii_uppercase();
    let access = open(data_dir).await?;
    let report = access
        .report_vehicle(By::Console("console"), &vin, clock::unix_s())
        .await;
    access.close().await;
    print!("{}", report?.file);
    Ok(())
}

/// A report on a vehicle and the log that it was made of: which row says so. Writes nothing.
///
/// # Errors
/// A file that was changed or that no row knows, or a log that was changed itself.
pub async fn check_report(data_dir: &Path, file: &Path, heads: Option<&Path>) -> Result<String> {
    let name = file.display();
    let bytes = std::fs::metadata(file).map(|found| found.len());
    let bytes = bytes.with_context(|| format!("cannot read {name}"))?;
    ensure!(
        bytes <= MAX_REPORT_BYTES,
        "{name} has {bytes} bytes; a report has {MAX_REPORT_BYTES} at most"
    );
    let report = std::fs::read(file).with_context(|| format!("cannot read {name}"))?;
    let digest = access::report_digest(&report).with_context(|| {
        format!("{name} is not as it was made: its lines do not give the digest at its end")
    })?;
    let log = data_dir.join("evwall.db");
    let made = access::find_report(&log, &digest).await?.with_context(|| {
        format!("no row of this log says that the report with the digest {digest} was made")
    })?;
    let heads = heads.map(access::read_heads).transpose()?;
    let verdict = access::verify_file(&log, heads.as_deref()).await?;
    if let Some(problem) = verdict.problems.first() {
        bail!(
            "the report has its row {}, but the log was changed: {problem}",
            made.seq
        );
    }
    Ok(format!(
        "the report is as it was made at {} (UTC+8) by {}: row {} of the log has its digest, and the log is whole",
        clock_time(made.at_unix_s),
        made.user_name.as_deref().unwrap_or("nobody"),
        made.seq
    ))
}

/// Says that the clock of this machine is right although the log has newer rows.
async fn accept_clock(data_dir: &Path) -> Result<()> {
    let access = open(data_dir).await?;
    let by_s = access.accept_clock("console", clock::unix_s()).await;
    access.close().await;
    match by_s? {
        0 => println!("the newest row is not ahead of the clock: there is nothing to accept"),
        by_s => println!(
            "the newest row was {by_s} s ahead of the clock; the step is written down and all sessions have ended"
        ),
    }
    Ok(())
}

/// Reads the log without writing into it, whoever serves from it meanwhile.
async fn verify(data_dir: &Path, heads: Option<&Path>) -> Result<()> {
    let heads = heads.map(access::read_heads).transpose()?;
    let verdict = access::verify_file(&data_dir.join("evwall.db"), heads.as_deref()).await?;
    if let Some((row, hash)) = verdict.newest {
        println!(
            "{} rows, the newest is {row} with hash {}",
            verdict.rows,
            hex::encode(hash)
        );
    }
    if let Some((last, at_unix_s)) = verdict.cut {
        let at = app::log::clock_time(at_unix_s);
        println!("the rows up to {last} were removed at {at} because of their age");
    }
    if heads.is_some() {
        println!(
            "{} exported heads were found in the log",
            verdict.heads_checked
        );
    } else {
        println!("without --heads a tail that was cut off cannot be seen");
    }
    for problem in &verdict.problems {
        println!("{problem}");
    }
    if verdict.is_good() {
        println!("the log is whole");
        return Ok(());
    }
    bail!("the log was changed: {} problems", verdict.problems_total)
}

/// `evwall registry import`.
///
/// # Errors
/// The first line that cannot be taken, or why the registry cannot be written.
pub fn registry(command: Registry) -> Result<()> {
    let RegistryCommand::Import { file } = command.command;
    let target = match command.registry {
        Some(named) => named,
        None => {
            make_private_dir(&command.data_dir.path)?;
            registry_in(&command.data_dir.path)
        }
    };
    let imported = registry::import(&file, &target)?;
    println!(
        "{} vehicles stand in {}; a server that runs takes them in within a few seconds",
        imported.vehicles,
        target.display()
    );
    Ok(())
}

/// `evwall decode`: hexadecimal frames from standard input, a JSON line each to standard output.
///
/// # Errors
/// Input that cannot be read.
pub fn decode(secrets: bool) -> Result<()> {
    for line in std::io::stdin().lock().lines() {
        let line = line.context("standard input cannot be read")?;
        if !line.trim().is_empty() {
            println!("{}", gb32960::json::decode_line(&line, secrets));
        }
    }
    Ok(())
}
