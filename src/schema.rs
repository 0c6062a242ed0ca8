// Generated from the migrated database; see tests/it/schema.rs.

diesel::table! {
    access_links (user_id) {
        user_id -> Int8,
        token_hash -> Bytea,
        made_at -> Timestamptz,
        expires_at -> Timestamptz,
        made_by -> Nullable<Int8>,
    }
}

diesel::table! {
    attachments (id) {
        id -> Int8,
        sha256 -> Bytea,
        file_name -> Text,
        uploaded_by -> Nullable<Int8>,
        schedule_id -> Nullable<Int8>,
        message_id -> Nullable<Int8>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    audit (id) {
        id -> Int8,
        at -> Timestamptz,
        actor_id -> Nullable<Int8>,
        action -> Text,
        subject_id -> Nullable<Int8>,
        details -> Jsonb,
        ip -> Text,
    }
}

diesel::table! {
    blobs (sha256) {
        sha256 -> Bytea,
        size -> Int8,
        media_type -> Text,
        created_at -> Timestamptz,
        claimed_at -> Timestamptz,
    }
}

diesel::table! {
    channel_states (channel_id) {
        channel_id -> Int8,
        broken_until -> Nullable<Timestamptz>,
        failures_in_a_row -> Int4,
        paused_at -> Nullable<Timestamptz>,
        paused_by -> Nullable<Int8>,
        last_success_at -> Nullable<Timestamptz>,
        last_error_at -> Nullable<Timestamptz>,
        last_error -> Text,
        last_received_at -> Nullable<Timestamptz>,
        receiving -> Jsonb,
        failing_since -> Nullable<Timestamptz>,
        receiving_failing_since -> Nullable<Timestamptz>,
        receiving_error -> Text,
        renewed_token -> Nullable<Bytea>,
        watched_by -> Nullable<Uuid>,
        watched_until -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    channels (id) {
        id -> Int8,
        kind -> Text,
        name -> Text,
        default_department_id -> Int8,
        deactivated_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        public_name -> Text,
        colour -> Text,
        greeting -> Text,
        settings -> Jsonb,
        secrets -> Nullable<Bytea>,
    }
}

diesel::table! {
    contact_identities (id) {
        id -> Int8,
        contact_id -> Int8,
        channel_id -> Int8,
        kind -> Text,
        value -> Text,
        match_key -> Nullable<Text>,
        seen_at -> Nullable<Timestamptz>,
        worked_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    contact_merges (id) {
        id -> Int8,
        merged_id -> Int8,
        kept_id -> Int8,
        merged_at -> Timestamptz,
        merged_by -> Nullable<Int8>,
        separated_at -> Nullable<Timestamptz>,
        ticket_ids -> Array<Int8>,
        schedule_ids -> Array<Int8>,
        identity_ids -> Array<Int8>,
        access_ids -> Array<Int8>,
        filled -> Array<Text>,
    }
}

diesel::table! {
    contacts (id) {
        id -> Int8,
        channel_id -> Int8,
        name -> Text,
        phone -> Text,
        email -> Text,
        person_id -> Nullable<Int8>,
        link_version -> Int4,
        archived_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        sort_name -> Text,
        default_department_id -> Nullable<Int8>,
        default_attendant_id -> Nullable<Int8>,
        anonymised_at -> Nullable<Timestamptz>,
        search -> Text,
        merged_into -> Nullable<Int8>,
    }
}

diesel::table! {
    customer_accesses (id) {
        id -> Int8,
        contact_id -> Int8,
        token_hash -> Bytea,
        link_version -> Int4,
        user_agent -> Text,
        ip -> Text,
        created_at -> Timestamptz,
        seen_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    customer_upload_volumes (contact_id) {
        contact_id -> Int8,
        bytes -> Int8,
        day_began_at -> Timestamptz,
    }
}

diesel::table! {
    department_members (department_id, user_id) {
        department_id -> Int8,
        user_id -> Int8,
    }
}

diesel::table! {
    departments (id) {
        id -> Int8,
        name -> Text,
        position -> Int4,
        deactivated_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    import_files (import_id) {
        import_id -> Int8,
        content -> Bytea,
    }
}

diesel::table! {
    import_lines (import_id, line) {
        import_id -> Int8,
        line -> Int4,
        name -> Text,
        phone -> Text,
        email -> Text,
        person -> Text,
        problem -> Nullable<Text>,
        repeats -> Nullable<Int4>,
        department -> Text,
        attendant -> Text,
        department_id -> Nullable<Int8>,
        attendant_id -> Nullable<Int8>,
        code -> Text,
        remark -> Text,
        person_key -> Text,
        is_known -> Bool,
    }
}

diesel::table! {
    imports (id) {
        id -> Int8,
        created_by -> Int8,
        channel_id -> Int8,
        file_name -> Text,
        status -> Text,
        updates_existing -> Bool,
        good -> Int4,
        bad -> Int4,
        repeated -> Int4,
        existing -> Int4,
        created -> Int4,
        updated -> Int4,
        skipped -> Int4,
        failed -> Int4,
        created_at -> Timestamptz,
        confirmed_at -> Nullable<Timestamptz>,
        finished_at -> Nullable<Timestamptz>,
        new_people -> Int4,
        new_people_of_known -> Int4,
        choices -> Jsonb,
        remarked -> Int4,
    }
}

diesel::table! {
    inbox (id) {
        id -> Int8,
        channel_id -> Int8,
        provider_id -> Text,
        received_at -> Timestamptz,
        payload -> Bytea,
        tries -> Int4,
        next_try_at -> Timestamptz,
        taken_at -> Nullable<Timestamptz>,
        problem -> Nullable<Text>,
        claimed_until -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    messages (id) {
        id -> Int8,
        contact_id -> Int8,
        ticket_id -> Int8,
        kind -> Text,
        event -> Nullable<Text>,
        author_id -> Nullable<Int8>,
        schedule_id -> Nullable<Int8>,
        body -> Text,
        client_key -> Nullable<Uuid>,
        created_at -> Timestamptz,
        delivered_at -> Nullable<Timestamptz>,
        read_at -> Nullable<Timestamptz>,
        channel_id -> Nullable<Int8>,
        provider_id -> Nullable<Text>,
        quoted -> Text,
    }
}

diesel::table! {
    notifications (id) {
        id -> Int8,
        user_id -> Int8,
        kind -> Text,
        schedule_id -> Nullable<Int8>,
        contact_id -> Int8,
        ticket_id -> Nullable<Int8>,
        created_at -> Timestamptz,
        read_at -> Nullable<Timestamptz>,
        removed_at -> Nullable<Timestamptz>,
        passed_on_by -> Nullable<Int8>,
        message_id -> Nullable<Int8>,
        episode -> Int4,
    }
}

diesel::table! {
    outbox (message_id) {
        message_id -> Int8,
        contact_id -> Int8,
        channel_id -> Int8,
        identity_id -> Nullable<Int8>,
        state -> Text,
        reason -> Nullable<Text>,
        detail -> Text,
        provider_id -> Nullable<Text>,
        attempts -> Int4,
        next_attempt_at -> Timestamptz,
        lease -> Nullable<Uuid>,
        leased_until -> Nullable<Timestamptz>,
        queued_at -> Timestamptz,
        sent_at -> Nullable<Timestamptz>,
        delivered_at -> Nullable<Timestamptz>,
        read_at -> Nullable<Timestamptz>,
        ended_at -> Nullable<Timestamptz>,
        episode -> Int4,
    }
}

diesel::table! {
    outbox_attempts (id) {
        id -> Int8,
        message_id -> Int8,
        number -> Int4,
        lease -> Uuid,
        started_at -> Timestamptz,
        ended_at -> Nullable<Timestamptz>,
        outcome -> Nullable<Text>,
        reason -> Nullable<Text>,
        detail -> Text,
    }
}

diesel::table! {
    people (id) {
        id -> Int8,
        name -> Text,
        archived_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        sort_name -> Text,
        anonymised_at -> Nullable<Timestamptz>,
        search -> Text,
    }
}

diesel::table! {
    retention (id) {
        id -> Bool,
        notification_days -> Int4,
        audit_months -> Int4,
        notifications_gone_before -> Timestamptz,
        audit_gone_before -> Timestamptz,
        history_months -> Int4,
        history_gone_before -> Timestamptz,
    }
}

diesel::table! {
    role_permissions (role_id, permission) {
        role_id -> Int8,
        permission -> Text,
    }
}

diesel::table! {
    roles (id) {
        id -> Int8,
        name -> Text,
        description -> Text,
        is_administrator -> Bool,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    schedule_deliveries (schedule_id) {
        schedule_id -> Int8,
        state -> Text,
        due_at -> Timestamptz,
    }
}

diesel::table! {
    schedule_history (id) {
        id -> Int8,
        schedule_id -> Int8,
        at -> Timestamptz,
        kind -> Text,
        actor_id -> Nullable<Int8>,
        details -> Jsonb,
    }
}

diesel::table! {
    schedule_texts (schedule_id) {
        schedule_id -> Int8,
        search -> Text,
        week -> Int4,
    }
}

diesel::table! {
    schedules (id) {
        id -> Int8,
        form_key -> Nullable<Uuid>,
        contact_id -> Int8,
        person_id -> Nullable<Int8>,
        department_id -> Int8,
        attendant_id -> Nullable<Int8>,
        action -> Text,
        due_at -> Timestamptz,
        due_local -> Timestamp,
        due_zone -> Text,
        message -> Text,
        comment -> Text,
        status -> Text,
        failure_reason -> Nullable<Text>,
        cancel_reason -> Nullable<Text>,
        version -> Int4,
        created_by -> Nullable<Int8>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        finished_at -> Nullable<Timestamptz>,
        spacing_key -> Int8,
        min_gap -> Interval,
        spacing_exempt -> Bool,
        rescheduled_from -> Nullable<Int8>,
        channel_id -> Nullable<Int8>,
    }
}

diesel::table! {
    sessions (token_hash) {
        token_hash -> Bytea,
        user_id -> Nullable<Int8>,
        state -> Jsonb,
        created_at -> Timestamptz,
        seen_at -> Timestamptz,
        id -> Uuid,
        user_agent -> Text,
        ip -> Text,
        ends_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    settings (id) {
        id -> Bool,
        company_name -> Text,
        time_zone -> Text,
        spacing_minutes -> Int4,
        spacing_scope -> Text,
        late_tolerance_minutes -> Int4,
        updated_at -> Timestamptz,
        logo_sha256 -> Nullable<Bytea>,
    }
}

diesel::table! {
    setup_links (id) {
        id -> Bool,
        token_hash -> Bytea,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    sign_in_attempts (key) {
        key -> Text,
        failures -> Int4,
        window_started_at -> Timestamptz,
    }
}

diesel::table! {
    tickets (id) {
        id -> Int8,
        protocol -> Int8,
        contact_id -> Int8,
        department_id -> Int8,
        attendant_id -> Nullable<Int8>,
        schedule_id -> Nullable<Int8>,
        status -> Text,
        opened_at -> Timestamptz,
        closed_at -> Nullable<Timestamptz>,
        closed_by -> Nullable<Int8>,
        seen_message_id -> Int8,
        last_message_at -> Nullable<Timestamptz>,
        last_customer_message_id -> Int8,
        opened_from -> Text,
        opened_contact_id -> Nullable<Int8>,
    }
}

diesel::table! {
    upload_volumes (user_id) {
        user_id -> Int8,
        bytes -> Int8,
        hour_began_at -> Timestamptz,
    }
}

diesel::table! {
    users (id) {
        id -> Int8,
        name -> Text,
        email -> Text,
        password_hash -> Nullable<Text>,
        role_id -> Int8,
        deactivated_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        plays_sound -> Bool,
        shows_browser_notices -> Bool,
        theme -> Text,
        sort_name -> Text,
        told_since -> Timestamptz,
        let_in_by -> Nullable<Int8>,
        search -> Text,
    }
}

diesel::joinable!(attachments -> messages (message_id));
diesel::joinable!(attachments -> schedules (schedule_id));
diesel::joinable!(attachments -> blobs (sha256));
diesel::joinable!(attachments -> users (uploaded_by));
diesel::joinable!(audit -> users (actor_id));
diesel::joinable!(channel_states -> channels (channel_id));
diesel::joinable!(channel_states -> users (paused_by));
diesel::joinable!(channels -> departments (default_department_id));
diesel::joinable!(contact_identities -> channels (channel_id));
diesel::joinable!(contact_identities -> contacts (contact_id));
diesel::joinable!(contact_merges -> users (merged_by));
diesel::joinable!(contacts -> channels (channel_id));
diesel::joinable!(contacts -> users (default_attendant_id));
diesel::joinable!(contacts -> departments (default_department_id));
diesel::joinable!(contacts -> people (person_id));
diesel::joinable!(customer_accesses -> contacts (contact_id));
diesel::joinable!(customer_upload_volumes -> contacts (contact_id));
diesel::joinable!(department_members -> departments (department_id));
diesel::joinable!(department_members -> users (user_id));
diesel::joinable!(import_files -> imports (import_id));
diesel::joinable!(import_lines -> imports (import_id));
diesel::joinable!(imports -> channels (channel_id));
diesel::joinable!(imports -> users (created_by));
diesel::joinable!(inbox -> channels (channel_id));
diesel::joinable!(messages -> users (author_id));
diesel::joinable!(messages -> channels (channel_id));
diesel::joinable!(messages -> contacts (contact_id));
diesel::joinable!(notifications -> contacts (contact_id));
diesel::joinable!(notifications -> messages (message_id));
diesel::joinable!(notifications -> schedules (schedule_id));
diesel::joinable!(notifications -> tickets (ticket_id));
diesel::joinable!(outbox -> channels (channel_id));
diesel::joinable!(outbox -> contacts (contact_id));
diesel::joinable!(outbox -> contact_identities (identity_id));
diesel::joinable!(outbox -> messages (message_id));
diesel::joinable!(outbox_attempts -> outbox (message_id));
diesel::joinable!(role_permissions -> roles (role_id));
diesel::joinable!(schedule_history -> users (actor_id));
diesel::joinable!(schedule_history -> schedules (schedule_id));
diesel::joinable!(schedule_texts -> schedules (schedule_id));
diesel::joinable!(schedules -> channels (channel_id));
diesel::joinable!(schedules -> contacts (contact_id));
diesel::joinable!(schedules -> departments (department_id));
diesel::joinable!(schedules -> people (person_id));
diesel::joinable!(sessions -> users (user_id));
diesel::joinable!(settings -> blobs (logo_sha256));
diesel::joinable!(tickets -> departments (department_id));
diesel::joinable!(upload_volumes -> users (user_id));
diesel::joinable!(users -> roles (role_id));

diesel::allow_tables_to_appear_in_same_query!(
    access_links,
    attachments,
    audit,
    blobs,
    channel_states,
    channels,
    contact_identities,
    contact_merges,
    contacts,
    customer_accesses,
    customer_upload_volumes,
    department_members,
    departments,
    import_files,
    import_lines,
    imports,
    inbox,
    messages,
    notifications,
    outbox,
    outbox_attempts,
    people,
    retention,
    role_permissions,
    roles,
    schedule_deliveries,
    schedule_history,
    schedule_texts,
    schedules,
    sessions,
    settings,
    setup_links,
    sign_in_attempts,
    tickets,
    upload_volumes,
    users,
);
