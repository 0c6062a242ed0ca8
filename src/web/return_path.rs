//! The page that a visitor came from or was going to, as the sign-in keeps it.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

const IN_QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.');

/// The path of the sign-in page that then redirects to `next`.
pub fn login_path(next: &str) -> String {
    match own_path(next) {
        "" | "/" => "/login".into(),
        next => format!("/login?next={}", utf8_percent_encode(next, IN_QUERY)),
    }
}

/// `next` if it is a path of this site and valid in a header, else empty. Browsers read `//x` and `/\x` as
/// another host.
pub fn own_path(next: &str) -> &str {
    let is_own = next.starts_with('/')
        && !next[1..].starts_with(['/', '\\'])
        && next.bytes().all(|byte| byte.is_ascii_graphic());
    if is_own { next } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn next_never_leads_to_another_site() {
        for bad in [
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "evil",
            "/a\r\nb",
            "/é",
            "/a b",
            "/\u{7f}",
            "",
        ] {
            assert_eq!(own_path(bad), "", "{bad}");
        }
        assert_eq!(own_path("/schedules?status=failed"), "/schedules?status=failed");
        assert_eq!(login_path("/schedules/1?a=b&c"), "/login?next=/schedules/1%3Fa%3Db%26c");
    }
}
