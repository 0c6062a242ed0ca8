//! Files that may be kept: of an accepted kind, and free of what the virus scanner knows.

use actix_web::web;

use super::scanner::{ScanError, Verdict};
use super::{ContentHash, FileName, Files, Kind, Received};
use crate::error::{Error, Result};

/// A received file that may be kept. Only [`accept`] makes one of what somebody sent, so that nothing is kept
/// without its checks.
#[derive(Debug)]
pub struct Accepted {
    pub(super) received: Received,
    pub media_type: &'static str,
    /// The name, with the extension of the kind.
    pub name: FileName,
}

/// A file of a customer's message. It is in the store already.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct IncomingFile {
    pub name: FileName,
    pub hash: ContentHash,
}

/// Why a file is not accepted.
#[derive(Debug)]
pub enum NotAccepted {
    /// Holds the sentence for people.
    Refused(String),
    /// The virus scanner did not scan it: it may be sent again later.
    NotScanned(FileName, ScanError),
}

const ACCEPTED_KINDS: &str = "O conteúdo deve ser PDF, imagem, áudio, vídeo, Word, Excel, PowerPoint, OpenDocument, texto ou outro dos formatos aceitos, como diz o nome.";

/// Checks a received file.
pub async fn accept(
    files: &Files,
    name: FileName,
    received: Received,
) -> Result<Result<Accepted, NotAccepted>> {
    if received.size == 0 {
        return Ok(Err(NotAccepted::Refused(format!("{} está vazio.", name.as_str()))));
    }
    let (path, tried) = (received.path().to_owned(), name.clone());
    let kind = web::block(move || Kind::of(&path, &tried)).await.map_err(Error::unexpected)?;
    let Some(kind) = kind.map_err(|error| Error::Unavailable(error.to_string()))? else {
        let sentence = format!("{} não é um tipo de arquivo aceito. {ACCEPTED_KINDS}", name.as_str());
        return Ok(Err(NotAccepted::Refused(sentence)));
    };
    if let Err(refusal) = scan(files, &name, &received).await {
        return Ok(Err(refusal));
    }
    let name = name.with_extension(kind.usual_extension());
    Ok(Ok(Accepted { received, media_type: kind.media_type, name }))
}

/// Lets the virus scanner look at a received file, if there is one.
pub async fn scan(files: &Files, name: &FileName, received: &Received) -> Result<(), NotAccepted> {
    let Some(scanner) = files.scanner() else { return Ok(()) };
    match scanner.scan(received.path()).await {
        Ok(Verdict::Clean) => Ok(()),
        Ok(Verdict::Found(found)) => {
            tracing::warn!(found, sha256 = %received.hash, size = received.size, "a file with a virus was refused");
            let found: String = found.chars().filter(|c| !c.is_control()).take(100).collect();
            Err(NotAccepted::Refused(format!(
                "{} foi recusado: o antivírus encontrou {found}.",
                name.as_str()
            )))
        }
        Err(error) => {
            tracing::warn!(%error, size = received.size, "a file was refused because it was not scanned");
            Err(NotAccepted::NotScanned(name.clone(), error))
        }
    }
}

impl Accepted {
    /// A file that this process made itself, such as a logo drawn from what somebody sent.
    pub fn made_here(received: Received, media_type: &'static str) -> Self {
        Self { received, media_type, name: FileName::of("") }
    }

    pub fn hash(&self) -> ContentHash {
        self.received.hash
    }
}

impl NotAccepted {
    /// The sentence for the person who sent the file.
    pub fn sentence(self) -> String {
        match self {
            Self::Refused(sentence) => sentence,
            Self::NotScanned(name, ScanError::Unreachable(_)) => format!(
                "{} não foi recebido, porque o antivírus não está respondendo. Tente de novo em alguns minutos.",
                name.as_str()
            ),
            Self::NotScanned(name, ScanError::GaveUp(_)) => format!(
                "{} não foi recebido, porque o antivírus não conseguiu verificar o arquivo. Tente de novo em alguns minutos.",
                name.as_str()
            ),
        }
    }
}
