//! Parameters in the address of the list, and parameters that are ignored.

use super::filters::{contacts, shown, three_schedules};

#[actix_web::test]
async fn invalid_values_in_the_address_are_ignored() {
    let app = three_schedules().await;
    let admin = app.administrator().await;
    for query in [
        "status=x&department_id=9999&attendant_id=-5&created_by=abc&action=drop&sort=name&period=never",
        "from=2026-13-40&to=ontem&after=1-2-3",
        "after=-9000000000000000000-1",
        "status=%ff&department_id=%ff",
        "department_id=1%27%20OR%201%3D1",
    ] {
        assert_eq!(shown(&admin, query).await.len(), 3, "{query}");
    }
}

#[actix_web::test]
async fn htmx_shows_an_address_without_empty_fields() {
    let app = three_schedules().await;
    let admin = app.administrator().await;
    let part = admin.get_part("/schedules?q=marina&department_id=&attendant_id=&sort=-created&status=").await;
    assert_eq!(part.header("hx-push-url"), "/schedules?q=marina");
    assert_eq!(part.count("nav.seg a"), 3);
    assert_eq!(
        part.attribute("nav.seg a:nth-of-type(3)", "href").unwrap(),
        "/schedules/calendar?q=marina&view=week"
    );
}

#[actix_web::test]
async fn values_of_filters_that_do_not_exist_are_named_and_can_be_removed() {
    let app = three_schedules().await;
    let admin = app.administrator().await;
    let page = admin.get("/schedules?department_id=999999&attendant_id=x&action=notify").await;
    page.assert_says("O valor escolhido no filtro “Departamento” não existe.")
        .assert_says("O valor escolhido no filtro “Atendente” não existe.")
        .assert_says("Remover filtro");
    assert_eq!(page.attribute("#remarks-without", "href").unwrap(), "/schedules?action=notify");
    assert_eq!(contacts(&page), ["Rafael Nogueira"]);
    let calendar = admin.get("/schedules/calendar?created_by=999999&date=2030-12-05").await;
    calendar.assert_says("O valor escolhido no filtro “Criado por” não existe.");
    admin.get("/schedules?attendant_id=303").await.assert_does_not_say("não existe");
}

#[actix_web::test]
async fn swapped_dates_are_put_in_order_and_the_page_says_so() {
    let app = three_schedules().await;
    let admin = app.administrator().await;
    let page = admin.get("/schedules?from=2099-12-31&to=2020-01-01").await;
    page.assert_says("A data inicial era depois da final: as duas foram trocadas.");
    assert_eq!(contacts(&page).len(), 3);
    assert_eq!(page.attribute("#f-from", "value").unwrap(), "2020-01-01");
    admin.get("/schedules?from=2020-01-01&to=2099-12-31").await.assert_does_not_say("trocadas");
}

#[actix_web::test]
async fn empty_filters_are_left_out_of_the_address() {
    let app = three_schedules().await;
    let admin = app.administrator().await;
    for (typed, tidy) in [
        ("/schedules?q=&department_id=&action=notify&from=", "/schedules?action=notify"),
        ("/schedules?q=", "/schedules"),
        ("/schedules/calendar?view=week&date=2030-12-05&q=", "/schedules/calendar?view=week&date=2030-12-05"),
    ] {
        assert_eq!(admin.get(typed).await.assert_status(303).location(), tidy);
    }
}
