//! The application as a service in this process, and visitors that keep cookies like a browser.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;

use actix_http::Request;
use actix_web::HttpMessage;
use actix_web::body::to_bytes;
use actix_web::cookie::Cookie;
use actix_web::dev::Service;
use actix_web::http::header::HOST;
use actix_web::test::{TestRequest, init_service};
use futures_util::future::LocalBoxFuture;
use pontual::app::{Shared, build};
use pontual::config::Config;
use pontual::config::FileLocation;
use pontual::contacts::Links;
use pontual::db::Db;
use pontual::files::{Accepted, Files, Scanner};
use pontual::ids::ContactId;
use pontual::keys::Keys;

use super::{Company, Database, Folder, PASSWORD, Page};

/// Answers a request.
pub type Call = Rc<dyn Fn(Request) -> LocalBoxFuture<'static, Page>>;

/// The application on its own database, with a small company in it.
pub struct TestApp {
    pub database: Database,
    pub company: Company,
    pub shared: Shared,
    /// The folder of files. Further processes on the same database share it.
    pub folder: Rc<Folder>,
    call: Call,
    is_whole: Cell<bool>,
}

/// Runs `pontual check` at the end of every test.
impl Drop for TestApp {
    fn drop(&mut self) {
        if self.is_whole.get() && !std::thread::panicking() {
            self.check();
        }
    }
}

impl TestApp {
    pub async fn new() -> Self {
        let database = Database::new();
        let company = Company::found(&database);
        Self::filled(database, company).await
    }

    /// An application without users and departments.
    pub async fn empty() -> Self {
        Self::on(Database::new(), Company::IDS, Rc::new(Folder::new())).await
    }

    /// An application at another public address, such as one behind a proxy with https.
    pub async fn at(public_url: &str) -> Self {
        Self::with_variable("PONTUAL_PUBLIC_URL", public_url).await
    }

    /// An application with a variable of the environment.
    pub async fn with_variable(variable: &str, value: &str) -> Self {
        let database = Database::new();
        let company = Company::found(&database);
        let config = Config::from_vars(|name| (name == variable).then(|| value.to_owned()));
        Self::configured(database, company, config.unwrap(), Rc::new(Folder::new())).await
    }

    /// A second process on the same database.
    pub async fn another(&self) -> Self {
        self.another_with("", "").await
    }

    /// A second process on the same database, with a variable of the environment.
    pub async fn another_with(&self, variable: &str, value: &str) -> Self {
        let database = Database { url: self.database.url.clone() };
        let config = Config::from_vars(|name| (name == variable).then(|| value.to_owned())).unwrap();
        let other = Self::configured(database, self.company, config, self.folder.clone()).await;
        other.is_whole.set(self.is_whole.get());
        other
    }

    /// An application that keeps its files in a store other than a directory.
    pub async fn keeping_files_in(open: impl FnOnce(&Path) -> Files) -> Self {
        let (database, folder) = (Database::new(), Rc::new(Folder::new()));
        let company = Company::found(&database);
        let files = open(folder.path());
        Self::with_files(database, company, Config::from_vars(|_| None).unwrap(), folder, files).await
    }

    /// An application on a database that is already filled.
    pub async fn filled(database: Database, company: Company) -> Self {
        Self::on(database, company, Rc::new(Folder::new())).await
    }

    async fn on(database: Database, company: Company, folder: Rc<Folder>) -> Self {
        Self::configured(database, company, Config::from_vars(|_| None).unwrap(), folder).await
    }

    async fn configured(database: Database, company: Company, config: Config, folder: Rc<Folder>) -> Self {
        let files = Files::open(&FileLocation::Directory(folder.path().into()), folder.path()).unwrap();
        let files = files.scanned_by(config.clamd.clone().map(Scanner::new));
        Self::with_files(database, company, config, folder, files).await
    }

    async fn with_files(
        database: Database,
        company: Company,
        config: Config,
        folder: Rc<Folder>,
        files: Files,
    ) -> Self {
        // The pool of a server's worker on a machine with two cores.
        let db = Db::new(&database.url, 5).for_worker(4);
        let shared = Shared::new(config, Keys::new("a secret for tests"), db, files);
        let service = Rc::new(init_service(build(shared.clone())).await);
        let call: Call = Rc::new(move |request| {
            let service = service.clone();
            Box::pin(async move { page_of(&*service, request).await })
        });
        Self { database, company, shared, folder, call, is_whole: Cell::new(true) }
    }

    /// Skips the final check. For a test that writes rows directly, without the history and audit that the product
    /// writes. The argument says which rows are missing.
    pub fn with_made_up_rows(self, _why: &str) -> Self {
        self.is_whole.set(false);
        self
    }

    /// A visitor who is not signed in.
    pub fn visitor(&self) -> Visitor {
        let host = self.shared.config.link("").split_once("://").unwrap().1.to_owned();
        Visitor::new(self.call.clone(), host)
    }

    /// The contact's customer, who has opened their link: see `/c/{contact}`.
    pub async fn customer(&self, contact: i64) -> Visitor {
        let visitor = self.visitor();
        visitor.enter(&self.link(contact)).await.assert_status(200);
        visitor
    }

    /// The path of a contact's first link.
    pub fn link(&self, contact: i64) -> String {
        Links::new(self.shared.keys.key("links")).path(ContactId(contact), 1)
    }

    pub async fn signed_in(&self, email: &str) -> Visitor {
        self.signed_in_with(email, PASSWORD).await
    }

    pub async fn signed_in_with(&self, email: &str, password: &str) -> Visitor {
        self.visitor().sign_in(email, password).await
    }

    /// Fails unless every invariant of `pontual check` holds.
    #[track_caller]
    pub fn check(&self) {
        let (mut conn, files) = (self.database.connect(), self.shared.files.clone());
        // A runtime cannot be started within another one, so this uses a thread.
        let checked = std::thread::spawn(move || {
            let checking = pontual::check::run_with_files(&mut conn, &files);
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap()
                .block_on(checking)
                .unwrap()
        });
        let findings = checked.join().unwrap();
        let broken: Vec<_> = findings.iter().filter(|finding| !finding.is_ok()).collect();
        assert!(broken.is_empty(), "{}", broken.iter().map(|f| f.to_string()).collect::<Vec<_>>().join("\n"));
    }

    /// Stores content without a file name, as an upload does first.
    pub async fn keep(&self, content: &[u8]) {
        let mut incoming = self.shared.files.receive(1 << 20).await.unwrap();
        incoming.write(content).await.unwrap();
        let received = incoming.finish().await.unwrap();
        let accepted = Accepted::made_here(received, "text/plain");
        pontual::files::keep(&self.shared.db, &self.shared.files, &accepted).await.unwrap();
    }

    pub async fn administrator(&self) -> Visitor {
        self.signed_in("admin@empresa.example").await
    }

    pub async fn role_manager(&self) -> Visitor {
        self.signed_in("gestor@empresa.example").await
    }

    /// Signs in as Bruno, who attends "Suporte".
    pub async fn attendant(&self) -> Visitor {
        self.signed_in("bruno@empresa.example").await
    }

    /// Signs in as Helena, who attends "Financeiro".
    pub async fn other_attendant(&self) -> Visitor {
        self.signed_in("helena@empresa.example").await
    }
}

async fn page_of<S, B>(service: &S, request: Request) -> Page
where
    S: Service<Request, Response = actix_web::dev::ServiceResponse<B>, Error = actix_web::Error>,
    B: actix_web::body::MessageBody + 'static,
{
    let response = match service.call(request).await {
        Ok(response) => response.into_parts().1.map_into_boxed_body(),
        Err(error) => error.error_response(),
    };
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = to_bytes(response.into_body()).await.map_err(|_| ()).unwrap();
    Page { status, headers, body: String::from_utf8_lossy(&body).into_owned(), bytes: body.to_vec() }
}

/// The header that browsers send with a form from one of our pages.
pub const FROM_OUR_PAGE: (&str, &str) = ("sec-fetch-site", "same-origin");

/// A person with a browser. Keeps cookies, and sends the last page's CSRF token with each form.
pub struct Visitor {
    call: Call,
    host: String,
    cookies: RefCell<BTreeMap<String, String>>,
    csrf: RefCell<String>,
}

impl Visitor {
    pub fn new(call: Call, host: String) -> Self {
        Self { call, host, cookies: RefCell::default(), csrf: RefCell::default() }
    }

    pub async fn sign_in(self, email: &str, password: &str) -> Self {
        self.get("/login").await;
        let answer = self.post("/login", &[("email", email), ("password", password)]).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        self
    }

    pub async fn get(&self, path: &str) -> Page {
        self.send(TestRequest::get().uri(path)).await
    }

    /// Fetches a part of a page as htmx does.
    pub async fn get_part(&self, path: &str) -> Page {
        self.send(TestRequest::get().uri(path).insert_header(("hx-request", "true"))).await
    }

    /// Opens a customer's link and follows it to the page.
    pub async fn enter(&self, link: &str) -> Page {
        let answer = self.get(link).await;
        if answer.status == 303 { self.follow(&answer).await } else { answer }
    }

    /// Follows a redirect.
    pub async fn follow(&self, answer: &Page) -> Page {
        assert_eq!(answer.status, 303, "{}", answer.text());
        self.get(answer.location()).await
    }

    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let csrf = self.csrf.borrow().clone();
        let mut fields = fields.to_vec();
        fields.push(("csrf", &csrf));
        self.post_raw(path, &fields).await
    }

    /// Opens the form of a record and sends it with these fields and the version that it shows.
    pub async fn edit(&self, form: &str, fields: &[(&str, &str)]) -> Page {
        let version = self.get(form).await.attribute("input[name=version]", "value").unwrap_or_default();
        let mut fields = fields.to_vec();
        fields.push(("version", &version));
        self.post(form.trim_end_matches("/edit"), &fields).await
    }

    /// Posts only these fields, without a token.
    pub async fn post_raw(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        self.send(TestRequest::post().uri(path).insert_header(FROM_OUR_PAGE).set_form(fields)).await
    }

    /// Posts a form as htmx does, with the token in a header.
    pub async fn post_part(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let request = TestRequest::post().uri(path).insert_header(("hx-request", "true"));
        self.send(
            request
                .insert_header(FROM_OUR_PAGE)
                .insert_header(("x-csrf-token", self.csrf()))
                .set_form(fields),
        )
        .await
    }

    /// Sends any request with this visitor's cookies.
    pub async fn send(&self, mut request: TestRequest) -> Page {
        for (name, value) in self.cookies.borrow().iter() {
            request = request.cookie(Cookie::new(name.clone(), value.clone()));
        }
        let mut request = request.to_request();
        if !request.headers().contains_key(HOST) {
            request.headers_mut().insert(HOST, self.host.parse().unwrap());
        }
        let page = (self.call)(request).await;
        for header in page.headers.get_all("set-cookie") {
            let cookie = Cookie::parse_encoded(header.to_str().unwrap().to_owned()).unwrap();
            let is_over = cookie.max_age().is_some_and(|age| age.is_zero());
            let mut cookies = self.cookies.borrow_mut();
            match is_over {
                true => cookies.remove(cookie.name()),
                false => cookies.insert(cookie.name().to_owned(), cookie.value().to_owned()),
            };
        }
        if let Some(token) = page.attribute("input[name=csrf]", "value") {
            *self.csrf.borrow_mut() = token;
        }
        page
    }

    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.borrow().get(name).cloned()
    }

    /// All cookies, as a browser sends them.
    pub fn cookies(&self) -> String {
        let cookies = self.cookies.borrow();
        cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    pub fn set_cookie(&self, name: &str, value: &str) {
        self.cookies.borrow_mut().insert(name.into(), value.into());
    }

    pub fn csrf(&self) -> String {
        self.csrf.borrow().clone()
    }
}
