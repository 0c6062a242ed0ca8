//! The pages that are requested, as the demonstration's administrator.

use diesel::pg::PgConnection;

use crate::Outcome;
use crate::cluster::number;
use crate::http::Client;

pub struct Page {
    pub name: &'static str,
    pub path: String,
    /// Bytes of its answer.
    pub size: usize,
    /// Whether a compressed answer is accepted, as browsers do.
    pub compressed: bool,
}

/// All pages. The first is the list; the last is the list as browsers request it.
pub fn find(conn: &mut PgConnection, client: &mut Client) -> Outcome<Vec<Page>> {
    let mut pages = Vec::new();
    for (name, path, holds) in of(conn)? {
        let answer = client.get(&path)?;
        let is_right = answer.status == 200 && String::from_utf8_lossy(&answer.body).contains(holds);
        if !is_right {
            return Err(format!("{name} ({path}): {} without {holds:?}", answer.status).into());
        }
        pages.push(Page { name, path, size: answer.body.len(), compressed: false });
    }
    client.accept_compressed(true);
    let size = client.get(&pages[0].path)?.body.len();
    pages.push(Page { name: "list.compressed", path: pages[0].path.clone(), size, compressed: true });
    Ok(pages)
}

/// Name, address, and a text that the page must contain.
fn of(conn: &mut PgConnection) -> Outcome<Vec<(&'static str, String, &'static str)>> {
    let mut one =
        |column: &str, of: &str| number(conn, &format!("SELECT {column} AS value FROM {of} LIMIT 1"));
    let pending = "schedules WHERE status = 'scheduled' AND attendant_id IS NOT NULL ORDER BY due_at";
    let (attendant, department) = (one("attendant_id", pending)?, one("department_id", pending)?);
    let year_ago = "schedules WHERE due_at < now() - interval '1 year' ORDER BY due_at DESC";
    let deep = one("(extract(epoch FROM due_at) * 1000000)::bigint", year_ago)?;
    let schedule = one("id", "schedules WHERE status = 'completed' AND action <> 'notify' ORDER BY id DESC")?;
    let ticket = one("ticket_id", "messages WHERE kind = 'customer' ORDER BY id DESC")?;
    let contact = one("contact_id", "messages WHERE kind = 'customer' ORDER BY id DESC")?;
    let (row, option) = ("<tr id=\"schedule-", "\"value\"");
    Ok(vec![
        ("list", "/schedules".into(), row),
        ("list.scheduled", "/schedules?status=scheduled".into(), row),
        ("list.completed", "/schedules?status=completed".into(), row),
        ("list.failed", "/schedules?status=failed".into(), row),
        ("list.cancelled", "/schedules?status=cancelled".into(), row),
        ("list.deep", format!("/schedules?sort=-due&after={deep}-1"), row),
        ("list.attendant", format!("/schedules?attendant_id={attendant}"), row),
        ("list.department", format!("/schedules?department_id={department}"), row),
        ("list.filters", format!("/schedules?department_id={department}&action=notify&status=failed"), row),
        ("list.month", "/schedules?period=month".into(), row),
        // A name that many contacts have, and an address that only one has.
        ("list.search", "/schedules?q=silva".into(), row),
        ("list.search.rare", "/schedules?q=cliente300%40exemplo".into(), row),
        ("form", "/schedules/new".into(), "id=\"schedule-form\""),
        ("form.contacts", "/schedules/new/contacts?q=silva".into(), option),
        ("form.contacts.rare", "/schedules/new/contacts?q=cliente300%40exemplo".into(), option),
        ("detail", format!("/schedules/{schedule}"), "</main>"),
        ("calendar.month", "/schedules/calendar".into(), "</main>"),
        ("calendar.week", "/schedules/calendar?view=week".into(), "</main>"),
        ("tickets", "/tickets".into(), "href=\"/tickets/"),
        ("conversation", format!("/tickets/{ticket}"), "</main>"),
        ("notifications", "/notifications".into(), "</main>"),
        ("notifications.errors", "/notifications?filter=errors".into(), "</main>"),
        ("bell", "/notifications/panel".into(), "/notifications/"),
        ("contacts", "/contacts".into(), "href=\"/contacts/"),
        ("contacts.search", "/contacts?q=silva".into(), "href=\"/contacts/"),
        ("contact", format!("/contacts/{contact}"), "</main>"),
        ("audit", "/audit".into(), "</main>"),
    ])
}
