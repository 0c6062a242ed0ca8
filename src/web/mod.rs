//! What all pages share: the frame, forms, headers, assets, routes.

mod address;
mod again;
pub mod assets;
mod browser;
mod csrf;
mod csv_file;
mod error_page;
mod fields;
mod flash;
mod host;
mod kept;
mod number;
mod origin;
mod pace;
mod packed;
mod pagination;
mod request_span;
mod return_path;
mod routing;
mod search;
mod security;
pub mod security_txt;
mod session;
mod shell;
mod small;
mod stale;
mod stylesheet;
mod theme;
mod unsent;
mod visitor;

pub use address::{Asked, Remarks, tidied};
pub use again::{PostedForm, offer as offer_again};
pub use assets::{asset, prepare as prepare_assets};
pub use browser::browser_name;
pub use csrf::{Csrf, FORM_LIMIT, Posted};
pub use csv_file::{csv_file, lines as csv_lines, without_apostrophes};
pub use error_page::{ErrorCode, sentence};
pub use fields::{FieldErrors, Fields, has_control_characters};
pub use flash::{Flash, FlashKey, keep as keep_flash};
pub use host::check as check_host;
pub use kept::{Kept, KeptPage, Seal};
pub use number::{thousands, too_long};
pub use origin::{check as check_origin, is_proven_own};
pub use pace::Pace;
pub use pagination::{Cursor, NameCursor, PageOf};
pub use request_span::RequestSpan;
pub use return_path::{login_path, own_path};
pub use routing::{Route, get, post, register};
pub use search::Search;
pub use security::{FILE_POLICY, headers as security_headers};
pub use session::{USER_KEY, user_of};
pub use shell::{
    PAGE_CAPACITY, Page, Shell, initials, pushing, redirect, redirect_with, render_for_any_page,
    render_with_token, tint, with_cookie,
};
pub use small::stay_plain;
pub use stale::{BLANK, LastChange, Refusal, Snapshot, Stale};
pub use theme::Theme;
pub use unsent::{Left, Unsent};
pub use visitor::{ClientIp, client_ip, visitor_of};
