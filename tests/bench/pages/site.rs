//! A company with its own cluster, the product's server, and the bare page's.

use pontual::demo::large::Sizes;

use super::addresses::{self, Page};
use crate::clients::{Ask, Clients, Done, Job};
use crate::cluster::Cluster;
use crate::http::Client;
use crate::server::Server;
use crate::{Outcome, bare};

const WARM_UP: f64 = 0.3;
const SECONDS: f64 = 0.8;

/// Number of measurements of the list and of the bare page. They run in turns, so that a busy machine affects both.
const TURNS: usize = 3;

pub struct Site {
    /// Number of schedules.
    pub size: u32,
    pub pages: Vec<Page>,
    cookies: Vec<(String, String)>,
    server: Server,
    bare: Server,
    pub cluster: Cluster,
}

impl Site {
    pub fn new(sizes: Sizes) -> Outcome<Self> {
        let cluster = Cluster::of_company(sizes)?;
        let mut conn = cluster.connect()?;
        let server = Server::start(&cluster)?;
        let mut client = Client::signed_in(&server.address, "admin")?;
        let pages = addresses::find(&mut conn, &mut client)?;
        let bare = bare::start(&cluster, pages[0].size)?;
        Ok(Self { size: sizes.schedules, pages, cookies: client.cookies().to_vec(), server, bare, cluster })
    }

    pub fn ask(&self, clients: &mut Clients, place: usize, connections: usize) -> Outcome<Done> {
        let page = &self.pages[place];
        let ask = Ask { path: page.path.clone(), body: None, compressed: page.compressed };
        // The size may vary by a tenth, because texts such as times vary in length.
        clients.run(&self.job(&self.server, ask, page.size * 9 / 10, connections))
    }

    /// Measures the page and the bare page.
    pub fn beside_bare(
        &self,
        clients: &mut Clients,
        place: usize,
        connections: usize,
    ) -> Outcome<(Done, Done)> {
        let ask = Ask { path: "/".into(), body: None, compressed: false };
        let job = self.job(&self.bare, ask, self.pages[0].size, connections);
        let (mut page, mut bare) = (Vec::new(), Vec::new());
        for _ in 0..TURNS {
            page.push(self.ask(clients, place, connections)?);
            bare.push(clients.run(&job)?);
        }
        Ok((Done::of(page), Done::of(bare)))
    }

    fn job(&self, server: &Server, ask: Ask, least: usize, connections: usize) -> Job {
        Job {
            address: server.address.clone(),
            cookies: self.cookies.clone(),
            connections,
            warm_up: WARM_UP,
            seconds: SECONDS,
            asks: vec![ask],
            repeats: true,
            expected: vec![200],
            least,
        }
    }

    /// Memory of the product and of the bare page in MiB; `of` reads it in bytes.
    pub fn memory(&self, of: fn(&Server) -> u64) -> (f64, f64) {
        let mib = |server: &Server| of(server) as f64 / 1048576.0;
        (mib(&self.server), mib(&self.bare))
    }
}
