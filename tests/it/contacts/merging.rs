//! Two contacts that are the same customer: merged by hand, merged because a service proves it, and separated again.

use diesel::Connection;
use diesel::connection::SimpleConnection;
use pontual::channels::IdentityKind;
use pontual::contacts::identities::{Identity, Resolved, resolve};
use pontual::contacts::merge::merge_automatically;
use pontual::ids::{ChannelId, ContactId};
use pontual::inbox::{self, ChannelMessage, Taken};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};

use crate::harness::{Database, Entry, Plan, TestApp, Visitor, until};
use crate::tickets::open_ticket;

const CHANNEL: &str =
    "INSERT INTO channels (id, kind, name, default_department_id) VALUES (403, 'whatsapp', 'WhatsApp', 101)";

fn contact_of(app: &TestApp, table: &str) -> Vec<String> {
    app.database.texts(&format!("SELECT DISTINCT contact_id::text AS value FROM {table} ORDER BY 1"))
}

async fn merge(visitor: &Visitor, kept: i64, other: i64) -> crate::harness::Page {
    visitor.get(&format!("/contacts/{kept}/merge?with={other}")).await;
    visitor.post(&format!("/contacts/{kept}/merge"), &[("with", &other.to_string())]).await
}

async fn write(visitor: &Visitor, contact: i64, text: &str) {
    visitor.post(&format!("/c/{contact}/messages"), &[("body", text)]).await.assert_status(303);
}

#[actix_web::test]
async fn merging_moves_everything_to_the_kept_contact() {
    let app = TestApp::new().await;
    let rafael = app.customer(602).await;
    write(&rafael, 602, "Oi, sou eu").await;
    let plan = Plan { contact: 602, due_in: "1 hour", ..Plan::new(&app.company, "notify") };
    let schedule = plan.save(&app.database);
    let admin = app.administrator().await;
    admin.get("/contacts/601").await.assert_says("Juntar com outro contato");
    let page = admin.get("/contacts/601/merge?with=602").await;
    page.assert_says("Juntar Rafael Nogueira a Marina Duarte?").assert_says("1 chamado");
    page.assert_says("1 mensagem").assert_says("1 agendamento pendente").assert_says("1 acesso pelo link");
    let merged = merge(&admin, 601, 602).await;
    admin.follow(&merged).await.assert_says("Contatos juntados.").assert_says("Ana Prado");

    for table in ["tickets", "messages", "schedules", "contact_identities", "customer_accesses"] {
        assert_eq!(contact_of(&app, table), ["601"], "{table}");
    }
    let page = admin.get("/contacts/602").await;
    page.assert_says("Este contato foi juntado a outro.").assert_says("Contatos juntados");
    assert_eq!(page.count("a[href='/contacts/602/edit']"), 0);
    admin.get("/contacts/602/edit").await.assert_status(409);
    admin.get(&format!("/schedules/{schedule}")).await.assert_says("Marina Duarte");
    // The customer's browser and link open the kept contact's conversation.
    rafael.get("/c/601").await.assert_says("Oi, sou eu");
    assert_eq!(rafael.get("/c/602").await.assert_status(303).location(), "/c/601");
    app.visitor().get("/c/602").await.assert_status(404);
    assert_eq!(app.visitor().get(&app.link(602)).await.location(), "/c/601");
    write(&rafael, 601, "E agora?").await;
    let audited = "SELECT subject_id || ' ' || actor_id || details AS value FROM audit WHERE action = 'contact.merged' ORDER BY 1";
    assert_eq!(app.database.texts(audited), [r#"601 301{"merged_id": 602}"#, r#"602 301{"kept_id": 601}"#]);
}

#[actix_web::test]
async fn a_merge_is_undone_within_a_day() {
    let app = TestApp::new().await;
    let (marina, rafael) = (app.customer(601).await, app.customer(602).await);
    write(&rafael, 602, "Sou o Rafael").await;
    let plan = Plan { contact: 602, ..Plan::new(&app.company, "open_ticket_and_notify") };
    let fails = plan.save(&app.database);
    pontual::dispatcher::tick(&mut app.database.connect()).unwrap();
    let pending = Plan { due_in: "1 hour", ..plan }.save(&app.database);
    let admin = app.administrator().await;
    merge(&admin, 601, 602).await.assert_status(303);
    app.check();
    // Both ways lead to the same ticket. A schedule of Marina fails because it is open.
    write(&marina, 601, "Sou a Marina").await;
    let of_marina = Plan::new(&app.company, "open_ticket_and_notify").save(&app.database);
    pontual::dispatcher::tick(&mut app.database.connect()).unwrap();

    let separated = admin.post("/contacts/602/separation", &[]).await;
    admin.follow(&separated).await.assert_says("Contatos separados.");
    let of = |table: &str, id: i64| {
        app.database.number(&format!("SELECT contact_id AS value FROM {table} WHERE id = {id}"))
    };
    assert_eq!(contact_of(&app, "tickets"), ["602"]);
    assert_eq!([fails, pending, of_marina].map(|id| of("schedules", id)), [602, 602, 601]);
    assert_eq!(contact_of(&app, "contact_identities"), ["601", "602"]);
    rafael.get("/c/602").await.assert_says("Sou o Rafael");
    admin.get("/contacts/602").await.assert_says("Contatos separados").assert_does_not_say("juntado a outro");
    // Later messages go to the contact of the link.
    write(&marina, 601, "De novo").await;
    assert_eq!(contact_of(&app, "tickets"), ["601", "602"]);
    admin.post("/contacts/602/separation", &[]).await.assert_status(409);

    let both = merge(&admin, 601, 602).await;
    both.assert_status(422).assert_says("Os dois contatos têm chamado aberto.");
    let closed = "UPDATE tickets SET status = 'closed', closed_at = clock_timestamp() WHERE contact_id = 602";
    let app = app.with_made_up_rows("a ticket is closed without its event");
    app.database.execute(closed);
    merge(&admin, 601, 602).await.assert_status(303);
    app.database.execute("UPDATE contact_merges SET merged_at = now() - interval '25 hours'");
    admin.get("/contacts/602").await.assert_does_not_say("Separar os contatos");
    admin.post("/contacts/602/separation", &[]).await.assert_status(409);
}

#[actix_web::test]
async fn schedules_that_are_too_near_become_exempt_and_are_listed() {
    let app = TestApp::new().await;
    app.database.execute("UPDATE settings SET spacing_scope = 'contact'");
    let plan = Plan { due_in: "1 hour", ..Plan::new(&app.company, "notify") };
    plan.save(&app.database);
    let near = Plan { contact: 602, due_in: "61 minutes", ..plan.clone() }.save(&app.database);
    let far = Plan { contact: 602, due_in: "90 minutes", ..plan }.save(&app.database);
    let admin = app.administrator().await;
    let page = admin.get("/contacts/601/merge?with=602").await;
    page.assert_says("mais próximos do que o intervalo permite");
    assert_eq!(page.attributes(".mini a", "href"), [format!("/schedules/{near}")]);
    merge(&admin, 601, 602).await.assert_status(303);
    let exempt = "SELECT id::text AS value FROM schedules WHERE spacing_exempt";
    assert_eq!(app.database.texts(exempt), [near.to_string()]);
    admin.get(&format!("/schedules/{far}")).await.assert_says("Marina Duarte");
    app.check();
    admin.post("/contacts/602/separation", &[]).await.assert_status(303);
}

#[actix_web::test]
async fn nobody_merges_to_read_what_they_could_not_read() {
    let app = TestApp::new().await.with_made_up_rows("a ticket without its event");
    app.database.execute("INSERT INTO role_permissions VALUES (203, 'contacts')");
    let finance = app.company.finance;
    open_ticket(&app, 602, finance);
    let bruno = app.attendant().await;
    bruno
        .get("/contacts/601/merge?with=602")
        .await
        .assert_says("passaria a ver uma conversa que hoje não vê");
    merge(&bruno, 601, 602).await.assert_status(422);
    merge(&bruno, 602, 601).await.assert_status(422);
    assert_eq!(contact_of(&app, "tickets"), ["602"]);
    for wrong in ["601", "999", ""] {
        let answer = bruno.post("/contacts/601/merge", &[("with", wrong)]).await;
        assert!([404, 422].contains(&answer.status), "{wrong}: {}", answer.status);
    }
}

#[actix_web::test]
async fn anonymising_the_kept_contact_clears_the_merged_one() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    merge(&admin, 601, 602).await.assert_status(303);
    admin.get("/contacts/601/anonymisation").await;
    let answer =
        admin.post("/contacts/601/anonymisation", &[("understood", "1"), ("open_ticket", "none")]).await;
    answer.assert_status(303);
    let names = "SELECT name || phone AS value FROM contacts ORDER BY id";
    assert_eq!(app.database.texts(names), ["Contato anonimizado nº 601", "Contato anonimizado nº 602"]);
    assert_eq!(app.database.number("SELECT count(*) AS value FROM contact_identities"), 0);
    admin.post("/contacts/602/separation", &[]).await.assert_status(409);
}

fn identity(kind: IdentityKind, value: &str) -> Identity {
    Identity { kind, value: value.to_owned() }
}

fn take(database: &Database, payload: &[Identity]) -> ContactId {
    let resolved = database
        .connect()
        .transaction(|conn| resolve(conn, ChannelId(403), payload, Some("Cliente")))
        .unwrap();
    match resolved {
        Resolved::Contact(contact) => contact,
        Resolved::Archived => panic!("no contact takes {payload:?}"),
    }
}

#[actix_web::test]
async fn a_payload_that_names_two_contacts_merges_them_and_closes_the_newer_ticket() {
    let app = TestApp::new().await;
    app.database.execute(CHANNEL);
    let phone = identity(IdentityKind::Phone, "+551188887777");
    let bsuid = identity(IdentityKind::Bsuid, "BR.13491208655302741918");
    let older = take(&app.database, std::slice::from_ref(&phone));
    let newer = take(&app.database, std::slice::from_ref(&bsuid));
    assert_ne!(older, newer);
    let opened = [newer, older].map(|contact| {
        let mut conn = app.database.connect();
        conn.transaction(|conn| pontual::tickets::open(conn, contact, "")).unwrap()
    });
    // The service gives the number in its other spelling.
    let both = [identity(IdentityKind::Phone, "+5511988887777"), bsuid];
    assert_eq!(take(&app.database, &both), older);
    let states = "SELECT id || status || contact_id AS value FROM tickets ORDER BY id";
    let expected = [format!("{}open{older}", opened[0]), format!("{}closed{older}", opened[1])];
    assert_eq!(app.database.texts(states), expected);
    let admin = app.administrator().await;
    let page = admin.get(&format!("/contacts/{newer}")).await;
    page.assert_says("porque a conexão mostrou que é o mesmo cliente");
    let page = admin.get(&format!("/contacts/{older}")).await;
    page.assert_says("(11) 8888-7777").assert_says("Código do WhatsApp");
    admin.get("/audit").await.assert_says("juntou o contato");
    admin.get(&format!("/contacts/{newer}")).await;
    admin.post(&format!("/contacts/{newer}/separation"), &[]).await.assert_status(303);
    assert_eq!(take(&app.database, std::slice::from_ref(&phone)), older);
}

/// Two ids are the same customer's if a payload named both, also by way of others.
struct Model {
    groups: Vec<usize>,
}

impl Model {
    fn join(&mut self, ids: &[usize]) {
        let kept = self.groups[ids[0]];
        for id in ids {
            let merged = self.groups[*id];
            self.groups.iter_mut().filter(|group| **group == merged).for_each(|group| *group = kept);
        }
    }
}

#[actix_web::test]
async fn any_payloads_leave_one_contact_per_customer() {
    let app = TestApp::new().await;
    app.database.execute(CHANNEL);
    for seed in 0..6 {
        let mut random = StdRng::seed_from_u64(seed);
        // Each id with its spellings.
        let ids: Vec<Vec<Identity>> = (0..12)
            .map(|n| match n % 3 {
                0 => ["+55118000", "+551198000"]
                    .map(|start| identity(IdentityKind::Phone, &format!("{start}{seed}{n:03}")))
                    .to_vec(),
                1 => vec![identity(IdentityKind::Bsuid, &format!("BR.{seed}.{n}"))],
                _ => vec![identity(IdentityKind::Lid, &format!("{seed}.{n}@lid"))],
            })
            .collect();
        let mut model = Model { groups: (0..ids.len()).collect() };
        let mut named = vec![false; ids.len()];
        for _ in 0..25 {
            let count = random.random_range(1..=3);
            let chosen: Vec<usize> = (0..count).map(|_| random.random_range(0..ids.len())).collect();
            let payload: Vec<Identity> =
                chosen.iter().map(|id| ids[*id].choose(&mut random).unwrap().clone()).collect();
            let taken = take(&app.database, &payload);
            model.join(&chosen);
            chosen.iter().for_each(|id| named[*id] = true);
            for id in &chosen {
                assert_eq!(take(&app.database, &ids[*id][..1]), taken, "seed {seed}: {payload:?}");
            }
        }
        let known: Vec<usize> = (0..ids.len()).filter(|id| named[*id]).collect();
        let contacts: Vec<_> = known.iter().map(|id| take(&app.database, &ids[*id][..1])).collect();
        for (first, one) in known.iter().zip(&contacts) {
            for (second, other) in known.iter().zip(&contacts) {
                let is_same = model.groups[*first] == model.groups[*second];
                assert_eq!(is_same, one == other, "seed {seed}: {:?} {:?}", ids[*first], ids[*second]);
            }
        }
    }
}

#[actix_web::test]
async fn the_same_payload_taken_by_two_threads_makes_one_contact() {
    let app = TestApp::new().await;
    app.database.execute(CHANNEL);
    for round in 0..100 {
        let payload = [
            identity(IdentityKind::Phone, &format!("+5511990000{round:03}")),
            identity(IdentityKind::Bsuid, &format!("BR.{round}")),
        ];
        let reversed = [payload[1].clone(), payload[0].clone()];
        let contacts = std::thread::scope(|scope| {
            let threads = [&payload, &reversed].map(|ids| scope.spawn(|| take(&app.database, ids)));
            threads.map(|thread| thread.join().unwrap())
        });
        assert_eq!(contacts[0], contacts[1], "round {round}");
    }
    let made = "SELECT count(*) AS value FROM contacts WHERE channel_id = 403";
    assert_eq!(app.database.number(made), 100);
}

/// Number of transactions that wait for a lock in this database.
const WAITING: &str = "SELECT count(*) AS value FROM pg_locks
    WHERE NOT granted AND pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())";

#[actix_web::test]
async fn a_handover_during_a_merge_names_the_kept_contact() {
    let app = TestApp::new().await.with_made_up_rows("a schedule that never fired");
    app.database.execute("INSERT INTO department_members VALUES (101, 304)");
    Entry::reminder(303, 602, "Ligar").write(&app.database);
    let admin = app.administrator().await;
    admin.get("/users/303/deactivation").await;
    let mut merging = app.database.connect();
    merging.batch_execute("BEGIN").unwrap();
    merge_automatically(&mut merging, &[ContactId(601), ContactId(602)]).unwrap();
    let ends = async {
        while app.database.number(WAITING) == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        merging.batch_execute("COMMIT").unwrap();
    };
    let (left, ()) = futures_util::future::join(admin.post("/users/303/deactivation", &[]), ends).await;
    left.assert_status(303);
    let notified = "SELECT user_id || ' ' || contact_id AS value FROM notifications ORDER BY 1";
    assert_eq!(app.database.texts(notified), ["303 601", "304 601"]);
}

fn message(number: usize, identities: Vec<Identity>) -> ChannelMessage {
    ChannelMessage {
        channel: ChannelId(403),
        provider_id: format!("m{number}"),
        identities,
        name: None,
        text: format!("mensagem {number}"),
        quoted: String::new(),
        files: Vec::new(),
        refused_files: Vec::new(),
        answers: Vec::new(),
    }
}

fn receive(database: &Database, message: &ChannelMessage) -> Taken {
    database.connect().transaction(|conn| inbox::take(conn, message)).unwrap()
}

#[actix_web::test]
async fn an_answer_during_a_merge_goes_to_the_kept_contact() {
    let app = TestApp::new().await.with_made_up_rows("a message that nobody wrote");
    app.database.execute(CHANNEL);
    let older = take(&app.database, &[identity(IdentityKind::Lid, "1@lid")]);
    let newer = take(&app.database, &[identity(IdentityKind::Lid, "2@lid")]);
    let ticket = open_ticket(&app, newer.0, app.company.support);
    app.database.execute(&format!(
        "INSERT INTO messages (id, contact_id, ticket_id, kind, body) VALUES (9001, {newer}, {ticket}, 'attendant', 'Olá');
         INSERT INTO outbox (message_id, contact_id, channel_id, state, provider_id, delivered_at, ended_at)
         VALUES (9001, {newer}, 403, 'delivered', 'ours', now(), now())"
    ));
    let mut merging = app.database.connect();
    merging.batch_execute("BEGIN").unwrap();
    merge_automatically(&mut merging, &[older, newer]).unwrap();
    let from_elsewhere = vec![identity(IdentityKind::Lid, "3@lid")];
    let answer = ChannelMessage { answers: vec!["ours".to_owned()], ..message(1, from_elsewhere) };
    let taken = std::thread::scope(|scope| {
        let taking = scope.spawn(|| receive(&app.database, &answer));
        until(|| app.database.number(WAITING) > 0);
        merging.batch_execute("COMMIT").unwrap();
        taking.join().unwrap()
    });
    assert_eq!(taken, Taken::Written(older));
}

/// The ids of a customer, each with its spellings.
fn ids_of_customer(seed: u64, customer: usize) -> Vec<Vec<Identity>> {
    let number = format!("8{seed:02}{customer:02}77");
    vec![
        ["+55118", "+551198"]
            .map(|start| identity(IdentityKind::Phone, &format!("{start}{number}")))
            .to_vec(),
        vec![identity(IdentityKind::Bsuid, &format!("BR.{seed}.{customer}"))],
        vec![identity(IdentityKind::Lid, &format!("{seed}.{customer}@lid"))],
    ]
}

/// The contact into which `contact` was merged, by way of others too.
fn kept_by_merges(app: &TestApp, mut contact: i64) -> i64 {
    loop {
        let sql = format!("SELECT coalesce(merged_into, id) AS value FROM contacts WHERE id = {contact}");
        match app.database.number(&sql) {
            same if same == contact => return contact,
            kept => contact = kept,
        }
    }
}

/// Customers write under some of their ids, schedules fire, and attendants merge. In the end each customer is one contact
/// with all that they wrote, once and in order, and `pontual check` (at the end of the test) finds nothing.
#[actix_web::test]
async fn any_mix_of_messages_schedules_and_merges_loses_nothing() {
    const CUSTOMERS: usize = 4;
    let app = TestApp::new().await;
    app.database.execute(CHANNEL);
    let admin = app.administrator().await;
    for seed in 0..3 {
        let mut random = StdRng::seed_from_u64(seed);
        let all: Vec<_> = (0..CUSTOMERS).map(|customer| ids_of_customer(seed, customer)).collect();
        // What each customer wrote, and the contacts that took it.
        let mut written = vec![Vec::<ChannelMessage>::new(); CUSTOMERS];
        let mut contacts = vec![Vec::<i64>::new(); CUSTOMERS];
        for number in 0..40 {
            let customer = random.random_range(0..CUSTOMERS);
            match random.random_range(0..6) {
                0 if !written[customer].is_empty() => {
                    let again = written[customer].choose(&mut random).unwrap();
                    assert_eq!(receive(&app.database, again), Taken::Known);
                }
                1 if !contacts[customer].is_empty() => {
                    let contact = kept_by_merges(&app, *contacts[customer].choose(&mut random).unwrap());
                    let plan =
                        Plan { contact, due_in: "-1 second", ..Plan::new(&app.company, "open_ticket") };
                    plan.save(&app.database);
                    pontual::dispatcher::tick(&mut app.database.connect()).unwrap();
                }
                2 if contacts[customer].len() > 1 => {
                    let (kept, other) = (contacts[customer][0], *contacts[customer].last().unwrap());
                    let answer = merge(&admin, kept, other).await;
                    // Refused if both have an open ticket, or one was merged before.
                    assert!(answer.status < 500, "{}", answer.status);
                }
                _ => {
                    let count = random.random_range(1..=2);
                    let mut ids: Vec<Identity> = Vec::new();
                    for _ in 0..count {
                        let spellings = all[customer].choose(&mut random).unwrap();
                        ids.push(spellings.choose(&mut random).unwrap().clone());
                    }
                    let message = message(seed as usize * 1000 + number, ids);
                    let Taken::Written(contact) = receive(&app.database, &message) else {
                        panic!("{message:?}")
                    };
                    written[customer].push(message);
                    if !contacts[customer].contains(&contact.0) {
                        contacts[customer].push(contact.0);
                    }
                }
            }
        }
        let kept: Vec<ContactId> = all.iter().map(|ids| take(&app.database, &ids.concat())).collect();
        for (customer, contact) in kept.iter().enumerate() {
            let thread = format!(
                "SELECT body AS value FROM messages WHERE contact_id = {contact} AND kind = 'customer' ORDER BY id"
            );
            let expected: Vec<_> = written[customer].iter().map(|message| message.text.clone()).collect();
            assert_eq!(app.database.texts(&thread), expected, "seed {seed}, customer {customer}");
            for id in all[customer].concat() {
                assert_eq!(take(&app.database, &[id]), *contact, "seed {seed}, customer {customer}");
            }
        }
        let active = "SELECT count(*) AS value FROM contacts WHERE channel_id = 403 AND archived_at IS NULL";
        assert_eq!(app.database.number(active), (CUSTOMERS as i64) * (seed as i64 + 1));
        let stray = "SELECT count(*) AS value FROM contacts c
                      WHERE merged_into IS NOT NULL
                        AND (EXISTS (SELECT FROM messages m WHERE m.contact_id = c.id)
                             OR EXISTS (SELECT FROM tickets t WHERE t.contact_id = c.id)
                             OR EXISTS (SELECT FROM schedules s WHERE s.contact_id = c.id)
                             OR EXISTS (SELECT FROM outbox o WHERE o.contact_id = c.id)
                             OR EXISTS (SELECT FROM notifications n WHERE n.contact_id = c.id))";
        assert_eq!(app.database.number(stray), 0, "seed {seed}: nothing stays with a merged contact");
        app.check();
    }
}
