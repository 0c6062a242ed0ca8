//! Light and dark pages.

use crate::text_enum;

text_enum! {
    /// A user's choice. `System` follows the device.
    #[derive(Default)]
    pub enum Theme {
        #[default]
        System = "",
        Light = "light",
        Dark = "dark",
    }
}

impl Theme {
    pub fn label(self) -> &'static str {
        match self {
            Self::System => "Do sistema",
            Self::Light => "Claro",
            Self::Dark => "Escuro",
        }
    }
}
