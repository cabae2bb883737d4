#!/bin/sh
# Runs an engine in its own network, mount, process and host-name namespaces. Everything that the engine creates
# (containers, mounts, bridges) lives in them and ends when their first process does. A link with one end in each
# network joins the two: HOST_ADDRESS outside, ENGINE_ADDRESS inside.
#
# usage: ENGINE_FOLDER=… namespace.sh NAME LINK HOST_ADDRESS ENGINE_ADDRESS PREFIX_LENGTH NETWORK dockerd-argument…
set -eu

if [ "${1:-}" != --inside ]; then
  # Descriptor 3 gives access to the network outside.
  exec 3</proc/self/ns/net
  exec unshare --net --mount --propagation private --pid --uts --fork --kill-child=KILL --mount-proc \
    /bin/sh "$0" --inside "$@"
fi

shift
name=$1 link=$2 host_address=$3 engine_address=$4 prefix=$5 network=$6
shift 6
# A separate /run: the engine does not see the machine's sockets and locks, and leaves nothing there.
mount -t tmpfs -o mode=0755 tmpfs /run
echo "$name" >/proc/sys/kernel/hostname
ip link set lo up
ip link add eth0 type veth peer name "$link"
ip link set "$link" netns /proc/self/fd/3
nsenter --net=/proc/self/fd/3 ip address add "$host_address/$prefix" dev "$link"
nsenter --net=/proc/self/fd/3 ip link set "$link" up
# Engines reach each other through the machine. It forwards only what comes in through such a link.
nsenter --net=/proc/self/fd/3 sh -c "echo 1 >/proc/sys/net/ipv4/conf/$link/forwarding"
ip address add "$engine_address/$prefix" dev eth0
ip link set eth0 up
# The machine's ends of other sandboxes, so that an engine can pull from the registry of another sandbox.
ip route add "$network" via "$host_address"
exec 3<&-

# A killed engine restarts on the same data, as under a service manager. So does an engine that is being replaced: the
# search path in ENGINE_FOLDER selects the next one. After any other exit, it stays stopped.
# shellcheck disable=SC2016 # the inner shell expands it
engine_loop='while :; do
  PATH=$(cat "$ENGINE_FOLDER/path")
  status=0
  dockerd "$@" || status=$?
  if [ -e "$ENGINE_FOLDER/comes-again" ]; then rm "$ENGINE_FOLDER/comes-again"; continue; fi
  [ $status -eq 137 ] || exit $status
done'
# Process 1 of the namespace reaps the processes that containers' shims leave behind.
if command -v docker-init >/dev/null; then exec docker-init -- /bin/sh -c "$engine_loop" sh "$@"; fi
exec /bin/sh -c "$engine_loop" sh "$@"
