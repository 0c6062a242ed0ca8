//! Which notifications the page shows.

/// A tab of the page, as `filter` in the query string.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Filter {
    #[default]
    All,
    Unread,
    Errors,
}

impl Filter {
    pub const ALL: [Self; 3] = [Self::All, Self::Unread, Self::Errors];

    /// An unknown name means no filter, so that the page still shows something.
    pub fn named(name: &str) -> Self {
        Self::ALL.into_iter().find(|filter| filter.name() == name).unwrap_or_default()
    }

    /// The value in the query string; empty for all.
    pub fn name(self) -> &'static str {
        match self {
            Self::All => "",
            Self::Unread => "unread",
            Self::Errors => "errors",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::All => "Todas",
            Self::Unread => "Não lidas",
            Self::Errors => "Erros",
        }
    }

    /// SQL condition on the notifications `n`. Each condition has an index.
    pub fn condition(self) -> &'static str {
        match self {
            Self::All => "n.removed_at IS NULL",
            Self::Unread => "n.read_at IS NULL AND n.removed_at IS NULL",
            Self::Errors => "n.kind IN ('schedule_failed', 'message_failed') AND n.removed_at IS NULL",
        }
    }

    /// Title and text of an empty page.
    pub fn empty_text(self) -> (&'static str, &'static str) {
        match self {
            Self::All => ("Tudo em dia", "Novas notificações aparecem aqui."),
            Self::Unread => ("Tudo lido", "As notificações que você ainda não leu aparecem aqui."),
            Self::Errors => (
                "Nenhum erro",
                "Os agendamentos que terminarem com erro e as mensagens não entregues aparecem aqui.",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_named_in_the_address() {
        for filter in Filter::ALL {
            assert_eq!(Filter::named(filter.name()), filter);
        }
        assert_eq!(Filter::named("x"), Filter::All);
    }
}
