#!/bin/sh
trap '' HUP INT QUIT TERM
scratch=$1 socket_dir=$2
shift 2

exec 3<&0
"$@" </dev/null 3<&- &
postmaster=$!
{
    read -r _
    kill -INT "$postmaster"
    sleep 7 &
    trap 'kill -KILL "$!"; wait "$!"; exit' USR1
    wait "$!"
    kill -QUIT "$postmaster"
} <&3 3<&- &
watcher=$!
exec 3<&- </dev/null

wait "$postmaster"
status=$?
kill -USR1 "$watcher"
wait "$watcher"
for directory in "$scratch" "$socket_dir"; do
    [ -z "$directory" ] || rm -rf -- "$directory"
done
exit "$status"
