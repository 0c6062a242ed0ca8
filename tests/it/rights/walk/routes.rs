//! The routes that the walks must use: all that change something, except those in `LEFT_OUT`.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use pontual::routes::routes;

/// Routes that no walk uses, and why they cannot change what anybody can read.
pub const LEFT_OUT: [(&str, &str); 20] = [
    (
        "/messages/{id}/attempts",
        "The walkers' contacts are on the web chat, where nothing waits in an outbox.",
    ),
    ("/messages/{id}/discard", "The same."),
    ("/login", "It signs in to an account whose password one has, and changes no rights."),
    ("/logout", "It only takes access away, from one browser."),
    ("/schedules/new/preview", "It saves nothing."),
    ("/setup/{token}", "It answers 410 once there is an administrator."),
    ("/channels/{id}/inbox", "A program sends it with a signature; no user can."),
    ("/contacts/{id}/merge", "It refuses what would show its user more; contacts/merging.rs tests that."),
    ("/contacts/{id}/separation", "It only moves back what a merge has moved."),
    ("/settings/logo", "It changes a picture."),
    ("/settings/logo/removal", "It removes a picture."),
    ("/channels/{id}/test", "It asks a server whether it answers, and changes nothing."),
    ("/channels/{id}/pause", "It only delays what is sent."),
    ("/channels/{id}/resumption", "It lets what is queued be sent."),
    ("/channels/{id}/secret", "It changes how messages are signed, which gives no user access."),
    ("/channels/{id}/previous-secret/removal", "It only ends the validity of a secret."),
    ("/channels/{id}/inbox/{message}/retry", "It lets a customer's message be read, as when it came."),
    ("/profile/password", "It asks for one's password, and changes only that."),
    ("/profile/sessions/ending", "It only takes access away, from one's own browsers."),
    ("/profile/sessions/{session}/ending", "It only takes access away, from one of one's own browsers."),
];

/// All routes that change something.
pub static CHANGING: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| {
    routes().into_iter().filter(|route| route.method == "POST").map(|route| route.path).collect()
});

/// The route that takes this path: the one with the fewest placeholders.
pub fn route_of(path: &str) -> &'static str {
    let path = path.split('?').next().unwrap_or_default();
    let fits = |route: &&&str| {
        let (route, path): (Vec<_>, Vec<_>) = (route.split('/').collect(), path.split('/').collect());
        route.len() == path.len()
            && route.iter().zip(&path).all(|(part, text)| part.starts_with('{') || part == text)
    };
    CHANGING
        .iter()
        .filter(fits)
        .min_by_key(|route| route.matches('{').count())
        .unwrap_or_else(|| panic!("no route takes POST {path}"))
}
