//! The reference of the pages: actix-web with as many threads as the product. It looks up the product's session,
//! reads its user and one page of schedules, and answers with as many bytes as the product's list. It runs three
//! prepared statements on one connection, with their limits written out so that each is planned once. It has no
//! rule, no template, no count and no filter.

use std::fmt::{self, Write};
use std::net::TcpListener;
use std::process::Command;

use actix_web::cookie::{CookieJar, Key as CookieKey};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, rt, web};
use chrono::{DateTime, Utc};
use diesel::pg::{Pg, PgConnection};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Binary, Bool, Integer, Jsonb, Nullable, Text, Timestamptz};
use pontual::auth::sessions::{IDLE_HOURS, LONGEST_DAYS};
use pontual::db::Db;
use pontual::error::{Error, Result};
use pontual::keys::Keys;
use pontual::server;
use pontual::web::USER_KEY;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::cluster::Cluster;
use crate::server::{SECRET, Server};
use crate::{Outcome, parts};

const SIZE: &str = "PONTUAL_BENCH_BARE_SIZE";
const COOKIE: &str = "pontual";

/// Starts the bare page, which answers `size` bytes.
pub fn start(cluster: &Cluster, size: usize) -> Outcome<Server> {
    let mut part: Command = parts::command("bare")?;
    part.env(SIZE, size.to_string());
    Server::launch(cluster, part)
}

/// The part that serves the bare page.
pub fn serve() -> Outcome {
    let db = Db::new(&std::env::var("DATABASE_URL")?, server::pool_size());
    let key = CookieKey::derive_from(&Keys::new(SECRET.as_bytes()).key("sessions").tag(&[b"cookie"]));
    let page = web::Data::new(Page { db, key, size: std::env::var(SIZE)?.parse()? });
    let socket = TcpListener::bind("127.0.0.1:0")?;
    let address = socket.local_addr()?;
    rt::System::new().block_on(async move {
        let app = move || App::new().app_data(page.clone()).route("/", web::get().to(list));
        let server = HttpServer::new(app)
            .workers(server::cores())
            .worker_max_blocking_threads(server::blocking_threads())
            .listen(socket)?
            .run();
        println!("The bare page is ready at http://{address}/");
        server.await
    })?;
    Ok(())
}

struct Page {
    db: Db,
    key: CookieKey,
    size: usize,
}

async fn list(request: HttpRequest, page: web::Data<Page>) -> Result<HttpResponse> {
    let mut jar = CookieJar::new();
    jar.add_original(request.cookie(COOKIE).ok_or(Error::Forbidden)?);
    let token = jar.private(&page.key).get(COOKIE).ok_or(Error::Forbidden)?;
    let hash = Sha256::digest(token.value().as_bytes()).to_vec();
    let (person, rows) = page.db.run(move |conn| look_up(conn, hash)).await?;
    let mut body = String::with_capacity(page.size + 1024);
    person.write(&mut body).map_err(Error::unexpected)?;
    for row in rows {
        row.write(&mut body).map_err(Error::unexpected)?;
    }
    body.extend(std::iter::repeat_n(' ', page.size.saturating_sub(body.len())));
    Ok(HttpResponse::Ok().content_type("text/html; charset=utf-8").body(body))
}

fn look_up(conn: &mut PgConnection, hash: Vec<u8>) -> Result<(Person, Vec<Row>)> {
    let session = Session { hash, hours: IDLE_HOURS, days: LONGEST_DAYS };
    let (state, _is_stale): (Value, bool) = session.get_result(conn)?;
    let user = state[USER_KEY].as_str().and_then(|id| id.parse().ok()).ok_or(Error::Forbidden)?;
    let person = Frame { user }.get_result(conn)?;
    Ok((person, Rows {}.load(conn)?))
}

/// Implements what diesel needs to keep a statement prepared. The file must name `$1`, `$2` and so on once each,
/// in this order.
macro_rules! statement {
    ($statement:ident, $file:literal, $row:ty, $($value:ident: $rust:ty as $Type:ty),* $(,)?) => {
        #[derive(QueryId)]
        struct $statement {
            $($value: $rust,)*
        }
        impl Query for $statement {
            type SqlType = $row;
        }
        impl RunQueryDsl<PgConnection> for $statement {}
        impl QueryFragment<Pg> for $statement {
            fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
                #[allow(unused_mut, reason = "there may be no value")]
                let mut rest = include_str!($file);
                $(
                    let (head, tail) = rest.split_once('$').unwrap_or((rest, "1"));
                    out.push_sql(head);
                    out.push_bind_param::<$Type, _>(&self.$value)?;
                    rest = &tail[1..];
                )*
                out.push_sql(rest);
                Ok(())
            }
        }
    };
}

statement!(
    Session, "sql/bare_session.sql", (Jsonb, Bool),
    hash: Vec<u8> as Binary, hours: i32 as Integer, days: i32 as Integer
);
statement!(
    Frame, "sql/bare_person.sql",
    (BigInt, Text, BigInt, Text, Bool, Text, Text, Nullable<Binary>, Bool, Bool, Text, Array<Text>, Array<BigInt>, BigInt, BigInt),
    user: i64 as BigInt
);
statement!(
    Rows,
    "sql/bare_rows.sql",
    (
        BigInt,
        BigInt,
        Text,
        Text,
        Text,
        Text,
        Timestamptz,
        Timestamptz,
        Text,
        Text,
        Bool,
        Nullable<Timestamptz>,
        Bool,
        Text,
        Nullable<Text>
    ),
);

#[derive(Queryable)]
struct Person {
    id: i64,
    name: String,
    role_id: i64,
    role_name: String,
    is_administrator: bool,
    company_name: String,
    time_zone: String,
    logo: Option<Vec<u8>>,
    plays_sound: bool,
    shows_browser_notices: bool,
    theme: String,
    permissions: Vec<String>,
    departments: Vec<i64>,
    unread: i64,
    unseen: i64,
}

impl Person {
    fn write(&self, body: &mut String) -> fmt::Result {
        let Self {
            id,
            name,
            role_id,
            role_name,
            is_administrator,
            company_name,
            time_zone,
            theme,
            unread,
            unseen,
            ..
        } = self;
        let Self { logo, plays_sound, shows_browser_notices, permissions, departments, .. } = self;
        let logo = logo.as_ref().map_or(0, Vec::len);
        write!(
            body,
            "<!doctype html><title>{company_name}</title><p>{id} {name} {role_id} {role_name} {is_administrator} "
        )?;
        write!(
            body,
            "{time_zone} {theme} {logo} {plays_sound} {shows_browser_notices} {} ",
            permissions.join(" ")
        )?;
        write!(body, "{} {unread} {unseen}<table>", departments.len())
    }
}

#[derive(Queryable)]
struct Row {
    id: i64,
    contact_id: i64,
    contact_name: String,
    phone: String,
    email: String,
    channel_name: String,
    due_at: DateTime<Utc>,
    created_at: DateTime<Utc>,
    action: String,
    status: String,
    is_unspaced: bool,
    fired_early_at: Option<DateTime<Utc>>,
    is_archived: bool,
    department_name: String,
    attendant_name: Option<String>,
}

impl Row {
    fn write(&self, body: &mut String) -> fmt::Result {
        let Self { id, contact_id, contact_name, phone, email, channel_name, action, status, .. } = self;
        let Self { is_unspaced, is_archived, department_name, .. } = self;
        let (due, created) = (self.due_at.timestamp(), self.created_at.timestamp());
        let early = self.fired_early_at.is_some();
        let attendant = self.attendant_name.as_deref().unwrap_or_default();
        write!(
            body,
            "<tr id={id}><td>{contact_id} {contact_name}<td>{phone}<td>{email}<td>{channel_name}<td>{due}"
        )?;
        write!(body, "<td>{created}<td>{action}<td>{status}<td>{is_unspaced}<td>{early}<td>{is_archived}")?;
        write!(body, "<td>{department_name}<td>{attendant}")
    }
}
