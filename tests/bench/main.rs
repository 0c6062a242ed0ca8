//! Benchmarks of the whole product: `bin/bench`, or `bin/bench NAME`. Each runs the optimised binary on a
//! PostgreSQL cluster of its own with default settings, prints a line per figure beside a reference of
//! the same run, and writes them to `target/bench/NAME.json`. `docs/performance.md` says what each is.

mod burst;
mod cluster;
mod crash;
mod http;
mod lateness;
mod load;
mod report;
mod server;
mod start;

use std::process::ExitCode;

use report::Report;

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

type Benchmark = fn(&mut Report) -> Outcome;

/// In the order in which they run.
const ALL: &[(&str, Benchmark)] =
    &[("start", start::run), ("lateness", lateness::run), ("burst", burst::run), ("crash", crash::run)];

fn main() -> ExitCode {
    // `cargo bench` adds this one.
    let names: Vec<String> = std::env::args().skip(1).filter(|name| name != "--bench").collect();
    if let Some(unknown) = names.iter().find(|name| !ALL.iter().any(|(known, _)| known == name)) {
        let known: Vec<_> = ALL.iter().map(|(name, _)| *name).collect();
        eprintln!("There is no benchmark \"{unknown}\": {}.", known.join(", "));
        return ExitCode::FAILURE;
    }
    let chosen = ALL.iter().filter(|(name, _)| names.is_empty() || names.iter().any(|wanted| wanted == name));
    for (name, benchmark) in chosen {
        let mut report = Report::new(name);
        if let Err(error) = benchmark(&mut report).and_then(|()| report.write()) {
            eprintln!("{name}: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
