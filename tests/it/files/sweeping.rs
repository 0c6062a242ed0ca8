//! What the sweeper removes, what it keeps, and what `pontual check` reports.

use std::fs;
use std::time::{Duration, SystemTime};

use pontual::check::run_with_files;
use pontual::files::ContentHash;
use pontual::files::sweep::{Swept, sweep};
use sha2::{Digest, Sha256};

use super::{CSV, PDF, PNG, attachments};
use crate::harness::TestApp;
use crate::schedules::form;

pub async fn swept(app: &TestApp) -> Swept {
    sweep(&app.shared.db, &app.shared.files).await.unwrap()
}

fn hash(content: &[u8]) -> ContentHash {
    ContentHash::new(Sha256::digest(content).into())
}

/// Makes uploads and blobs older by `time`.
pub fn wait(app: &TestApp, time: &str) {
    app.database.execute(&format!(
        "UPDATE attachments SET created_at = created_at - interval '{time}';
         UPDATE blobs SET claimed_at = claimed_at - interval '{time}'"
    ));
}

#[actix_web::test]
async fn an_unused_upload_is_deleted_with_its_content_after_a_day() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/schedules/new").await;
    admin.upload("loose.pdf", PDF).await;
    let id = admin.upload("taken.png", PNG).await;
    admin.post("/schedules", &form(&[("files", &id)])).await.assert_status(303);
    wait(&app, "23 hours");
    assert_eq!(swept(&app).await, Swept::default());
    wait(&app, "1 hour");
    assert_eq!(swept(&app).await, Swept { uploads: 1, blobs: 1, temporary: 0 });
    assert!(!app.shared.files.has(hash(PDF)).await.unwrap());
    assert!(app.shared.files.has(hash(PNG)).await.unwrap());
    assert_eq!(attachments(&app, "true"), 1);
}

#[actix_web::test]
async fn content_stays_while_anything_needs_it() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/schedules/new").await;
    let id = admin.upload("a.pdf", PDF).await;
    admin.post("/schedules", &form(&[("files", &id)])).await.assert_status(303);
    admin.get("/schedules/1").await;
    admin.post("/schedules/1/cancellation", &[("reason", "")]).await.assert_status(303);
    app.keep(CSV).await;
    app.keep(b"a logo").await;
    app.database.execute("UPDATE settings SET logo_sha256 = sha256('a logo')");
    wait(&app, "59 minutes");
    assert_eq!(swept(&app).await.blobs, 0, "a file just stored may be about to be used");
    wait(&app, "9 days");
    assert_eq!(swept(&app).await.blobs, 1, "only the CSV is swept");
    assert!(app.shared.files.has(hash(PDF)).await.unwrap(), "a cancelled schedule keeps its files");
    assert!(app.shared.files.has(hash(b"a logo")).await.unwrap());
}

#[actix_web::test]
async fn several_sweepers_and_an_upload_of_the_same_content_do_not_interfere() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/schedules/new").await;
    for _ in 0..5 {
        admin.upload("a.pdf", PDF).await;
        wait(&app, "2 days");
        let (db, files) = (&app.shared.db, &app.shared.files);
        let (first, second, again) =
            futures_util::join!(sweep(db, files), sweep(db, files), admin.upload("b.pdf", PDF));
        assert!(first.unwrap().uploads + second.unwrap().uploads >= 1);
        admin.get(&format!("/files/{again}/b.pdf")).await.assert_status(200);
        app.check();
        app.database.execute("DELETE FROM attachments");
    }
    wait(&app, "2 hours");
    swept(&app).await;
}

#[actix_web::test]
async fn interrupted_deletions_are_finished_or_undone() {
    let app = TestApp::new().await;
    let (files, folder) = (&app.shared.files, app.folder.path());
    app.keep(PDF).await;
    app.keep(PNG).await;
    // Killed between setting aside and commit, the row still exists. Killed after the commit, it is gone.
    files.move_to_trash(hash(PDF)).await.unwrap();
    files.move_to_trash(hash(PNG)).await.unwrap();
    app.database.execute(&format!(
        "INSERT INTO attachments (sha256, file_name, uploaded_by) VALUES ('\\x{}', 'a.pdf', 301);
         DELETE FROM blobs WHERE sha256 = '\\x{}'",
        hash(PDF),
        hash(PNG)
    ));
    let killed = folder.join("incoming/killed");
    fs::write(&killed, "half").unwrap();
    fs::write(folder.join("incoming/writing"), "half").unwrap();
    let long_ago = SystemTime::now() - Duration::from_secs(2 * 3600);
    fs::File::open(&killed).unwrap().set_modified(long_ago).unwrap();
    assert_eq!(swept(&app).await.temporary, 1);
    assert!(files.has(hash(PDF)).await.unwrap());
    assert!(!files.has(hash(PNG)).await.unwrap());
    assert!(files.trash().await.unwrap().is_empty());
    assert!(!killed.exists() && folder.join("incoming/writing").exists());
}

#[actix_web::test]
async fn an_upload_leaves_nothing_when_the_database_fails() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/schedules/new").await;
    app.database.execute("ALTER TABLE attachments ADD CONSTRAINT broken CHECK (file_name <> 'a.pdf')");
    admin.post_files("/uploads", &[], &[("a.pdf", PDF)]).await.assert_status(500);
    app.check();
    wait(&app, "2 hours");
    assert_eq!(swept(&app).await, Swept { uploads: 0, blobs: 1, temporary: 0 });
    assert!(!app.shared.files.has(hash(PDF)).await.unwrap());
    assert!(app.shared.files.temporary_files(Duration::ZERO).unwrap().is_empty());
}

#[actix_web::test]
async fn a_store_that_refuses_writes_is_answered_with_503() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/schedules/new").await;
    fs::remove_dir(app.folder.path().join("incoming")).unwrap();
    admin.post_files("/uploads", &[], &[("a.pdf", PDF)]).await.assert_status(503);
    fs::create_dir(app.folder.path().join("incoming")).unwrap();
    // A file stands where the folder for the upload should be.
    let folder = app.folder.path().join(&hash(PDF).to_string()[..2]);
    fs::write(&folder, "in the way").unwrap();
    admin.post_files("/uploads", &[], &[("a.pdf", PDF)]).await.assert_status(503);
    assert!(app.shared.files.temporary_files(Duration::ZERO).unwrap().is_empty());
    fs::remove_file(&folder).unwrap();
    admin.upload("a.pdf", PDF).await;
}

#[actix_web::test]
async fn the_check_finds_every_difference_between_files_and_rows() {
    let app = TestApp::new().await.with_made_up_rows("broken on purpose");
    let admin = app.administrator().await;
    admin.get("/schedules/new").await;
    for (name, content) in [("a.pdf", PDF), ("b.png", PNG), ("c.csv", CSV)] {
        admin.upload(name, content).await;
    }
    let place = |content| {
        let name = hash(content).to_string();
        app.folder.path().join(&name[..2]).join(name)
    };
    let mut conn = app.database.connect();
    let found = run_with_files(&mut conn, &app.shared.files).await.unwrap();
    assert!(found.iter().all(|finding| finding.is_ok()));
    fs::remove_file(place(PDF)).unwrap();
    fs::write(place(PNG), "other bytes").unwrap();
    fs::write(place(CSV), vec![b'x'; CSV.len()]).unwrap();
    let stray = place(b"stray");
    fs::create_dir_all(stray.parent().unwrap()).unwrap();
    fs::write(&stray, "stray").unwrap();
    let old = app.folder.path().join("incoming/old");
    fs::write(&old, "").unwrap();
    let long_ago = SystemTime::now() - Duration::from_secs(2 * 3600);
    fs::File::open(&old).unwrap().set_modified(long_ago).unwrap();
    let found = run_with_files(&mut conn, &app.shared.files).await.unwrap();
    let broken: Vec<_> = found.iter().filter(|finding| !finding.is_ok()).collect();
    assert_eq!(broken.len(), 1);
    let line = broken[0].to_string();
    for part in [
        "FAIL 17".to_owned(),
        format!("row without a file {}", hash(PDF)),
        format!("file of another size {}", hash(PNG)),
        format!("file of other content {}", hash(CSV)),
        format!("file without a row {}", hash(b"stray")),
        "temporary file old".to_owned(),
    ] {
        assert!(line.contains(&part), "{part}: {line}");
    }
}
