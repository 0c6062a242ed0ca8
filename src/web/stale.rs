//! Two users edit the same record: the second one sees what the first one changed (409), keeps their own input, and
//! overwrites the change with one more press.
//!
//! A form is merged part by part with what is saved (`refusal/merge.rs`). A part that only the other user changed takes
//! over the saved value. A part that only this user changed stays as it is. A part that both changed is shown with both
//! values, and the form keeps this user's own.
//!
//! Most forms hold the version of their record (`refusal/stale.rs`). The form of a schedule holds the values themselves,
//! because its notice also shows what was there before (`schedules/editing`).

use actix_web::http::StatusCode;
use askama::Template;

use super::Fields;
use crate::clock::Zone;
use crate::refusal::{
    FieldErrors, LastChange, Merge, Part, PartKind, Refusal, StaleEdit, Values, Versions, hash_of, on_or_off,
    or_blank,
};

/// The hidden field with the version that a form had seen.
const VERSION: &str = "version";

/// The notice above a form whose record has changed while the form was open.
#[derive(Clone, Debug, Template)]
#[template(path = "web/_stale.html")]
pub struct StaleNotice {
    title: &'static str,
    /// Who made the changes, and when.
    sentences: Vec<String>,
    tables: Vec<ChangedFields>,
    /// What the user can do, and a link that discards the input.
    advice: &'static str,
    link: String,
    link_text: &'static str,
}

/// A table of changed fields.
#[derive(Clone, Debug)]
pub struct ChangedFields {
    /// Names the table in the page: `data-both`.
    name: &'static str,
    intro: &'static str,
    caption: &'static str,
    before_head: Option<&'static str>,
    after_head: &'static str,
    lines: Vec<ChangedField>,
}

#[derive(Clone, Debug)]
pub struct ChangedField {
    pub label: String,
    /// The value before; in `ChangedFields::both`, what the user of the form typed.
    pub before: Option<String>,
    pub after: String,
    /// Who saved the value, and when.
    pub by: String,
    /// The button that puts the saved value into the form.
    pub choice: Option<Choice>,
}

/// A submit button of the form with the id `form`: sends `take` with this value.
#[derive(Clone, Debug)]
pub struct Choice {
    pub form: &'static str,
    pub value: &'static str,
    pub text: String,
}

impl ChangedFields {
    /// Fields that both users changed.
    pub fn both(lines: Vec<ChangedField>) -> Self {
        Self {
            name: "both",
            intro: "Você e outra pessoa mudaram o mesmo. O formulário está com o que você preencheu.",
            caption: "O que as duas pessoas mudaram",
            before_head: Some("Você preencheu"),
            after_head: "Foi salvo",
            lines,
        }
    }

    /// Fields that only the other user changed, and that the form has taken over.
    pub fn taken(lines: Vec<ChangedField>) -> Self {
        Self {
            name: "taken",
            intro: "O formulário já está com o que foi salvo nos campos abaixo.",
            caption: "O que a outra pessoa mudou",
            before_head: Some("Antes"),
            after_head: "Foi salvo",
            lines,
        }
    }
}

impl StaleNotice {
    pub fn new(title: &'static str, sentences: Vec<String>) -> Self {
        Self { title, sentences, tables: Vec::new(), advice: "", link: String::new(), link_text: "" }
    }

    /// Adds a table, unless it is empty.
    pub fn with(mut self, table: ChangedFields) -> Self {
        self.tables.extend((!table.lines.is_empty()).then_some(table));
        self
    }

    /// Adds a table before the others, unless it is empty.
    fn with_first(mut self, table: ChangedFields) -> Self {
        let others = std::mem::take(&mut self.tables);
        others.into_iter().fold(self.with(table), Self::with)
    }

    /// Sets the last paragraph, which ends in a link.
    pub fn with_advice(self, advice: &'static str, link: String, link_text: &'static str) -> Self {
        Self { advice, link, link_text, ..self }
    }

    /// The notice above the form at `form`, a path.
    fn of(last: Option<&LastChange>, form: String, zone: Zone) -> Self {
        let author = |change: &LastChange| {
            let who = change.actor.as_deref().unwrap_or("a plataforma");
            format!("A última mudança foi feita por {who}, {}.", zone.date_time(change.at))
        };
        let title = "Outra mudança foi salva enquanto você editava. Confira e salve de novo.";
        let advice = "O que você preencheu ainda não foi salvo. Se preferir,";
        Self::new(title, last.map(author).into_iter().collect()).with_advice(
            advice,
            form,
            "comece pela versão atual",
        )
    }
}

/// A form that was not saved.
pub struct RefusedForm {
    /// The fields for the page. They hold what only the other user changed, and the version that was merged.
    pub form: Fields,
    errors: FieldErrors,
    stale: Option<StaleNotice>,
    /// The parts that both users changed, with this user's values.
    both: Vec<(Part, Values)>,
}

impl RefusedForm {
    /// `sent` is what the user sent, `form` the path of the form.
    pub fn of(refusal: Refusal, sent: &Fields, form: String, zone: Zone) -> Self {
        match refusal {
            Refusal::Invalid(errors) => Self::invalid(errors, sent),
            Refusal::Stale(edit) => {
                Self::merged(&edit, sent, StaleNotice::of(edit.last.as_ref(), form, zone))
            }
        }
    }

    pub fn invalid(errors: FieldErrors, sent: &Fields) -> Self {
        Self { form: sent.clone(), errors, stale: None, both: Vec::new() }
    }

    fn merged(edit: &StaleEdit, sent: &Fields, notice: StaleNotice) -> Self {
        let merge = merge(edit, sent);
        let taken = ChangedFields::taken(merge.taken.iter().map(|part| part.changed()).collect());
        // A version holds no values, so nothing is known of what was there before.
        let taken = ChangedFields { before_head: None, ..taken };
        let is_kept = |(name, value): &(&str, &str)| {
            *name != VERSION && !merge.taken.iter().any(|part| part.covers(name, value))
        };
        let kept = sent.iter().filter(is_kept);
        let new =
            merge.taken.iter().flat_map(|part| &part.values).map(|(name, value)| (*name, value.as_str()));
        let fields = kept.chain(new).map(|(name, value)| (name.to_owned(), value.to_owned()));
        let mut form = Fields::from(fields.collect::<Vec<_>>());
        form.push(VERSION, edit.now.version());
        let both = merge.both.into_iter().map(|part| (part.clone(), part.own(sent).unwrap_or_default()));
        let errors = FieldErrors::default();
        Self { form, errors, stale: Some(notice.with(taken)), both: both.collect() }
    }

    pub fn status(&self) -> StatusCode {
        if self.stale.is_some() { StatusCode::CONFLICT } else { StatusCode::UNPROCESSABLE_ENTITY }
    }

    /// What the form shows above its fields. `name_of` gives the text of a choice by the field's name and value.
    pub fn shown(self, name_of: impl Fn(&str, &str) -> Option<String>) -> (FieldErrors, Option<StaleNotice>) {
        let line = |(part, own): &(Part, Values)| ChangedField {
            before: Some(part.text_of(own, &name_of)),
            ..part.changed()
        };
        let both = ChangedFields::both(self.both.iter().map(line).collect());
        (self.errors, self.stale.map(|stale| stale.with_first(both)))
    }
}

/// A part that the form does not hold counts as unchanged.
fn merge<'a>(edit: &'a StaleEdit, sent: &Fields) -> Merge<&'a Part> {
    Merge::of(edit.now.with_opened(&edit.seen).map(|(part, opened)| {
        let saved = hash_of(&part.values);
        let own = part.own(sent).map(|own| hash_of(&own)).or_else(|| opened.clone());
        (part, Versions { own: own.unwrap_or_else(|| saved.clone()), opened, saved })
    }))
}

impl Part {
    /// What `form` holds of this part, or `None` if it has no such field.
    fn own(&self, form: &Fields) -> Option<Values> {
        let all = |name: &'static str| form.all(name).map(move |value| (name, value.to_owned()));
        let sent = self.names.iter().flat_map(|name| all(name));
        match self.kind {
            PartKind::Texts => {
                let first = |name: &&'static str| (*name, form.get(name).trim().to_owned());
                (sent.count() > 0).then(|| self.names.iter().map(first).collect())
            }
            PartKind::Checkboxes => Some(sent.collect()),
            PartKind::Checkbox(option) => Some(sent.filter(|(_, value)| value == option).collect()),
        }
    }

    /// A line with the saved value.
    fn changed(&self) -> ChangedField {
        let (label, after) = (self.label.clone(), self.shown.clone());
        ChangedField { label, before: None, after, by: String::new(), choice: None }
    }

    /// Whether a field of the form belongs to this part.
    fn covers(&self, name: &str, value: &str) -> bool {
        let is_option = match self.kind {
            PartKind::Checkbox(option) => option == value,
            PartKind::Texts | PartKind::Checkboxes => true,
        };
        is_option && self.names.contains(&name)
    }

    /// The values as text on the page. `name_of` gives the text of a choice by the field's name and value.
    fn text_of(&self, values: &Values, name_of: impl Fn(&str, &str) -> Option<String>) -> String {
        if let PartKind::Checkbox(_) = self.kind {
            return on_or_off(!values.is_empty()).into();
        }
        let text = |(name, value): &(&str, String)| name_of(name, value).unwrap_or_else(|| value.clone());
        let texts: Vec<String> = values.iter().map(text).filter(|text| !text.is_empty()).collect();
        or_blank(&texts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refusal::Snapshot;

    fn role(name: &str, text: &str, may_schedule: bool) -> Snapshot {
        let texts = Snapshot::default().text("name", "Nome", name).text("description", "Descrição", text);
        texts.checkbox("permissions", "schedules", "Agendar", may_schedule)
    }

    fn refused(seen: &str, now: &Snapshot, sent: &Fields) -> RefusedForm {
        let edit = StaleEdit::new(seen, now, None::<LastChange>);
        RefusedForm::of(edit.into(), sent, String::new(), Zone::find("America/Sao_Paulo").unwrap())
    }

    /// The lines of the notice's only table.
    fn lines(refused: RefusedForm) -> Vec<(String, Option<String>, String)> {
        let (_, notice) = refused.shown(|_, value| Some(value.to_uppercase()));
        let [table] = &notice.unwrap().tables[..] else { panic!("one table was expected") };
        table.lines.iter().map(|line| (line.label.clone(), line.before.clone(), line.after.clone())).collect()
    }

    fn line(label: &str, before: Option<&str>, after: &str) -> (String, Option<String>, String) {
        (label.into(), before.map(str::to_owned), after.into())
    }

    #[test]
    fn a_form_takes_over_what_only_the_other_user_changed() {
        let seen = role("Gestor", "", false).version();
        let now = role("Gestor", "Cuida de tudo", true);
        let form = Fields::from([("name", "Chefe"), ("description", ""), ("version", seen.as_str())]);
        let refused = refused(&seen, &now, &form);
        assert_eq!((refused.form.get("name"), refused.form.get("description")), ("Chefe", "Cuida de tudo"));
        assert_eq!(refused.form.all("permissions").collect::<Vec<_>>(), ["schedules"]);
        assert!(!now.has_changed_since(refused.form.get("version")));
        let taken = [line("Descrição", None, "Cuida de tudo"), line("Agendar", None, "habilitado")];
        assert_eq!(lines(refused), taken);
    }

    #[test]
    fn a_form_keeps_its_own_value_of_what_both_changed_and_shows_both() {
        let seen = role("Gestor", "", true).version();
        let now = role("Gerente", "", true);
        let form = Fields::from([("name", " Chefe "), ("description", ""), ("permissions", "schedules")]);
        let refused = refused(&seen, &now, &form);
        assert_eq!(refused.form.get("name"), " Chefe ");
        assert_eq!(lines(refused), [line("Nome", Some("CHEFE"), "Gerente")]);
    }

    #[test]
    fn a_form_without_a_version_is_asked_about_every_difference() {
        let form = Fields::from([("name", "Gestor"), ("description", "Chefe")]);
        let refused = refused("", &role("Gestor", "", false), &form);
        assert_eq!(lines(refused), [line("Descrição", Some("CHEFE"), "Em branco")]);
    }
}
