//! A company of some size, its product and its bare page.

use pontual::demo::large::Sizes;

use super::addresses::{self, Page};
use crate::clients::{Ask, Clients, Done, Job};
use crate::cluster::Cluster;
use crate::http::Client;
use crate::server::Server;
use crate::{Outcome, bare};

const WARM_UP: f64 = 0.3;
const SECONDS: f64 = 0.8;

/// How often the list and the bare page are measured, in turns, so that a machine that is busy for a while is
/// so for both.
const TURNS: usize = 3;

pub struct Site {
    /// How many schedules it has.
    pub size: u32,
    pub pages: Vec<Page>,
    cookies: Vec<(String, String)>,
    server: Server,
    bare: Server,
    pub cluster: Cluster,
}

impl Site {
    /// # Errors
    /// The cluster or a server does not start, or a page cannot be shown.
    pub fn new(sizes: Sizes) -> Outcome<Self> {
        let cluster = Cluster::of_company(sizes)?;
        let mut conn = cluster.connect()?;
        let server = Server::start(&cluster)?;
        let mut client = Client::signed_in(&server.address, "admin")?;
        let pages = addresses::find(&mut conn, &mut client)?;
        let bare = bare::start(&cluster, pages[0].size)?;
        Ok(Self { size: sizes.schedules, pages, cookies: client.cookies().to_vec(), server, bare, cluster })
    }

    /// # Errors
    /// The page is answered otherwise than it was at first.
    pub fn ask(&self, clients: &mut Clients, place: usize, connections: usize) -> Outcome<Done> {
        let page = &self.pages[place];
        let ask = Ask { path: page.path.clone(), body: None, compressed: page.compressed };
        // Times of day, say, are as long as they are.
        clients.run(&self.job(&self.server, ask, page.size * 9 / 10, connections))
    }

    /// The page and the bare page.
    ///
    /// # Errors
    /// As `ask`.
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

    /// MiB of the product and of the bare page, as `of` tells bytes.
    pub fn memory(&self, of: fn(&Server) -> u64) -> (f64, f64) {
        let mib = |server: &Server| of(server) as f64 / 1048576.0;
        (mib(&self.server), mib(&self.bare))
    }
}
