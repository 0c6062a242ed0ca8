//! The state of a message to a customer, and why it was not sent.

use super::Reason;
use crate::text_enum;

text_enum! {
    /// The state of a message in the outbox.
    pub enum DeliveryState {
        /// Waits for its turn, or for the next attempt.
        Queued = "queued",
        /// The service took it.
        Sent = "sent",
        /// The service said that it arrived.
        Delivered = "delivered",
        /// The service said that it was shown.
        Read = "read",
        /// It was certainly not sent.
        Failed = "failed",
        /// Nobody knows whether it arrived.
        Uncertain = "uncertain",
        /// A person decided that it is not sent.
        Discarded = "discarded",
    }
}

impl DeliveryState {
    pub fn label(self) -> &'static str {
        match self {
            Self::Queued => "Na fila",
            Self::Sent => "Enviada",
            Self::Delivered => "Entregue",
            Self::Read => "Lida",
            Self::Failed => "Falhou",
            Self::Uncertain => "Incerta",
            Self::Discarded => "Descartada",
        }
    }

    /// Whether most messages are in this state for good.
    pub fn is_usual(self) -> bool {
        matches!(self, Self::Sent | Self::Delivered | Self::Read)
    }

    /// Whether a person may try again or give it up.
    pub fn awaits_a_person(self) -> bool {
        matches!(self, Self::Failed | Self::Uncertain)
    }
}

impl Reason {
    /// Whether only an answer of the service has this reason. Otherwise what is known may be our own conclusion.
    pub fn is_word_of_service(self) -> bool {
        match self {
            Self::RefusedSender
            | Self::RefusedRecipient
            | Self::RefusedContent
            | Self::TooLarge
            | Self::RateLimited
            | Self::Bounced => true,
            Self::Unreachable
            | Self::ChannelBroken
            | Self::NoAnswer
            | Self::TooOld
            | Self::Interrupted
            | Self::NoAddress => false,
        }
    }

    /// What stands below the sentence: the service's answer, or else what we noted.
    pub fn detail(self, detail: &str) -> String {
        let whose = if self.is_word_of_service() { "Resposta do servidor" } else { "Detalhe" };
        format!("{whose}: “{detail}”")
    }

    /// A sentence for the team.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Unreachable => "O servidor da conexão não respondeu.",
            Self::RefusedSender => "O servidor recusou o remetente.",
            Self::RefusedRecipient => "O servidor recusou o endereço do contato.",
            Self::RefusedContent => "O servidor recusou o conteúdo da mensagem.",
            Self::TooLarge => "A mensagem é grande demais para o servidor.",
            Self::RateLimited => "O servidor pediu para esperar.",
            Self::ChannelBroken => "A conexão está com problema e precisa de quem a administra.",
            Self::NoAnswer => "O servidor recebeu a mensagem, mas não confirmou.",
            Self::TooOld => "A mensagem ficou 24 horas na fila sem poder ser enviada.",
            Self::Bounced => "A mensagem voltou: o servidor do contato não a aceitou.",
            Self::Interrupted => "O envio foi interrompido antes da confirmação.",
            Self::NoAddress => "O contato não tem endereço nesta conexão.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_read_the_agreed_words() {
        let labels: Vec<_> = DeliveryState::ALL.iter().map(|state| state.label()).collect();
        assert_eq!(labels, ["Na fila", "Enviada", "Entregue", "Lida", "Falhou", "Incerta", "Descartada"]);
    }

    #[test]
    fn a_person_decides_about_what_failed_or_is_uncertain() {
        for state in DeliveryState::ALL {
            let awaits = [DeliveryState::Failed, DeliveryState::Uncertain].contains(state);
            assert_eq!(state.awaits_a_person(), awaits, "{state:?}");
        }
    }

    #[test]
    fn only_what_a_service_said_is_shown_as_its_answer() {
        assert_eq!(Reason::RefusedContent.detail("550 não"), "Resposta do servidor: “550 não”");
        assert_eq!(Reason::NoAnswer.detail("sem resposta em 2 s"), "Detalhe: “sem resposta em 2 s”");
    }

    #[test]
    fn each_reason_has_a_sentence_of_its_own() {
        let sentences: std::collections::BTreeSet<_> = Reason::ALL.iter().map(|it| it.sentence()).collect();
        assert_eq!(sentences.len(), Reason::ALL.len());
        assert!(sentences.iter().all(|sentence| sentence.contains(' ') && sentence.ends_with('.')));
    }
}
