//! What every page shares: the frame around it, forms, headers, assets, routes.

mod assets;
mod csrf;
mod fields;
mod flash;
mod origin;
mod pagination;
mod request_span;
mod routing;
mod security;
mod shell;

pub use assets::{asset, routes as asset_routes};
pub use csrf::{Csrf, FORM_LIMIT, Posted};
pub use fields::{FieldErrors, Fields, has_control_characters};
pub use flash::{Flash, keep as keep_flash};
pub use origin::check as check_origin;
pub use pagination::{Cursor, PageOf};
pub use request_span::RequestSpan;
pub use routing::{Route, register};
pub use security::headers as security_headers;
pub use shell::{Shell, initials, redirect, redirect_with, tint};
