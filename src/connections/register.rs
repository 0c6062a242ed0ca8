//! The register of all connections of the process: decides which are admitted and which must close.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::net::IpAddr;
use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::connection::{Connection, Owner, now};
use crate::config::{TrustedProxies, network_of};

/// Interval at which [`Connections::tidy`] must be called.
pub const TIDY_INTERVAL: Duration = Duration::from_secs(1);

/// Maximum connections of all strangers together, however many the process may have.
const MOST_STRANGERS: usize = 16_384;

/// Maximum protected connections per account, and per customer's link. A browser opens six. Further ones are
/// treated like a stranger's.
const MAX_PER_USER: usize = 64;
const MAX_PER_CUSTOMER: usize = 16;

/// Number of calls of `tidy` between log lines about refused connections.
const CALLS_PER_LOG_LINE: u64 = 60;

/// The register, cheap to clone.
#[derive(Clone)]
pub struct Connections(Arc<Inner>);

struct Inner {
    proxies: TrustedProxies,
    per_address: usize,
    /// Maximum number of connections.
    places: AtomicUsize,
    refused: AtomicUsize,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    all: HashMap<u64, Arc<Connection>>,
    next: u64,
    networks: Counts<IpAddr>,
    owners: Counts<Owner>,
    /// Requests in progress through trusted proxies, by the visitor's network.
    forwarded: Counts<IpAddr>,
    strangers: usize,
    /// Connections that were told to close but are still open, and how many of them are strangers'.
    leaving: usize,
    leaving_strangers: usize,
    beats: u64,
}

/// A counter per key.
struct Counts<K>(HashMap<K, usize>);

impl<K> Default for Counts<K> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: Copy + Eq + std::hash::Hash> Counts<K> {
    /// Adds one to the count of `key`, unless it has reached `most`. Returns whether it did.
    fn take(&mut self, key: K, most: usize) -> bool {
        let count = self.0.entry(key).or_default();
        if *count >= most {
            return false;
        }
        *count += 1;
        true
    }

    fn give_back(&mut self, key: K) {
        if let Some(count) = self.0.get_mut(&key) {
            *count -= 1;
            if *count == 0 {
                self.0.remove(&key);
            }
        }
    }
}

impl Connections {
    /// Allows `per_address` connections per address. Trusted proxies are exempt.
    pub fn new(proxies: TrustedProxies, per_address: usize) -> Self {
        let (places, refused) = (AtomicUsize::new(usize::MAX), AtomicUsize::new(0));
        Self(Arc::new(Inner { proxies, per_address, places, refused, open: Mutex::default() }))
    }

    /// Sets the maximum number of connections of the process.
    pub fn limit(&self, places: usize) {
        self.0.places.store(places, Ordering::Relaxed);
    }

    /// Maximum number of event streams. They never end by themselves, and must leave room for pages.
    pub fn most_streams(&self) -> usize {
        self.places() / 8 * 7
    }

    fn places(&self) -> usize {
        self.0.places.load(Ordering::Relaxed)
    }

    fn most_strangers(&self) -> usize {
        (self.places() / 4 * 3).clamp(1, MOST_STRANGERS)
    }

    /// Admits a connection; `None` if its address has reached the limit.
    pub(super) fn admit(&self, peer: IpAddr) -> Option<AdmittedConnection> {
        let network = (!self.is_exempt(peer)).then(|| network_of(peer));
        let mut open = self.open();
        if let Some(network) = network
            && !open.networks.take(network, self.0.per_address)
        {
            self.0.refused.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        let connection = Arc::new(Connection::new(network));
        // Reserve some places for new connections while others are still closing.
        let full = self.places() - self.places() / 16;
        let newcomer = usize::from(connection.is_strangers());
        let strangers = open.strangers - open.leaving_strangers + newcomer;
        let all = open.all.len() - open.leaving + 1;
        if let Some(excess) = excess_of(strangers, self.most_strangers()) {
            open.make_room(excess, Connection::is_strangers);
        } else if let Some(excess) = excess_of(all, full) {
            open.make_room(excess, |one| one.is_strangers() || (one.is_idle() && !one.is_exempt()));
        }
        let id = open.next;
        open.next += 1;
        open.strangers += newcomer;
        open.all.insert(id, connection.clone());
        drop(open);
        Some(AdmittedConnection { connection, id, register: self.clone() })
    }

    /// Whether `peer` is a proxy on this machine or a trusted one. Loopback addresses other than 127.0.0.1
    /// count as ordinary visitors.
    fn is_exempt(&self, peer: IpAddr) -> bool {
        match peer.to_canonical() {
            IpAddr::V4(ip) if ip.is_loopback() => ip.octets() == [127, 0, 0, 1],
            ip => self.0.proxies.trusts(ip),
        }
    }

    /// Admits a request that a trusted proxy forwards for `visitor`; `Err` if they have reached the limit.
    pub(super) fn admit_forwarded(&self, visitor: IpAddr) -> Result<Option<ForwardedRequest>, ()> {
        if self.is_exempt(visitor) {
            return Ok(None);
        }
        let network = network_of(visitor);
        match self.open().forwarded.take(network, self.0.per_address) {
            true => Ok(Some(ForwardedRequest { network, register: self.clone() })),
            false => Err(()),
        }
    }

    /// Records the owner of `connection`, which protects it, unless the owner already has the maximum. A
    /// trusted proxy's connection has no owner.
    pub fn recognise(&self, connection: &Connection, owner: Owner) {
        if !connection.is_strangers() || connection.is_closing() {
            return;
        }
        let most = match owner {
            Owner::User(_) => MAX_PER_USER,
            Owner::Customer(_) => MAX_PER_CUSTOMER,
        };
        let mut open = self.open();
        if open.owners.take(owner, most) {
            // Only the connection's own worker calls this.
            connection.owner.set(owner).ok();
            open.strangers -= 1;
        }
    }

    /// Closes connections that were idle or slow for too long, and logs refusals now and then.
    pub fn tidy(&self) {
        let now = now();
        let mut open = self.open();
        open.beats += 1;
        let overdue: Vec<_> = open.all.values().filter(|one| one.is_overdue(now)).cloned().collect();
        overdue.iter().for_each(|one| open.ask_to_close(one));
        let tells = open.beats.is_multiple_of(CALLS_PER_LOG_LINE);
        drop(open);
        let refused = if tells { self.0.refused.swap(0, Ordering::Relaxed) } else { 0 };
        if refused > 0 {
            tracing::warn!(
                refused,
                "connections were refused within a minute: their addresses had {} each (PONTUAL_CONNECTIONS_PER_ADDRESS)",
                self.0.per_address
            );
        }
    }

    /// Number of connections.
    pub fn count(&self) -> usize {
        self.open().all.len()
    }

    /// Ignores poisoning: each change of the counts is a single call, so a panic cannot leave them half done.
    fn open(&self) -> MutexGuard<'_, Open> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    /// Closes `excess` connections for which `may_go` holds: first idle strangers, then other idle ones, then
    /// other strangers. Within each group, those that have waited longest go first.
    fn make_room(&mut self, excess: usize, may_go: impl Fn(&Connection) -> bool) {
        let candidates = self.all.values().filter(|one| !one.is_closing() && may_go(one));
        let rank = |one: &Arc<Connection>| (Reverse(one.is_idle()), Reverse(one.is_strangers()), one.since());
        let mut candidates: Vec<_> = candidates.map(|one| (rank(one), one.clone())).collect();
        if candidates.len() > excess {
            candidates.select_nth_unstable_by_key(excess - 1, |(rank, _)| *rank);
        }
        candidates.iter().take(excess).for_each(|(_, one)| self.ask_to_close(one));
    }

    fn ask_to_close(&mut self, connection: &Connection) {
        if connection.is_closing() {
            return;
        }
        connection.must_close.store(true, Ordering::Relaxed);
        self.leaving += 1;
        self.leaving_strangers += usize::from(connection.is_strangers());
        connection.close();
    }
}

/// How many connections to close if there are `count` and `most` are allowed. A few more than necessary, so
/// that not every new connection triggers another search.
fn excess_of(count: usize, most: usize) -> Option<usize> {
    (count > most).then(|| count - most + most / 16)
}

/// An admitted connection. Dropping it removes it from the register.
pub struct AdmittedConnection {
    connection: Arc<Connection>,
    id: u64,
    register: Connections,
}

impl AdmittedConnection {
    pub fn connection(&self) -> &Arc<Connection> {
        &self.connection
    }
}

impl Deref for AdmittedConnection {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl Drop for AdmittedConnection {
    fn drop(&mut self) {
        let mut open = self.register.open();
        open.all.remove(&self.id);
        let (is_strangers, was_told) = (self.is_strangers(), self.must_close.load(Ordering::Relaxed));
        open.strangers -= usize::from(is_strangers);
        open.leaving -= usize::from(was_told);
        open.leaving_strangers -= usize::from(was_told && is_strangers);
        if let Some(owner) = self.connection.owner.get() {
            open.owners.give_back(*owner);
        }
        if let Some(network) = self.connection.network {
            open.networks.give_back(network);
        }
    }
}

/// A forwarded request in progress. Dropping it frees its place.
pub struct ForwardedRequest {
    network: IpAddr,
    register: Connections,
}

impl Drop for ForwardedRequest {
    fn drop(&mut self) {
        self.register.open().forwarded.give_back(self.network);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::UserId;

    fn register(per_address: usize, places: usize) -> Connections {
        let register = Connections::new("10.0.0.5".parse().unwrap(), per_address);
        register.limit(places);
        register
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn connections_are_limited_per_address() {
        let register = register(2, 1_000);
        let first: Vec<_> = (0..3).map(|_| register.admit(ip("203.0.113.9"))).collect();
        assert_eq!(first.iter().flatten().count(), 2);
        assert!(register.admit(ip("203.0.113.8")).is_some());
        drop(first);
        assert!(register.admit(ip("203.0.113.9")).is_some());
        assert_eq!(register.count(), 0);
    }

    /// A browser opens up to six connections to one server, and the streams of tabs are among them.
    #[test]
    fn two_hundred_people_with_a_browser_each_fit_behind_one_address() {
        let config = crate::config::Config::from_vars(|_| None).unwrap();
        let register = register(config.connections_per_address, 20_000);
        let office = ip("203.0.113.9");
        let mut all: Vec<_> = (0..200 * 6).map(|_| register.admit(office)).collect();
        assert!(all.iter().all(Option::is_some));
        all.extend((0..300).map(|_| register.admit(office)));
        assert!(all.iter().all(Option::is_some), "some open a second browser");
        assert!(register.admit(office).is_none(), "and there is a bound");
        assert!(register.admit(ip("203.0.113.8")).is_some());
    }

    #[test]
    fn a_network_of_ipv6_is_one_address() {
        let register = register(1, 1_000);
        let _one = register.admit(ip("2001:db8:1:2::1")).unwrap();
        assert!(register.admit(ip("2001:db8:1:2:ffff::9")).is_none());
        assert!(register.admit(ip("2001:db8:1:3::1")).is_some());
    }

    #[test]
    fn balancers_and_this_machine_are_exempt_and_those_behind_them_are_not() {
        let register = register(1, 1_000);
        for exempt in ["127.0.0.1", "::1", "10.0.0.5", "::ffff:10.0.0.5"] {
            let both = [register.admit(ip(exempt)), register.admit(ip(exempt))];
            assert_eq!(both.iter().flatten().count(), 2, "{exempt}");
        }
        let _one = register.admit(ip("127.0.0.2")).unwrap();
        assert!(register.admit(ip("127.0.0.2")).is_none());
        let place = register.admit_forwarded(ip("203.0.113.9")).unwrap().unwrap();
        assert!(register.admit_forwarded(ip("203.0.113.9")).is_err());
        assert!(register.admit_forwarded(ip("127.0.0.1")).unwrap().is_none());
        drop(place);
        assert!(register.admit_forwarded(ip("203.0.113.9")).is_ok());
    }

    #[test]
    fn strangers_make_room_for_newcomers_and_never_take_the_place_of_who_is_signed_in() {
        let register = register(1_000, 128);
        let known: Vec<_> =
            (0..16).map(|n| register.admit(ip(&format!("198.51.100.{n}"))).unwrap()).collect();
        known.iter().for_each(|one| register.recognise(one, Owner::User(UserId(1))));
        let strangers: Vec<_> = (0..96).map(|_| register.admit(ip("203.0.113.9")).unwrap()).collect();
        assert_eq!(strangers.iter().filter(|one| one.is_closing()).count(), 0);
        strangers.iter().skip(1).for_each(|one| one.begins_request());
        let newcomer = register.admit(ip("203.0.113.8")).unwrap();
        assert!(strangers[0].is_closing(), "who waits for nothing goes first");
        assert!(strangers.iter().filter(|one| one.is_closing()).count() < 10);
        assert!(!newcomer.is_closing());
        assert_eq!(known.iter().filter(|one| one.is_closing()).count(), 0);
    }

    #[test]
    fn protected_connections_per_account_are_limited() {
        let register = register(1_000, 1_000);
        let all: Vec<_> = (0..100).map(|_| register.admit(ip("203.0.113.9")).unwrap()).collect();
        all.iter().for_each(|one| register.recognise(one, Owner::User(UserId(1))));
        assert_eq!(all.iter().filter(|one| one.is_strangers()).count(), 100 - MAX_PER_USER);
        drop(all);
        let again = register.admit(ip("203.0.113.9")).unwrap();
        register.recognise(&again, Owner::User(UserId(1)));
        assert!(!again.is_strangers());
    }

    #[test]
    fn when_all_places_are_taken_idle_users_are_disconnected() {
        let register = register(1_000, 64);
        let known: Vec<_> = (0..60)
            .map(|n| {
                let one = register.admit(ip(&format!("198.51.100.{n}"))).unwrap();
                register.recognise(&one, Owner::User(UserId(n)));
                one.begins_request();
                one
            })
            .collect();
        known[7].ends_request();
        let _newcomer = register.admit(ip("203.0.113.8")).unwrap();
        let closing: Vec<_> = known.iter().map(|one| one.is_closing()).collect();
        assert!(closing[7] && closing.iter().filter(|is_closing| **is_closing).count() == 1);
    }
}
