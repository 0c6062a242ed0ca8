//! The question before a schedule is cancelled: a page for browsers without JavaScript, a dialog of the
//! schedule's page for others.

use askama::Template;

use crate::auth::Viewer;
use crate::schedules::Action;
use crate::schedules::queries::Detail;

/// The question before cancelling, as a page.
#[derive(Template)]
#[template(path = "schedules/cancellation.html")]
pub struct CancellationPage {
    form: CancellationForm,
}

impl CancellationPage {
    pub fn new(viewer: &Viewer, detail: &Detail) -> Self {
        Self { form: CancellationForm::new(viewer, detail, false) }
    }

    /// The same page with the typed reason and its error.
    pub fn refused(mut self, reason: &str, error: String) -> Self {
        self.form.reason = reason.to_owned();
        self.form.error = Some(error);
        self
    }
}

/// The same question as a part of that page, or in a dialog.
#[derive(Template)]
#[template(path = "schedules/_cancellation_form.html")]
pub struct CancellationForm {
    id: String,
    sentence: String,
    reason: String,
    error: Option<String>,
    is_dialog: bool,
}

impl CancellationForm {
    pub fn new(viewer: &Viewer, detail: &Detail, is_dialog: bool) -> Self {
        let due = viewer.zone.date_time(detail.due_at);
        let contact = &detail.contact_name;
        let sentence = match (detail.action, detail.sends) {
            (Action::Notify, _) => format!("O atendente não será lembrado de {contact} em {due}."),
            (_, false) => format!("O chamado para {contact} em {due} não será aberto."),
            (_, true) => format!("A mensagem para {contact} em {due} não será enviada."),
        };
        let (reason, error) = (String::new(), None);
        Self { id: detail.id.to_string(), sentence, reason, error, is_dialog }
    }
}
