//! The page of the list.

use actix_web::{HttpResponse, web};
use chrono::Utc;

use super::filters::{Filters, Place, Query};
use super::queries::{self, Options};
use super::views::{Index, PATH};
use crate::auth::{Can, ManageSchedules};
use crate::db::Db;
use crate::error::Result;
use crate::web::{Shell, pushing};

/// # Errors
/// The database is unreachable.
pub async fn index(
    viewer: Can<ManageSchedules>,
    shell: Shell,
    db: web::Data<Db>,
    query: Query,
) -> Result<HttpResponse> {
    let (filters, place) = (Filters::read(&query.0), Place::read(&query.0));
    let zone = viewer.zone;
    let (filters, options, counts, page) = db
        .run(move |conn| {
            let options = queries::options(conn)?;
            let filters = filters.known(&options);
            let narrowed = queries::narrowed(conn, &filters, zone, Utc::now())?;
            let counts = queries::counts(conn, &narrowed)?;
            let page = queries::page(conn, &narrowed, counts, filters.order(), place)?;
            Ok((filters, options, counts, page))
        })
        .await?;
    let place = place.pair();
    let place: Vec<_> = place.iter().map(|(name, cursor)| (*name, cursor.as_str())).collect();
    let address = filters.address(PATH, &place);
    let view = Index::new(&viewer, &filters, &options, counts, page);
    Ok(pushing(shell.page(&viewer, "Agendamentos", view)?, &address))
}

impl Filters {
    /// Without departments and users that there are not.
    pub fn known(self, options: &Options) -> Self {
        let is_user = |id: i64| options.users.iter().any(|user| user.id == id);
        let department = self.department.filter(|id| options.departments.iter().any(|one| one.id == id.0));
        Self {
            department,
            attendant: self.attendant.filter(|attendant| match attendant {
                super::filters::Attendant::Queue => true,
                super::filters::Attendant::User(id) => is_user(id.0),
            }),
            creator: self.creator.filter(|id| is_user(id.0)),
            ..self
        }
    }
}
