//! What the handlers of channels need besides the form and the user.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};

use super::{SecretCipher, TransportOptions};
use crate::config::Config;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ids::ChannelId;

/// A handler takes it as an argument.
pub struct Tools {
    pub db: web::Data<Db>,
    pub cipher: web::Data<SecretCipher>,
    pub transports: web::Data<TransportOptions>,
    config: web::Data<Config>,
}

impl Tools {
    /// The address to which the systems of the company send messages for a webhook channel.
    pub fn inbox_url(&self, channel: ChannelId) -> String {
        self.config.link(&format!("/channels/{channel}/inbox"))
    }
}

impl FromRequest for Tools {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        fn shared<T: 'static>(request: &HttpRequest) -> Result<web::Data<T>> {
            request
                .app_data::<web::Data<T>>()
                .cloned()
                .ok_or_else(|| Error::unexpected("the tools of channels are missing"))
        }
        let tools = || {
            Ok(Self {
                db: shared(request)?,
                cipher: shared(request)?,
                transports: shared(request)?,
                config: shared(request)?,
            })
        };
        ready(tools())
    }
}
