//! The spacing against a model of it that tries every minute: random saves and cancellations under
//! every width from 0 to 60 and every scope, with the same seed in every run.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, TimeZone, Utc};
use pontual::clock::Zone;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::form;
use crate::harness::{Page, TestApp, Visitor};

const SCOPES: [&str; 4] = ["platform", "department", "attendant", "contact"];
const TRIES: usize = 9;

/// Who a schedule is for and by whom; what a scope may tell apart.
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

    /// Whether the spacing counts between the two.
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

/// Pending schedules, and the rule that holds.
struct Model {
    scope: &'static str,
    width: i64,
    pending: BTreeMap<i64, (Who, DateTime<Utc>)>,
}

impl Model {
    /// A window of that width, centred on a schedule, ends included, holds no other.
    fn is_free(&self, who: Who, at: DateTime<Utc>) -> bool {
        let blocks = |(other, due): &(Who, DateTime<Utc>)| {
            self.width > 0
                && who.is_beside(*other, self.scope)
                && 2 * (at - *due).num_minutes().abs() <= self.width
        };
        !self.pending.values().any(blocks)
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
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/schedules/new").await;
    let mut random = StdRng::seed_from_u64(6);
    let mut refused = 0;
    for (round, width) in (0..=60).enumerate() {
        let scope = SCOPES[round % 4];
        // Far from the rounds before: what was saved under another rule stays where it is.
        let noon = Utc.with_ymd_and_hms(2031, 1, 1, 15, 0, 0).unwrap() + Duration::days(2 * width);
        app.database
            .execute(&format!("UPDATE settings SET spacing_minutes = {width}, spacing_scope = '{scope}'"));
        let mut model = Model { scope, width, pending: BTreeMap::new() };
        for _ in 0..TRIES {
            refused += usize::from(!step(&admin, &mut model, &mut random, noon).await);
        }
    }
    assert!((100..400).contains(&refused), "{refused} of {} were refused", 61 * TRIES);
}

/// Saves one at random and compares what comes of it; whether it was free. Now and then cancels one.
async fn step(admin: &Visitor, model: &mut Model, random: &mut StdRng, noon: DateTime<Utc>) -> bool {
    let (who, reach) = (Who::any(random), 2 * model.width.max(2));
    let at = noon + Duration::minutes(random.random_range(-reach..=reach));
    let page = save(admin, who, at, &random.random::<u64>().to_string()).await;
    let told =
        format!("{who:?} at {at}, {} minutes by {}, among {:?}", model.width, model.scope, model.pending);
    let is_free = model.is_free(who, at);
    if is_free {
        assert_eq!(page.status, 303, "{told}: {}", page.text());
        model.pending.insert(id_of(&page), (who, at));
    } else {
        assert_eq!(page.status, 422, "{told}");
        let zone = Zone::named("America/Sao_Paulo");
        assert_eq!(
            page.texts("[data-slot]"),
            model.suggestions(who, at).map(|slot| zone.slot(slot)),
            "{told}"
        );
    }
    if random.random_bool(0.2) && !model.pending.is_empty() {
        let place = random.random_range(0..model.pending.len());
        let id = *model.pending.keys().nth(place).unwrap();
        admin.post(&format!("/schedules/{id}/cancellation"), &[("reason", "")]).await.assert_status(303);
        model.pending.remove(&id);
    }
    is_free
}

/// The note makes each content another: one form that is sent again with the same is one schedule.
async fn save(admin: &Visitor, who: Who, at: DateTime<Utc>, note: &str) -> Page {
    let due = Zone::named("America/Sao_Paulo").input(at);
    let (department, contact) = (who.department.to_string(), who.contact.to_string());
    let attendant = who.attendant.map(|id| id.to_string()).unwrap_or_default();
    let changes = [
        ("contact_id", contact.as_str()),
        ("department_id", &department),
        ("attendant_id", &attendant),
        ("action", "open_ticket"),
        ("due_at", &due),
        ("comment", note),
    ];
    admin.post("/schedules", &form(&changes)).await
}

fn id_of(saved: &Page) -> i64 {
    saved.location().rsplit('/').next().unwrap().parse().unwrap()
}
