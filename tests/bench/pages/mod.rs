//! How fast each page is, in a small company and in a large one, compared with the bare page.

mod addresses;
mod site;

use std::collections::HashMap;
use std::thread::sleep;
use std::time::Duration;

use pontual::demo::large::Sizes;

use crate::clients::Clients;
use crate::report::Report;
use crate::server::Server;
use crate::{Outcome, load};
use site::Site;

const SMALL: u32 = 10_000;
const LARGE: u32 = 1_000_000;
const LARGEST: u32 = 10_000_000;

/// Numbers of connections. Growth is measured with the first.
const CONNECTIONS: [usize; 2] = [16, 64];

/// Pause between the last page and the reading of memory.
const REST: Duration = Duration::from_secs(2);

pub fn run(report: &mut Report) -> Outcome {
    measure(report, [SMALL, LARGE].map(load::usual))
}

pub fn run_10m(report: &mut Report) -> Outcome {
    measure(report, [SMALL, LARGEST].map(load::lean))
}

fn measure(report: &mut Report, [small, large]: [Sizes; 2]) -> Outcome {
    let mut clients = Clients::start()?;
    let sites = [Site::new(small)?, Site::new(large)?];
    // The first page is the list. It is measured in turns with the bare page.
    let mut bares = HashMap::new();
    for (place, page) in sites[0].pages.iter().enumerate() {
        let mut by_few = Vec::new();
        for site in &sites {
            for connections in CONNECTIONS {
                let of = (site.size, connections);
                let done = match bares.get(&of) {
                    Some(_) => site.ask(&mut clients, place, connections)?,
                    None => {
                        let (list, bare) = site.beside_bare(&mut clients, place, connections)?;
                        bares.insert(of, bare);
                        list
                    }
                };
                let (bare, name) = (&bares[&of], format!("{}.{}.{connections}", site.size, page.name));
                report.compare(format!("{name}.rate"), done.rate(), "requests/s", bare.rate());
                report.compare(format!("{name}.p50"), done.time(0.5), "ms", bare.time(0.5));
                report.compare(format!("{name}.p99"), done.time(0.99), "ms", bare.time(0.99));
                if connections == CONNECTIONS[0] {
                    by_few.push(1000.0 / done.rate());
                }
            }
        }
        report.compare(format!("growth.{}", page.name), by_few[1], "ms/request", by_few[0]);
        if place == 0 {
            tell_memory(report, &sites, "memory.list", Server::memory);
        }
    }
    sleep(REST);
    tell_memory(report, &sites, "memory", Server::memory);
    tell_memory(report, &sites, "memory.most", Server::most_memory);
    sites.iter().try_for_each(|site| load::check(&mut site.cluster.connect()?))
}

fn tell_memory(report: &mut Report, sites: &[Site], name: &str, of: fn(&Server) -> u64) {
    for site in sites {
        let (memory, bare) = site.memory(of);
        report.compare(format!("{}.{name}", site.size), memory, "MiB", bare);
    }
}
