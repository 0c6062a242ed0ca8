//! The time zones that a form offers: Brazil's first, from west to east.

use std::collections::BTreeMap;

use chrono::Utc;

use crate::clock::{Zone, zone_names};

const BRAZIL: [(&str, &str); 16] = [
    ("America/Sao_Paulo", "Brasília e São Paulo"),
    ("America/Bahia", "Bahia"),
    ("America/Fortaleza", "Ceará, Maranhão, Paraíba, Piauí, Rio Grande do Norte"),
    ("America/Recife", "Pernambuco"),
    ("America/Maceio", "Alagoas e Sergipe"),
    ("America/Belem", "Amapá e leste do Pará"),
    ("America/Santarem", "Oeste do Pará"),
    ("America/Araguaina", "Tocantins"),
    ("America/Cuiaba", "Mato Grosso"),
    ("America/Campo_Grande", "Mato Grosso do Sul"),
    ("America/Manaus", "Amazonas"),
    ("America/Porto_Velho", "Rondônia"),
    ("America/Boa_Vista", "Roraima"),
    ("America/Eirunepe", "Oeste do Amazonas"),
    ("America/Rio_Branco", "Acre"),
    ("America/Noronha", "Fernando de Noronha"),
];

/// Zones of one region.
pub struct ZoneGroup {
    pub label: &'static str,
    pub zones: Vec<ZoneChoice>,
}

/// One zone to choose.
pub struct ZoneChoice {
    pub name: &'static str,
    pub label: String,
}

/// Every zone, by region. The label ends with what is now the distance to UTC.
pub fn zone_groups() -> Vec<ZoneGroup> {
    let choice =
        |name: &'static str, text: &str| ZoneChoice { name, label: format!("{text} ({})", offset(name)) };
    let brazil = BRAZIL.iter().map(|(name, text)| choice(name, text)).collect();
    let mut regions: BTreeMap<&'static str, Vec<ZoneChoice>> = BTreeMap::new();
    for name in zone_names().filter(|name| BRAZIL.iter().all(|(known, _)| known != name)) {
        let (region, place) = name.split_once('/').unwrap_or(("", name));
        regions.entry(region_label(region)).or_default().push(choice(name, &place.replace('_', " ")));
    }
    let others = regions.into_iter().map(|(label, zones)| ZoneGroup { label, zones });
    [ZoneGroup { label: "Brasil", zones: brazil }].into_iter().chain(others).collect()
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

/// `UTC−3`, `UTC+5:30`, as the zone's clocks are now.
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
    fn brazil_comes_first_and_every_zone_can_be_chosen_once() {
        let groups = zone_groups();
        assert_eq!(groups[0].zones[0].label, "Brasília e São Paulo (UTC−3)");
        let mut names: Vec<_> = groups.iter().flat_map(|group| &group.zones).map(|zone| zone.name).collect();
        assert!(names.iter().all(|name| Zone::find(name).is_some()));
        assert!(names.len() > 300);
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
