//! A message that survives a redirect, such as "Contato salvo".

use std::borrow::Cow;

use actix_web::body::MessageBody;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, CookieJar, Key as CookieKey, SameSite};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{HttpRequest, web};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::error::Error;
use crate::keys::Key;

const COOKIE: &str = "pontual_flash";

/// A message at the top of the next page, with links to what the user may do next. The cookie that carries it is
/// signed, so that nobody else can put a text there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flash {
    text: Cow<'static, str>,
    links: Vec<Link>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    pub href: Cow<'static, str>,
    pub label: Cow<'static, str>,
}

impl Flash {
    /// A message with links. Each link is a path and its label.
    pub fn with_links(text: &'static str, links: &[(&'static str, &'static str)]) -> Self {
        let link =
            |&(href, label): &(&'static str, &'static str)| Link { href: href.into(), label: label.into() };
        Self { text: text.into(), links: links.iter().map(link).collect() }
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// The message that the previous response left for this page.
    pub fn of(request: &HttpRequest) -> Option<Self> {
        let key = request.app_data::<web::Data<FlashKey>>()?;
        let mut jar = CookieJar::new();
        jar.add_original(request.cookie(COOKIE)?);
        let json = URL_SAFE_NO_PAD.decode(jar.signed(&key.0).get(COOKIE)?.value()).ok()?;
        serde_json::from_slice(&json).ok()
    }

    fn cookie(&self, key: &FlashKey, is_https: bool) -> Result<Cookie<'static>, serde_json::Error> {
        let json = URL_SAFE_NO_PAD.encode(serde_json::to_vec(self)?);
        let cookie = Cookie::build(COOKIE, json).path("/").http_only(true).secure(is_https);
        let mut jar = CookieJar::new();
        jar.signed_mut(&key.0).add(cookie.same_site(SameSite::Lax).max_age(Duration::minutes(1)).finish());
        let signed = jar.get(COOKIE).cloned();
        Ok(signed.unwrap_or_else(Self::shown))
    }

    /// Removes the cookie of a message that was shown.
    pub fn shown() -> Cookie<'static> {
        let mut cookie = Cookie::build(COOKIE, "").path("/").http_only(true).finish();
        cookie.make_removal();
        cookie
    }
}

impl From<&'static str> for Flash {
    fn from(text: &'static str) -> Self {
        Self { text: text.into(), links: Vec::new() }
    }
}

/// Signs the cookies.
pub struct FlashKey(CookieKey);

impl FlashKey {
    pub fn new(key: &Key) -> Self {
        Self(CookieKey::derive_from(&key.tag(&[b"flash"])))
    }
}

/// Middleware: stores the response's flash message in a cookie.
pub async fn keep(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let is_https = request.app_data::<web::Data<Config>>().is_some_and(|config| config.is_https());
    let key = request.app_data::<web::Data<FlashKey>>().cloned();
    let mut answer = next.call(request).await?;
    let flash = answer.response_mut().extensions_mut().remove::<Flash>();
    if let Some((flash, key)) = flash.zip(key) {
        let cookie = flash.cookie(&key, is_https).map_err(Error::unexpected)?;
        answer.response_mut().add_cookie(&cookie).map_err(Error::unexpected)?;
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;
    use crate::keys::Keys;

    const TEXT: &str = "Tudo pronto.";

    fn key(secret: &str) -> FlashKey {
        FlashKey::new(&Keys::new(secret).key("flash"))
    }

    fn shown(cookie: Cookie<'static>) -> Option<Flash> {
        let request = TestRequest::default().app_data(web::Data::new(key("secret"))).cookie(cookie);
        Flash::of(&request.to_http_request())
    }

    #[test]
    fn a_message_and_its_links_survive_in_the_cookie() {
        let flash = Flash::with_links(TEXT, &[("/help", "Ler a ajuda")]);
        assert_eq!(shown(flash.cookie(&key("secret"), false).unwrap()), Some(flash));
    }

    #[test]
    fn a_message_that_we_did_not_sign_is_not_shown() {
        let flash = Flash::from(TEXT);
        assert_eq!(shown(flash.cookie(&key("another"), false).unwrap()), None);
        let json = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&flash).unwrap());
        assert_eq!(shown(Cookie::new(COOKIE, json)), None);
    }
}
