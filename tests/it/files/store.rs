//! The store itself, with a folder or a bucket.

use std::time::Duration;

use actix_web::web::Bytes;
use futures_util::TryStreamExt;
use pontual::config::FileLocation;
use pontual::error::Error;
use pontual::files::{self, Accepted, ContentHash, Files, Received};
use sha2::{Digest, Sha256};

use crate::harness::{Folder, TestApp};

#[actix_web::test]
async fn a_directory_keeps_each_content_once_and_whole() {
    let app = TestApp::new().await;
    keeps_its_promises(&app, &app.shared.files).await;
}

#[test]
fn a_directory_that_cannot_be_created_is_reported_in_a_sentence() {
    let folder = Folder::new();
    std::fs::write(folder.path(), "a file").unwrap();
    let place = FileLocation::Directory(folder.path().join("files"));
    let sentence = Files::open(&place, folder.path()).err().unwrap();
    assert!(sentence.contains("cannot be made"), "{sentence}");
    std::fs::remove_file(folder.path()).unwrap();
}

pub async fn keeps_its_promises(app: &TestApp, files: &Files) {
    let large = vec![7; 6 * 1024 * 1024];
    for content in [&b""[..], b"ol\xc3\xa1", &large] {
        let received = receive(files, content).await;
        let hash = received.hash;
        assert_eq!((hash, received.size), (hash_of(content), content.len() as u64));
        assert!(!files.has(hash).await.unwrap());
        let accepted = Accepted::made_here(received, "text/plain");
        files::keep(&app.shared.db, files, &accepted).await.unwrap();
        let again = Accepted::made_here(receive(files, content).await, "text/plain");
        files::keep(&app.shared.db, files, &again).await.unwrap();
        drop(accepted);
        assert_eq!(bytes_of(files, hash).await, content);
        let folder = files.folder(hash.as_bytes()[0]).await.unwrap();
        assert_eq!(folder.get(&hash), Some(&(content.len() as u64)));
    }
    let hash = hash_of(b"ol\xc3\xa1");
    assert_eq!(app.database.number("SELECT count(*) AS value FROM blobs"), 3);
    assert!(files.move_to_trash(hash).await.unwrap());
    assert!(!files.move_to_trash(hash).await.unwrap());
    assert!(!files.has(hash).await.unwrap());
    assert_eq!(files.trash().await.unwrap(), [hash]);
    assert!(files.restore_from_trash(hash).await.unwrap());
    assert_eq!(bytes_of(files, hash).await, "olá".as_bytes());
    files.move_to_trash(hash).await.unwrap();
    files.delete_from_trash(hash).await.unwrap();
    files.delete_from_trash(hash).await.unwrap();
    assert!(!files.restore_from_trash(hash).await.unwrap());
    assert!(files.trash().await.unwrap().is_empty());
    app.database.execute("DELETE FROM blobs WHERE size = 4");

    let mut early = files.receive(10).await.unwrap();
    early.write(b"0123456789").await.unwrap();
    assert!(matches!(early.write(b"x").await, Err(Error::TooLarge)));
    drop(early);
    assert!(files.temporary_files(Duration::ZERO).unwrap().is_empty());
}

async fn receive(files: &Files, content: &[u8]) -> Received {
    let mut incoming = files.receive(16 << 20).await.unwrap();
    for part in content.chunks(100_000) {
        incoming.write(part).await.unwrap();
    }
    incoming.finish().await.unwrap()
}

async fn bytes_of(files: &Files, hash: ContentHash) -> Vec<u8> {
    let content = files.read(hash).await.unwrap();
    let parts: Vec<Bytes> = content.bytes.try_collect().await.unwrap();
    assert_eq!(parts.iter().map(|part| part.len() as u64).sum::<u64>(), content.size);
    parts.concat()
}

pub fn hash_of(content: &[u8]) -> ContentHash {
    ContentHash::new(Sha256::digest(content).into())
}
