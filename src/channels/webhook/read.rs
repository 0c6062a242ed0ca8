//! Reads an event of the inbox.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::event::{Receipt, ReceivedEvent, ReceivedMessage};
use crate::channels::IdentityKind;
use crate::channels::transport::{Attempt, Phase, Signal};
use crate::contacts::identities::Identity;
use crate::error::Result;
use crate::inbox::{ChannelMessage, Read, Reading};

pub async fn read(reading: &Reading<'_>) -> Result<Read> {
    let event = match ReceivedEvent::parse(reading.payload) {
        Ok(event) => event,
        Err(problem) => return Ok(Read::Unreadable(format!("O evento não pôde ser lido: {problem}"))),
    };
    match event {
        ReceivedEvent::Message(message) => Ok(Read::Message(Box::new(taken(reading, message).await?))),
        ReceivedEvent::Sent(receipt) => Ok(report(receipt, Signal::Taken)),
        ReceivedEvent::Delivered(receipt) => Ok(report(receipt, Signal::Delivered)),
        ReceivedEvent::Read(receipt) => Ok(report(receipt, Signal::Read)),
        ReceivedEvent::Failed(receipt) => Ok(report(receipt, Signal::Bounce { is_permanent: true })),
    }
}

/// The customer that an event names as its sender; `None` if it names none.
pub fn sender(payload: &[u8]) -> Option<String> {
    let event: serde_json::Value = serde_json::from_slice(payload).ok()?;
    event["data"]["from"]["id"].as_str().map(str::to_owned)
}

async fn taken(reading: &Reading<'_>, message: ReceivedMessage) -> Result<ChannelMessage> {
    let (mut files, mut refused_files) = (Vec::new(), Vec::new());
    for file in &message.files {
        let kept = match STANDARD.decode(&file.content) {
            Ok(content) => reading.keep(&file.name, &content).await?,
            Err(_) => Err(format!("{} não está em base64.", file.name)),
        };
        match kept {
            Ok(file) => files.push(file),
            Err(sentence) => refused_files.push(sentence),
        }
    }
    Ok(ChannelMessage {
        channel: reading.channel,
        provider_id: reading.provider_id.to_owned(),
        identities: vec![Identity { kind: IdentityKind::External, value: message.from.id }],
        name: message.from.name,
        text: message.text,
        quoted: String::new(),
        files,
        refused_files,
        answers: message.reply_to.into_iter().collect(),
    })
}

fn report(receipt: Receipt, signal: Signal) -> Read {
    Read::Report {
        provider_id: receipt.id,
        reported: Attempt::new(Phase::Reported, signal, receipt.reason.replace('\0', "")),
    }
}
