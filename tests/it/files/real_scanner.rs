//! The real clamd, with a signature of our own for the test file, so that no signatures need to be fetched.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use super::{PDF, PNG};
use crate::harness::{Folder, TestApp, eicar, until};

struct RealClamd {
    process: Child,
    folder: Folder,
    port: u16,
}

impl RealClamd {
    /// `None` if it is not installed.
    fn start() -> Option<Self> {
        let found = ["/usr/sbin/clamd", "/usr/bin/clamd", "/usr/local/sbin/clamd"];
        let Some(program) = found.into_iter().find(|path| std::path::Path::new(path).exists()) else {
            eprintln!("skipped: clamd (Debian: clamav-daemon) is not installed");
            return None;
        };
        let folder = Folder::new();
        let at = |name: &str| folder.path().join(name).display().to_string();
        std::fs::create_dir_all(at("db")).unwrap();
        let signature = format!("Eicar-Signature:0:*:{}\n", hex::encode(eicar()));
        std::fs::write(at("db/test.ndb"), signature).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let settings = format!(
            "DatabaseDirectory {}\nTCPSocket {port}\nTCPAddr 127.0.0.1\nLocalSocket {}\nForeground yes\n",
            at("db"),
            at("clamd.ctl")
        );
        std::fs::write(at("clamd.conf"), settings).unwrap();
        let process = Command::new(program)
            .args(["--config-file", &at("clamd.conf")])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let clamd = Self { process, folder, port };
        until(|| std::path::Path::new(&clamd.path()).exists());
        Some(clamd)
    }

    fn path(&self) -> String {
        self.folder.path().join("clamd.ctl").display().to_string()
    }
}

impl Drop for RealClamd {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

#[actix_web::test]
async fn the_real_clamd_is_spoken_to_by_either_kind_of_address() {
    let Some(clamd) = RealClamd::start() else { return };
    for address in [format!("tcp://127.0.0.1:{}", clamd.port), format!("unix:{}", clamd.path())] {
        let app = TestApp::with_variable("PONTUAL_CLAMD", &address).await;
        app.shared.health.beat();
        assert_eq!(app.visitor().get("/readyz").await.body, "ready\n", "{address}");
        let admin = app.administrator().await;
        admin.get("/schedules/new").await;
        let large = vec![b'x'; 16 * 1024 * 1024];
        for (name, content) in [("a.pdf", PDF), ("b.png", PNG), ("c.txt", &large)] {
            admin.upload(name, content).await;
        }
        let page = admin.post_files("/uploads", &[], &[("nota.txt", &eicar())]).await;
        page.assert_status(422)
            .assert_says("nota.txt foi recusado: o antivírus encontrou Eicar-Signature.UNOFFICIAL.");
    }
}
