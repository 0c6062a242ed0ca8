//! `pontual check`: the invariants that prove the promises.
