//! Everything that is kept: what, where, how long, who may read it, how it goes. The one list of it: the settings take their
//! limits and their words from here, and the table of docs/security.md is held against it.

use std::num::ParseIntError;

use access::AUDIT_DAYS_MIN;

/// A kind of thing that is kept.
pub struct Kept {
    pub what: &'static str,
    pub place: &'static str,
    pub long: Long,
    pub who: &'static str,
    pub gone: &'static str,
}

/// How long.
pub enum Long {
    /// An operator says it, within limits.
    Set(&'static Limit),
    Fixed(&'static str),
}

/// A setting of the table `[retention]`.
pub struct Limit {
    /// Behind `--retention-`, and in the table.
    pub setting: &'static str,
    pub unit: &'static str,
    pub least: u16,
    pub most: u16,
    pub usual: u16,
    /// What it is, for `--help`, `check-config` and the example.
    pub says: &'static str,
    /// Why it is not less and not more.
    pub because: &'static str,
}

pub const AUDIT: Limit = Limit {
    setting: "audit-days",
    unit: "days",
    least: AUDIT_DAYS_MIN,
    most: 3_650,
    usual: 1_095,
    says: "How long rows of the audit log are kept",
    because: "half a year is what the law asks of logs at least, and who looked must be answered for as long as somebody may ask",
};

pub const VEHICLES: Limit = Limit {
    setting: "vehicle-days",
    unit: "days",
    least: 1,
    most: 365,
    usual: 90,
    says: "How long the last state of a vehicle is kept that is not heard any more",
    because: "where a vehicle was a year ago is history, and evwall keeps none",
};

pub const PICTURE: Limit = Limit {
    setting: "picture-hours",
    unit: "hours",
    least: 0,
    most: 168,
    usual: 24,
    says: "How old the picture on disk may be that a restart shows; an older one is deleted, with 0 none is kept",
    because: "a restart takes minutes, and the file names vehicles and says where they were",
};

pub const DAMAGED: Limit = Limit {
    setting: "damaged-hours",
    unit: "hours",
    least: 1,
    most: 24,
    usual: 24,
    says: "How long damaged pieces of streams are kept, blanked, in memory",
    because: "they are there to see what a platform sends now",
};

pub const TABLE: [Kept; 21] = [
    Kept {
        what: "last state of each vehicle: position, values, newest bytes of each item; its alarm",
        place: "memory",
        long: Long::Set(&VEHICLES),
        who: "by role, above",
        gone: "overwritten by the next report; hourly, what is older; all of it with the process",
    },
    Kept {
        what: "positions of vehicles in a zone with the rule `delay`",
        place: "memory",
        long: Long::Fixed("the seconds of the zone, an hour at most"),
        who: "nobody, until they are due",
        gone: "when they are shown, or the vehicle leaves the zone",
    },
    Kept {
        what: "picture for the next start: the last state of each vehicle, without the items",
        place: "`picture`, sealed",
        long: Long::Set(&PICTURE),
        who: "nobody; root has the key",
        gone: "written anew each minute; a start deletes an older one unseen. A server that does not run deletes nothing",
    },
    Kept {
        what: "damaged pieces of streams, blanked before they are kept: no VIN, no position, no password",
        place: "memory, 32 of each source",
        long: Long::Set(&DAMAGED),
        who: "operators, on `/metrics`' port",
        gone: "each minute, what is older; the oldest, when there are more",
    },
    Kept {
        what: "figures of sources (`/sources`)",
        place: "memory",
        long: Long::Fixed("a minute; counters until the process ends"),
        who: "who may see the sources; operators",
        gone: "by themselves",
    },
    Kept {
        what: "what was clicked or found (handles), and which dot was which vehicle",
        place: "memory",
        long: Long::Fixed("2 minutes; ten ticks"),
        who: "the session that clicked",
        gone: "by themselves",
    },
    Kept {
        what: "looks that are open",
        place: "memory, `evwall.db`",
        long: Long::Fixed("15 minutes"),
        who: "the session that opened it",
        gone: "when they are closed or over, with a row",
    },
    Kept {
        what: "track of an open card",
        place: "the supervisor's browser",
        long: Long::Fixed("until the card is closed"),
        who: "whoever is before it",
        gone: "with the card",
    },
    Kept {
        what: "views sent to walls",
        place: "memory",
        long: Long::Fixed("the minutes that were chosen, 60 at most"),
        who: "the room",
        gone: "by themselves, or given back",
    },
    Kept {
        what: "audit log",
        place: "`evwall.db`",
        long: Long::Set(&AUDIT),
        who: "privacy officer; each person their own rows, without VINs",
        gone: "hourly, from its beginning, a day of rows at a time and up to a day before the limit, with a row that says so",
    },
    Kept {
        what: "notices to the privacy officer",
        place: "`evwall.db`",
        long: Long::Fixed("as the row that each points at"),
        who: "privacy officer",
        gone: "with it",
    },
    Kept {
        what: "heads of the audit log: numbers, hashes, times",
        place: "`audit-heads`, server's log",
        long: Long::Fixed("for ever"),
        who: "operators, auditors",
        gone: "by hand",
    },
    Kept {
        what: "accounts: name, role, password as a hash, secret and last step of the one-time code",
        place: "`evwall.db`",
        long: Long::Fixed("for ever, disabled ones too"),
        who: "admin, but for hash and secret",
        gone: "the secret, when codes are switched off; nothing else",
    },
    Kept {
        what: "first password",
        place: "`admin-password.txt`",
        long: Long::Fixed("until it is changed"),
        who: "root and the user that evwall runs as",
        gone: "with the change",
    },
    Kept {
        what: "sessions: account, address, times, hash of the token",
        place: "`evwall.db`",
        long: Long::Fixed("while they live, see above; that one ended, a day"),
        who: "admin",
        gone: "by themselves",
    },
    Kept {
        what: "failed log-ins, as hashes of name and address",
        place: "`evwall.db`, 10,000 at most",
        long: Long::Fixed("a day after the last one, to the hour"),
        who: "nobody",
        gone: "hourly, what is older, with a row that says how many; a name's with its next log-in",
    },
    Kept {
        what: "codes to pair a wall, challenges to it",
        place: "memory",
        long: Long::Fixed("5 minutes; 30 seconds"),
        who: "nobody",
        gone: "when they are used, or over",
    },
    Kept {
        what: "paired screens: name, public key, when they were there last",
        place: "`evwall.db`",
        long: Long::Fixed("for ever; the key until it is revoked"),
        who: "admin",
        gone: "the key, when it is revoked",
    },
    Kept {
        what: "what screens say of themselves",
        place: "memory",
        long: Long::Fixed("until they leave"),
        who: "admin",
        gone: "by itself",
    },
    Kept {
        what: "registry: VIN, make, model, class",
        place: "`registry.csv`, memory",
        long: Long::Fixed("until the next import"),
        who: "operators; by role, above",
        gone: "replaced by the next one",
    },
    Kept {
        what: "server's log: account names and addresses of staff; no VIN, no password, no cookie, no typed name",
        place: "where you send it",
        long: Long::Fixed("yours to say"),
        who: "operators",
        gone: "by what keeps it",
    },
];

impl Limit {
    /// What `--help` and `check-config` say of the setting.
    #[must_use]
    pub fn help(&self) -> String {
        format!(
            "{}: {} to {} {}, for {}.",
            self.says, self.least, self.most, self.unit, self.because
        )
    }

    /// Reads a value of the setting.
    ///
    /// # Errors
    /// One outside the limits, with what they are and why.
    pub fn parse(&self, text: &str) -> Result<u16, String> {
        let value: u16 = text.parse().map_err(|why: ParseIntError| why.to_string())?;
        if (self.least..=self.most).contains(&value) {
            return Ok(value);
        }
        Err(format!(
            "{} to {} {} are possible: {}",
            self.least, self.most, self.unit, self.because
        ))
    }
}

/// The table as it stands in docs/security.md, and in what `check-config` says.
#[must_use]
pub fn in_markdown() -> String {
    let mut text = String::from(
        "| kept | where | how long | who reads it | how it is deleted |\n|---|---|---|---|---|\n",
    );
    for kept in &TABLE {
        let long = match &kept.long {
            Long::Fixed(long) => (*long).to_owned(),
            Long::Set(limit) => format!(
                "{} {} (`{}`, {} to {})",
                limit.usual, limit.unit, limit.setting, limit.least, limit.most
            ),
        };
        let cells = [kept.what, kept.place, &long, kept.who, kept.gone];
        text += &format!("| {} |\n", cells.join(" | "));
    }
    text
}

#[cfg(test)]
mod tests {
    use sqlx::ConnectOptions;
    use sqlx::sqlite::SqliteConnectOptions;

    use super::{AUDIT, DAMAGED, Long, TABLE, in_markdown};

    #[test]
    fn the_table_of_the_operators_is_this_one() {
        let page = include_str!("../../../docs/security.md");
        let (_, rest) = page.split_once("<!-- retention: begin -->\n").unwrap();
        let (table, _) = rest.split_once("<!-- retention: end -->").unwrap();
        assert!(table == in_markdown(), "it should be:\n{}", in_markdown());
    }

    /// Of each table of the store, what of it says how long it is kept.
    const OF_TABLES: [(&str, &str); 8] = [
        ("audit", "audit log"),
        ("lockouts", "failed log-ins"),
        ("notices", "notices"),
        ("open_permits", "looks that are open"),
        ("screens", "paired screens"),
        ("session_ends", "sessions"),
        ("sessions", "sessions"),
        ("users", "accounts"),
    ];

    #[tokio::test]
    async fn what_the_store_keeps_is_in_the_table() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("evwall.db");
        let access = access::Access::open(&path, 1_795_300_000).await.unwrap();
        let mut on = SqliteConnectOptions::new()
            .filename(&path)
            .connect()
            .await
            .unwrap();
        let tables: Vec<String> = sqlx::query_scalar(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
                 AND name <> '_sqlx_migrations' ORDER BY name",
        )
        .fetch_all(&mut on)
        .await
        .unwrap();
        assert_eq!(tables, OF_TABLES.map(|(table, _)| table));
        for (_, what) in OF_TABLES {
            assert!(
                TABLE.iter().any(|kept| kept.what.starts_with(what)),
                "{what}"
            );
        }
        access.close().await;
    }

    #[test]
    fn a_limit_is_not_passed_and_says_why() {
        assert_eq!(DAMAGED.parse("24"), Ok(24));
        let refused = DAMAGED.parse("25").unwrap_err();
        assert!(refused.contains("1 to 24 hours"), "{refused}");
        let refused = AUDIT.parse("182").unwrap_err();
        assert!(refused.contains("183 to 3650 days"), "{refused}");
        for kept in &TABLE {
            if let Long::Set(limit) = kept.long {
                assert!((limit.least..=limit.most).contains(&limit.usual));
                assert!(limit.parse(&(limit.most + 1).to_string()).is_err());
            }
        }
    }
}
