//! Files in a bucket: the store keeps its promises with an S3 server, tested directly and through the product.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use pontual::config::FileLocation;
use pontual::error::Error;
use pontual::files::Files;
use pontual::files::sweep::Swept;

use super::serving::{chat, fire, links};
use super::store::{hash_of, keeps_its_promises};
use super::sweeping::{swept, wait};
use super::{PDF, PNG};
use crate::harness::{Folder, TestApp};
use crate::schedules::form;

#[actix_web::test]
async fn an_s3_compatible_bucket_keeps_each_content_once_and_whole() {
    let app = TestApp::new().await;
    let server = Bucket::start();
    let files = server.files(app.folder.path(), "S3RVER").unwrap();
    files.probe().await.unwrap();
    keeps_its_promises(&app, &files).await;
}

#[actix_web::test]
async fn a_wrong_key_or_an_unreachable_server_stops_the_start() {
    let folder = Folder::new();
    let server = Bucket::start();
    let refused = server.files(folder.path(), "unknown").unwrap().probe().await.unwrap_err();
    assert!(refused.starts_with("the file store does not answer as it should"), "{refused}");
    let files = server.files(folder.path(), "S3RVER").unwrap();
    drop(server);
    assert!(files.probe().await.is_err());
    assert!(matches!(files.read(hash_of(b"a")).await, Err(Error::Unavailable(_))));
}

#[actix_web::test]
async fn a_company_with_a_bucket_schedules_sends_and_sweeps() {
    let server = Bucket::start();
    let app = TestApp::keeping_files_in(|folder| server.files(folder, "S3RVER").unwrap()).await;
    let admin = app.administrator().await;
    admin.get("/schedules/new").await;
    let large = [PDF, &[b' '; 7 << 20]].concat();
    let ids = [admin.upload("contrato.pdf", &large).await, admin.upload("foto.png", PNG).await];
    let mut fields = form(&[]);
    fields.extend(ids.iter().map(|id| ("files", id.as_str())));
    admin.post("/schedules", &fields).await.assert_status(303);
    admin.upload("solto.pdf", PDF).await;
    fire(&app);
    let sent = app.customer(601).await;
    let page = sent.get(&chat(601)).await;
    let links = links(&page);
    for (link, content) in links.iter().zip([&large, &PNG.to_vec()]) {
        assert_eq!(&sent.get(link).await.assert_status(200).bytes, content);
    }
    wait(&app, "25 hours");
    assert_eq!(swept(&app).await, Swept { uploads: 1, blobs: 1, temporary: 0 });
    assert!(!app.shared.files.has(hash_of(PDF)).await.unwrap());
    sent.get(&links[0]).await.assert_status(200);

    drop(server);
    sent.get(&links[0]).await.assert_status(503);
    admin.get("/schedules/new").await;
    admin.post_files("/uploads", &[], &[("a.pdf", PDF)]).await.assert_status(503);
    // The check at the end of the test could not reach the files.
    app.with_made_up_rows("the bucket is gone");
}

/// An S3 server from npm, with one bucket.
struct Bucket {
    process: Child,
    endpoint: String,
    _folder: Folder,
}

impl Bucket {
    fn start() -> Self {
        let folder = Folder::new();
        let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/s3.mjs");
        let mut process = Command::new("node")
            .arg(program)
            .arg(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node runs (bin/setup installs it)");
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { process, endpoint: line.trim().to_owned(), _folder: folder }
    }

    fn files(&self, data_dir: &Path, key_id: &str) -> Result<Files, String> {
        let place = FileLocation::from_vars(
            |name| {
                Some(match name {
                    "PONTUAL_FILES_URL" => "s3://company-files/pontual".into(),
                    "PONTUAL_FILES_ENDPOINT" => self.endpoint.clone(),
                    "PONTUAL_FILES_KEY_ID" => key_id.to_owned(),
                    "PONTUAL_FILES_SECRET" => "S3RVER".into(),
                    _ => return None,
                })
            },
            data_dir,
        );
        Files::open(&place.unwrap(), data_dir)
    }
}

impl Drop for Bucket {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
