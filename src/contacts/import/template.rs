//! A template file for the user to fill in.

use actix_web::HttpResponse;

use crate::auth::{Can, ManageContacts};
use crate::error::Result;
use crate::web::csv_lines;

pub async fn show(_: Can<ManageContacts>) -> Result<HttpResponse> {
    let rows = [
        ["nome", "telefone", "e-mail", "pessoa"],
        ["Maria Exemplo", "(11) 90000-0000", "maria@exemplo.com.br", "Família Exemplo"],
    ];
    let body = [b"\xef\xbb\xbf".as_slice(), &csv_lines(rows)].concat();
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header(("content-disposition", "attachment; filename=\"modelo-contatos.csv\""))
        .body(body))
}
