//! One temporary PostgreSQL per run, one database per test, and visitors who act like people.

mod app;
mod bell;
mod clamd;
mod company;
mod database;
mod folder;
mod live;
pub mod multipart;
mod page;
mod plan;
mod proxy;
mod receiver;
mod serving;
mod smtp;

pub use app::{FROM_OUR_PAGE, TestApp, Visitor};
pub use bell::Entry;
pub use clamd::{Clamd, Mood, eicar};
pub use company::{Company, PASSWORD};
pub use database::Database;
pub use folder::Folder;
pub use live::{Live, LiveEvent, tell};
pub use page::Page;
pub use plan::Plan;
pub use proxy::Proxy;
pub use receiver::{Answer, Delivery, Receiver};
pub use serving::{Serving, until};
pub use smtp::{SmtpAct, SmtpServer};

/// Fields of a form: names and values.
pub type Filled<'a> = &'a [(&'a str, &'a str)];
