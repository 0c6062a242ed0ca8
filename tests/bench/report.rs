//! Figures: one line each on the terminal, and all figures of a benchmark in a file.

use std::path::Path;

use serde::Serialize;

use crate::Outcome;

/// The figures of one benchmark.
#[derive(Serialize)]
pub struct Report {
    benchmark: &'static str,
    /// Number of cores of the machine, and the start of the benchmark in UTC.
    cores: usize,
    began: String,
    figures: Vec<Figure>,
}

#[derive(Serialize)]
struct Figure {
    name: String,
    value: f64,
    unit: &'static str,
    /// The reference's value in this run, and the ratio of the value to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ratio: Option<f64>,
}

impl Report {
    pub fn new(benchmark: &'static str) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get());
        let began = chrono::Utc::now().format("%Y-%m-%dT%H:%M:%SZ").to_string();
        Self { benchmark, cores, began, figures: Vec::new() }
    }

    pub fn add(&mut self, name: impl Into<String>, value: f64, unit: &'static str) {
        self.push(name.into(), value, unit, None);
    }

    /// Adds a figure with its reference.
    pub fn compare(&mut self, name: impl Into<String>, value: f64, unit: &'static str, reference: f64) {
        self.push(name.into(), value, unit, Some(reference));
    }

    /// Adds p50, p95, p99 and maximum of `milliseconds`, with those of a reference.
    pub fn spread(&mut self, name: &str, milliseconds: &[f64], reference: Option<&[f64]>) {
        let (sorted, floor) = (sorted(milliseconds), reference.map(sorted));
        for (part, share) in [("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0)] {
            let of = |values: &Vec<f64>| quantile(values, share);
            self.push(format!("{name}.{part}"), of(&sorted), "ms", floor.as_ref().map(of));
        }
    }

    fn push(&mut self, name: String, value: f64, unit: &'static str, reference: Option<f64>) {
        let name = format!("{}.{name}", self.benchmark);
        let ratio = reference.map(|reference| value / reference);
        match reference.zip(ratio) {
            Some((reference, ratio)) => {
                println!("{name} {} {unit} ({ratio:.2} x {})", shown(value), shown(reference));
            }
            None => println!("{name} {} {unit}", shown(value)),
        }
        self.figures.push(Figure { name, value, unit, reference, ratio });
    }

    pub fn write(&self) -> Outcome {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench");
        std::fs::create_dir_all(&folder)?;
        let path = folder.join(format!("{}.json", self.benchmark));
        std::fs::write(&path, serde_json::to_string_pretty(self)?)?;
        Ok(())
    }
}

/// Formats a value with three significant digits.
fn shown(value: f64) -> String {
    let places = match value.abs() {
        large if large >= 100.0 => 0,
        large if large >= 10.0 => 1,
        large if large >= 1.0 => 2,
        _ => 3,
    };
    format!("{value:.places$}")
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

/// The value below which this share of the sorted `values` lies.
pub fn quantile(values: &[f64], share: f64) -> f64 {
    let place = (share * values.len() as f64) as usize;
    values.get(place.min(values.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}

/// The median of `values`.
pub fn median(values: &[f64]) -> f64 {
    quantile(&sorted(values), 0.5)
}
