//! The names of browsers in lists of sessions.

/// "Chrome no Windows", from the user agent. Checks special names first, because their user agents also name
/// others.
pub fn browser_name(user_agent: &str) -> String {
    let known = |names: &[(&str, &'static str)]| {
        names.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name)
    };
    let browser = known(&[
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser/", "Samsung Internet"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("CriOS/", "Chrome"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = known(&[
        ("Windows", "no Windows"),
        ("Android", "no Android"),
        ("iPhone", "no iPhone"),
        ("iPad", "no iPad"),
        ("Mac OS X", "no Mac"),
        ("CrOS", "no ChromeOS"),
        ("Linux", "no Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} {system}"),
        (Some(browser), None) => browser.into(),
        (None, Some(system)) => format!("Navegador {system}"),
        (None, None) => "Navegador desconhecido".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::browser_name;

    #[test]
    fn a_browser_is_named_by_its_user_agent() {
        let chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
        assert_eq!(browser_name(chrome), "Chrome no Windows");
        assert_eq!(browser_name(&format!("{chrome} Edg/140.0")), "Edge no Windows");
        let iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Mobile Safari/604.1";
        assert_eq!(browser_name(iphone), "Safari no iPhone");
        assert_eq!(
            browser_name("Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0"),
            "Firefox no Linux"
        );
        assert_eq!(browser_name("curl/8"), "Navegador desconhecido");
    }
}
