//! The rules of the form, field by field.

use super::*;
use crate::channels::ChannelKind;
use crate::clock::Zone;
use crate::ids::{ChannelId, ContactId, DepartmentId, PersonId};
use crate::schedules::draft::{ChosenContact, ContactChannel, Facts};

fn facts() -> Facts {
    Facts {
        now: "2026-11-22T12:00:00Z".parse().unwrap(),
        zone: Zone::named("America/Sao_Paulo"),
        contact: Some(contact()),
        person: None,
        is_person_archived: false,
        keeps_contact: false,
        channels: vec![channel()],
        keeps_channel: false,
        department: Some(DepartmentId(3)),
        attendant: None,
        ticket: None,
        rescheduled_from: None,
        files: Vec::new(),
    }
}

fn contact() -> ChosenContact {
    ChosenContact { id: ContactId(1), person: Some(PersonId(2)), is_reachable: true }
}

fn channel() -> ContactChannel {
    ContactChannel {
        id: ChannelId(5),
        kind: ChannelKind::WebChat,
        name: "Chat".into(),
        is_first: true,
        is_active: true,
    }
}

fn typed() -> ScheduleInput {
    ScheduleInput {
        contact_id: "1".into(),
        department_id: "3".into(),
        action: "open_ticket".into(),
        due_at: "2026-12-05T10:00".into(),
        comment: "Confirmar".into(),
        ..ScheduleInput::blank()
    }
}

fn messages(typed: &ScheduleInput, facts: &Facts) -> Vec<(&'static str, String)> {
    let errors = typed.parse(facts).unwrap_err();
    errors.iter().map(|error| (error.field, error.message.clone())).collect()
}

#[test]
fn a_valid_form_becomes_a_draft_at_an_instant() {
    let draft = typed().parse(&facts()).unwrap();
    assert_eq!(draft.due_at.to_rfc3339(), "2026-12-05T13:00:00+00:00");
    assert_eq!(draft.action, Action::OpenTicket);
    assert_eq!(draft.attendant, None);
}

#[test]
fn an_empty_form_names_every_required_field() {
    let nothing = Facts { contact: None, department: None, ..facts() };
    let fields: Vec<_> =
        messages(&ScheduleInput::default(), &nothing).into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["contact_id", "department_id", "action", "due_at"]);
}

#[test]
fn a_notified_attendant_must_be_chosen_and_of_the_department() {
    for action in ["open_ticket_and_notify", "notify"] {
        let form = ScheduleInput { action: action.into(), ..typed() };
        assert_eq!(messages(&form, &facts()), [("attendant_id", "Selecione o atendente.".into())]);
    }
    let form = ScheduleInput { attendant_id: "9".into(), ..typed() };
    let expected = "Este atendente não é do departamento escolhido.";
    assert_eq!(messages(&form, &facts()), [("attendant_id", expected.into())]);
}

#[test]
fn the_contact_must_be_of_the_chosen_person() {
    let form = ScheduleInput { person_id: "8".into(), ..typed() };
    let other = Facts { person: Some(PersonId(8)), ..facts() };
    let expected = "Este contato não pertence à pessoa escolhida.";
    assert_eq!(messages(&form, &other), [("contact_id", expected.into())]);
}

#[test]
fn a_date_must_be_in_the_future_and_exist_once() {
    for (due, message) in [
        ("", "Informe a data e a hora."),
        ("2026-11-22T09:00", "Escolha uma data e hora futuras."),
        ("2026-11-22T08:59", "Escolha uma data e hora futuras."),
    ] {
        let form = ScheduleInput { due_at: due.into(), ..typed() };
        assert_eq!(messages(&form, &facts()), [("due_at", message.into())], "{due}");
    }
    let lisbon = Facts { zone: Zone::named("Europe/Lisbon"), ..facts() };
    for (due, part) in [("2027-10-31T01:30", "duas vezes"), ("2027-03-28T01:30", "não existe")] {
        let form = ScheduleInput { due_at: due.into(), ..typed() };
        assert!(messages(&form, &lisbon)[0].1.contains(part), "{due}");
    }
}

#[test]
fn a_repeated_time_is_valid_once_one_of_the_two_is_chosen() {
    let lisbon = Facts { zone: Zone::named("Europe/Lisbon"), ..facts() };
    for (fold, at) in [("first", "2027-10-31T00:30:00+00:00"), ("second", "2027-10-31T01:30:00+00:00")] {
        let form = ScheduleInput { due_at: "2027-10-31T01:30".into(), due_fold: fold.into(), ..typed() };
        assert_eq!(form.parse(&lisbon).unwrap().due_at.to_rfc3339(), at);
        let plain = ScheduleInput { due_fold: fold.into(), ..typed() };
        assert!(plain.parse(&lisbon).is_ok(), "what was said of another time does no harm");
    }
}

#[test]
fn an_unreachable_contact_can_only_have_reminders() {
    let known = Facts {
        contact: Some(ChosenContact { is_reachable: false, ..contact() }),
        attendant: Some(UserId(4)),
        ..facts()
    };
    assert_eq!(messages(&typed(), &known)[0].0, "contact_id");
    let reminder = ScheduleInput { action: "notify".into(), attendant_id: "4".into(), ..typed() };
    assert!(reminder.parse(&known).is_ok());
}

#[test]
fn texts_have_limits_and_a_reminder_sends_nothing() {
    let form = ScheduleInput { comment: "é".repeat(1001), message: "é".repeat(4097), ..typed() };
    let found = messages(&form, &facts());
    assert_eq!(found[0], ("message", "Use até 4.096 caracteres. O texto tem 4.097.".into()));
    assert_eq!(found[1], ("comment", "Use até 1.000 caracteres. O texto tem 1.001.".into()));
    let reminder =
        ScheduleInput { action: "notify".into(), message: "Olá".into(), comment: String::new(), ..typed() };
    let known = Facts { attendant: Some(UserId(4)), ..facts() };
    let reminder = ScheduleInput { attendant_id: "4".into(), ..reminder };
    assert_eq!(messages(&reminder, &known)[0].0, "message");
}
