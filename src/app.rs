//! The application put together: its middleware, and what all requests share.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Compress, Next, from_fn};
use actix_web::{App, web};
use tracing_actix_web::TracingLogger;

use crate::audit::Refusals;
use crate::auth::Devices;
use crate::channels::email::RenewedTokens;
use crate::channels::webhook::InboxRateLimit;
use crate::channels::{SecretCipher, TransportOptions};
use crate::config::Config;
use crate::connections::{self, Connections};
use crate::contacts::Links;
use crate::conversations::chat::ChatRateLimits;
use crate::db::Db;
use crate::dispatcher::Health;
use crate::error::Error;
use crate::files::Files;
use crate::keys::Keys;
use crate::live::Hub;
use crate::routes::routes;
use crate::schedules::ListCache;
use crate::web::{Csrf, FlashKey, FormCipher};
use crate::{audit, auth, layout, login, web as frame};

/// State that all requests share. One per process, cheap to clone.
#[derive(Clone)]
pub struct Shared {
    pub config: Config,
    pub keys: Keys,
    pub db: Db,
    pub files: Files,
    pub health: Health,
    pub hub: Hub,
    pub connections: Connections,
    pub list_cache: web::Data<ListCache>,
    pub refusals: Refusals,
    pub paces: ChatRateLimits,
    pub channel_secrets: SecretCipher,
    pub transports: TransportOptions,
    pub webhook_limit: InboxRateLimit,
}

impl Shared {
    pub fn new(config: Config, keys: Keys, db: Db, files: Files) -> Self {
        let list_cache = web::Data::new(ListCache::new(db.changes()));
        let connections = Connections::new(config.trusted_proxies.clone(), config.connections_per_address);
        let (hub, health) = (Hub::new(), Health::default());
        let (refusals, paces) = (Refusals::default(), ChatRateLimits::default());
        let channel_secrets = SecretCipher::new(&keys.key("channel secrets"));
        let renewed_tokens = RenewedTokens::new(db.clone(), channel_secrets.clone());
        let transports = TransportOptions::new(&config, &keys, renewed_tokens);
        Self {
            config,
            keys,
            db,
            files,
            hub,
            health,
            list_cache,
            connections,
            refusals,
            paces,
            channel_secrets,
            transports,
            webhook_limit: InboxRateLimit::default(),
        }
    }
}

/// Builds the application of one worker.
pub fn build(
    shared: Shared,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = actix_web::Error,
        InitError = (),
    >,
> {
    let Shared {
        config,
        keys,
        db,
        files,
        hub,
        health,
        list_cache,
        connections,
        refusals,
        paces,
        channel_secrets,
        transports,
        webhook_limit,
    } = shared;
    let is_https = config.is_https();
    App::new()
        .app_data(web::Data::new(Csrf::new(keys.key("csrf"), is_https)))
        .app_data(web::Data::new(FlashKey::new(&keys.key("flash"))))
        .app_data(web::Data::new(FormCipher::new(&keys.key("kept forms"))))
        .app_data(web::Data::new(Devices::new(keys.key("devices"), is_https)))
        .app_data(web::Data::new(refusals))
        .app_data(web::Data::new(paces))
        .app_data(web::Data::new(channel_secrets))
        .app_data(web::Data::new(transports))
        .app_data(web::Data::new(webhook_limit))
        .app_data(list_cache)
        .app_data(web::Data::new(db.clone()))
        .app_data(web::Data::new(files))
        .app_data(web::Data::new(config))
        .app_data(web::Data::new(health))
        .app_data(web::Data::new(hub))
        .app_data(web::Data::new(connections))
        .app_data(web::Data::new(Links::new(keys.key("links"))))
        .app_data(web::PayloadConfig::new(frame::FORM_LIMIT))
        .app_data(web::PathConfig::default().error_handler(|_, _| Error::NotFound.into()))
        .app_data(web::QueryConfig::default().error_handler(|_, _| Error::BadRequest.into()))
        .configure(|config| frame::register(config, routes()))
        .default_service(web::to(|| async { Err::<&str, _>(Error::NotFound) }))
        .wrap(from_fn(layout::surround))
        .wrap(from_fn(audit::note_refusals))
        .wrap(from_fn(auth::mark_connection))
        .wrap(from_fn(login::recover_forms))
        .wrap(auth::sessions::middleware::<layout::Frame>(db, &keys.key("sessions"), is_https))
        .wrap(from_fn(auth::prefetch_account))
        .wrap(from_fn(frame::keep_flash))
        .wrap(from_fn(answer_database_errors))
        .wrap(from_fn(frame::offer_resubmission))
        .wrap(from_fn(frame::check_origin))
        .wrap(from_fn(frame::check_host))
        .wrap(from_fn(audit::note_early_refusals))
        .wrap(from_fn(frame::security_headers))
        .wrap(from_fn(frame::skip_small))
        .wrap(Compress::default())
        .wrap(TracingLogger::<frame::RequestSpan>::new())
        .wrap(from_fn(connections::watch))
}

/// Turns database errors of the session middleware into 503. The middleware itself answers them with a bare
/// 500.
async fn answer_database_errors(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    next.call(request).await.map_err(|error| {
        let is_ours = error.as_error::<Error>().is_some();
        let is_internal = error.as_response_error().status_code().is_server_error();
        if is_internal && !is_ours { Error::Unavailable(error.to_string()).into() } else { error }
    })
}
