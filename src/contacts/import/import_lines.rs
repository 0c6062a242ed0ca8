//! Imports the lines of a confirmed import, one portion per transaction.
//!
//! What can go wrong: the database refuses a line that looked valid, because somebody created the same contact
//! at the same moment. Then the portion is tried again line by line. The refused line stays with a reason, like
//! those that the preview refused.

use std::collections::HashMap;

use diesel::Connection;
use diesel::pg::PgConnection;

use super::queries::{self, LockedImport, WaitingLine};
use crate::audit::{self, Action};
use crate::error::{Error, Result};
use crate::ids::{ContactId, PersonId};

pub const TWO_CONTACTS: &str = "O telefone e o e-mail são de dois contatos diferentes.";

pub const ADDRESS_TAKEN: &str = "Já existe um contato com este endereço nesta conexão.";

/// Maximum lines per transaction. 500 lines take about 100 ms.
const LINES_PER_TRANSACTION: i64 = 500;

/// Maximum lines per transaction when lines are imported one by one. Lines that repeat others need this,
/// because they must see the contacts that the earlier lines created.
const SINGLE_LINES_PER_TRANSACTION: usize = 50;

/// What to do with the lines of one portion.
#[derive(Default)]
struct PortionPlan {
    create: Vec<WaitingLine>,
    update: Vec<WaitingLine>,
    skip: Vec<i32>,
    refuse: Vec<(i32, &'static str)>,
    defer: Vec<(i32, i32)>,
}

/// Imports the next portion of the oldest confirmed import, in its own transaction. Returns `false` if there
/// was nothing to do, or if another process is importing.
pub fn import_portion(conn: &mut PgConnection) -> Result<bool> {
    match conn.transaction(|conn| import_next_portion(conn, false)) {
        // One line makes the whole portion fail. Importing line by line finds it.
        Err(Error::Unexpected(cause)) => {
            tracing::warn!(%cause, "a portion of an import was refused; trying it line by line");
            conn.transaction(|conn| import_next_portion(conn, true))
        }
        outcome => outcome,
    }
}

fn import_next_portion(conn: &mut PgConnection, line_by_line: bool) -> Result<bool> {
    let Some(import) = queries::claim(conn)? else { return Ok(false) };
    let waiting = queries::waiting(conn, &import, LINES_PER_TRANSACTION)?;
    let Some(first) = waiting.first() else {
        queries::finish(conn, import.id)?;
        let entry =
            audit::Entry::of(Action::ImportFinished).by_user(import.created_by).about(Some(import.id.0));
        audit::record(conn, &entry)?;
        return Ok(true);
    };
    if line_by_line || first.is_repeat {
        for line in waiting.iter().take(SINGLE_LINES_PER_TRANSACTION) {
            import_single_line(conn, &import, line.line)?;
        }
        return Ok(true);
    }
    let fresh = waiting.into_iter().filter(|line| !line.is_repeat).collect();
    apply_plan(conn, &import, PortionPlan::of(fresh, import.updates_existing))?;
    Ok(true)
}

/// Imports one line. If the database refuses it, it stays with a reason.
fn import_single_line(conn: &mut PgConnection, import: &LockedImport, line: i32) -> Result<()> {
    let taken = conn.transaction(|conn| {
        let found = queries::waiting_line(conn, import, line)?.into_iter().collect();
        apply_plan(conn, import, PortionPlan::of(found, import.updates_existing))
    });
    match taken {
        Err(error) if error.rejects_values() => {
            tracing::warn!(%error, line, "a line of an import was refused");
            let plan = PortionPlan {
                refuse: vec![(line, "Não foi possível salvar esta linha.")],
                ..PortionPlan::default()
            };
            apply_plan(conn, import, plan)
        }
        outcome => outcome,
    }
}

impl PortionPlan {
    fn of(lines: Vec<WaitingLine>, updates_existing: bool) -> Self {
        let (mut plan, mut met) = (Self::default(), HashMap::<ContactId, i32>::new());
        for line in lines {
            let number = line.line;
            if let (None, Some(phone), Some(email)) = (line.by_code, line.by_phone, line.by_email)
                && phone != email
            {
                plan.refuse.push((number, TWO_CONTACTS));
                continue;
            }
            match line.contact() {
                None if line.is_address_taken => plan.refuse.push((number, ADDRESS_TAKEN)),
                None => plan.create.push(line),
                Some(_) if !updates_existing => plan.skip.push(number),
                Some(contact) => match met.insert(contact, number) {
                    Some(other) => plan.defer.push((number, other)),
                    None => plan.update.push(line),
                },
            }
        }
        plan
    }
}

fn apply_plan(conn: &mut PgConnection, import: &LockedImport, plan: PortionPlan) -> Result<()> {
    let PortionPlan { create, update, skip, refuse, defer } = plan;
    let people = people(conn, import, create.iter().chain(&update))?;
    let with_person = |line: WaitingLine| {
        let person = people.get(&line.person).copied();
        (line, person)
    };
    let create: Vec<_> = create.into_iter().map(with_person).collect();
    let update: Vec<_> = update.into_iter().map(with_person).collect();
    if !create.is_empty() {
        queries::create_contacts(conn, import, &create)?;
    }
    if !update.is_empty() {
        queries::update_contacts(conn, import, &update)?;
    }
    for (line, problem) in &refuse {
        queries::set_problem(conn, import.id, *line, problem)?;
    }
    for (line, other) in &defer {
        queries::defer(conn, import.id, *line, *other)?;
    }
    let taken = create.iter().chain(&update).map(|(line, _)| line.line).chain(skip.iter().copied());
    queries::delete_lines(conn, import.id, &taken.collect::<Vec<_>>())?;
    queries::add_counts(conn, import.id, [create.len(), update.len(), skip.len(), refuse.len()])
}

fn people<'a>(
    conn: &mut PgConnection,
    import: &LockedImport,
    lines: impl Iterator<Item = &'a WaitingLine>,
) -> Result<HashMap<String, PersonId>> {
    let mut names: Vec<&str> =
        lines.map(|line| line.person.as_str()).filter(|name| !name.is_empty()).collect();
    names.sort_unstable();
    names.dedup();
    match names.is_empty() {
        true => Ok(HashMap::new()),
        false => Ok(queries::people(conn, import, &names)?.into_iter().collect()),
    }
}
