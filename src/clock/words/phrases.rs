//! Fixed phrases and names.

use chrono::Weekday;

use super::hours::{Clock, Period};
use super::parts::{Nth, Special};
use super::tokens::plain;
use crate::clock::MONTHS;

/// What a fixed phrase means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phrase {
    InDays(i64),
    Week(Nth),
    Month(Nth),
    DayAndMonth(u32, u32),
    Special(Special),
    Clock(Clock),
    Period(Period),
    /// Which of the two, where the clocks show a time twice.
    Fold(usize),
    /// Nothing by itself: `em ponto`.
    Nothing,
    /// Refused, with what to do instead.
    Refused(&'static str),
}

use Phrase::{Clock as At, Fold, InDays, Month, Nothing, Refused, Week};
use Phrase::{DayAndMonth, Period as In};

const PAST: &str = "Isso já passou. Escreva uma data futura.";
const NOW: &str = "Um agendamento é para mais tarde. Para enviar agora, escreva na conversa.";
const AGAIN: &str = "Um agendamento não se repete. Crie um para cada data.";
const VAGUE: &str = "Diga em quanto tempo, por exemplo “em 30 minutos”.";
const OR: &str = "Escreva um horário só.";

/// Without accents. The longest that fits counts.
pub const PHRASES: &[(&str, Phrase)] = &[
    ("hoje", InDays(0)),
    ("hj", InDays(0)),
    ("amanha", InDays(1)),
    ("amn", InDays(1)),
    ("depois de amanha", InDays(2)),
    ("semana que vem", Week(Nth::Next)),
    ("proxima semana", Week(Nth::Next)),
    ("semana proxima", Week(Nth::Next)),
    ("semana seguinte", Week(Nth::Next)),
    ("esta semana", Week(Nth::This)),
    ("essa semana", Week(Nth::This)),
    ("nesta semana", Week(Nth::This)),
    ("nessa semana", Week(Nth::This)),
    ("desta semana", Week(Nth::This)),
    ("dessa semana", Week(Nth::This)),
    ("mes que vem", Month(Nth::Next)),
    ("proximo mes", Month(Nth::Next)),
    ("este mes", Month(Nth::This)),
    ("esse mes", Month(Nth::This)),
    ("neste mes", Month(Nth::This)),
    ("nesse mes", Month(Nth::This)),
    ("deste mes", Month(Nth::This)),
    ("desse mes", Month(Nth::This)),
    ("do mes", Month(Nth::This)),
    ("do mes que vem", Month(Nth::Next)),
    ("do proximo mes", Month(Nth::Next)),
    ("no mes que vem", Month(Nth::Next)),
    ("fim do mes", Phrase::Special(Special::LastDay)),
    ("final do mes", Phrase::Special(Special::LastDay)),
    ("fim deste mes", Phrase::Special(Special::LastDay)),
    ("final deste mes", Phrase::Special(Special::LastDay)),
    ("ultimo dia", Phrase::Special(Special::LastDay)),
    ("fim de mes", Phrase::Special(Special::LastDay)),
    ("meio do mes", Phrase::Special(Special::Middle)),
    ("inicio do mes", Phrase::Special(Special::FirstDay)),
    ("comeco do mes", Phrase::Special(Special::FirstDay)),
    ("primeiro dia", Phrase::Special(Special::FirstDay)),
    ("primeiro dia util", Phrase::Special(Special::FirstWorkday)),
    ("ultimo dia util", Phrase::Special(Special::LastWorkday)),
    ("proximo dia util", Phrase::Special(Special::NextWorkday)),
    ("dia util seguinte", Phrase::Special(Special::NextWorkday)),
    ("fim de semana", Phrase::Special(Special::Weekend)),
    ("final de semana", Phrase::Special(Special::Weekend)),
    ("proximo fim de semana", Phrase::Special(Special::Weekend)),
    ("natal", DayAndMonth(25, 12)),
    ("vespera de natal", DayAndMonth(24, 12)),
    ("vespera do natal", DayAndMonth(24, 12)),
    ("ano novo", DayAndMonth(1, 1)),
    ("vespera de ano novo", DayAndMonth(31, 12)),
    ("fim do ano", DayAndMonth(31, 12)),
    ("final do ano", DayAndMonth(31, 12)),
    ("meio dia", At(Clock::NOON)),
    ("meia noite", At(Clock::Midnight { minute: 0 })),
    ("de manha", In(Period::Morning)),
    ("da manha", In(Period::Morning)),
    ("pela manha", In(Period::Morning)),
    ("a manha", In(Period::Morning)),
    ("manha", In(Period::Morning)),
    ("parte da manha", In(Period::Morning)),
    ("cedo", In(Period::Early)),
    ("bem cedo", In(Period::Early)),
    ("logo cedo", In(Period::Early)),
    ("inicio do dia", In(Period::Early)),
    ("primeira hora", In(Period::Early)),
    ("fim da manha", In(Period::BeforeLunch)),
    ("final da manha", In(Period::BeforeLunch)),
    ("antes do almoco", In(Period::BeforeLunch)),
    ("almoco", In(Period::Lunch)),
    ("hora do almoco", In(Period::Lunch)),
    ("horario de almoco", In(Period::Lunch)),
    ("depois do almoco", In(Period::AfterLunch)),
    ("apos o almoco", In(Period::AfterLunch)),
    ("apos almoco", In(Period::AfterLunch)),
    ("inicio da tarde", In(Period::AfterLunch)),
    ("comeco da tarde", In(Period::AfterLunch)),
    ("a tarde", In(Period::Afternoon)),
    ("da tarde", In(Period::Afternoon)),
    ("de tarde", In(Period::Afternoon)),
    ("tarde", In(Period::Afternoon)),
    ("parte da tarde", In(Period::Afternoon)),
    ("meio da tarde", In(Period::Afternoon)),
    ("fim da tarde", In(Period::EndOfDay)),
    ("final da tarde", In(Period::EndOfDay)),
    ("fim de tarde", In(Period::EndOfDay)),
    ("fim do dia", In(Period::EndOfDay)),
    ("final do dia", In(Period::EndOfDay)),
    ("fim do expediente", In(Period::EndOfDay)),
    ("final do expediente", In(Period::EndOfDay)),
    ("a noite", In(Period::Evening)),
    ("da noite", In(Period::Evening)),
    ("de noite", In(Period::Evening)),
    ("noite", In(Period::Evening)),
    ("de madrugada", In(Period::Night)),
    ("da madrugada", In(Period::Night)),
    ("madrugada", In(Period::Night)),
    ("da primeira vez", Fold(0)),
    ("na primeira vez", Fold(0)),
    ("da segunda vez", Fold(1)),
    ("na segunda vez", Fold(1)),
    ("em ponto", Nothing),
    ("ontem", Refused(PAST)),
    ("anteontem", Refused(PAST)),
    ("semana passada", Refused(PAST)),
    ("mes passado", Refused(PAST)),
    ("ano passado", Refused(PAST)),
    ("agora", Refused(NOW)),
    ("ja", Refused(NOW)),
    ("imediatamente", Refused(NOW)),
    ("daqui a pouco", Refused(VAGUE)),
    ("daqui pouco", Refused(VAGUE)),
    ("mais tarde", Refused(VAGUE)),
    ("logo", Refused(VAGUE)),
    ("depois", Refused(VAGUE)),
    ("todo", Refused(AGAIN)),
    ("toda", Refused(AGAIN)),
    ("todos", Refused(AGAIN)),
    ("todas", Refused(AGAIN)),
    ("cada", Refused(AGAIN)),
    ("diariamente", Refused(AGAIN)),
    ("semanalmente", Refused(AGAIN)),
    ("mensalmente", Refused(AGAIN)),
    ("ou", Refused(OR)),
    ("entre", Refused(OR)),
    ("ano que vem", Refused("Diga o dia e o mês, por exemplo “10/01”.")),
    ("proximo ano", Refused("Diga o dia e o mês, por exemplo “10/01”.")),
    ("feriado", Refused("Diga a data do feriado.")),
    ("carnaval", Refused("Diga a data do feriado.")),
    ("pascoa", Refused("Diga a data do feriado.")),
];

pub fn weekday_named(word: &str) -> Option<Weekday> {
    Some(match word {
        "segunda" | "seg" => Weekday::Mon,
        "terca" | "ter" => Weekday::Tue,
        "quarta" | "qua" => Weekday::Wed,
        "quinta" | "qui" => Weekday::Thu,
        "sexta" | "sex" => Weekday::Fri,
        "sabado" | "sab" => Weekday::Sat,
        "domingo" | "dom" => Weekday::Sun,
        _ => return None,
    })
}

/// The month with this name or its first three letters: 1 to 12.
pub fn month_named(word: &str) -> Option<u32> {
    let is_named = |name: &str| name.chars().flat_map(plain).eq(word.chars()) || name.get(..3) == Some(word);
    MONTHS.iter().position(|name| is_named(name)).map(|month| month as u32 + 1)
}
