//! SQL of the user's own profile: name, e-mail, theme, and password.

use diesel::pg::PgConnection;
use diesel::prelude::*;

use super::form::ValidProfile;
use crate::error::Result;
use crate::ids::UserId;
use crate::schema::users;
use crate::theme::Theme;

pub fn save(conn: &mut PgConnection, user: UserId, valid: &ValidProfile) -> Result<()> {
    diesel::update(users::table.find(user))
        .set((
            users::name.eq(valid.name.as_str()),
            users::theme.eq(valid.theme.as_str()),
            users::plays_sound.eq(valid.plays_sound),
            users::shows_browser_notices.eq(valid.shows_browser_notices),
            users::updated_at.eq(diesel::dsl::now),
        ))
        .execute(conn)?;
    Ok(())
}

pub fn set_theme(conn: &mut PgConnection, user: UserId, theme: Theme) -> Result<()> {
    diesel::update(users::table.find(user)).set(users::theme.eq(theme.as_str())).execute(conn)?;
    Ok(())
}

pub fn password_hash(conn: &mut PgConnection, user: UserId) -> Result<Option<String>> {
    Ok(users::table.find(user).select(users::password_hash).first(conn)?)
}

pub fn email(conn: &mut PgConnection, user: UserId) -> Result<String> {
    Ok(users::table.find(user).select(users::email).first(conn)?)
}
