//! Where settings come from: the command line, else the environment, else one TOML file, else the default.
//!
//! The one list of them is what `config.rs` declares for the command line. A key of the file is the name of an option
//! without its dashes (of some the first word is that of a table), a variable of the environment the same in capitals behind
//! `EVWALL_`; so a new option can be set in
//! all three places by being declared. The file's values are given to the parser of the command line as if they stood at its
//! end, wherever neither it nor the environment speaks, and are checked there.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use anyhow::{Context, Result, anyhow, bail};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, CommandFactory, FromArgMatches};
use toml::de::{DeTable, DeValue};

use crate::config::Cli;

const PREFIX: &str = "EVWALL_";
/// Settings whose names begin so stand in a table of that name, without it.
const TABLES: [&str; 1] = ["retention"];
/// Options that are no settings.
const NOT_IN_FILE: [&str; 3] = ["config", "help", "version"];
/// A larger file is no list of settings.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// The command line with a variable of the environment for each of its settings.
static COMMAND: LazyLock<Command> = LazyLock::new(|| {
    let with_env = |arg: Arg| match arg.get_long() {
        Some(long) => {
            let name = format!("{PREFIX}{}", long.replace('-', "_").to_uppercase());
            // Once a process, a few dozen names.
            arg.env(&*Box::leak(name.into_boxed_str()))
        }
        None => arg,
    };
    let mut command = Cli::command()
        .mut_args(with_env)
        .mut_subcommands(|command| match command.get_name() {
            "decode" => command,
            _ => command.mut_args(with_env),
        });
    command.build();
    command
});

/// What was asked for, and where each setting came from.
pub struct Settings {
    pub cli: Cli,
    matches: ArgMatches,
    file: Option<ConfigFile>,
}

/// Why there is nothing to run.
#[derive(Debug)]
pub enum Refused {
    /// Said by the parser of the command line; a question for help is among them.
    Usage(clap::Error),
    File(anyhow::Error),
}

impl Settings {
    /// # Errors
    /// What cannot be taken, with its line where it stands in the file.
    pub fn read(args: &[OsString]) -> Result<Self, Refused> {
        let mut all = args.to_vec();
        let file = match config_path(args) {
            Some((path, given)) => {
                let file = ConfigFile::read(&path).map_err(Refused::File)?;
                all.extend(file.arguments(&given));
                Some(file)
            }
            None => None,
        };
        let matches = COMMAND
            .clone()
            .try_get_matches_from(all)
            .map_err(Refused::Usage)?;
        let cli = Cli::from_arg_matches(&matches).map_err(Refused::Usage)?;
        Ok(Self { cli, matches, file })
    }

    /// Every setting of the server as a line of TOML: what it is for, its value, where that came from.
    #[must_use]
    pub fn explained(&self) -> String {
        let mut text = String::new();
        // Tables stand behind everything that is in none.
        for table in std::iter::once(None).chain(TABLES.map(Some)) {
            if let Some(table) = table {
                let _ = writeln!(text, "[{table}]\n");
                for line in crate::retention::in_markdown().lines() {
                    let _ = writeln!(text, "# {line}");
                }
                text.push('\n');
            }
            for arg in settings() {
                let Some((long, value, origin)) = self.of(arg) else {
                    continue;
                };
                let (of, name) = place(long);
                if of != table {
                    continue;
                }
                if let Some(help) = arg.get_help() {
                    let _ = writeln!(text, "# {help}");
                }
                let _ = match value {
                    Some(value) => writeln!(text, "{name} = {value} # {origin}\n"),
                    None => writeln!(text, "# {name} is not set\n"),
                };
            }
        }
        text
    }

    /// Names of the settings that are not as in `other`.
    #[must_use]
    pub fn changed_from(&self, other: &Self) -> Vec<&'static str> {
        let value = |settings: &Self, arg| settings.of(arg).and_then(|(_, value, _)| value);
        settings()
            .filter(|arg| value(self, arg) != value(other, arg))
            .filter_map(Arg::get_long)
            .collect()
    }

    /// The name of a setting, its value in TOML, and who said it.
    fn of(&self, arg: &'static Arg) -> Option<(&'static str, Option<String>, String)> {
        let name = arg.get_long()?;
        let id = arg.get_id().as_str();
        let (_, matches) = leaf(&self.matches);
        let raw = matches.try_get_raw(id).ok().flatten();
        let values: Vec<String> = raw
            .into_iter()
            .flatten()
            .map(|raw| in_toml(arg, &raw.to_string_lossy()))
            .collect();
        let value = match arg.get_action() {
            ArgAction::Append => {
                Some(format!("[{}]", values.join(", "))).filter(|_| !values.is_empty())
            }
            _ => values.into_iter().next(),
        };
        let of_file = self
            .file
            .as_ref()
            .and_then(|file| Some((file, file.values.get(name)?)));
        let origin = match (matches.value_source(id), of_file) {
            (Some(ValueSource::EnvVariable), _) => arg
                .get_env()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
            (Some(ValueSource::CommandLine), Some((file, value))) if value.is_used(matches, id) => {
                format!("{} line {}", file.path.display(), value.line)
            }
            (Some(ValueSource::CommandLine), _) => "command line".to_owned(),
            _ => "default".to_owned(),
        };
        Some((name, value, origin))
    }
}

/// The settings of the server, in the order in which they are declared.
fn settings() -> impl Iterator<Item = &'static Arg> {
    let serve = COMMAND.find_subcommand("serve");
    let args = serve.into_iter().flat_map(Command::get_arguments);
    args.filter(|arg| {
        arg.get_long()
            .is_some_and(|long| !NOT_IN_FILE.contains(&long))
    })
}

/// The table of the file in which an option stands, and its key there.
fn place(long: &str) -> (Option<&'static str>, &str) {
    let of =
        |table: &'static str| Some((Some(table), long.strip_prefix(table)?.strip_prefix('-')?));
    TABLES.into_iter().find_map(of).unwrap_or((None, long))
}

fn in_toml(arg: &Arg, raw: &str) -> String {
    let plain = matches!(arg.get_action(), ArgAction::SetTrue) || raw.parse::<f64>().is_ok();
    match plain {
        true => raw.to_owned(),
        false => toml::Value::from(raw).to_string(),
    }
}

/// The innermost command that was called, and what was said to it.
fn leaf(mut matches: &ArgMatches) -> (Vec<&str>, &ArgMatches) {
    let mut path = Vec::new();
    while let Some((name, inner)) = matches.subcommand() {
        path.push(name);
        matches = inner;
    }
    (path, matches)
}

/// The file that was named, and what was said without it. What is wrong with the rest is not said here.
fn config_path(args: &[OsString]) -> Option<(PathBuf, ArgMatches)> {
    let matches = COMMAND
        .clone()
        .ignore_errors(true)
        .try_get_matches_from(args)
        .ok()?;
    let path = leaf(&matches).1.get_one::<PathBuf>("config")?.clone();
    Some((path, matches))
}

/// A file of settings, each known and good in itself.
struct ConfigFile {
    path: PathBuf,
    values: BTreeMap<&'static str, FileValue>,
}

struct FileValue {
    line: usize,
    /// As they would stand on the command line.
    arguments: Vec<String>,
}

impl FileValue {
    /// Whether the values of an option are these and no others.
    fn is_used(&self, matches: &ArgMatches, id: &str) -> bool {
        let raw = matches.try_get_raw(id).ok().flatten().into_iter().flatten();
        let of_file = |argument: &String| {
            argument
                .split_once('=')
                .map_or("true", |(_, value)| value)
                .to_owned()
        };
        raw.map(|raw| raw.to_string_lossy().into_owned())
            .eq(self.arguments.iter().map(of_file))
    }
}

impl ConfigFile {
    fn read(path: &Path) -> Result<Self> {
        let shown = path.display();
        let read = || -> std::io::Result<String> {
            use std::io::Read;
            let mut text = String::new();
            let file = std::fs::File::open(path)?;
            file.take(MAX_FILE_BYTES).read_to_string(&mut text)?;
            Ok(text)
        };
        let text = read().with_context(|| format!("cannot read the settings in {shown}"))?;
        Self::parse(path, &text).with_context(|| format!("in the settings {shown}"))
    }

    fn parse(path: &Path, text: &str) -> Result<Self> {
        let line_at = |byte: usize| text[..byte.min(text.len())].matches('\n').count() + 1;
        let table = DeTable::parse(text).map_err(|error| {
            let line = line_at(error.span().map_or(0, |span| span.start));
            anyhow!("line {line}: {}", error.message())
        })?;
        let mut all = Vec::new();
        for (key, value) in table.get_ref() {
            let name = key.get_ref().as_ref();
            let known = TABLES.into_iter().find(|table| *table == name);
            match (known, value.get_ref()) {
                (Some(table), DeValue::Table(inner)) => {
                    all.extend(inner.iter().map(|(key, value)| (Some(table), key, value)));
                }
                _ => all.push((None, key, value)),
            }
        }
        let mut values = BTreeMap::new();
        for (table, key, value) in all {
            let line = line_at(key.span().start);
            let name = key.get_ref().as_ref();
            let is_it = |arg: &&Arg| {
                arg.get_long()
                    .is_some_and(|long| place(long) == (table, name))
            };
            let Some(arg) = settings().find(is_it) else {
                bail!("line {line}: {}", unknown(table, name));
            };
            let long = arg.get_long().unwrap_or_default();
            let arguments = arguments(arg, long, value.get_ref())
                .and_then(checked)
                .map_err(|why| anyhow!("line {line}: {name}: {why:#}"))?;
            values.insert(long, FileValue { line, arguments });
        }
        Ok(Self {
            path: path.to_owned(),
            values,
        })
    }

    /// What the file says of the command that was called, and nobody said before it.
    fn arguments(&self, given: &ArgMatches) -> Vec<OsString> {
        let (path, matches) = leaf(given);
        let mut command = Some(&*COMMAND);
        for name in path {
            command = command.and_then(|command| command.find_subcommand(name));
        }
        let args = command.into_iter().flat_map(Command::get_arguments);
        let is_said = |arg: &&Arg| {
            let source = matches.value_source(arg.get_id().as_str());
            matches!(
                source,
                Some(ValueSource::CommandLine | ValueSource::EnvVariable)
            )
        };
        args.filter(|arg| !is_said(arg))
            .filter_map(|arg| self.values.get(arg.get_long()?))
            .flat_map(|value| value.arguments.iter().map(OsString::from))
            .collect()
    }
}

fn unknown(table: Option<&str>, name: &str) -> String {
    // The nearest by letters in common at the beginning is the one that was meant more often than not.
    let alike = |known: &str| {
        known
            .chars()
            .zip(name.chars())
            .take_while(|(a, b)| a == b)
            .count()
    };
    let in_table = settings().filter_map(Arg::get_long).map(place);
    let in_table = in_table.filter(|(of, _)| *of == table);
    let nearest = in_table.map(|(_, known)| known).max_by_key(|known| {
        (
            alike(known),
            std::cmp::Reverse(known.len().abs_diff(name.len())),
        )
    });
    match nearest.filter(|known| alike(known) >= 3) {
        Some(nearest) => format!("unknown key {name:?}; is {nearest:?} meant?"),
        None => format!("unknown key {name:?}; `evwall check-config` lists those there are"),
    }
}

fn arguments(arg: &Arg, name: &str, value: &DeValue<'_>) -> Result<Vec<String>> {
    let one = |value: &DeValue<'_>| match value {
        DeValue::String(text) => Ok(format!("--{name}={text}")),
        DeValue::Integer(number) if number.radix() == 10 => {
            Ok(format!("--{name}={}", number.as_str()))
        }
        _ => bail!("a text or a whole number is wanted"),
    };
    match (arg.get_action(), value) {
        (ArgAction::SetTrue, DeValue::Boolean(true)) => Ok(vec![format!("--{name}")]),
        (ArgAction::SetTrue, DeValue::Boolean(false)) => Ok(Vec::new()),
        (ArgAction::SetTrue, _) => bail!("true or false is wanted"),
        (ArgAction::Append, DeValue::Array(all)) => {
            all.iter().map(|value| one(value.get_ref())).collect()
        }
        _ => one(value).map(|argument| vec![argument]),
    }
}

/// Whether the values are good in themselves; how they go with others is found when all are there.
fn checked(arguments: Vec<String>) -> Result<Vec<String>> {
    use clap::error::{ContextKind, ErrorKind};
    let line = ["evwall", "serve"]
        .into_iter()
        .chain(arguments.iter().map(String::as_str));
    let Err(error) = Cli::command().try_get_matches_from(line) else {
        return Ok(arguments);
    };
    match error.kind() {
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            let of = |kind| error.get(kind).map(ToString::to_string);
            let value = of(ContextKind::InvalidValue).unwrap_or_default();
            let possible =
                of(ContextKind::ValidValue).map(|valid| format!("; one of {valid} is wanted"));
            let source = std::error::Error::source(&error).map(|why| format!(": {why}"));
            bail!(
                "{value:?} cannot be taken{}{}",
                source.unwrap_or_default(),
                possible.unwrap_or_default()
            )
        }
        _ => Ok(arguments),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Command as Called, Serve};

    fn read(file: &str, args: &[&str]) -> Result<Settings, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("evwall.toml");
        std::fs::write(&path, file).unwrap();
        let args: Vec<OsString> = ["evwall"]
            .iter()
            .chain(args)
            .map(OsString::from)
            .chain(["--config".into(), path.into()])
            .collect();
        Settings::read(&args).map_err(|refused| match refused {
            Refused::Usage(error) => error.to_string(),
            Refused::File(error) => format!("{error:#}"),
        })
    }

    fn serve(settings: Settings) -> Serve {
        match settings.cli.command {
            Called::Serve(serve) => *serve,
            _ => unreachable!(),
        }
    }

    #[test]
    fn the_file_speaks_where_the_command_line_does_not() {
        let file = "# our wall\nlisten = '127.0.0.1:4000'\nblurred-level = 9\n\
                    telemetry = ['ws://127.0.0.1:1/', 'ws://127.0.0.1:2/']\nbehind-proxy = true\ndemo = false\n";
        let settings = read(file, &["serve", "--blurred-level", "10"]).unwrap();
        let told = settings.explained();
        let serve = serve(settings);
        assert_eq!(serve.listen.port(), 4000);
        assert_eq!(serve.blurred_level, 10);
        assert_eq!(serve.telemetry.len(), 2);
        assert!(serve.behind_proxy && !serve.demo);
        for (line, origin) in [
            ("listen = \"127.0.0.1:4000\"", "evwall.toml line 2"),
            ("blurred-level = 10", "command line"),
            (
                "telemetry = [\"ws://127.0.0.1:1/\", \"ws://127.0.0.1:2/\"]",
                "evwall.toml line 4",
            ),
            ("picture-hours = 24", "default"),
        ] {
            let found = told.lines().find(|said| said.starts_with(line));
            assert!(
                found.is_some_and(|found| found.ends_with(origin)),
                "{line}: {told}"
            );
        }
        // What is told can be read again.
        assert!(toml::from_str::<toml::Table>(&told).is_ok(), "{told}");
    }

    #[test]
    fn what_stands_in_a_table_of_the_file_is_one_setting_like_any_other() {
        let file = "log = 'info'\n[retention]\naudit-days = 400\ndamaged-hours = 3\n";
        let settings = read(file, &["serve", "--retention-damaged-hours", "5"]).unwrap();
        let told = settings.explained();
        let (_, table) = told.split_once("\n[retention]\n").unwrap();
        for (line, origin) in [
            ("audit-days = 400", "evwall.toml line 3"),
            ("damaged-hours = 5", "command line"),
            ("vehicle-days = 90", "default"),
            ("# | audit log | `evwall.db` |", "|"),
        ] {
            let found = table.lines().find(|said| said.starts_with(line));
            assert!(
                found.is_some_and(|found| found.ends_with(origin)),
                "{line}: {table}"
            );
        }
        let again = toml::from_str::<toml::Table>(&told).unwrap();
        assert_eq!(again["retention"]["audit-days"].as_integer(), Some(400));
        let retention = serve(settings).retention;
        assert_eq!((retention.audit_days, retention.damaged_hours), (400, 5));
    }

    #[test]
    fn a_list_on_the_command_line_takes_the_place_of_the_files_list() {
        let settings = read(
            "telemetry = ['ws://127.0.0.1:1/']",
            &["serve", "--telemetry", "ws://127.0.0.1:9/"],
        );
        assert_eq!(serve(settings.unwrap()).telemetry, ["ws://127.0.0.1:9/"]);
    }

    #[test]
    fn other_commands_take_of_the_file_what_is_theirs() {
        let file = "data-dir = '/srv/wall'\nlisten = '127.0.0.1:4000'";
        let settings = read(file, &["user", "list"]).unwrap();
        let Called::User(user) = settings.cli.command else {
            unreachable!()
        };
        assert_eq!(user.data_dir.path, Path::new("/srv/wall"));
    }

    #[test]
    fn what_is_wrong_in_the_file_is_said_with_its_line() {
        for (file, said) in [
            (
                "listen = '127.0.0.1:1'\n\nlistne = 5",
                "line 3: unknown key \"listne\"; is \"listen\" meant?",
            ),
            ("[serve]\nlisten = 'x'", "line 1: unknown key \"serve\""),
            ("config = 'other.toml'", "line 1: unknown key"),
            (
                "\nlisten = 'nowhere'",
                "line 2: listen: \"nowhere\" cannot be taken",
            ),
            (
                "blurred-level = 99",
                "line 1: blurred-level: \"99\" cannot be taken",
            ),
            (
                "[retention]\naudit-day = 400",
                "line 2: unknown key \"audit-day\"; is \"audit-days\" meant?",
            ),
            (
                "[retention]\ndamaged-hours = 48",
                "line 2: damaged-hours: \"48\" cannot be taken: 1 to 24 hours are possible",
            ),
            ("retention-audit-days = 400", "line 1: unknown key"),
            ("retention = 5", "line 1: unknown key"),
            ("demo = 'yes'", "line 1: demo: true or false is wanted"),
            ("listen = ['a']", "line 1: listen: a text"),
            ("listen = '127.0.0.1:1'\nlisten = '127.0.0.1:2'", "line 2: "),
            ("listen = ", "line 1: "),
        ] {
            let error = read(file, &["serve"]).err().unwrap();
            assert!(error.contains(said), "{file}: {error}");
        }
        let args: Vec<OsString> = ["evwall", "serve", "--config", "/nonexistent.toml"]
            .map(OsString::from)
            .into();
        assert!(matches!(Settings::read(&args), Err(Refused::File(_))));
    }

    #[test]
    fn settings_of_the_file_must_go_together_with_the_others() {
        let error = read(
            "tls-cert = 'a'\ntls-key = 'b'",
            &["serve", "--behind-proxy"],
        )
        .err()
        .unwrap();
        assert!(
            error.contains("--behind-proxy") && error.contains("--tls-cert"),
            "{error}"
        );
        assert!(read("tls-cert = 'a'\ntls-key = 'b'", &["serve"]).is_ok());
    }

    #[test]
    fn what_differs_between_two_readings_is_named() {
        let (one, two) = (
            read("log = 'info'", &["serve"]),
            read("log = 'debug'\nblurred-level = 8", &["serve"]),
        );
        assert_eq!(
            two.unwrap().changed_from(&one.unwrap()),
            ["blurred-level", "log"]
        );
    }

    #[test]
    fn the_example_that_is_packed_can_be_read() {
        let example = include_str!("../../packaging/evwall.toml");
        read(example, &["serve"]).unwrap();
        // And with everything in it that is commented out.
        let all: String = example
            .lines()
            .map(|line| line.strip_prefix("#: ").unwrap_or(line).to_owned() + "\n")
            .collect();
        ConfigFile::parse(Path::new("evwall.toml"), &all).unwrap();
    }
}
