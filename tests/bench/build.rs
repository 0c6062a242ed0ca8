//! How long the project takes to build: from the crates' sources, and after an edit. It builds a copy, so that
//! the build here stays as it is.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::report::Report;
use crate::{Outcome, ending};

/// Folders that are not copied because they hold no source.
const LEFT_OUT: &[&str] = &["target", "node_modules", ".git"];

pub fn run(report: &mut Report) -> Outcome {
    let copy = Copy(std::env::temp_dir().join(format!("pontual-build-{}", std::process::id())));
    ending::will_remove(&copy.0);
    copy_folder(Path::new(env!("CARGO_MANIFEST_DIR")), &copy.0)?;
    for (name, flags) in [("debug", &[][..]), ("release", &["--release"])] {
        report.add(format!("{name}.clean"), copy.seconds(flags)?, "s");
        copy.edit()?;
        report.add(format!("{name}.edit"), copy.seconds(flags)?, "s");
    }
    Ok(())
}

struct Copy(PathBuf);

impl Copy {
    fn seconds(&self, flags: &[&str]) -> Outcome<f64> {
        let began = Instant::now();
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args(["build", "--quiet", "--locked"]).args(flags).current_dir(&self.0).stdin(Stdio::null());
        cargo.env("CARGO_TARGET_DIR", self.0.join("target"));
        if cfg!(feature = "static-libpq") {
            cargo.args(["--features", "static-libpq"]);
        }
        let mut process = ending::spawn(&mut cargo)?;
        let status = process.wait();
        ending::has_ended(process.id());
        match status? {
            status if status.success() => Ok(began.elapsed().as_secs_f64()),
            status => Err(format!("cargo build: {status}").into()),
        }
    }

    /// Adds an unused function to a module on which many others depend.
    fn edit(&self) -> Outcome {
        let mut file = fs::OpenOptions::new().append(true).open(self.0.join("src/clock.rs"))?;
        let length = file.metadata()?.len();
        Ok(writeln!(file, "\npub fn edited_at_{length}() -> u64 {{\n    {length}\n}}")?)
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

fn copy_folder(from: &Path, to: &Path) -> Outcome {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        if LEFT_OUT.iter().any(|name| entry.file_name() == *name) {
            continue;
        }
        let target = to.join(entry.file_name());
        match entry.file_type()? {
            kind if kind.is_dir() => copy_folder(&entry.path(), &target)?,
            kind if kind.is_file() => drop(fs::copy(entry.path(), target)?),
            _ => {}
        }
    }
    Ok(())
}
