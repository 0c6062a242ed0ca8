//! Signing in with tokens: client credentials as at Microsoft 365, refresh tokens as at Google. Dovecot asks the provider
//! whose token it is, and Postfix asks Dovecot.

use super::desk::Desk;
use super::servers::MailServers;
use crate::harness::until;

const WORKS: &str = "entrou. Recebimento: caixa de entrada";

/// Fields for a channel whose account signs in with tokens.
fn by_token<'a>(
    sign_in: &'a str,
    token_url: &'a str,
    refresh_token: &'a str,
) -> Vec<(&'static str, &'a str)> {
    vec![
        ("sign_in", sign_in),
        ("token_url", token_url),
        ("client_id", "app"),
        ("client_secret", "app-secret"),
        ("scope", "mail"),
        ("refresh_token", refresh_token),
        ("password", ""),
    ]
}

#[actix_web::test]
async fn with_client_credentials_one_token_serves_both_servers_until_it_expires() {
    let Some(servers) = MailServers::get() else { return };
    let desk = Desk::open(servers).await;
    let url = servers.token_url("app", "app@mail.example");
    let channel = desk.connect("app", &by_token("client_credentials", &url, "")).await;
    desk.test(&channel).await.assert_says(WORKS);
    desk.test(&channel).await.assert_says(WORKS);
    assert_eq!(servers.grants("app"), ["client_credentials  fine"]);

    let url = servers.token_url("short", "app@mail.example");
    desk.change(&channel, "app", &by_token("client_credentials", &url, "")).await;
    desk.test(&channel).await.assert_says(WORKS);
    assert!(servers.grants("short").len() >= 2, "a token that is about to expire is not used again");

    let url = servers.token_url("expired", "app@mail.example");
    desk.change(&channel, "app", &by_token("client_credentials", &url, "")).await;
    let page = desk.test(&channel).await;
    page.assert_says("o ID ou o segredo do aplicativo não é aceito; talvez o segredo tenha vencido")
        .assert_says("AADSTS7000222")
        .assert_does_not_say("app-secret");
}

#[actix_web::test]
async fn a_renewed_refresh_token_is_kept_encrypted_and_outlives_the_process() {
    let Some(servers) = MailServers::get() else { return };
    let desk = Desk::open(servers).await;
    let url = servers.token_url("rotating", "renovada@mail.example");
    let fields = by_token("refresh_token", &url, "first");
    let channel = desk.connect("renovada", &fields).await;
    desk.test(&channel).await.assert_says(WORKS);
    let grants = servers.grants("rotating");
    assert_eq!(grants, ["refresh_token first fine"]);

    let stored =
        "SELECT encode(renewed_token, 'escape') AS value FROM channel_states WHERE renewed_token IS NOT NULL";
    let sealed = desk.database.texts(stored);
    assert!(!sealed[0].contains("next-") && !sealed[0].contains("first"), "{sealed:?}");
    // What the provider exchanged is no edit of the channel.
    desk.change(
        &channel,
        "renovada",
        &[&fields[..], &[("name", "Renovada"), ("refresh_token", "")]].concat(),
    )
    .await;

    let desk = desk.restart().await;
    desk.test(&channel).await.assert_says(WORKS);
    let grants = servers.grants("rotating");
    assert_eq!(grants.len(), 2, "{grants:?}");
    assert!(grants[1].starts_with("refresh_token next-") && grants[1].ends_with(" fine"), "{grants:?}");

    servers.withdraw("rotating");
    desk.test(&channel).await.assert_says("recusou o acesso do provedor (OAuth)");
    desk.test(&channel).await.assert_says(WORKS);
    assert!(servers.grants("rotating").iter().all(|grant| grant.ends_with(" fine")));
}

#[actix_web::test]
async fn a_refresh_token_that_is_not_good_any_more_is_told_on_the_channels_page() {
    let Some(servers) = MailServers::get() else { return };
    let desk = Desk::open(servers).await;
    let url = servers.token_url("revoked", "negada@mail.example");
    let channel = desk.connect("negada", &by_token("refresh_token", &url, "first")).await;
    let plain = "o refresh token não vale mais; autorize o aplicativo de novo e informe o novo";
    desk.test(&channel).await.assert_says(&format!("Envio: o provedor não deu acesso (OAuth): {plain}"));
    let failing = "SELECT count(*) AS value FROM channel_states WHERE receiving_failing_since IS NOT NULL";
    until(|| desk.database.number(failing) == 1);
    let page = desk.admin.get(&channel).await;
    page.assert_says("Com problema").assert_says("Não busca mensagens desde").assert_says(plain);

    let url = servers.token_url("refresh", "negada@mail.example");
    desk.change(&channel, "negada", &by_token("refresh_token", &url, "first")).await;
    until(|| desk.database.number(failing) == 0);
    let page = desk.admin.get(&channel).await;
    page.assert_does_not_say("Não busca mensagens desde").assert_does_not_say(plain);
}
