//! What all pages share: forms, answers, headers, assets, errors, routing.

mod anyone;
pub mod assets;
mod browser;
mod compression;
mod csrf;
mod csv_file;
mod error_page;
mod fields;
mod flash;
mod host;
mod origin;
mod posted_form;
mod query_string;
mod rate_limit;
mod request_span;
mod resubmission;
mod resubmission_page;
mod return_path;
mod routing;
mod security;
pub mod security_txt;
mod session;
mod shell;
mod stale;
mod stylesheet;
mod theme;
mod visitor;

pub use anyone::Anyone;
pub use assets::{asset, prepare as prepare_assets};
pub use browser::browser_name;
pub use compression::skip_small;
pub use csrf::{Csrf, FORM_LIMIT, Posted};
pub use csv_file::{csv_file, lines as csv_lines, without_apostrophes};
pub use error_page::{ErrorCode, title_and_text};
pub use fields::Fields;
pub use flash::{Flash, FlashKey, keep as keep_flash};
pub use host::check as check_host;
pub use origin::{check as check_origin, is_proven_own};
pub use posted_form::{PostedForm, RecoveredForm};
pub use query_string::{FilterKind, FilterRemarks, redirect_without_empty};
pub use rate_limit::RateLimit;
pub use request_span::RequestSpan;
pub use resubmission::offer as offer_resubmission;
pub use resubmission_page::{FormCipher, ResubmissionPage, SealedForm};
pub use return_path::{login_path, own_path};
pub use routing::{Route, get, post, register};
pub use security::{FILE_POLICY, headers as security_headers};
pub use session::{USER_KEY, user_of};
pub use shell::{
    PAGE_CAPACITY, Page, Shell, initials, redirect, redirect_with, render_for_any_page, render_with_token,
    tint, with_cookie, with_push_url,
};
pub use stale::{ChangedField, ChangedFields, Choice, RefusedForm, StaleNotice};
pub use theme::{theme_cookie, theme_of};
pub use visitor::{ClientIp, client_ip, visitor_of};
