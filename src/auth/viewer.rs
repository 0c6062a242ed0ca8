//! The types in a handler's signature that say who may call it.

use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use actix_session::SessionExt;
use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::http::header::REFERER;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use futures_util::future::LocalBoxFuture;
use url::{Position, Url};

use super::signed_in::is_meant;
use super::{AttendTickets, Permission, Permissions, Requires, along, queries, sessions};
use crate::clock::Zone;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::files::ContentHash;
use crate::ids::{DepartmentId, RoleId, UserId};
use crate::settings;
use crate::web::{Theme, USER_KEY, navigation};

/// The signed-in user. Read from the database for every request, so that a change of role takes effect at
/// once.
#[derive(Clone, Debug)]
pub struct Viewer(Arc<Person>);

/// What pages need to know about the signed-in user and the company.
#[derive(Clone, Debug)]
pub struct Person {
    pub id: UserId,
    pub name: String,
    pub role_id: RoleId,
    pub role_name: String,
    pub is_administrator: bool,
    pub permissions: Permissions,
    pub departments: Vec<DepartmentId>,
    /// Notifications that are neither read nor removed, counted up to `notifications::COUNTED`.
    pub unread: i64,
    /// Tickets that the user attends and that hold an unseen customer message, counted up to
    /// `notifications::COUNTED`.
    pub unseen: i64,
    pub company_name: String,
    pub logo: Option<ContentHash>,
    pub zone: Zone,
    /// Whether the browser plays a sound, and shows its own notices, while the page is hidden.
    pub plays_sound: bool,
    pub shows_browser_notices: bool,
    pub theme: Theme,
}

impl Deref for Viewer {
    type Target = Person;
    fn deref(&self) -> &Person {
        &self.0
    }
}

impl Person {
    pub fn may(&self, permission: Permission) -> bool {
        self.permissions.contains(permission)
    }

    /// The path of the company's logo.
    pub fn logo_path(&self) -> Option<String> {
        self.logo.map(settings::logo::path)
    }

    pub fn can_schedule(&self) -> bool {
        self.may(Permission::Schedules)
    }

    pub fn can_attend(&self) -> bool {
        self.may(Permission::Tickets) || self.may(Permission::TicketsAll)
    }

    pub fn manages_contacts(&self) -> bool {
        self.may(Permission::Contacts)
    }

    /// Whether the user may see all that a contact's export holds: the profile, every conversation, and
    /// schedules' texts.
    pub fn exports_contacts(&self) -> bool {
        [Permission::Contacts, Permission::TicketsAll, Permission::Schedules].iter().all(|one| self.may(*one))
    }

    pub fn reads_contacts(&self) -> bool {
        self.manages_contacts() || self.can_attend() || self.can_schedule()
    }

    /// The page to open after signing in.
    pub fn home(&self) -> &'static str {
        let (main, more) = navigation::entries(self);
        match () {
            () if self.can_schedule() => "/schedules",
            () => main.first().or(more.first()).map_or("/notifications", |entry| entry.href),
        }
    }
}

impl FromRequest for Viewer {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            if let Some(known) = request.extensions().get::<Self>() {
                return Ok(known.clone());
            }
            let db = request.app_data::<web::Data<Db>>().ok_or_else(|| Error::unexpected("no Db"))?;
            let session = request.get_session();
            let user = session.get::<i64>(USER_KEY).unwrap_or_default();
            let Some(user) = user.filter(|user| is_meant(&request, *user)) else {
                return Err(login_required(&request));
            };
            let along = along::take().filter(|person| person.id.0 == user);
            let person = match along {
                Some(person) => Some(person),
                None => db.run(move |conn| queries::person(conn, UserId(user))).await?,
            };
            let Some(person) = person else {
                session.purge();
                return Err(login_required(&request));
            };
            sessions::follow_rights(&session, &person, db).await?;
            let viewer = Self(Arc::new(person));
            request.extensions_mut().insert(viewer.clone());
            Ok(viewer)
        })
    }
}

/// The signed-in user, who meets the requirement `P`. Others get 403.
pub struct Can<P: Requires>(Viewer, PhantomData<P>);

impl<P: Requires> Deref for Can<P> {
    type Target = Viewer;
    fn deref(&self) -> &Viewer {
        &self.0
    }
}

impl<P: Requires> FromRequest for Can<P> {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let viewer = Viewer::from_request(request, payload);
        Box::pin(async move {
            let viewer = viewer.await?;
            if P::is_met_by(&viewer) { Ok(Self(viewer, PhantomData)) } else { Err(Error::Forbidden) }
        })
    }
}

/// The signed-in user, who attends tickets: their own and their departments', or all.
pub type Attendant = Can<AttendTickets>;

/// A public page: anybody may call the handler.
pub struct Anyone;

impl FromRequest for Anyone {
    type Error = Error;
    type Future = std::future::Ready<Result<Self>>;

    fn from_request(_: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(Ok(Self))
    }
}

pub(super) fn login_required(request: &HttpRequest) -> Error {
    let is_htmx = request.headers().contains_key("hx-request");
    let next = if request.method() == Method::GET { request.uri().to_string() } else { page_of(request) };
    Error::LoginRequired { next, is_htmx }
}

/// The path of the page that sent a form.
fn page_of(request: &HttpRequest) -> String {
    let referer = request.headers().get(REFERER).and_then(|referer| referer.to_str().ok());
    let page = referer.and_then(|referer| Url::parse(referer).ok());
    page.map(|page| page[Position::BeforePath..Position::AfterQuery].to_owned()).unwrap_or_default()
}
