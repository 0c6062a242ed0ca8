//! The time zones that a form offers: first those of Brazil, with Portuguese names; then others that
//! companies here work with; then all others under their IANA names. Former names of a zone are left out.

use std::collections::BTreeMap;

use chrono::Utc;

use crate::clock::{Zone, zone_names};

const BRAZIL: [(&str, &str); 16] = [
    ("America/Sao_Paulo", "Brasília (São Paulo)"),
    ("America/Bahia", "Bahia"),
    ("America/Fortaleza", "Ceará, Maranhão, Paraíba, Piauí, Rio Grande do Norte"),
    ("America/Recife", "Pernambuco"),
    ("America/Maceio", "Alagoas e Sergipe"),
    ("America/Belem", "Amapá e leste do Pará"),
    ("America/Santarem", "Oeste do Pará"),
    ("America/Araguaina", "Tocantins"),
    ("America/Cuiaba", "Mato Grosso"),
    ("America/Campo_Grande", "Mato Grosso do Sul"),
    ("America/Manaus", "Manaus (Amazonas)"),
    ("America/Porto_Velho", "Rondônia"),
    ("America/Boa_Vista", "Roraima"),
    ("America/Eirunepe", "Oeste do Amazonas"),
    ("America/Rio_Branco", "Rio Branco (Acre)"),
    ("America/Noronha", "Fernando de Noronha"),
];

const OTHER_COUNTRIES: [(&str, &str); 14] = [
    ("America/Argentina/Buenos_Aires", "Argentina (Buenos Aires)"),
    ("America/Asuncion", "Paraguai (Assunção)"),
    ("America/Montevideo", "Uruguai (Montevidéu)"),
    ("America/Santiago", "Chile (Santiago)"),
    ("America/La_Paz", "Bolívia (La Paz)"),
    ("America/New_York", "Estados Unidos (Nova York)"),
    ("Europe/Lisbon", "Portugal (Lisboa)"),
    ("Atlantic/Azores", "Portugal (Açores)"),
    ("Europe/Madrid", "Espanha (Madri)"),
    ("Africa/Luanda", "Angola (Luanda)"),
    ("Africa/Maputo", "Moçambique (Maputo)"),
    ("Atlantic/Cape_Verde", "Cabo Verde (Praia)"),
    ("Asia/Tokyo", "Japão (Tóquio)"),
    ("UTC", "Tempo universal"),
];

/// Former names (IANA tzdata, file `backward`, without those still in `zone.tab`). A company that has one keeps it.
const FORMER_NAMES: &str = "Africa/Asmera Africa/Timbuktu America/Argentina/ComodRivadavia America/Atka America/Buenos_Aires \
    America/Catamarca America/Coral_Harbour America/Cordoba America/Ensenada America/Fort_Wayne \
    America/Godthab America/Indianapolis America/Jujuy America/Knox_IN America/Louisville \
    America/Mendoza America/Montreal America/Nipigon America/Pangnirtung America/Porto_Acre \
    America/Rainy_River America/Rosario America/Santa_Isabel America/Shiprock America/Thunder_Bay \
    America/Virgin America/Yellowknife Antarctica/South_Pole Asia/Ashkhabad Asia/Calcutta \
    Asia/Choibalsan Asia/Chongqing Asia/Chungking Asia/Dacca Asia/Harbin Asia/Istanbul Asia/Kashgar \
    Asia/Katmandu Asia/Macao Asia/Rangoon Asia/Saigon Asia/Tel_Aviv Asia/Thimbu Asia/Ujung_Pandang \
    Asia/Ulan_Bator Atlantic/Faeroe Atlantic/Jan_Mayen Australia/ACT Australia/Canberra \
    Australia/Currie Australia/LHI Australia/NSW Australia/North Australia/Queensland \
    Australia/South Australia/Tasmania Australia/Victoria Australia/West Australia/Yancowinna \
    Europe/Belfast Europe/Kiev Europe/Nicosia Europe/Tiraspol Europe/Uzhgorod Europe/Zaporozhye \
    Pacific/Enderbury Pacific/Johnston Pacific/Ponape Pacific/Samoa Pacific/Truk Pacific/Yap";

/// The name shown for a zone: `Manaus (Amazonas)`, or the IANA name.
pub fn zone_label(name: &str) -> String {
    let named = BRAZIL.iter().chain(&OTHER_COUNTRIES).find(|(known, _)| *known == name);
    named.map_or_else(|| name.replace('_', " "), |(_, label)| (*label).to_owned())
}

/// The hint below a date and time field that names the time zone.
pub fn zone_hint(zone: Zone) -> String {
    match zone.name() {
        "America/Sao_Paulo" => "Horário de Brasília.".to_owned(),
        name => format!("Fuso horário: {}.", zone_label(name)),
    }
}

/// Zones of one region.
pub struct ZoneGroup {
    pub label: &'static str,
    pub zones: Vec<ZoneChoice>,
}

/// A zone that may be chosen.
pub struct ZoneChoice {
    pub name: &'static str,
    pub label: String,
}

/// All zones by region, including `chosen` even if that is a former name. Each label ends with the current
/// offset from UTC.
pub fn zone_groups(chosen: &str) -> Vec<ZoneGroup> {
    let choice =
        |name: &'static str, text: &str| ZoneChoice { name, label: format!("{text}, {}", offset(name)) };
    let named =
        |zones: &[(&'static str, &str)]| zones.iter().map(|(name, text)| choice(name, text)).collect();
    let brazil = ZoneGroup { label: "Brasil", zones: named(&BRAZIL) };
    let abroad = ZoneGroup { label: "Outros países", zones: named(&OTHER_COUNTRIES) };
    let aliases: Vec<&str> = FORMER_NAMES.split_whitespace().filter(|alias| *alias != chosen).collect();
    let is_named = |name: &&str| BRAZIL.iter().chain(&OTHER_COUNTRIES).any(|(known, _)| known == name);
    let mut regions: BTreeMap<&'static str, Vec<ZoneChoice>> = BTreeMap::new();
    for name in zone_names().filter(|name| !is_named(name) && !aliases.contains(name)) {
        let region = name.split('/').next().unwrap_or_default();
        regions.entry(region_label(region)).or_default().push(choice(name, name));
    }
    let others = regions.into_iter().map(|(label, zones)| ZoneGroup { label, zones });
    [brazil, abroad].into_iter().chain(others).collect()
}

fn region_label(region: &str) -> &'static str {
    match region {
        "Africa" => "África",
        "America" => "Américas",
        "Antarctica" => "Antártida",
        "Asia" => "Ásia",
        "Atlantic" => "Atlântico",
        "Australia" => "Austrália",
        "Europe" => "Europa",
        "Indian" => "Índico",
        "Pacific" => "Pacífico",
        _ => "Universal",
    }
}

/// The current offset from UTC: `UTC−3`, `UTC+5:30`.
fn offset(name: &str) -> String {
    let now = Utc::now();
    let minutes = (Zone::named(name).local(now) - now.naive_utc()).num_minutes();
    let (sign, distance) = if minutes < 0 { ('−', -minutes) } else { ('+', minutes) };
    match (distance / 60, distance % 60) {
        (0, 0) => "UTC".into(),
        (hours, 0) => format!("UTC{sign}{hours}"),
        (hours, rest) => format!("UTC{sign}{hours}:{rest:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_former_name_is_offered_to_nobody_but_who_has_it() {
        let offers = |chosen: &str, name: &str| {
            zone_groups(chosen).iter().flat_map(|group| &group.zones).any(|zone| zone.name == name)
        };
        assert!(FORMER_NAMES.split_whitespace().all(|alias| Zone::find(alias).is_some()));
        assert!(!offers("UTC", "Asia/Calcutta") && offers("UTC", "Asia/Kolkata"));
        assert!(offers("Asia/Calcutta", "Asia/Calcutta"));
    }

    #[test]
    fn brazil_comes_first_and_every_zone_can_be_chosen_once() {
        let groups = zone_groups("America/Sao_Paulo");
        assert_eq!(groups[0].zones[0].label, "Brasília (São Paulo), UTC−3");
        assert_eq!(groups[1].label, "Outros países");
        let mut names: Vec<_> = groups.iter().flat_map(|group| &group.zones).map(|zone| zone.name).collect();
        assert!(names.iter().all(|name| Zone::find(name).is_some()));
        assert!(names.len() > 300);
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
