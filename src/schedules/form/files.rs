//! The form's files: sent with the form, or uploaded before and named by their ids.

use super::ScheduleInput;
use crate::channels::Capabilities;
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

    pub(super) fn check_files(
        &self,
        facts: &Facts,
        action: Option<Action>,
        limits: Option<Capabilities>,
        errors: &mut FieldErrors,
    ) {
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
        } else if let Some(limits) = limits
            && let Some(sentence) = refused_by_channel(facts, limits)
        {
            errors.add("files", sentence);
        }
        if action == Some(Action::Notify) && !self.files.is_empty() {
            errors.add(
                "files",
                "Com “Notificar atendente”, nada é enviado ao contato. Remova os arquivos ou escolha outra ação.",
            );
        }
    }
}

/// Why the channel cannot carry the files, if it cannot.
fn refused_by_channel(facts: &Facts, limits: Capabilities) -> Option<String> {
    if facts.files.len() > limits.max_files {
        return Some(format!("Esta conexão leva até {} arquivos por mensagem.", limits.max_files));
    }
    let bytes: u64 = facts.files.iter().map(|file| file.size.unsigned_abs()).sum();
    (bytes > limits.max_bytes).then(|| {
        format!(
            "Esta conexão leva até {} em arquivos por mensagem, e estes somam {}. Remova algum ou escolha outra conexão.",
            megabytes(limits.max_bytes),
            megabytes(bytes)
        )
    })
}

/// `18 MB`, rounded up, so that what is too large never reads as if it fitted.
fn megabytes(bytes: u64) -> String {
    format!("{} MB", bytes.div_ceil(1024 * 1024))
}
