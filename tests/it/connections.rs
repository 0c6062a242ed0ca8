//! Connections of strangers, of signed-in users, and of clients that have gone.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use actix_web::rt::time::sleep;
use actix_web::test::TestRequest;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::harness::{Live, TestApp};

/// Maximum time to wait for something that happens by itself.
const PATIENCE: Duration = Duration::from_secs(30);

/// Connects from a loopback address that is not treated as a balancer's.
async fn connect(live: &Live) -> TcpStream {
    connect_from("127.0.0.2", live).await
}

async fn connect_from(address: &str, live: &Live) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(address.parse::<IpAddr>().unwrap(), 0)).unwrap();
    socket.connect(SocketAddr::new([127, 0, 0, 1].into(), live.port)).await.unwrap()
}

/// Reads until the other side closes, within [`PATIENCE`].
async fn all_of(socket: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let reading = tokio::time::timeout(PATIENCE, socket.read_to_end(&mut answer)).await;
    // If the server closes before it has read everything, the client may see a reset.
    reading.expect("the connection is closed").ok();
    String::from_utf8_lossy(&answer).into_owned()
}

/// The status line of a request whose connection is closed after the answer.
async fn status(live: &Live, from: &str, path: &str, more: &str) -> String {
    let mut socket = connect_from(from, live).await;
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{more}\r\n");
    socket.write_all(request.as_bytes()).await.ok();
    all_of(&mut socket).await.lines().next().unwrap_or_default().to_owned()
}

/// Waits until the process has this many connections.
async fn until_there_are(app: &TestApp, wanted: impl Fn(usize) -> bool) {
    let began = Instant::now();
    while !wanted(app.shared.connections.count()) {
        assert!(began.elapsed() < PATIENCE, "{} connections are open", app.shared.connections.count());
        sleep(Duration::from_millis(5)).await;
    }
}

#[actix_web::test]
async fn a_body_that_nobody_wants_closes_its_connection() {
    let app = TestApp::new().await;
    let live = Live::start(&app).await;
    for path in ["/login", "/assets/x/css/app.css", "/nowhere", "/healthz", "/schedules"] {
        for body in ["transfer-encoding: chunked\r\n\r\n1\r\nx\r\n", "content-length: 900\r\n\r\nx"] {
            let mut socket = connect(&live).await;
            let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n{body}");
            socket.write_all(request.as_bytes()).await.unwrap();
            let answer = all_of(&mut socket).await;
            assert!(answer.starts_with("HTTP/1.1 "), "{path} {body}: {answer}");
            assert!(answer.to_lowercase().contains("connection: close"), "{path} {body}: {answer}");
        }
    }
    until_there_are(&app, |count| count == 0).await;
}

#[actix_web::test]
async fn a_body_that_is_read_leaves_its_connection_open() {
    let app = TestApp::new().await;
    let live = Live::start(&app).await;
    let mut socket = connect(&live).await;
    for _ in 0..2 {
        let head =
            "POST /login HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-www-form-urlencoded\r\n";
        socket.write_all(format!("{head}content-length: 3\r\n\r\na=b").as_bytes()).await.unwrap();
        let mut answer = [0; 12];
        socket.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 403");
        // The rest of the page.
        let mut rest = Vec::new();
        while !rest.ends_with(b"</html>\n") && !rest.ends_with(b"</html>") {
            let mut part = vec![0; 64 * 1024];
            let count = tokio::time::timeout(PATIENCE, socket.read(&mut part)).await.unwrap().unwrap();
            assert!(count > 0, "{}", String::from_utf8_lossy(&rest));
            rest.extend_from_slice(&part[..count]);
        }
    }
}

#[actix_web::test]
async fn a_second_request_that_never_ends_is_given_up() {
    let app = TestApp::new().await;
    let live = Live::start(&app).await;
    let mut socket = connect(&live).await;
    socket.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\nGET /heal").await.unwrap();
    assert!(all_of(&mut socket).await.ends_with("ok\n"));
}

#[actix_web::test]
async fn one_address_cannot_take_the_connections_of_others() {
    let app = TestApp::with_variable("PONTUAL_CONNECTIONS_PER_ADDRESS", "20").await;
    let live = Live::start(&app).await;
    let mut held = Vec::new();
    for _ in 0..20 {
        held.push(connect(&live).await);
    }
    until_there_are(&app, |count| count == 20).await;
    assert_eq!(status(&live, "127.0.0.2", "/healthz", "").await, "");
    assert_eq!(status(&live, "127.0.0.3", "/healthz", "").await, "HTTP/1.1 200 OK");
    drop(held);
    until_there_are(&app, |count| count == 0).await;
    assert_eq!(status(&live, "127.0.0.2", "/healthz", "").await, "HTTP/1.1 200 OK");
}

#[actix_web::test]
async fn a_balancer_is_exempt_and_its_visitors_are_judged_by_what_is_under_way() {
    let app = TestApp::with_variable("PONTUAL_CONNECTIONS_PER_ADDRESS", "2").await;
    let bruno = app.attendant().await;
    let live = Live::start(&app).await;
    let stream = async |visitor: &str| {
        let mut socket = connect_from("127.0.0.1", &live).await;
        let cookie = bruno.cookie("pontual").unwrap();
        let head = format!("GET /live HTTP/1.1\r\nhost: localhost\r\nx-forwarded-for: {visitor}\r\n");
        socket.write_all(format!("{head}cookie: pontual={cookie}\r\n\r\n").as_bytes()).await.unwrap();
        let mut answer = [0; 15];
        socket.read_exact(&mut answer).await.unwrap();
        (socket, String::from_utf8_lossy(&answer).into_owned())
    };
    let first = [stream("203.0.113.9:4711").await, stream("203.0.113.9").await];
    assert!(first.iter().all(|(_, status)| status == "HTTP/1.1 200 OK"));
    assert_eq!(stream("203.0.113.9").await.1, "HTTP/1.1 429 To");
    assert_eq!(stream("203.0.113.8").await.1, "HTTP/1.1 200 OK");
    drop(first);
    until_there_are(&app, |count| count <= 2).await;
    assert_eq!(stream("203.0.113.9").await.1, "HTTP/1.1 200 OK");
}

#[actix_web::test]
async fn strangers_who_take_all_places_keep_nobody_out() {
    let app = TestApp::new().await;
    app.shared.connections.limit(256);
    let bruno = app.attendant().await;
    let live = Live::start(&app).await;
    let mut stream = live.stream(&bruno).await;
    let mut held = Vec::new();
    for n in 0..1_000 {
        let mut socket = connect_from(&format!("127.0.1.{}", n % 200 + 1), &live).await;
        let head = b"GET /login HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n";
        socket.write_all(head).await.ok();
        held.push(socket);
    }
    assert_eq!(status(&live, "127.0.0.9", "/healthz", "").await, "HTTP/1.1 200 OK");
    let cookie = format!("cookie: pontual={}\r\n", bruno.cookie("pontual").unwrap());
    assert_eq!(status(&live, "127.0.0.9", "/notifications", &cookie).await, "HTTP/1.1 200 OK");
    until_there_are(&app, |count| count <= 256).await;
    app.shared.hub.receive(pontual::live::Incoming::Reconnected);
    stream.until("sync").await;
}

#[actix_web::test]
async fn visitors_who_are_gone_hold_no_places() {
    let app = TestApp::new().await;
    let bruno = app.attendant().await;
    let live = Live::start(&app).await;
    for round in 0..6 {
        let mut streams = Vec::new();
        for _ in 0..20 {
            streams.push(live.stream(&bruno).await);
        }
        // In half of the rounds, clients close with unread data, which the server sees as a reset.
        if round % 2 == 0 {
            tokio::task::yield_now().await;
        }
        drop(streams);
        until_there_are(&app, |count| count == 0).await;
    }
}

#[actix_web::test]
async fn input_during_a_stream_does_not_hide_that_the_client_is_gone() {
    let app = TestApp::new().await;
    let bruno = app.attendant().await;
    let live = Live::start(&app).await;
    let mut socket = connect(&live).await;
    let cookie = bruno.cookie("pontual").unwrap();
    let head = format!("GET /live HTTP/1.1\r\nhost: localhost\r\ncookie: pontual={cookie}\r\n\r\n");
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut begun = [0; 15];
    socket.read_exact(&mut begun).await.unwrap();
    assert_eq!(&begun, b"HTTP/1.1 200 OK");
    for _ in 0..64 {
        socket.write_all(&[b'x'; 4096]).await.ok();
    }
    until_there_are(&app, |count| count == 0).await;
}

#[actix_web::test]
async fn an_account_has_so_many_streams_and_each_newcomer_is_greeted_alone() {
    let app = TestApp::new().await;
    let bruno = app.attendant().await;
    let live = Live::start(&app).await;
    let mut streams = Vec::new();
    for _ in 0..24 {
        streams.push(live.stream(&bruno).await);
    }
    let refused = live.connect("/live", &bruno).await;
    assert!(refused.head.contains("429") && refused.head.contains("retry-after: 15"), "{}", refused.head);
    // If each new stream greeted all others too, 23 more syncs would come before this event.
    pontual::live::announce(
        &mut app.database.connect(),
        &pontual::live::Event::BellChanged(pontual::ids::UserId(app.company.bruno)),
    )
    .unwrap();
    let events = streams[0].until("bell").await;
    assert_eq!(events.iter().filter(|event| event.name == "sync").count(), 0, "{events:?}");
    drop(streams);
    until_there_are(&app, |count| count <= 1).await;
    live.stream(&bruno).await;
}

#[actix_web::test]
async fn streams_leave_room_for_pages_and_health() {
    let app = TestApp::new().await;
    app.shared.hub.limit(3);
    let bruno = app.attendant().await;
    let live = Live::start(&app).await;
    let mut streams = Vec::new();
    for _ in 0..3 {
        streams.push(live.stream(&bruno).await);
    }
    assert!(live.connect("/live", &bruno).await.head.contains("429"));
    assert_eq!(status(&live, "127.0.0.9", "/healthz", "").await, "HTTP/1.1 200 OK");
}

#[actix_web::test]
async fn an_encoded_body_is_refused_before_it_is_unpacked() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/people/new").await;
    for encoding in ["gzip", "br", "deflate", "zstd", "x"] {
        for path in ["/people", "/login", "/uploads", "/nowhere"] {
            let request = TestRequest::post().uri(path).insert_header(("content-encoding", encoding));
            let fields = [("csrf", admin.csrf()), ("name", "Casa".into())];
            let page = admin.send(request.set_form(fields)).await;
            page.assert_status(415).assert_says("Envie o conteúdo sem compactação.");
        }
    }
    assert_eq!(app.database.number("SELECT count(*) AS value FROM people WHERE name = 'Casa'"), 0);
}

#[actix_web::test]
async fn where_the_address_is_set_no_other_host_is_served() {
    let app = TestApp::at("https://pontual.example").await;
    let visitor = app.visitor();
    let asked = async |path: &str, host: &'static str| {
        visitor.send(TestRequest::get().uri(path).insert_header(("host", host))).await.status
    };
    assert_eq!(asked("/login", "pontual.example").await, 200);
    for host in ["evil.example", "10.0.0.5", "pontual.example:8080"] {
        assert_eq!(asked("/login", host).await, 421, "{host}");
        assert_eq!(asked("/assets/x/css/app.css", host).await, 421, "{host}");
        assert_eq!(asked("/healthz", host).await, 200, "{host}");
        assert_ne!(asked("/readyz", host).await, 421, "{host}");
    }
    assert_eq!(asked("https://evil.example/login", "pontual.example").await, 421);
    let free = TestApp::new().await;
    let request = TestRequest::get().uri("/login").insert_header(("host", "anything.example"));
    free.visitor().send(request).await.assert_status(200);
}

#[actix_web::test]
async fn a_page_without_tls_cannot_act_on_a_site_with_it() {
    let app = TestApp::at("https://pontual.example").await;
    let admin = app.administrator().await;
    admin.get("/people/new").await;
    for (origin, status) in [("http://pontual.example", 403), ("https://pontual.example", 303)] {
        let request = TestRequest::post().uri("/people").insert_header(("origin", origin));
        let fields = [("csrf", admin.csrf()), ("name", "Casa".into())];
        admin.send(request.set_form(fields)).await.assert_status(status);
    }
}

#[actix_web::test]
async fn a_stream_ends_with_its_own_session_and_no_other() {
    let app = TestApp::new().await;
    let (old, new) = (app.attendant().await, app.attendant().await);
    let live = Live::start(&app).await;
    let (mut of_old, mut of_new) = (live.stream(&old).await, live.stream(&new).await);
    app.database.execute(
        "UPDATE sessions SET created_at = now() - interval '8 days'
          WHERE token_hash = (SELECT token_hash FROM sessions ORDER BY created_at LIMIT 1)",
    );
    app.shared.hub.recheck();
    of_old.ends().await;
    app.shared.hub.receive(pontual::live::Incoming::Reconnected);
    of_new.until("sync").await;
}
