//! The form's files: sent with the form, or uploaded before and named by their ids.

use super::ScheduleInput;
use crate::files::{KeptUploads, MAX_FILES, TOO_MANY};
use crate::ids::AttachmentId;
use crate::refusal::FieldErrors;
use crate::schedules::Action;
use crate::schedules::draft::Facts;
use crate::web::Fields;

/// Maximum file ids that are read from a form.
const MAX_IDS: usize = 50;

/// The files that the form names, without the one that is to be removed.
pub fn chosen(fields: &Fields) -> Vec<AttachmentId> {
    let removed: Option<AttachmentId> = fields.get("remove_file").parse().ok();
    let named = fields.all("files").take(MAX_IDS).filter_map(|id| id.parse().ok());
    let mut ids: Vec<AttachmentId> = named.filter(|id| Some(*id) != removed).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

impl ScheduleInput {
    /// Adds the files that were sent with the form itself.
    pub fn with_uploads(mut self, kept: KeptUploads) -> Self {
        self.files.extend(kept.uploads.iter().map(|upload| upload.id));
        self.refused_files = kept.refused;
        self
    }

    pub(super) fn check_files(&self, facts: &Facts, action: Option<Action>, errors: &mut FieldErrors) {
        for sentence in &self.refused_files {
            errors.add("files", sentence);
        }
        if facts.files.len() < self.files.len() {
            errors.add("files", "Um dos arquivos não está mais disponível. Envie de novo.");
        }
        if self.files.len() > MAX_FILES
            && !self.refused_files.iter().any(|sentence| sentence.starts_with(TOO_MANY))
        {
            errors.add("files", TOO_MANY);
        }
        if action == Some(Action::Notify) && !self.files.is_empty() {
            errors.add(
                "files",
                "Com “Notificar atendente”, nada é enviado ao contato. Remova os arquivos ou escolha outra ação.",
            );
        }
    }
}
