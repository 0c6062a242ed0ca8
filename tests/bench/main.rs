//! Benchmarks of the whole product: `bin/bench`, or `bin/bench NAME`. Each runs the optimised binary on its own
//! PostgreSQL cluster with default settings. It prints one line per figure beside a reference of the same run, and
//! writes all of them to `target/bench/NAME.json`. `docs/performance.md` describes each benchmark.

mod bare;
mod bell;
mod build;
mod burst;
mod clients;
mod cluster;
mod crash;
mod ending;
mod http;
mod lateness;
mod load;
mod outbox;
mod pages;
mod parts;
mod report;
mod server;
mod size;
mod start;
mod writes;

use std::process::ExitCode;

use report::Report;

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

struct Benchmark {
    name: &'static str,
    run: fn(&mut Report) -> Outcome,
    /// Takes too long for the default set.
    only_when_named: bool,
}

const fn each(name: &'static str, run: fn(&mut Report) -> Outcome) -> Benchmark {
    Benchmark { name, run, only_when_named: false }
}

/// In the order in which they run.
const ALL: &[Benchmark] = &[
    each("start", start::run),
    each("size", size::run),
    each("lateness", lateness::run),
    each("burst", burst::run),
    each("outbox", outbox::run),
    each("crash", crash::run),
    each("bell", bell::run),
    each("pages", pages::run),
    each("writes", writes::run),
    Benchmark { name: "pages-10m", run: pages::run_10m, only_when_named: true },
    Benchmark { name: "build", run: build::run, only_when_named: true },
];

fn main() -> ExitCode {
    if let Some(part) = parts::run() {
        return match part {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
        };
    }
    // `cargo bench` adds `--bench`.
    let names: Vec<String> = std::env::args().skip(1).filter(|name| name != "--bench").collect();
    if let Some(unknown) = names.iter().find(|name| !ALL.iter().any(|known| known.name == *name)) {
        let known: Vec<_> = ALL.iter().map(|known| known.name).collect();
        eprintln!("There is no benchmark \"{unknown}\": {}.", known.join(", "));
        return ExitCode::FAILURE;
    }
    if let Err(error) = ending::watch() {
        eprintln!("{error}");
        return ExitCode::FAILURE;
    }
    let is_wanted = |benchmark: &&Benchmark| match names.is_empty() {
        true => !benchmark.only_when_named,
        false => names.iter().any(|wanted| wanted == benchmark.name),
    };
    for benchmark in ALL.iter().filter(is_wanted) {
        let mut report = Report::new(benchmark.name);
        if let Err(error) = (benchmark.run)(&mut report).and_then(|()| report.write()) {
            eprintln!("{}: {error}", benchmark.name);
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
