//! Messages that a channel hands over, without the channel: the tests play the transport.

use pontual::channels::transport::{Attempt, Phase, Signal};
use pontual::dispatcher;
use pontual::ids::{ChannelId, MessageId};
use pontual::outbox::queries::{self, Leased};
use pontual::outbox::{end_too_old, report, settle, too_old};

use crate::check::broken;
use crate::harness::{Database, Plan, TestApp};

const CHANNEL: ChannelId = ChannelId(402);

/// A company with a webhook channel and a contact on it, 650.
async fn company() -> TestApp {
    let app = TestApp::new().await.with_made_up_rows("tickets are closed without an audit");
    app.database.execute(
        "INSERT INTO channels (id, kind, name, default_department_id) VALUES (402, 'webhook', 'Sistema próprio', 101);
         INSERT INTO contacts (id, channel_id, name) VALUES (650, 402, 'Lia Prado');
         INSERT INTO contact_identities (contact_id, channel_id, kind, value) VALUES (650, 402, 'external', 'cliente-650')",
    );
    app
}

/// A schedule for that contact that has fired, and its message in the outbox.
fn fire(app: &TestApp, message: &str) -> MessageId {
    let plan = Plan::new(&app.company, "open_ticket");
    let id = Plan { due_in: "-1 second", ..plan }.save(&app.database);
    app.database.execute(&format!(
        "UPDATE schedules SET contact_id = 650, message = '{message}' WHERE id = {id};
         UPDATE tickets SET status = 'closed', closed_at = clock_timestamp() WHERE contact_id = 650 AND status = 'open'"
    ));
    dispatcher::tick(&mut app.database.connect()).unwrap();
    MessageId(
        app.database.number(&format!(
            "SELECT id AS value FROM messages WHERE schedule_id = {id} AND kind = 'attendant'"
        )),
    )
}

fn lease(database: &Database) -> Vec<Leased> {
    queries::lease(&mut database.connect(), CHANNEL, 10).unwrap()
}

fn end(database: &Database, leased: &Leased, phase: Phase, signal: Signal) -> bool {
    let attempt = Attempt::new(phase, signal, "o que o servidor disse");
    settle(&mut database.connect(), leased.message_id, leased.lease, &attempt, 0.).unwrap()
}

fn state(database: &Database, message: MessageId) -> String {
    let sql = format!(
        "SELECT state || coalesce(' ' || reason, '') AS value FROM outbox WHERE message_id = {message}"
    );
    database.texts(&sql)[0].clone()
}

#[actix_web::test]
async fn a_schedule_queues_its_message_in_the_transaction_that_decides() {
    let app = company().await;
    let message = fire(&app, "Olá, Lia");
    assert_eq!(state(&app.database, message), "queued");
    let [leased] = &lease(&app.database)[..] else { panic!("one message is due") };
    assert_eq!((leased.message_id, leased.body.as_str()), (message, "Olá, Lia"));
    assert_eq!(leased.address.as_deref(), Some("cliente-650"));
    assert!(lease(&app.database).is_empty(), "it is leased already");
    assert!(end(&app.database, leased, Phase::Answered, Signal::Http(200)));
    assert_eq!(state(&app.database, message), "sent");
    assert!(broken(&app.database).0.is_empty(), "{:?}", broken(&app.database));
}

#[actix_web::test]
async fn a_message_on_the_web_chat_is_its_own_delivery() {
    let app = company().await;
    let plan = Plan { due_in: "-1 second", ..Plan::new(&app.company, "open_ticket") };
    plan.save(&app.database);
    dispatcher::tick(&mut app.database.connect()).unwrap();
    assert_eq!(app.database.number("SELECT count(*) AS value FROM outbox"), 0);
}

#[actix_web::test]
async fn the_messages_of_a_contact_are_sent_in_their_order() {
    let app = company().await;
    let (first, second) = (fire(&app, "um"), fire(&app, "dois"));
    let leased = lease(&app.database);
    assert_eq!(leased.iter().map(|it| it.message_id).collect::<Vec<_>>(), [first]);
    assert!(end(&app.database, &leased[0], Phase::Answered, Signal::Http(429)));
    assert_eq!(state(&app.database, first), "queued rate_limited");
    assert!(lease(&app.database).is_empty(), "the second waits for the first");
    app.database.execute("UPDATE outbox SET next_attempt_at = now() - interval '1 second'");
    let again = lease(&app.database);
    assert_eq!((again.len(), again[0].message_id), (1, first));
    assert_eq!(again[0].attempt, 1, "being asked to wait does not count");
    assert!(end(&app.database, &again[0], Phase::Answered, Signal::Http(422)));
    assert_eq!(state(&app.database, first), "failed refused_content");
    assert_eq!(lease(&app.database)[0].message_id, second, "a message that failed holds up nothing");
}

#[actix_web::test]
async fn a_result_after_the_lease_changes_nothing() {
    let app = company().await;
    let message = fire(&app, "Olá");
    let late = lease(&app.database).remove(0);
    app.database.execute("UPDATE outbox SET leased_until = now() - interval '1 second'");
    let expired = queries::expired(&mut app.database.connect()).unwrap();
    assert_eq!(expired.len(), 1);
    assert!(end(&app.database, &late, Phase::AfterWrite, Signal::LeaseExpired));
    assert_eq!(state(&app.database, message), "queued interrupted");
    assert!(!end(&app.database, &late, Phase::Answered, Signal::Http(200)), "its lease has ended");
    assert_eq!(state(&app.database, message), "queued interrupted");
    app.database.execute("UPDATE outbox SET next_attempt_at = now() - interval '1 second'");
    let next = lease(&app.database).remove(0);
    assert!(end(&app.database, &next, Phase::Answered, Signal::Http(422)));
    assert_eq!(
        state(&app.database, message),
        "uncertain refused_content",
        "the first attempt may have arrived"
    );
    assert!(broken(&app.database).0.is_empty(), "{:?}", broken(&app.database));
}

#[actix_web::test]
async fn an_undelivered_message_notifies_once_per_failure_and_a_person_decides() {
    let app = company().await;
    let message = fire(&app, "Olá");
    let leased = lease(&app.database).remove(0);
    assert!(end(&app.database, &leased, Phase::Answered, Signal::Http(422)));
    let admin = app.administrator().await;
    let ticket =
        app.database.number("SELECT max(ticket_id) AS value FROM outbox JOIN messages ON id = message_id");
    let page = admin.get(&format!("/tickets/{ticket}")).await;
    page.assert_says("Não foi entregue. O servidor recusou o conteúdo da mensagem.");
    page.assert_says("Resposta do servidor: “o que o servidor disse”");
    page.assert_says("Falhou ").assert_says(", segundo Sistema próprio");
    let notified = "SELECT count(*) AS value FROM notifications WHERE kind = 'message_failed'";
    let recipients = app.database.number(notified);
    assert!(recipients > 0);
    admin.post(&format!("/messages/{message}/attempts"), &[]).await.assert_status(303);
    assert_eq!(state(&app.database, message), "queued");
    let leased = lease(&app.database).remove(0);
    assert!(end(&app.database, &leased, Phase::Answered, Signal::Http(413)));
    assert_eq!(app.database.number(notified), 2 * recipients, "the second failure is told, too");
    admin.get(&format!("/tickets/{ticket}")).await;
    admin.post(&format!("/messages/{message}/discard"), &[]).await.assert_status(303);
    assert_eq!(state(&app.database, message), "discarded too_large");
    admin.post(&format!("/messages/{message}/attempts"), &[]).await.assert_status(303);
    assert_eq!(state(&app.database, message), "discarded too_large", "it was given up");
    admin.get(&format!("/tickets/{ticket}")).await.assert_does_not_say("Tentar de novo");
    assert!(broken(&app.database).0.is_empty(), "{:?}", broken(&app.database));
}

#[actix_web::test]
async fn a_user_who_does_not_attend_the_ticket_decides_nothing() {
    let app = company().await;
    let message = fire(&app, "Olá");
    let leased = lease(&app.database).remove(0);
    assert!(end(&app.database, &leased, Phase::Answered, Signal::Http(422)));
    let other = app.other_attendant().await;
    other.get("/tickets").await;
    other.post(&format!("/messages/{message}/attempts"), &[]).await.assert_status(404);
    other.post(&format!("/messages/{message}/discard"), &[]).await.assert_status(404);
    assert_eq!(state(&app.database, message), "failed refused_content");
}

#[actix_web::test]
async fn reports_come_in_any_order_and_never_go_back() {
    let app = company().await;
    let message = fire(&app, "Olá");
    let leased = lease(&app.database).remove(0);
    let accepted =
        Attempt { provider_id: Some("abc".into()), ..Attempt::new(Phase::Answered, Signal::Http(200), "") };
    let mut conn = app.database.connect();
    assert!(settle(&mut conn, message, leased.lease, &accepted, 0.).unwrap());
    let mut reported = |signal| {
        let told = Attempt::new(Phase::Reported, signal, "caixa cheia");
        assert!(report(&mut conn, CHANNEL, "abc", &told).unwrap());
        state(&app.database, message)
    };
    assert_eq!(reported(Signal::Read), "read");
    assert_eq!(reported(Signal::Delivered), "read");
    assert_eq!(reported(Signal::Bounce { is_permanent: true }), "read", "it had arrived");
    let unknown = Attempt::new(Phase::Reported, Signal::Delivered, "");
    assert!(!report(&mut app.database.connect(), CHANNEL, "other", &unknown).unwrap());
}

#[actix_web::test]
async fn a_bounce_fails_a_message_that_was_sent() {
    let app = company().await;
    let message = fire(&app, "Olá");
    let leased = lease(&app.database).remove(0);
    let accepted =
        Attempt { provider_id: Some("abc".into()), ..Attempt::new(Phase::Answered, Signal::Http(200), "") };
    assert!(settle(&mut app.database.connect(), message, leased.lease, &accepted, 0.).unwrap());
    let bounce = Attempt::new(Phase::Reported, Signal::Bounce { is_permanent: true }, "caixa cheia");
    assert!(report(&mut app.database.connect(), CHANNEL, "abc", &bounce).unwrap());
    assert_eq!(state(&app.database, message), "failed bounced");
    assert!(broken(&app.database).0.is_empty(), "{:?}", broken(&app.database));
    let admin = app.administrator().await;
    let schedule = app.database.number("SELECT max(schedule_id) AS value FROM messages");
    let page = admin.get(&format!("/schedules/{schedule}")).await;
    page.assert_says("Mensagem enviada").assert_says("Mensagem não entregue").assert_says("caixa cheia");
    admin.get("/schedules?status=completed").await.assert_says("Mensagem falhou");
}

#[actix_web::test]
async fn a_channel_that_fails_in_a_row_pauses_and_uses_up_no_attempts() {
    let app = company().await;
    let message = fire(&app, "Olá");
    for _ in 0..3 {
        app.database.execute("UPDATE outbox SET next_attempt_at = now() - interval '1 second'");
        let leased = lease(&app.database).remove(0);
        assert!(end(&app.database, &leased, Phase::BeforeWrite, Signal::NoConnection));
    }
    let attempts = format!("SELECT attempts::bigint AS value FROM outbox WHERE message_id = {message}");
    assert_eq!(app.database.number(&attempts), 0);
    app.database.execute("UPDATE outbox SET next_attempt_at = now() - interval '1 second'");
    assert!(lease(&app.database).is_empty(), "the channel pauses");
    app.database.execute("UPDATE channel_states SET broken_until = now() - interval '1 second'");
    let leased = lease(&app.database).remove(0);
    assert!(end(&app.database, &leased, Phase::Answered, Signal::Http(204)));
    let failures = "SELECT failures_in_a_row::bigint AS value FROM channel_states WHERE channel_id = 402";
    assert_eq!(app.database.number(failures), 0);
}

#[actix_web::test]
async fn a_reply_of_an_attendant_is_queued_too() {
    let app = company().await;
    fire(&app, "Olá");
    let admin = app.administrator().await;
    let ticket = app.database.number("SELECT max(id) AS value FROM tickets WHERE contact_id = 650");
    let fields = [("kind", "message"), ("body", "Tudo certo?")];
    admin.get(&format!("/tickets/{ticket}")).await;
    admin.post(&format!("/tickets/{ticket}/messages"), &fields).await.assert_status(303);
    let comment = [("kind", "comment"), ("body", "Só para nós")];
    admin.post(&format!("/tickets/{ticket}/messages"), &comment).await.assert_status(303);
    assert_eq!(app.database.number("SELECT count(*) AS value FROM outbox"), 2);
    admin.get(&format!("/tickets/{ticket}")).await.assert_says("Na fila de Sistema próprio");
}

#[actix_web::test]
async fn what_a_service_says_can_always_be_stored() {
    let app = company().await;
    let (first, second) = (fire(&app, "um"), fire(&app, "dois"));
    for message in [first, second] {
        let leased = lease(&app.database).remove(0);
        assert_eq!(leased.message_id, message);
        let accepted = Attempt {
            provider_id: Some("ok\0".into()),
            ..Attempt::new(Phase::Answered, Signal::Http(200), "a\0b")
        };
        assert!(settle(&mut app.database.connect(), message, leased.lease, &accepted, 0.).unwrap());
        assert_eq!(state(&app.database, message), "sent");
    }
}

#[actix_web::test]
async fn a_bounce_of_an_earlier_attempt_does_not_end_the_next_one() {
    let app = company().await;
    let message = fire(&app, "Olá");
    let mut conn = app.database.connect();
    let leased = lease(&app.database).remove(0);
    assert!(queries::hold_lease(&mut conn, message, leased.lease, Some("abc")).unwrap());
    assert!(end(&app.database, &leased, Phase::Answered, Signal::Http(200)));
    let bounce = Attempt::new(Phase::Reported, Signal::Bounce { is_permanent: true }, "");
    assert!(report(&mut conn, CHANNEL, "abc", &bounce).unwrap());
    queries::requeue(&mut conn, message).unwrap();
    assert!(report(&mut conn, CHANNEL, "abc", &bounce).unwrap());
    assert_eq!(state(&app.database, message), "queued");
    let delivered = Attempt::new(Phase::Reported, Signal::Delivered, "");
    lease(&app.database);
    assert!(report(&mut conn, CHANNEL, "abc", &delivered).unwrap());
    assert_eq!(state(&app.database, message), "delivered");
    assert!(broken(&app.database).0.is_empty(), "{:?}", broken(&app.database));
}

/// What two days do to the queue and to a channel that stopped before them.
const TWO_DAYS_PASS: &str = "
    UPDATE channel_states SET paused_at = paused_at - interval '2 days';
    UPDATE channels SET deactivated_at = deactivated_at - interval '2 days';
    UPDATE outbox SET queued_at = queued_at - interval '2 days'";

#[actix_web::test]
async fn the_queue_of_a_paused_or_deactivated_channel_is_kept_and_sent_later() {
    let app = company().await;
    let admin = app.administrator().await;
    for (stop, go_on) in [("pause", "resumption"), ("deactivation", "reactivation")] {
        let message = fire(&app, "Olá");
        admin.get("/channels/402").await;
        admin.post(&format!("/channels/402/{stop}"), &[]).await.assert_status(303);
        app.database.execute(TWO_DAYS_PASS);
        let mut conn = app.database.connect();
        assert_eq!(too_old(&mut conn).unwrap(), [], "{stop}");
        end_too_old(&mut conn, message).unwrap();
        admin.get("/channels/402").await;
        admin.post(&format!("/channels/402/{go_on}"), &[]).await.assert_status(303);
        assert_eq!(too_old(&mut conn).unwrap(), [], "{go_on}");
        let leased = lease(&app.database).remove(0);
        assert!(end(&app.database, &leased, Phase::BeforeWrite, Signal::NoConnection));
        assert_eq!(state(&app.database, message), "queued unreachable", "it may be tried for a day");
        app.database
            .execute("UPDATE outbox SET state = 'discarded', ended_at = now() WHERE state = 'queued'");
    }
}

#[actix_web::test]
async fn a_message_that_was_too_old_before_the_pause_ends() {
    let app = company().await;
    let message = fire(&app, "Olá");
    app.database.execute(
        "UPDATE channel_states SET paused_at = now() - interval '1 hour';
         UPDATE outbox SET queued_at = now() - interval '26 hours'",
    );
    let mut conn = app.database.connect();
    assert_eq!(queries::next_in_ms(&mut conn, CHANNEL).unwrap(), None);
    assert_eq!(too_old(&mut conn).unwrap(), [message]);
    end_too_old(&mut conn, message).unwrap();
    assert_eq!(state(&app.database, message), "failed too_old");
    assert!(broken(&app.database).0.is_empty(), "{:?}", broken(&app.database));
}

#[actix_web::test]
async fn a_sender_that_was_stopped_for_longer_than_its_lease_does_not_send() {
    let app = company().await;
    let message = fire(&app, "Olá");
    let stopped = lease(&app.database).remove(0);
    let mut conn = app.database.connect();
    let mut holds = |id| queries::hold_lease(&mut conn, message, stopped.lease, id).unwrap();
    assert!(holds(Some("abc")) && holds(None), "also without an id of ours");
    app.database.execute("UPDATE outbox SET leased_until = now() - interval '1 second'");
    assert!(!holds(None) && !holds(Some("late")), "its lease is over");
    assert!(end(&app.database, &stopped, Phase::AfterWrite, Signal::LeaseExpired));
    app.database.execute("UPDATE outbox SET next_attempt_at = now() - interval '1 second'");
    let other = lease(&app.database).remove(0);
    assert_ne!(other.lease, stopped.lease);
    assert!(!holds(None), "another sends it now");
    assert_eq!(app.database.texts("SELECT provider_id AS value FROM outbox"), ["abc"]);
}

#[actix_web::test]
async fn a_message_behind_another_of_its_contact_does_not_keep_the_workers_busy() {
    let app = company().await;
    fire(&app, "um");
    fire(&app, "dois");
    let leased = lease(&app.database).remove(0);
    let mut conn = app.database.connect();
    assert_eq!(queries::next_in_ms(&mut conn, CHANNEL).unwrap(), None, "the first is being sent");
    assert!(end(&app.database, &leased, Phase::Answered, Signal::Http(429)));
    assert!(queries::next_in_ms(&mut conn, CHANNEL).unwrap() > Some(1_000));
    app.database.execute(
        "UPDATE outbox SET state = 'discarded', ended_at = now();
         UPDATE channel_states SET broken_until = now() - interval '1 hour'",
    );
    assert_eq!(queries::next_in_ms(&mut conn, CHANNEL).unwrap(), None, "nothing waits");
}

#[actix_web::test]
async fn a_reply_without_an_address_fails_and_is_not_lost() {
    let app = company().await;
    fire(&app, "Olá");
    app.database.execute("DELETE FROM outbox; DELETE FROM contact_identities WHERE contact_id = 650");
    let admin = app.administrator().await;
    let ticket = app.database.number("SELECT max(id) AS value FROM tickets WHERE contact_id = 650");
    admin.get(&format!("/tickets/{ticket}")).await;
    let fields = [("kind", "message"), ("body", "Tudo certo?")];
    admin.post(&format!("/tickets/{ticket}/messages"), &fields).await.assert_status(303);
    let leased = lease(&app.database).remove(0);
    assert_eq!(leased.address, None);
    assert!(end(&app.database, &leased, Phase::BeforeWrite, Signal::NotSendable));
    assert_eq!(state(&app.database, leased.message_id), "failed no_address");
    app.database.execute(
        "INSERT INTO contact_identities (contact_id, channel_id, kind, value) VALUES (650, 402, 'external', 'nova')",
    );
    admin.get(&format!("/tickets/{ticket}")).await;
    let retry = format!("/messages/{}/attempts", leased.message_id);
    admin.post(&retry, &[]).await.assert_status(303);
    assert_eq!(lease(&app.database).remove(0).address.as_deref(), Some("nova"), "the address was added");
}

#[actix_web::test]
async fn a_message_tried_again_goes_where_the_contact_has_an_address_by_now() {
    let app = company().await;
    let message = fire(&app, "Olá");
    app.database.execute(
        "INSERT INTO channels (id, kind, name, default_department_id) VALUES (403, 'webhook', 'Outro sistema', 101);
         DELETE FROM contact_identities WHERE contact_id = 650;
         INSERT INTO contact_identities (contact_id, channel_id, kind, value) VALUES (650, 403, 'external', 'outra')",
    );
    let leased = lease(&app.database).remove(0);
    assert!(end(&app.database, &leased, Phase::BeforeWrite, Signal::NotSendable));
    let place = format!(
        "SELECT concat_ws(' ', o.channel_id, i.value) AS value
           FROM outbox o LEFT JOIN contact_identities i ON i.id = o.identity_id WHERE o.message_id = {message}"
    );
    let mut conn = app.database.connect();
    queries::requeue(&mut conn, message).unwrap();
    assert_eq!(app.database.texts(&place), ["402"], "the schedule chose the channel");
    app.database.execute(&format!(
        "UPDATE outbox SET state = 'failed', reason = 'no_address', ended_at = now();
         UPDATE messages SET schedule_id = NULL WHERE id = {message}"
    ));
    queries::requeue(&mut conn, message).unwrap();
    assert_eq!(app.database.texts(&place), ["403 outra"], "a reply goes where it can");
}

#[actix_web::test]
async fn a_reply_goes_where_the_customer_last_wrote_also_to_the_chat() {
    let app = company().await;
    fire(&app, "Olá");
    app.database.execute(
        "DELETE FROM outbox;
         INSERT INTO contact_identities (contact_id, channel_id, kind, value)
         SELECT 650, id, 'chat', 'lia' FROM channels WHERE kind = 'web_chat' LIMIT 1;
         UPDATE contact_identities SET seen_at = now() - interval '1 hour' WHERE contact_id = 650 AND channel_id = 402",
    );
    let admin = app.administrator().await;
    let ticket = app.database.number("SELECT max(id) AS value FROM tickets WHERE contact_id = 650");
    for (channel, text, rows) in [("402", "Por e-mail", 1), ("NULL", "Pelo chat", 1), ("402", "De novo", 2)] {
        app.database.execute(&format!(
            "INSERT INTO messages (contact_id, ticket_id, kind, body, channel_id)
             VALUES (650, {ticket}, 'customer', '{text}', {channel})"
        ));
        if channel == "402" {
            app.database
                .execute("UPDATE contact_identities SET seen_at = clock_timestamp() WHERE channel_id = 402");
        }
        let page = admin.get(&format!("/tickets/{ticket}")).await;
        page.assert_says(text);
        let fields = [("kind", "message"), ("body", "Certo")];
        admin.post(&format!("/tickets/{ticket}/messages"), &fields).await.assert_status(303);
        assert_eq!(app.database.number("SELECT count(*) AS value FROM outbox"), rows, "after {text}");
    }
}

#[actix_web::test]
async fn broken_deliveries_are_seen() {
    let app = company().await;
    let message = fire(&app, "Olá");
    let numbers = |damage: &str| {
        app.database.execute(damage);
        broken(&app.database).0
    };
    let fresh = "DELETE FROM outbox_attempts; UPDATE outbox SET state = 'queued', ended_at = NULL, attempts = 0, reason = NULL, lease = NULL, leased_until = NULL";
    assert!(numbers(fresh).is_empty());
    assert_eq!(numbers("UPDATE outbox SET state = 'sent', ended_at = now()"), [11]);
    app.database.execute(fresh);
    assert_eq!(numbers("UPDATE outbox SET state = 'failed', reason = 'too_old', ended_at = now()"), [12]);
    app.database.execute(fresh);
    assert_eq!(
        numbers("UPDATE outbox SET lease = gen_random_uuid(), leased_until = now() - interval '2 minutes'"),
        [16]
    );
    app.database.execute(fresh);
    assert_eq!(numbers("UPDATE outbox SET attempts = 13"), [16]);
    app.database.execute(fresh);
    let attempt = format!(
        "INSERT INTO outbox_attempts (message_id, number, lease) VALUES ({message}, 1, gen_random_uuid())"
    );
    assert_eq!(numbers(&attempt), [16]);
}

/// A message of which nobody knows whether it arrived: the first attempt had no answer, the second was refused.
fn uncertain(app: &TestApp, id: &str) -> MessageId {
    let message = fire(app, "Olá");
    let leased = lease(&app.database).remove(0);
    assert!(queries::hold_lease(&mut app.database.connect(), message, leased.lease, Some(id)).unwrap());
    assert!(end(&app.database, &leased, Phase::AfterWrite, Signal::Silence));
    app.database.execute("UPDATE outbox SET next_attempt_at = now() - interval '1 second'");
    let leased = lease(&app.database).remove(0);
    assert!(end(&app.database, &leased, Phase::Answered, Signal::Http(422)));
    assert_eq!(state(&app.database, message), "uncertain refused_content");
    message
}

#[actix_web::test]
async fn an_uncertain_message_is_settled_by_what_the_service_reports_later() {
    let app = company().await;
    let bounce = Signal::Bounce { is_permanent: true };
    let delay = Signal::Bounce { is_permanent: false };
    for (number, (signal, expected)) in [
        (Signal::Taken, "sent"),
        (delay, "sent"),
        (Signal::Delivered, "delivered"),
        (Signal::Read, "read"),
        (bounce, "failed bounced"),
    ]
    .into_iter()
    .enumerate()
    {
        let id = format!("id-{number}");
        let message = uncertain(&app, &id);
        app.database.execute(
            "UPDATE outbox SET ended_at = ended_at - interval '23 hours' WHERE ended_at IS NOT NULL",
        );
        for _ in 0..2 {
            let told = Attempt::new(Phase::Reported, signal, "");
            assert!(report(&mut app.database.connect(), CHANNEL, &id, &told).unwrap());
            assert_eq!(state(&app.database, message), expected, "{signal:?}");
        }
        let notified = format!(
            "SELECT count(DISTINCT episode) AS value FROM notifications WHERE message_id = {message}"
        );
        assert_eq!(app.database.number(&notified), 1, "{signal:?}");
        // 19: `fire` closes the ticket of the message before without an audit.
        let (numbers, by) = broken(&app.database);
        assert!(numbers.iter().all(|number| *number == 19), "{signal:?} {numbers:?} {by:?}");
    }
}

#[actix_web::test]
async fn a_message_that_a_person_tried_again_in_time_does_not_end_as_too_old() {
    let app = company().await;
    let message = fire(&app, "Olá");
    app.database.execute("UPDATE outbox SET queued_at = now() - interval '25 hours'");
    let mut conn = app.database.connect();
    assert_eq!(too_old(&mut conn).unwrap(), [message]);
    app.database.execute("UPDATE outbox SET queued_at = now()");
    end_too_old(&mut conn, message).unwrap();
    assert_eq!(state(&app.database, message), "queued");
}

#[actix_web::test]
async fn the_thread_promises_no_attempt_that_will_not_come() {
    let app = company().await;
    let message = fire(&app, "Olá");
    let leased = lease(&app.database).remove(0);
    assert!(end(&app.database, &leased, Phase::BeforeWrite, Signal::NoConnection));
    let admin = app.administrator().await;
    let ticket =
        app.database.number(&format!("SELECT ticket_id AS value FROM messages WHERE id = {message}"));
    let path = format!("/tickets/{ticket}");
    app.database.execute("UPDATE channel_states SET broken_until = '2099-12-05 15:00Z'");
    admin.get(&path).await.assert_says("nova tentativa em 05/12/2099 às 12:00.");
    app.database.execute("UPDATE channel_states SET paused_at = now()");
    let page = admin.get(&path).await;
    page.assert_says("Na fila de Sistema próprio, com o envio parado").assert_does_not_say("nova tentativa");
}

#[actix_web::test]
async fn our_own_conclusions_are_not_shown_as_the_word_of_the_service() {
    let app = company().await;
    let message = fire(&app, "Olá");
    app.database.execute(
        "UPDATE outbox SET state = 'uncertain', reason = 'no_answer', detail = 'sem resposta', ended_at = now()",
    );
    let admin = app.administrator().await;
    let ticket =
        app.database.number(&format!("SELECT ticket_id AS value FROM messages WHERE id = {message}"));
    let schedule =
        app.database.number(&format!("SELECT schedule_id AS value FROM messages WHERE id = {message}"));
    for path in [format!("/tickets/{ticket}"), format!("/schedules/{schedule}")] {
        let page = admin.get(&path).await;
        page.assert_says("Detalhe: “sem resposta”").assert_does_not_say("Resposta do servidor");
        page.assert_does_not_say("segundo Sistema próprio");
    }
}

#[actix_web::test]
async fn a_service_that_asks_to_wait_is_not_called_for_other_messages_either() {
    let app = company().await;
    app.database.execute(
        "INSERT INTO contacts (id, channel_id, name) VALUES (651, 402, 'Ivo Sá');
         INSERT INTO contact_identities (contact_id, channel_id, kind, value) VALUES (651, 402, 'external', 'cliente-651')",
    );
    fire(&app, "um");
    let other = fire(&app, "dois");
    app.database.execute(&format!("UPDATE outbox SET contact_id = 651 WHERE message_id = {other}"));
    let leased = lease(&app.database);
    assert_eq!(leased.len(), 2);
    let busy = Attempt {
        retry_after: Some(std::time::Duration::from_secs(600)),
        ..Attempt::new(Phase::Answered, Signal::Http(429), "HTTP 429")
    };
    let mut conn = app.database.connect();
    assert!(settle(&mut conn, leased[0].message_id, leased[0].lease, &busy, 0.).unwrap());
    assert!(end(&app.database, &leased[1], Phase::Answered, Signal::Http(200)));
    let third = fire(&app, "três");
    app.database.execute(&format!("UPDATE outbox SET contact_id = 651 WHERE message_id = {third}"));
    assert!(lease(&app.database).is_empty(), "also after another message in progress arrived");
    assert!(queries::next_in_ms(&mut conn, CHANNEL).unwrap() > Some(590_000));
}
