//! The binary's commands, as an operator runs them.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output, Stdio};

use crate::harness::{Company, Database, Plan};

fn pontual(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    command(arguments, variables).output().unwrap()
}

fn command(arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pontual"));
    command.args(arguments).envs(variables.iter().copied());
    for name in
        ["DATABASE_URL", "HOST", "PORT", "PONTUAL_DATA_DIR", "PONTUAL_PUBLIC_URL", "PONTUAL_SECRET_KEY"]
    {
        if !variables.iter().any(|(known, _)| *known == name) {
            command.env_remove(name);
        }
    }
    command
}

fn error(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let text = String::from_utf8_lossy(&output.stderr);
    let ours: Vec<&str> = text.lines().filter(|line| line.starts_with("pontual: ")).collect();
    assert_eq!(ours.len(), 1, "not one clear sentence: {text}");
    ours[0].to_owned()
}

#[test]
fn bad_configuration_ends_the_start_with_one_sentence() {
    let output = pontual(&["serve"], &[("PORT", "http")]);
    assert_eq!(error(&output), "pontual: PORT must be a number from 0 to 65535, not \"http\"");
}

#[test]
fn an_address_that_might_go_without_tls_ends_the_start_with_one_sentence() {
    for url in ["host=db.example dbname=pontual", "postgres://u:secret@a.example%2Cb.example/pontual"] {
        let sentence = error(&pontual(&["serve"], &[("DATABASE_URL", url)]));
        assert!(sentence.starts_with("pontual: DATABASE_URL must be an address such as"), "{sentence}");
        assert!(!sentence.contains("secret"), "{sentence}");
    }
}

#[test]
fn an_unreachable_database_ends_the_start_with_one_sentence() {
    let output = pontual(&["serve"], &[("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none")]);
    assert!(error(&output).starts_with("pontual: the database cannot be reached: "));
}

#[test]
fn a_database_with_unknown_migrations_ends_the_start_with_one_sentence() {
    let database = Database::new();
    database
        .execute("UPDATE __diesel_schema_migrations SET version = '20251231000001' WHERE version = '0001'");
    let secret = "x".repeat(32);
    let variables = [("DATABASE_URL", database.url.as_str()), ("PONTUAL_SECRET_KEY", &secret)];
    let expected = "pontual: the database was made by a version of Pontual that does not fit this one \
                    (its migration 20251231000001 is unknown): use an empty database, or the version that made it";
    for command in ["serve", "migrate"] {
        assert_eq!(error(&pontual(&[command], &variables)), expected);
    }
}

#[test]
fn a_port_in_use_ends_the_start_with_one_sentence() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let database = Database::new();
    let secret = "x".repeat(32);
    let variables =
        [("DATABASE_URL", database.url.as_str()), ("PORT", &port), ("PONTUAL_SECRET_KEY", &secret)];
    let sentence = error(&pontual(&["serve"], &variables));
    assert!(sentence.starts_with(&format!("pontual: cannot listen on 127.0.0.1:{port}: ")), "{sentence}");
}

#[test]
fn create_admin_makes_the_first_user_and_prints_a_password_once() {
    let database = Database::blank();
    let variables = [("DATABASE_URL", database.url.as_str())];
    let arguments = ["create-admin", "--name", "Ana Prado", "--email", "Ana@Empresa.example"];
    let output = pontual(&arguments, &variables);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.starts_with("ana@empresa.example can sign in now, with the password "), "{text} {output:?}");
    let users = database
        .texts("SELECT u.email || ' ' || r.name AS value FROM users u JOIN roles r ON r.id = u.role_id");
    assert_eq!(users, ["ana@empresa.example Administrador"]);
    let again = error(&pontual(&arguments, &variables));
    assert_eq!(again, "pontual: there is a user with the address ana@empresa.example already");
}

#[test]
fn create_admin_reads_a_password_and_refuses_a_bad_one() {
    let database = Database::new();
    database.execute("UPDATE settings SET company_name = 'Clínica Horizonte'");
    let arguments = ["create-admin", "--name", "Ana", "--email", "ana@empresa.example", "--password-stdin"];
    let own = "the password is made of the names or the address of its owner, company or product";
    for (password, sentence) in [
        ("curta", "the password must have 8 to 128 characters"),
        ("senha123", "the password is one that guessers try first"),
        ("ana@empresa.example", own),
        ("clinica-horizonte-1", own),
    ] {
        let mut child = command(&arguments, &[("DATABASE_URL", &database.url)])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(format!("{password}\n").as_bytes()).unwrap();
        let refused = error(&child.wait_with_output().unwrap());
        assert_eq!(refused, format!("pontual: {sentence}"), "{password}");
    }
    assert_eq!(database.number("SELECT count(*) AS value FROM users"), 0);
}

#[test]
fn the_demonstration_never_goes_into_a_database_of_ones_own() {
    let database = Database::new();
    for arguments in [&["demo"][..], &["serve", "--demo"]] {
        let sentence = error(&pontual(arguments, &[("DATABASE_URL", &database.url)]));
        assert!(sentence.contains("private database only"), "{sentence}");
    }
    assert_eq!(database.number("SELECT count(*) AS value FROM users"), 0);
}

#[test]
fn check_prints_a_line_for_each_invariant_and_its_status_tells_whether_all_hold() {
    let database = Database::new();
    let variables = [("DATABASE_URL", database.url.as_str())];
    let output = pontual(&["check"], &variables);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let lines = String::from_utf8(output.stdout).unwrap();
    assert_eq!(lines.lines().count(), pontual::check::INVARIANTS.len());
    assert!(lines.lines().all(|line| line.starts_with("ok ")), "{lines}");

    database.execute("DROP TRIGGER audit_is_append_only ON audit");
    let output = pontual(&["check"], &variables);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(String::from_utf8(output.stdout).unwrap().contains("FAIL 19 "));
}

#[test]
fn serve_carries_out_what_is_due_and_ends_in_order_at_sigterm() {
    let database = Database::new();
    let plan = Plan::new(&Company::found(&database), "open_ticket_and_notify");
    let secret = "x".repeat(32);
    let variables = [("DATABASE_URL", database.url.as_str()), ("PORT", "0"), ("PONTUAL_SECRET_KEY", &secret)];
    let mut serve = command(&["serve"], &variables).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(serve.stdout.take().unwrap()).lines();
    let ready = lines.next().unwrap().unwrap();
    let address = ready.strip_prefix("Pontual is ready at http://").unwrap().split('/').next().unwrap();
    TcpStream::connect(address).expect("the printed port is the bound one");

    let id = plan.save(&database);
    let done = format!("SELECT count(*) AS value FROM schedules WHERE id = {id} AND status = 'completed'");
    until(|| database.number(&done) == 1);
    // SAFETY: the child has not been waited for, so the id is still its own.
    unsafe { libc::kill(serve.id() as i32, libc::SIGTERM) };
    assert!(serve.wait().unwrap().success());
    let locks = "SELECT count(*) AS value FROM pg_locks l JOIN pg_database d ON d.oid = l.database
        WHERE l.locktype = 'advisory' AND d.datname = current_database()";
    until(|| database.number(locks) == 0);
}

#[test]
fn a_signal_that_comes_as_soon_as_serve_is_ready_ends_it_in_order() {
    let (database, secret) = (Database::new(), "x".repeat(32));
    Company::found(&database);
    let variables = [("DATABASE_URL", database.url.as_str()), ("PORT", "0"), ("PONTUAL_SECRET_KEY", &secret)];
    for name in [libc::SIGTERM, libc::SIGINT] {
        let mut serve = command(&["serve"], &variables).stdout(Stdio::piped()).spawn().unwrap();
        let ready = BufReader::new(serve.stdout.take().unwrap()).lines().next().unwrap().unwrap();
        assert!(ready.starts_with("Pontual is ready at "), "{ready}");
        // SAFETY: the child has not been waited for, so the id is still its own.
        unsafe { libc::kill(serve.id() as i32, name) };
        let ended = serve.wait().unwrap();
        assert!(ended.success(), "{name}: {ended}");
    }
}

#[test]
fn serve_on_an_empty_database_prints_the_link_of_the_set_up() {
    let (database, secret) = (Database::new(), "x".repeat(32));
    let directory = std::env::temp_dir().join(format!("pontual-setup-{}", std::process::id()));
    let variables = [
        ("DATABASE_URL", database.url.as_str()),
        ("PORT", "0"),
        ("PONTUAL_SECRET_KEY", &secret),
        ("PONTUAL_DATA_DIR", directory.to_str().unwrap()),
    ];
    let mut serve = command(&["serve"], &variables).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(serve.stdout.take().unwrap()).lines();
    let ready = lines.next().unwrap().unwrap();
    let place = ready.strip_prefix("Pontual is ready at ").unwrap().split("/ ").next().unwrap().to_owned();
    let printed = lines.next().unwrap().unwrap();
    let link = printed.strip_prefix("Nobody can sign in yet: set up at ").unwrap();
    let token = link.strip_prefix(&format!("{place}/setup/")).unwrap();
    assert!(token.len() == 32 && token.bytes().all(|byte| byte.is_ascii_hexdigit()), "{token}");
    let address = place.strip_prefix("http://").unwrap();
    let mut page = TcpStream::connect(address).unwrap();
    write!(page, "GET /setup/{token} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let first = BufReader::new(page).lines().next().unwrap().unwrap();
    assert_eq!(first, "HTTP/1.1 200 OK");
    // SAFETY: the child has not been waited for, so the id is still its own.
    unsafe { libc::kill(serve.id() as i32, libc::SIGTERM) };
    assert!(serve.wait().unwrap().success());
    std::fs::remove_dir_all(directory).unwrap();
}

fn until(is_so: impl Fn() -> bool) {
    let began = std::time::Instant::now();
    while !is_so() {
        assert!(began.elapsed().as_secs() < 20, "timed out");
    }
}
