//! The middleware that puts the frame around a page, and its template.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpRequest, web};
use askama::Template;

use super::{Frame, navigation, queries};
use crate::auth::{Account, Viewer, take_companion};
use crate::config::Config;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::settings;
use crate::web::{PAGE_CAPACITY, Page, render_with_token, theme_cookie, theme_of};

/// Middleware: surrounds an answer that is a [`Page`] with the frame, and leaves every other as it is.
pub async fn surround(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let mut answer = next.call(request).await?.map_into_boxed_body();
    let page = answer.response_mut().extensions_mut().remove::<Page>();
    let Some(page) = page else { return Ok(answer) };
    let request = answer.request().clone();
    let viewer = request.extensions().get::<Viewer>().cloned();
    let viewer = viewer.ok_or_else(|| Error::unexpected("a framed page without a signed-in user"))?;
    let frame = frame_for(&request, &viewer).await?;
    let path = request.path();
    let (theme, list) = (viewer.theme.as_str(), navigation::list_of(path, &viewer));
    let framed = Framed { page: &page, account: &viewer, frame: &frame, theme, path, list };
    let text = render_with_token(&framed, &page.csrf, String::with_capacity(PAGE_CAPACITY))?;
    if theme_of(&request) != viewer.theme {
        let is_https = request.app_data::<web::Data<Config>>().is_some_and(|config| config.is_https());
        let cookie = theme_cookie(viewer.theme, is_https);
        answer.response_mut().add_cookie(&cookie).map_err(Error::unexpected)?;
    }
    Ok(answer.map_body(|_, _| BoxBody::new(text)))
}

/// The frame's data. Usually it was read with the session; otherwise it is read now.
async fn frame_for(request: &HttpRequest, viewer: &Viewer) -> Result<Frame> {
    if let Some(frame) = take_companion::<Frame>() {
        return Ok(frame);
    }
    let db = request.app_data::<web::Data<Db>>().ok_or_else(|| Error::unexpected("no Db"))?;
    let id = viewer.id;
    db.run(move |conn| queries::frame(conn, id)).await
}

#[derive(Template)]
#[template(path = "layout/page.html")]
struct Framed<'a> {
    page: &'a Page,
    account: &'a Account,
    frame: &'a Frame,
    theme: &'a str,
    path: &'a str,
    /// The list that the page belongs to.
    list: Option<&'static navigation::Entry>,
}

impl Framed<'_> {
    /// The page's name, without the mark that a refused form puts before it in the browser's tab.
    fn heading(&self) -> &str {
        self.page.title.strip_prefix("Erro: ").unwrap_or(&self.page.title)
    }

    fn logo_path(&self) -> Option<String> {
        self.frame.logo.map(settings::logo::path)
    }

    /// The list that leads back from this page.
    fn parent(&self) -> Option<&'static navigation::Entry> {
        self.list.filter(|list| list.href != self.path)
    }

    fn is_at(&self, path: &str) -> bool {
        self.path == path
    }

    fn is_in_any(&self, lists: &[&navigation::Entry]) -> bool {
        lists.iter().any(|list| self.is_in(list))
    }

    fn is_in(&self, list: &navigation::Entry) -> bool {
        self.list.is_some_and(|current| current.href == list.href)
    }
}
