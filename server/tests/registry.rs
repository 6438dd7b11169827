//! The registry, through the real binary: imported whole or not at all, and taken in by a server that runs.

mod support;

use std::process::Output;

use support::{Evwall, FORM, Folder, ask, evwall, signal, vin};

fn row(serial: u32, make: &str, class: &str) -> String {
    format!("{},{make},One,{class}\n", vin(serial).as_str().unwrap())
}

fn import(folder: &Folder, csv: &str) -> Output {
    let file = folder.path("vehicles.csv");
    std::fs::write(&file, format!("vin,make,model,class\n{csv}")).unwrap();
    evwall()
        .args([
            "registry",
            "import",
            &file,
            "--data-dir",
            &folder.path("data"),
        ])
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned()
}

/// What a search finds for each vehicle: its make.
async fn make_of(server: &Evwall, cookie: &str, serial: u32) -> Option<String> {
    let headers = [("Cookie", cookie), FORM[0]];
    let form = format!(
        "vin={}&make=&purpose=alarm&case_number=",
        vin(serial).as_str().unwrap()
    );
    let found = ask(
        server.map,
        "POST",
        "/api/search-vin",
        &headers,
        form.as_bytes(),
    )
    .await;
    let found: serde_json::Value = serde_json::from_slice(&found.body).unwrap();
    found["hits"][0]["make"].as_str().map(str::to_owned)
}

#[tokio::test]
async fn an_import_reaches_a_server_that_runs_and_a_bad_one_changes_nothing() {
    let folder = Folder::new();
    let first = import(
        &folder,
        &(row(1, "Probe", "private") + &row(2, "Probe", "taxi")),
    );
    assert!(first.status.success(), "{}", said(&first));
    assert!(said(&first).contains("2 vehicles"), "{}", said(&first));

    let server = Evwall::start_in(folder, &[]).await;
    let cookie = server.signed_in("watch", "supervisor").await;
    server
        .until("both are registered", |metrics| {
            metrics.of("evwall_vehicles_registered") == 2.0
        })
        .await;

    let folder = &server.folder;
    let bad = import(folder, &(row(1, "Other", "private") + "half a line\n"));
    assert!(!bad.status.success());
    assert!(said(&bad).contains("line 3"), "{}", said(&bad));
    let twice = import(
        folder,
        &(row(1, "Other", "bus") + &row(3, "Other", "bus") + &row(1, "Other", "bus")),
    );
    assert!(
        said(&twice).contains("line 4") && said(&twice).contains("line 2"),
        "{}",
        said(&twice)
    );
    assert_eq!(make_of(&server, &cookie, 1).await.as_deref(), Some("Probe"));

    let second = import(folder, &(row(2, "Renamed", "bus") + &row(3, "New", "bus")));
    assert!(second.status.success(), "{}", said(&second));
    server.until_logged("a newer registry was taken in").await;
    assert_eq!(
        make_of(&server, &cookie, 2).await.as_deref(),
        Some("Renamed")
    );
    assert_eq!(make_of(&server, &cookie, 3).await.as_deref(), Some("New"));
    let gone = make_of(&server, &cookie, 1).await;
    assert_ne!(
        gone.as_deref(),
        Some("Probe"),
        "it stands in the registry no more"
    );
}

#[tokio::test]
async fn a_damaged_registry_under_a_running_server_is_named_by_its_line_and_the_mended_one_is_taken()
 {
    let folder = Folder::new();
    assert!(
        import(&folder, &row(1, "Probe", "private"))
            .status
            .success()
    );
    let server = Evwall::start_in(folder, &[]).await;
    let cookie = server.signed_in("watch", "supervisor").await;
    let file = server.folder.path("data/registry.csv");
    std::fs::write(&file, "vin,make,model,class\nthis is no vehicle\n").unwrap();
    server
        .until_logged("the registry that was read before stays")
        .await;
    server.until_logged("line 2").await;
    assert_eq!(make_of(&server, &cookie, 1).await.as_deref(), Some("Probe"));

    std::fs::write(
        &file,
        format!("vin,make,model,class\n{}", row(1, "Mended", "private")),
    )
    .unwrap();
    signal(&server.child, "-HUP");
    server.until_logged("a newer registry was taken in").await;
    assert_eq!(
        make_of(&server, &cookie, 1).await.as_deref(),
        Some("Mended")
    );
}

#[test]
fn whatever_cannot_be_written_leaves_the_registry_as_it_was() {
    let folder = Folder::new();
    assert!(
        import(&folder, &row(1, "Probe", "private"))
            .status
            .success()
    );
    let before = std::fs::read(folder.path("data/registry.csv")).unwrap();
    let nowhere = evwall()
        .args(["registry", "import", &folder.path("vehicles.csv")])
        .args(["--registry", &folder.path("no/such/folder/registry.csv")])
        .args(["--data-dir", &folder.path("data")])
        .output()
        .unwrap();
    assert!(!nowhere.status.success());
    assert!(
        said(&nowhere).contains("cannot write"),
        "{}",
        said(&nowhere)
    );
    assert_eq!(
        std::fs::read(folder.path("data/registry.csv")).unwrap(),
        before
    );
}
