//! Files: the store, uploads, what is served, and what the sweeper removes.

mod store;
