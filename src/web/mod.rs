//! What every page shares: the frame around it, forms, headers, assets, routes.

mod address;
mod again;
mod assets;
mod csrf;
mod csv_file;
mod fields;
mod flash;
pub mod navigation;
mod number;
mod origin;
mod pagination;
mod request_span;
mod routing;
mod search;
mod security;
mod shell;
mod stale;
mod theme;

pub use address::{Remarks, tidied};
pub use again::offer as offer_again;
pub use assets::{asset, routes as asset_routes};
pub use csrf::{Csrf, FORM_LIMIT, Posted};
pub use csv_file::{csv_file, lines as csv_lines};
pub use fields::{FieldErrors, Fields, has_control_characters};
pub use flash::{Flash, keep as keep_flash};
pub use number::thousands;
pub use origin::check as check_origin;
pub use pagination::{Cursor, NameCursor, PageOf};
pub use request_span::RequestSpan;
pub use routing::{Route, register};
pub use search::Search;
pub use security::{FILE_POLICY, headers as security_headers};
pub use shell::{Shell, initials, pushing, redirect, redirect_with, tint};
pub use stale::{BLANK, Refusal, Snapshot, Stale};
pub use theme::Theme;
