//! Compares the spacing with a model that tries every minute: random saves, edits and cancellations with every width
//! from 0 to 60 and every scope, and changes of the rule. Every run uses the same seed.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, TimeZone, Utc};
use pontual::clock::Zone;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::form;
use crate::harness::{Page, TestApp, Visitor};

const SCOPES: [&str; 4] = ["platform", "department", "attendant", "contact"];
const TRIES: usize = 9;

/// Department, attendant and contact of a schedule, by which scopes distinguish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Who {
    department: i64,
    attendant: Option<i64>,
    contact: i64,
}

impl Who {
    fn any(random: &mut StdRng) -> Self {
        let (department, member) = if random.random_bool(0.5) { (101, 303) } else { (102, 304) };
        let attendant = random.random_bool(0.6).then_some(member);
        Self { department, attendant, contact: random.random_range(601..=602) }
    }

    /// Whether the spacing applies between the two.
    fn is_beside(self, other: Self, scope: &str) -> bool {
        match scope {
            "platform" => true,
            "department" => self.department == other.department,
            "attendant" if self.attendant.is_none() => {
                other.attendant.is_none() && self.department == other.department
            }
            "attendant" => self.attendant == other.attendant,
            _ => self.contact == other.contact,
        }
    }
}

/// Pending schedules and the current rule.
struct Model {
    scope: &'static str,
    width: i64,
    pending: BTreeMap<i64, (Who, DateTime<Utc>)>,
    /// The schedule that is being edited, which does not block itself.
    edited: Option<i64>,
}

impl Model {
    /// Whether no other schedule's window, of this width and centred on it, ends included, holds the time.
    fn is_free(&self, who: Who, at: DateTime<Utc>) -> bool {
        let blocks = |(other, due): &(Who, DateTime<Utc>)| {
            self.width > 0
                && who.is_beside(*other, self.scope)
                && 2 * (at - *due).num_minutes().abs() <= self.width
        };
        !self.pending.iter().any(|(id, place)| Some(*id) != self.edited && blocks(place))
    }

    /// The nearest free minutes before and after.
    fn suggestions(&self, who: Who, at: DateTime<Utc>) -> [DateTime<Utc>; 2] {
        [-1, 1].map(|direction| {
            let minutes = (1..).map(|minute| at + Duration::minutes(direction * minute));
            minutes.into_iter().find(|minute| self.is_free(who, *minute)).unwrap()
        })
    }
}

#[actix_web::test]
async fn under_every_width_and_scope_a_time_is_free_when_the_model_says_so() {
    let app = TestApp::new().await.with_made_up_rows("the rule changes, and what is pending does not");
    let admin = app.administrator().await;
    admin.get("/schedules/new").await;
    let mut random = StdRng::seed_from_u64(6);
    let mut refused = 0;
    for (round, width) in (0..=60).enumerate() {
        let scope = SCOPES[round % 4];
        // Far from earlier rounds, whose schedules were saved under another rule and stay.
        let noon = Utc.with_ymd_and_hms(2031, 1, 1, 15, 0, 0).unwrap() + Duration::days(2 * width);
        app.database
            .execute(&format!("UPDATE settings SET spacing_minutes = {width}, spacing_scope = '{scope}'"));
        let mut model = Model { scope, width, pending: BTreeMap::new(), edited: None };
        for _ in 0..TRIES {
            refused += usize::from(!step(&admin, &mut model, &mut random, noon, 2 * width.max(2)).await);
        }
    }
    assert!((60..400).contains(&refused), "{refused} of {} were refused", 61 * TRIES);
}

#[actix_web::test]
async fn after_each_change_of_the_rule_the_pending_are_spaced_or_exempt_and_block_what_comes() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let mut random = StdRng::seed_from_u64(4);
    let noon = Utc.with_ymd_and_hms(2031, 1, 1, 15, 0, 0).unwrap();
    let mut model = Model { scope: "platform", width: 6, pending: BTreeMap::new(), edited: None };
    for round in 0..12 {
        admin.get("/schedules/new").await;
        for _ in 0..TRIES {
            // All within an hour, so that a wider rule exempts many.
            step(&admin, &mut model, &mut random, noon, 30).await;
        }
        model.width = if round % 4 == 3 { 0 } else { random.random_range(1..=60) };
        model.scope = SCOPES[random.random_range(0..4)];
        change_rule(&admin, &model).await.assert_status(303);
        assert_exempt(&app, &model);
        app.check();
    }
}

async fn change_rule(admin: &Visitor, model: &Model) -> Page {
    let page = admin.get("/settings").await;
    let value = |selector: &str| page.attribute(selector, "value").unwrap();
    let (version, width) = (value("input[name=version]"), model.width.to_string());
    let fields = [
        ("version", version.as_str()),
        ("company_name", &value("#company_name")),
        ("time_zone", &value("#time_zone option[selected]")),
        ("spacing_minutes", &width),
        ("spacing_scope", model.scope),
        ("late_tolerance_minutes", &value("#late_tolerance_minutes")),
        ("confirmed", "1000"),
    ];
    admin.post("/settings", &fields).await
}

/// Checks that schedules under the rule are far enough apart, and that no exempt one would fit among them.
fn assert_exempt(app: &TestApp, model: &Model) {
    let sql = "SELECT id::text AS value FROM schedules WHERE status = 'scheduled' AND spacing_exempt";
    let exempt: Vec<i64> = app.database.texts(sql).iter().map(|id| id.parse().unwrap()).collect();
    let ruled = model.pending.iter().filter(|(id, _)| !exempt.contains(id)).map(|(id, place)| (*id, *place));
    let ruled = Model { pending: ruled.collect(), ..*model };
    for (id, (who, at)) in &model.pending {
        let among = Model { edited: Some(*id), pending: ruled.pending.clone(), ..ruled };
        let case = format!("{id} under {} minutes by {}: {:?}", model.width, model.scope, model.pending);
        assert_eq!(among.is_free(*who, *at), !exempt.contains(id), "{case}; exempt: {exempt:?}");
    }
}

/// Saves a random new or existing schedule and compares the result with the model. Sometimes cancels one. Returns
/// whether the time was free.
async fn step(
    admin: &Visitor,
    model: &mut Model,
    random: &mut StdRng,
    noon: DateTime<Utc>,
    reach: i64,
) -> bool {
    let who = Who::any(random);
    let at = noon + Duration::minutes(random.random_range(-reach..=reach));
    let note = random.random::<u64>().to_string();
    model.edited = any(model, random, 0.4);
    let page = match model.edited {
        Some(id) => edit(admin, id, who, at, &note).await,
        None => save(admin, who, at, &note).await,
    };
    let case =
        format!("{who:?} at {at}, {} minutes by {}, among {:?}", model.width, model.scope, model.pending);
    // A schedule may keep its own time, even if others are too close.
    let stays = model
        .edited
        .and_then(|id| model.pending.get(&id))
        .is_some_and(|(old, due)| *due == at && who.is_beside(*old, model.scope));
    let is_free = stays || model.is_free(who, at);
    if is_free {
        assert_eq!(page.status, 303, "{case}: {}", page.text());
        model.pending.insert(id_of(&page), (who, at));
    } else {
        assert_eq!(page.status, 422, "{case}");
        let zone = Zone::named("America/Sao_Paulo");
        assert_eq!(
            page.texts("[data-slot]"),
            model.suggestions(who, at).map(|slot| zone.free_time_label(slot)),
            "{case}"
        );
    }
    if let Some(id) = any(model, random, 0.2) {
        admin.post(&format!("/schedules/{id}/cancellation"), &[("reason", "")]).await.assert_status(303);
        model.pending.remove(&id);
    }
    is_free
}

/// A random pending schedule, with this probability.
fn any(model: &Model, random: &mut StdRng, probability: f64) -> Option<i64> {
    let is_wanted = random.random_bool(probability) && !model.pending.is_empty();
    is_wanted
        .then(|| random.random_range(0..model.pending.len()))
        .and_then(|place| model.pending.keys().nth(place).copied())
}

async fn edit(admin: &Visitor, id: i64, who: Who, at: DateTime<Utc>, note: &str) -> Page {
    let opened = admin.get(&format!("/schedules/{id}/edit")).await;
    let hidden = |name: &str| opened.attribute(&format!("input[name={name}]"), "value").unwrap();
    let (version, key) = (hidden("version"), hidden("form_key"));
    let typed = Typed::of(who, at);
    let fields = [typed.fields(note), vec![("version", version.as_str()), ("form_key", &key)]].concat();
    admin.post(&format!("/schedules/{id}"), &form(&fields)).await
}

/// The note makes each form different: the same form sent again would be the same schedule.
async fn save(admin: &Visitor, who: Who, at: DateTime<Utc>, note: &str) -> Page {
    admin.post("/schedules", &form(&Typed::of(who, at).fields(note))).await
}

/// The typed fields of a schedule.
struct Typed {
    department: String,
    attendant: String,
    contact: String,
    due: String,
}

impl Typed {
    fn of(who: Who, at: DateTime<Utc>) -> Self {
        Self {
            department: who.department.to_string(),
            attendant: who.attendant.map(|id| id.to_string()).unwrap_or_default(),
            contact: who.contact.to_string(),
            due: Zone::named("America/Sao_Paulo").input(at),
        }
    }

    fn fields<'a>(&'a self, note: &'a str) -> Vec<(&'static str, &'a str)> {
        vec![
            ("contact_id", &self.contact),
            ("department_id", &self.department),
            ("attendant_id", &self.attendant),
            ("action", "open_ticket"),
            ("due_at", &self.due),
            ("comment", note),
        ]
    }
}

fn id_of(saved: &Page) -> i64 {
    saved.location().rsplit('/').next().unwrap().parse().unwrap()
}
