//! What the door costs on this machine's disk: `cargo run --release -p access --example measure [FOLDER]`.
//!
//! A log-in at the real cost of a password, a permit with its row synced, a session looked up, and a log of many rows
//! verified. Prints one line each.

use access::{Access, Action, Budgets, By, Purpose, PurposeKind, Role, Settings, Vehicle};
use std::time::Instant;

const NOW: i64 = 1_795_300_000;
const PERMITS: u32 = 5_000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let parent = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    let folder = tempfile::tempdir_in(parent)?;
    let path = folder.path().join("evwall.db");
    let budgets = Budgets {
        refuse_looks_per_hour: u32::MAX,
        refuse_looks_per_day: u32::MAX,
        ..Budgets::default()
    };
    let settings = Settings {
        budgets,
        ..Settings::default()
    };
    let access = Access::open_with(&path, settings, NOW).await?;
    let password = access::random_password();
    access
        .create_user(
            By::Console("measure"),
            "zhou",
            &password,
            Role::Supervisor,
            NOW,
        )
        .await?;

    let begin = Instant::now();
    for _ in 0..10 {
        access.login("zhou", &password, "192.0.2.1", NOW).await?;
    }
    println!("login_ms {:.1}", begin.elapsed().as_secs_f64() * 100.0);

    let (token, session) = access.login("zhou", &password, "192.0.2.1", NOW).await?;
    let begin = Instant::now();
    for _ in 0..10_000 {
        access.session(&token, NOW).await?;
    }
    println!("session_us {:.0}", begin.elapsed().as_secs_f64() * 100.0);

    let purpose = Purpose::new(PurposeKind::Alarm, None)?;
    let mut each_ms = Vec::new();
    for n in 0..PERMITS {
        let vehicle = Vehicle {
            vin: format!("LTEST00000W{n:06}"),
            handle: [0; 16],
        };
        let begin = Instant::now();
        let permit = access
            .permit(&session, Action::OpenCard, vehicle, &purpose, NOW)
            .await?;
        each_ms.push(begin.elapsed().as_secs_f64() * 1e3);
        access
            .close_permit(permit.id(), access::Closed::ByHand, NOW)
            .await?;
    }
    each_ms.sort_by(f64::total_cmp);
    let at = |part: usize| each_ms[each_ms.len() * part / 100];
    println!("permit_ms_p50 {:.2}", at(50));
    println!("permit_ms_p99 {:.2}", at(99));

    let begin = Instant::now();
    let verdict = access.verify_audit(None).await?;
    let rows_per_s = verdict.rows as f64 / begin.elapsed().as_secs_f64();
    println!("verify_rows_per_s {rows_per_s:.0}");
    access.close().await;
    let bytes = std::fs::metadata(&path)?.len();
    println!("audit_bytes_per_row {}", bytes / verdict.rows);
    Ok(())
}
