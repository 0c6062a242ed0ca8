//! The commands of the binary.

use std::io::BufRead;
use std::process::ExitCode;

use actix_web::rt::System;
use clap::{Parser, Subcommand};
use diesel::pg::PgConnection;

use crate::auth::passwords;
use crate::config::{Config, ConfigError};
use crate::db::private::{KeeperFailure, PrivateServer, StartError, Tuning, url_of_running};
use crate::db::{self, AddressError, with_tls_and_time_outs};
use crate::demo::large::{Refusal, Sizes};
use crate::files::Files;
use crate::log::say;
use crate::{check, demo, server, settings, users};

#[derive(Parser)]
#[command(
    name = "pontual",
    version,
    about = "Customer-service scheduling: one action at one date and time, exactly once"
)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the application and run the dispatcher
    Serve {
        /// Fill an empty private database with the demonstration company
        #[arg(long)]
        demo: bool,
    },
    /// Bring the database up to date
    Migrate,
    /// Make an administrator who can sign in
    CreateAdmin {
        #[arg(long)]
        name: String,
        #[arg(long)]
        email: String,
        /// Read the password from standard input; without it, one is generated and printed
        #[arg(long)]
        password_stdin: bool,
    },
    /// Fill an empty private database with the demonstration company
    Demo {
        /// Also load a large data set: takes some minutes, turns the minimum spacing off
        #[arg(long)]
        large: bool,
        #[command(flatten)]
        sizes: LargeSizes,
    },
    /// Check every invariant; safe while the application runs
    Check,
}

/// Sizes of the data that `demo --large` loads.
#[derive(clap::Args)]
struct LargeSizes {
    #[arg(long, requires = "large", default_value_t = 1_000_000)]
    schedules: u32,
    #[arg(long, requires = "large", default_value_t = 100_000)]
    contacts: u32,
    #[arg(long, requires = "large", default_value_t = 2_000_000)]
    notifications: u32,
}

/// The reason why a command failed, in one sentence for the operator.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Address(#[from] AddressError),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Lost(KeeperFailure),
    #[error("the database cannot be reached: {0}")]
    Unreachable(#[from] diesel::ConnectionError),
    #[error("{0}")]
    Database(#[from] crate::Error),
    #[error(transparent)]
    Migration(#[from] db::MigrationError),
    #[error("the secret key in the data directory cannot be read or made: {0}")]
    Secret(std::io::Error),
    #[error("cannot listen on {address}: {cause}")]
    Listen { address: std::net::SocketAddr, cause: std::io::Error },
    #[error("no further thread can be started: {0}")]
    Thread(std::io::Error),
    #[error("{0}")]
    Files(String),
    #[error("standard input cannot be read: {0}")]
    Input(std::io::Error),
    #[error("{0}")]
    Refused(String),
}

/// The database to use: an external server, or our private one, which stops when this value is dropped.
pub struct Database {
    pub url: String,
    pub private: Option<PrivateServer>,
}

impl Database {
    /// Uses the server that `config` names, or starts the private one.
    pub fn open(config: &Config) -> Result<Self, CommandError> {
        if let Some(url) = &config.database_url {
            return Ok(Self { url: with_tls_and_time_outs(url)?, private: None });
        }
        let private = PrivateServer::start(&config.data_dir, Tuning::Durable)?;
        Ok(Self { url: private.url().to_owned(), private: Some(private) })
    }

    /// As [`Database::open`], but joins a private server that is already running.
    pub fn open_or_join(config: &Config) -> Result<Self, CommandError> {
        match Self::open(config) {
            Err(CommandError::Start(StartError::InUse(data_dir))) => match url_of_running(&data_dir) {
                Some(url) => Ok(Self { url, private: None }),
                None => Err(StartError::InUse(data_dir).into()),
            },
            opened => opened,
        }
    }

    /// Connects and runs pending migrations.
    pub fn migrated(&self) -> Result<PgConnection, CommandError> {
        let mut conn = db::connect(&self.url)?;
        let ran = db::migrate(&mut conn)?;
        if ran > 0 {
            tracing::info!(ran, "the database is up to date");
        }
        Ok(conn)
    }
}

/// Runs a command.
pub fn run(arguments: Arguments) -> Result<ExitCode, CommandError> {
    let config = Config::from_vars(|name| std::env::var(name).ok())?;
    match arguments.command {
        Command::Serve { demo } => server::run(config, demo),
        Command::Migrate => {
            let database = Database::open_or_join(&config)?;
            database.migrated()?;
            say("The database is up to date.");
            Ok(ExitCode::SUCCESS)
        }
        Command::CreateAdmin { name, email, password_stdin } => {
            create_admin(&config, &name, &email, password_stdin)
        }
        Command::Demo { large, sizes } => fill_demo(&config, large.then_some(sizes)),
        Command::Check => check_invariants(&config),
    }
}

fn fill_demo(config: &Config, large: Option<LargeSizes>) -> Result<ExitCode, CommandError> {
    refuse_foreign_demo(config)?;
    let database = Database::open_or_join(config)?;
    let mut conn = database.migrated()?;
    let Some(LargeSizes { schedules, contacts, notifications }) = large else {
        let nothing = "The database is not empty: nothing was added.";
        say(if demo::fill(&mut conn)? { demo::SIGN_INS } else { nothing });
        return Ok(ExitCode::SUCCESS);
    };
    let sizes = Sizes { schedules, contacts, notifications, ..Sizes::default() };
    let refused = match demo::large::load(&mut conn, sizes, |line| say(line))? {
        Ok(()) => {
            say("The minimum spacing is now off, because that many schedules would not fit with it.");
            say(demo::SIGN_INS);
            return Ok(ExitCode::SUCCESS);
        }
        Err(Refusal::NotEmpty) => "the database is in use, and is not the demonstration's: nothing was added",
        Err(Refusal::LoadedBefore) => "the demonstration is large already: nothing was added",
        Err(Refusal::Sizes) => "too few: at least 1 schedule, 100 contacts, and one contact per 50 schedules",
    };
    Err(CommandError::Refused(refused.into()))
}

fn check_invariants(config: &Config) -> Result<ExitCode, CommandError> {
    let database = Database::open_or_join(config)?;
    let mut conn = db::connect(&database.url)?;
    if !db::are_current(&mut conn)? {
        return Err(CommandError::Refused(
            "the database is not up to date: run pontual migrate first".into(),
        ));
    }
    let store = Files::open(&config.files, &config.data_dir).map_err(CommandError::Files)?;
    let findings = System::new().block_on(check::run_with_files(&mut conn, &store))?;
    findings.iter().for_each(say);
    let holds = findings.iter().all(check::Finding::is_ok);
    Ok(if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Refuses the demonstration when `DATABASE_URL` is set: its passwords are public, so it may only go into a
/// private database.
pub fn refuse_foreign_demo(config: &Config) -> Result<(), CommandError> {
    match config.database_url {
        None => Ok(()),
        Some(_) => Err(CommandError::Refused(
            "the demonstration company has known passwords and goes into a private database only: unset DATABASE_URL".into(),
        )),
    }
}

fn create_admin(
    config: &Config,
    name: &str,
    email: &str,
    from_stdin: bool,
) -> Result<ExitCode, CommandError> {
    let generated = hex::encode(crate::keys::random_bytes::<10>());
    let password = match from_stdin {
        true => {
            let mut line = String::new();
            std::io::stdin().lock().read_line(&mut line).map_err(CommandError::Input)?;
            line.trim_end_matches(['\r', '\n']).to_owned()
        }
        false => generated,
    };
    // Check the arguments before a server is started; the rule about the company's name follows.
    users::NewAccount::parse(name, email, &password, "").map_err(CommandError::Refused)?;
    let database = Database::open_or_join(config)?;
    let mut conn = database.migrated()?;
    let company = settings::brand(&mut conn)?.company_name;
    let account =
        users::NewAccount::parse(name, email, &password, &company).map_err(CommandError::Refused)?;
    let hash = passwords::hash(&password)?;
    let created = users::create_administrator(&mut conn, &account, &hash);
    match created {
        Ok(_) if from_stdin => say(format_args!("{} can sign in now.", account.email())),
        Ok(_) => say(format_args!("{} can sign in now, with the password {password}", account.email())),
        Err(error) if error.violated_constraint() == Some("users_email_key") => {
            return Err(CommandError::Refused(format!(
                "there is a user with the address {} already",
                account.email()
            )));
        }
        Err(error) => return Err(error.into()),
    }
    Ok(ExitCode::SUCCESS)
}
