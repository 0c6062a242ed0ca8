//! Who may read a schedule: users with the permission, its attendant, and users who were notified of it.

/// SQL subquery: pairs of a schedule (`schedule_id`) and a user (`user_id`) who may read it without the
/// permission.
pub const USERS_OF_SCHEDULE: &str = "(SELECT id AS schedule_id, attendant_id AS user_id FROM schedules
    UNION ALL SELECT schedule_id, user_id FROM notifications)";

/// SQL condition: whether the role `r` may read every schedule.
pub const READS_ALL: &str = "(r.is_administrator OR EXISTS (SELECT FROM role_permissions p
    WHERE p.role_id = r.id AND p.permission = 'schedules'))";

/// SQL condition: whether the user with the id `user` (an expression) may read the schedule `s`. ARRAY makes
/// the planner look up each schedule instead of reading all rows of the user.
pub fn is_readable(user: &str) -> String {
    format!(
        "(EXISTS (SELECT FROM users u JOIN roles r ON r.id = u.role_id WHERE u.id = {user} AND {READS_ALL})
          OR coalesce({user} = ANY (ARRAY(SELECT c.user_id FROM {USERS_OF_SCHEDULE} c WHERE c.schedule_id = s.id)), false))"
    )
}
