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

use super::signed_in::matches_page_user;
use super::{AttendTickets, Permission, Permissions, Requires, prefetch, queries, sessions};
use crate::clock::Zone;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ids::{DepartmentId, RoleId, UserId};
use crate::theme::Theme;
use crate::web::{USER_KEY, client_ip};

/// The signed-in user. Read from the database for every request, so that a change of role takes effect at
/// once.
#[derive(Clone, Debug)]
pub struct Viewer(Arc<Account>);

/// What pages need to know about the signed-in user and the company.
#[derive(Clone, Debug)]
pub struct Account {
    pub id: UserId,
    pub name: String,
    pub role_id: RoleId,
    pub role_name: String,
    pub is_administrator: bool,
    pub permissions: Permissions,
    pub departments: Vec<DepartmentId>,
    pub zone: Zone,
    /// Whether the browser plays a sound, and shows its own notices, while the page is hidden.
    pub plays_sound: bool,
    pub shows_browser_notices: bool,
    pub theme: Theme,
    /// The network address that the request comes from, as text.
    pub ip: String,
}

impl Deref for Viewer {
    type Target = Account;
    fn deref(&self) -> &Account {
        &self.0
    }
}

impl Account {
    pub fn may(&self, permission: Permission) -> bool {
        self.permissions.contains(permission)
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
            let Some(user) = user.filter(|user| matches_page_user(&request, *user)) else {
                return Err(login_required(&request));
            };
            let account = match prefetch::take_account().filter(|account| account.id.0 == user) {
                Some(account) => Some(account),
                None => db.run(move |conn| queries::account(conn, UserId(user))).await?,
            };
            let Some(mut account) = account else {
                session.purge();
                return Err(login_required(&request));
            };
            account.ip = client_ip(&request);
            sessions::renew_on_changed_rights(&session, &account, db).await?;
            let viewer = Self(Arc::new(account));
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
