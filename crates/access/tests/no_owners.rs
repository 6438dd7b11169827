//! The centre knows vehicles and its own staff, and nobody else. The schema is listed here column by column, so that a
//! new column is a decision; and what people might type where is tried.

mod common;
use access::{By, Purpose, PurposeError, PurposeKind, Role, UserError};
use common::{NOW, PASSWORD, Store, VIN};
use sqlx::{AssertSqlSafe, ConnectOptions, Row};

const SCHEMA: [(&str, &[&str]); 8] = [
    (
        "audit",
        &[
            "seq",
            "at_unix_s",
            "kind",
            "user_id",
            "user_name",
            "role",
            "session_id",
            "source",
            "action",
            "purpose",
            "case_number",
            "vin",
            "make",
            "handle",
            "permit_id",
            "about_user",
            "reason",
            "amount",
            "previous",
            "hash",
        ],
    ),
    (
        "lockouts",
        &["subject", "failures", "last_unix_s", "locked_until_unix_s"],
    ),
    ("notices", &["audit_seq", "seen_unix_s", "seen_by"]),
    (
        "open_permits",
        &["permit_id", "session_id", "opened_unix_s", "expires_unix_s"],
    ),
    (
        "screens",
        &[
            "user_id",
            "public_key",
            "visitor",
            "paired_unix_s",
            "seen_unix_s",
        ],
    ),
    ("session_ends", &["seq", "session_id", "why", "at_unix_s"]),
    (
        "sessions",
        &[
            "id",
            "token_sha256",
            "user_id",
            "source",
            "started_unix_s",
            "seen_unix_s",
            "idle_s",
            "expires_unix_s",
        ],
    ),
    (
        "users",
        &[
            "id",
            "name",
            "role",
            "password_phc",
            "disabled",
            "demo",
            "totp_secret",
            "totp_on",
            "totp_step",
            "created_unix_s",
        ],
    ),
];

#[tokio::test]
async fn the_schema_has_these_columns_and_no_others() {
    let store = Store::new().await;
    let mut on = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(store.path())
        .connect()
        .await
        .unwrap();
    let columns: Vec<(String, String)> = sqlx::query_as(
        "SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
         WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name <> '_sqlx_migrations'
         ORDER BY m.name, c.cid",
    )
    .fetch_all(&mut on)
    .await
    .unwrap();
    let expected: Vec<(String, String)> = SCHEMA
        .iter()
        .flat_map(|(table, names)| {
            names
                .iter()
                .map(|name| ((*table).to_owned(), (*name).to_owned()))
        })
        .collect();
    assert_eq!(columns, expected);
    for (table, column) in columns {
        for word in [
            "owner", "plate", "phone", "iccid", "imsi", "person", "address", "licen", "identity",
            "driver",
        ] {
            assert!(!column.contains(word), "{table}.{column}");
        }
    }
}

#[test]
fn a_case_number_holds_no_plate_phone_identity_card_or_iccid() {
    let ask = |number: &str| Purpose::new(PurposeKind::OfficialRequest, Some(number));
    for number in [
        "沪A12345",
        "沪AD12345",
        "沪A-12345",
        "13800138000",
        "138-0013-8000",
        "8613800138000",
        "310101199001011234",
        "31010119900101123X",
        "89860012345678901234",
        "8986001234567890123",
    ] {
        assert_eq!(ask(number), Err(PurposeError::PersonalNumber), "{number}");
    }
    for number in [
        "",
        "12",
        "王小明的车",
        "owner: Wang Xiaoming 1",
        "a b 1",
        "x'; DROP TABLE audit; -- 1",
        "1\n2",
        "<b>1</b>",
        &"1".repeat(41),
        "ＡＢ１２３",
    ] {
        assert_eq!(ask(number), Err(PurposeError::BadCaseNumber), "{number}");
    }
    for number in [
        "2026-0815",
        "沪公（2026）1234号",
        "INC/2026/77",
        "T.4711",
        "[2026]9",
    ] {
        assert_eq!(ask(number).unwrap().case_number(), Some(number));
    }
}

#[test]
fn a_case_number_stands_exactly_where_the_purpose_asks_for_one() {
    for kind in PurposeKind::ALL {
        assert_eq!(PurposeKind::parse(kind.name()), Some(kind));
        let (without, with) = (Purpose::new(kind, None), Purpose::new(kind, Some("2026-1")));
        if kind.needs_case_number() {
            assert_eq!(without, Err(PurposeError::CaseNumberNeeded));
            assert!(with.is_ok());
        } else {
            assert!(without.is_ok());
            assert_eq!(with, Err(PurposeError::NoCaseNumberHere));
        }
    }
}

/// Names of accounts take no sentence either.
#[tokio::test]
async fn an_account_name_is_a_name() {
    let store = Store::new().await;
    let by = By::Console("test");
    for name in [
        "",
        "a b",
        "x';--",
        "Wang <w@example.org>",
        "аdmin",
        "a\0",
        "ｗａｎｇ",
        &"x".repeat(65),
    ] {
        let answer = store
            .access
            .create_user(by, name, PASSWORD, Role::Viewer, NOW)
            .await;
        assert_eq!(answer.unwrap_err(), UserError::BadName, "{name:?}");
    }
    for name in ["wang.xm", "王小明", "desk-3", &"x".repeat(64)] {
        store
            .access
            .create_user(by, name, PASSWORD, Role::Viewer, NOW)
            .await
            .unwrap();
    }
    let answer = store
        .access
        .create_user(by, "WANG.xm", PASSWORD, Role::Viewer, NOW)
        .await;
    assert_eq!(answer.unwrap_err(), UserError::NameTaken);
}

/// A VIN is in the log, where it must be, and in no other table; nor is a token or a password in any.
#[tokio::test]
async fn vins_stand_in_the_log_alone_and_tokens_and_passwords_nowhere() {
    let store = Store::new().await;
    let (token, session) = store.logged_in(Role::Supervisor).await;
    store.open_card(&session, NOW).await.unwrap();
    // A password in the name field, as happens.
    let _ = store
        .access
        .login("my secret passphrase", "", "192.0.2.7", NOW)
        .await;
    let mut on = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(store.path())
        .connect()
        .await
        .unwrap();
    let mut found = Vec::new();
    for (table, columns) in SCHEMA {
        let sql = format!(
            "SELECT {} FROM {table}",
            columns
                .iter()
                .map(|column| format!("CAST({column} AS TEXT) AS {column}"))
                .collect::<Vec<_>>()
                .join(", ")
        );
        for row in sqlx::query(AssertSqlSafe(sql))
            .fetch_all(&mut on)
            .await
            .unwrap()
        {
            for column in columns {
                let bytes: Option<Vec<u8>> = row.get_unchecked(*column);
                let text = String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned();
                if text.contains(VIN) {
                    found.push((table, *column));
                }
                assert!(!text.contains(token.as_str()), "{table}.{column}");
                assert!(!text.contains(PASSWORD), "{table}.{column}");
                assert!(!text.contains("secret passphrase"), "{table}.{column}");
            }
        }
    }
    assert_eq!(found, [("audit", "vin")]);
    // Nor in the raw bytes of the files.
    store.access.close().await;
    for file in std::fs::read_dir(store.folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        for secret in [token.as_str(), PASSWORD, "secret passphrase"] {
            assert!(
                !bytes
                    .windows(secret.len())
                    .any(|window| window == secret.as_bytes())
            );
        }
    }
}
