#!/usr/bin/env bash
# Kills the server repeatedly with kill -9 in the middle of 5,000 due schedules. After each kill
# `pontual check` says whether any was lost or done twice. The spacing is off.
#
#   tests/crash.sh [rounds] [program]     10 rounds of target/release/pontual, which is built if no program is given
#
# A kill counts only if some schedules were done and some were not.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

rounds=${1:-10}
program=${2:-}
each=5000

if [ -z "$program" ]; then
    cargo build --release
    program=${CARGO_TARGET_DIR:-target}/release/pontual
fi

dir=$(mktemp -d)
chmod 755 "$dir" # PostgreSQL's account must be able to enter it
export PONTUAL_DATA_DIR=$dir/data HOST=127.0.0.1 PORT=0
unset DATABASE_URL PONTUAL_PUBLIC_URL PONTUAL_SECRET_KEY
server=

finish() {
    if [ -n "$server" ] && kill -TERM "$server" 2>/dev/null; then wait "$server" || echo "the server ended with $?" >&2; fi
    rm -rf "$dir"
}
trap finish EXIT

start() {
    : >"$dir/out" # empty it now: the subshell below might truncate it after the first grep
    "$program" serve >"$dir/out" 2>>"$dir/log" &
    server=$!
    until grep -q "is ready" "$dir/out"; do
        kill -0 "$server" 2>/dev/null || { cat "$dir/log" >&2; exit 1; }
        sleep 0.01
    done
    notes=$(find "$dir" -name postmaster.pid)
    socket=$(sed -n 5p "$notes")
}

sql() { psql -X -q -t -A -v ON_ERROR_STOP=1 -h "$socket" -p 5432 -U pontual -d pontual "$@"; }

company() {
    sql <<'SQL'
INSERT INTO departments (id, name) VALUES (101, 'Suporte');
INSERT INTO users (id, name, email, password_hash, role_id)
    SELECT 301, 'Ana', 'ana@empresa.example', 'none', id FROM roles WHERE is_administrator;
INSERT INTO department_members VALUES (101, 301);
INSERT INTO channels (id, kind, name, default_department_id) VALUES (401, 'web_chat', 'Chat', 101);
SQL
}

# Schedules due in two seconds: one contact each, the three actions in turn, every tenth contact with an open ticket.
schedule() {
    sql -v attempt="$1" -v each="$each" <<'SQL'
BEGIN;
CREATE TEMP TABLE wanted ON COMMIT DROP AS
    SELECT n, :attempt * 1000000 + n AS id, (ARRAY['open_ticket', 'open_ticket_and_notify', 'notify'])[1 + n % 3] AS action
      FROM generate_series(1, :each) n;
INSERT INTO contacts (id, channel_id, name) SELECT id, 401, 'Contato ' || n FROM wanted;
INSERT INTO tickets (contact_id, department_id) SELECT id, 101 FROM wanted WHERE n % 10 = 0;
INSERT INTO schedules (id, contact_id, department_id, attendant_id, action, due_at, due_local, due_zone, message, comment)
    SELECT id, id, 101, CASE WHEN action <> 'open_ticket' THEN 301 END, action,
           clock_timestamp() + interval '2 seconds', now(), 'UTC',
           CASE WHEN action = 'notify' THEN '' ELSE 'Bom dia!' END, 'Retorno'
      FROM wanted;
INSERT INTO schedule_history (schedule_id, kind) SELECT id, 'created' FROM wanted;
INSERT INTO audit (action, subject_id) SELECT 'schedule.created', id FROM wanted;
COMMIT;
SQL
}

# Returns once at most $1 are pending.
await() {
    sql -c "DO \$\$ BEGIN
        WHILE (SELECT count(*) FROM schedules WHERE status = 'scheduled') > $1 LOOP PERFORM pg_sleep(0.002); END LOOP;
    END \$\$" >/dev/null
}

start
company
round=0 attempt=0
while [ "$round" -lt "$rounds" ]; do
    attempt=$((attempt + 1))
    [ "$attempt" -le $((rounds * 5)) ] || { echo "The kills do not hit: give up." >&2; exit 1; }
    schedule "$attempt"
    await $((each - 1 - RANDOM % (each * 4 / 5)))
    kill -9 "$server"
    killed=$(date +%s.%N)
    wait "$server" 2>/dev/null || [ $? -eq 137 ] # killed, not ended by itself
    while [ -e "$notes" ]; do sleep 0.01; done # the private PostgreSQL ends by itself

    begun=$(date +%s%N)
    start
    await 0
    drained=$((($(date +%s%N) - begun) / 1000000))
    before=$(sql -c "SELECT count(*) FROM schedules WHERE id > $attempt * 1000000 AND finished_at < to_timestamp($killed)")
    if [ "$before" -eq 0 ] || [ "$before" -eq "$each" ]; then continue; fi
    round=$((round + 1))
    if ! findings=$("$program" check 2>>"$dir/log"); then
        grep FAIL <<<"$findings" >&2 || cat "$dir/log" >&2
        echo "round $round: killed after $before of $each; BROKEN" >&2
        exit 1
    fi
    printf 'round %2d: killed after %4d of %d; the other %4d done %d ms after the new start; check: %d of %d ok\n' \
        "$round" "$before" "$each" $((each - before)) "$drained" \
        "$(grep -c '^ok' <<<"$findings")" "$(wc -l <<<"$findings")"
done
echo "All $rounds kills hit work, in $attempt attempts: none lost, none done twice."
