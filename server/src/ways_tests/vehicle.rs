//! The owner's question: one vehicle's rows, whole, with a digest that any change breaks.

use access::{Action, By, Closed, Purpose, PurposeKind, Role, Vehicle};
use axum::http::StatusCode;
use base64::prelude::{BASE64_STANDARD, Engine};

use super::{Centre, VIN};
use crate::{accounts, clock};

const OTHER: &str = "LTEST00001W000001";

/// The file that a report's page carries.
fn file_of(page: &str) -> String {
    let (_, rest) = page.split_once("base64,").unwrap();
    let (file, _) = rest.split_once('"').unwrap();
    String::from_utf8(BASE64_STANDARD.decode(file).unwrap()).unwrap()
}

#[tokio::test]
async fn who_looked_at_a_vehicle_is_a_page_and_a_file_and_names_no_other_vehicle() {
    let centre = Centre::new().await;
    let access = &centre.state.access;
    let supervisor = centre.signed_in(Role::Supervisor).await;
    let looker = centre.session(&supervisor).await;
    let purpose = Purpose::new(PurposeKind::Investigation, Some("AJ-2026-17")).unwrap();
    for vin in [VIN, OTHER, VIN] {
        let vehicle = Vehicle {
            vin: vin.to_owned(),
            handle: [3; 16],
        };
        let now = clock::unix_s();
        let permit = access
            .permit(&looker, Action::OpenCard, vehicle, &purpose, now)
            .await
            .unwrap();
        access
            .close_permit(permit.id(), Closed::ByHand, now)
            .await
            .unwrap();
    }
    let form = format!("vin={VIN}&make=&purpose=alarm&case_number=");
    for question in ["/api/search-vin", "/api/explain-vin"] {
        let answer = centre.post(question, Some(&supervisor), form.clone()).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    }
    let officer = centre.signed_in(Role::PrivacyOfficer).await;
    let asked = |vin: &str, lang: &str| format!("vin={vin}&lang={lang}");
    for (lang, opened) in [("en", "vehicle opened"), ("zh-CN", "打开车辆")] {
        let form = asked(&VIN.to_lowercase(), lang);
        let page = centre.post("/log/vehicle", Some(&officer), form).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        assert_eq!(page.body.matches(opened).count(), 2, "{}", page.body);
        assert!(page.body.contains("AJ-2026-17") && page.body.contains(VIN));
        assert!(!page.body.contains(OTHER) && !page.body.contains("<script"));
        let file = file_of(&page.body);
        for (kind, times) in [
            ("permit_opened", 2),
            ("permit_closed", 2),
            ("search_asked", 2),
            ("search_answered", 2),
        ] {
            assert_eq!(file.matches(kind).count(), times, "{kind}\n{file}");
        }
        assert!(!file.contains(OTHER), "{file}");
        let digest = access::report_digest(file.as_bytes()).unwrap();
        assert!(page.body.contains(&digest));
    }
    assert_eq!(centre.rows("vehicle_reported").await, 2, "each is a row");

    for no_vin in ["", "LTEST+00000", "LTEST00000W0000011"] {
        let form = asked(no_vin, "en");
        let answer = centre.post("/log/vehicle", Some(&officer), form).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{no_vin}");
    }
    for role in [Role::Screen, Role::Viewer, Role::Admin] {
        let cookie = centre.signed_in(role).await;
        let form = asked(VIN, "en");
        let refused = centre.post("/log/vehicle", Some(&cookie), form).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{role:?}");
    }
    assert_eq!(centre.rows("vehicle_reported").await, 2);
}

#[tokio::test]
async fn a_report_is_checked_against_the_log_that_it_was_made_of() {
    let centre = Centre::new().await;
    let folder = centre.folder.path();
    let by = By::Console("console");
    let now = clock::unix_s();
    let report = centre.state.access.report_vehicle(by, VIN, now).await;
    let file = folder.join("report.csv");
    let check = async |bytes: &[u8]| {
        std::fs::write(&file, bytes).unwrap();
        accounts::check_report(folder, &file, None).await
    };
    let made = report.unwrap();
    let said = check(made.file.as_bytes()).await.unwrap();
    assert!(said.contains(&format!("row {}", made.row)), "{said}");
    let bytes = made.file.into_bytes();
    for at in (0..bytes.len()).step_by(7) {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        let refused = check(&changed).await.unwrap_err().to_string();
        assert!(refused.contains("is not as it was made"), "{refused}");
    }
    // A file that was forged with its digest is in no log.
    let text = String::from_utf8(bytes).unwrap();
    let (above, _) = text.rsplit_once("sha256,").unwrap();
    let forged = above.replace("made_by,\"console:console\"", "made_by,\"nobody\"");
    assert_ne!(forged, above);
    let digest = ring::digest::digest(&ring::digest::SHA256, forged.as_bytes());
    let forged = format!("{forged}sha256,{}\r\n", hex::encode(digest));
    let refused = check(forged.as_bytes()).await.unwrap_err().to_string();
    assert!(refused.contains("no row"), "{refused}");
    // Nor is one believed whose log was changed behind the server.
    let mut on = centre.second_connection().await;
    let change = "DROP TRIGGER audit_is_not_edited; UPDATE audit SET amount = 7 WHERE kind = 'vehicle_reported'";
    sqlx::raw_sql(change).execute(&mut on).await.unwrap();
    let refused = check(text.as_bytes()).await.unwrap_err().to_string();
    assert!(refused.contains("the log was changed"), "{refused}");
}
