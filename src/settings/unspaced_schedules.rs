//! The pending schedules that are closer to another than the spacing allows.

use actix_web::{HttpResponse, web};

use super::moved_clocks::ListQuery;
use super::queries;
use super::views::UnspacedSchedules;
use crate::auth::{Can, ManageSettings};
use crate::db::Db;
use crate::error::Result;
use crate::web::Shell;

pub async fn index(
    viewer: Can<ManageSettings>,
    shell: Shell,
    db: web::Data<Db>,
    query: web::Query<ListQuery>,
) -> Result<HttpResponse> {
    let after = query.after.parse().ok();
    let (current, page) =
        db.run(move |conn| Ok((queries::current(conn)?, queries::unspaced(conn, after)?))).await?;
    let view = UnspacedSchedules::new(&viewer, current.spacing, page);
    shell.page("Agendamentos fora do intervalo", view)
}
