# Runs "$@" (the postmaster) until it ends by itself, or until the other end of our standard input closes: that is
# Pontual stopping it, or Pontual dying in whatever way, kill -9 included. Then: a fast shutdown (SIGINT), and an
# immediate one (SIGQUIT) if that takes too long.
# Arguments: a directory to delete at the end (or ''), another one, then the command.
trap '' HUP INT QUIT TERM
scratch=$1 socket_dir=$2
shift 2

exec 3<&0
"$@" </dev/null 3<&- &
postmaster=$!
{
    read -r _
    kill -INT "$postmaster"
    sleep 15 &
    trap 'kill "$!"; exit' USR1
    wait "$!"
    kill -QUIT "$postmaster"
} <&3 3<&- &
watcher=$!
exec 3<&- </dev/null

wait "$postmaster"
status=$?
kill -USR1 "$watcher"
for directory in "$scratch" "$socket_dir"; do
    [ -z "$directory" ] || rm -rf -- "$directory"
done
exit "$status"
