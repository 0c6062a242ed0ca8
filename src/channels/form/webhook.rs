//! The fields of a webhook channel.

use url::Url;

use super::host::{PRIVATE, is_internal};
use crate::channels::webhook::WebhookSettings;
use crate::refusal::FieldErrors;
use crate::web::Fields;

/// Maximum length of an address, in bytes.
const LONGEST: usize = 2000;

#[derive(Clone, Debug, Default)]
pub struct WebhookFields {
    pub url: String,
}

impl WebhookFields {
    pub fn read(fields: &Fields) -> Self {
        Self { url: fields.get("url").to_owned() }
    }

    pub fn parse(&self, errors: &mut FieldErrors, allows_private_addresses: bool) -> Option<WebhookSettings> {
        match parse_url(self.url.trim(), allows_private_addresses) {
            Ok(url) => Some(WebhookSettings { url: url.into() }),
            Err(message) => {
                errors.add("url", message);
                None
            }
        }
    }
}

/// Reads the address of a service. The error is the message for the form.
pub fn parse_url(typed: &str, allows_private_addresses: bool) -> Result<Url, &'static str> {
    const WRONG: &str = "Informe o endereço completo, como https://sistema.empresa.com.br/pontual.";
    if typed.len() > LONGEST {
        return Err("Use até 2.000 caracteres.");
    }
    let url = Url::parse(typed).map_err(|_| WRONG)?;
    let host = url.host().ok_or(WRONG)?;
    match url.scheme() {
        "https" => {}
        "http" if allows_private_addresses => {}
        "http" => return Err("Use um endereço que comece com https://."),
        _ => return Err(WRONG),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("Informe o endereço sem usuário e senha: as mensagens são assinadas com o segredo.");
    }
    if url.fragment().is_some() {
        return Err("Informe o endereço sem a parte que começa com #.");
    }
    if is_internal(&host) && !allows_private_addresses {
        return Err(PRIVATE);
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_that_can_be_called_are_read() {
        assert!(parse_url("https://sistema.empresa.com.br/pontual?a=1", false).is_ok());
        for wrong in [
            "",
            "sistema.empresa.com.br",
            "ftp://empresa.com.br",
            "http://empresa.com.br/",
            "https://ana:senha@empresa.com.br/",
            "https://empresa.com.br/#aqui",
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://localhost/",
        ] {
            assert!(parse_url(wrong, false).is_err(), "{wrong}");
        }
        assert!(parse_url("http://127.0.0.1:9000/", true).is_ok());
    }
}
