#!/bin/sh
# Runs an engine in network, mount, process and host-name namespaces of its own. Everything that the
# engine makes (containers, mounts, bridges) lives in them, so it all ends when their first process does.
# A link with one end in each network joins the two: HOST_ADDRESS here, ENGINE_ADDRESS in there.
#
# usage: ENGINE_FOLDER=… namespace.sh NAME LINK HOST_ADDRESS ENGINE_ADDRESS PREFIX_LENGTH NETWORK dockerd-argument…
set -eu

if [ "${1:-}" != --inside ]; then
  # Descriptor 3 keeps the way back to the network outside.
  exec 3</proc/self/ns/net
  exec unshare --net --mount --propagation private --pid --uts --fork --kill-child=KILL --mount-proc \
    /bin/sh "$0" --inside "$@"
fi

shift
name=$1 link=$2 host_address=$3 engine_address=$4 prefix=$5 network=$6
shift 6
# An own /run: neither are the machine's sockets and locks seen, nor is anything left in it.
mount -t tmpfs -o mode=0755 tmpfs /run
echo "$name" >/proc/sys/kernel/hostname
ip link set lo up
ip link add eth0 type veth peer name "$link"
ip link set "$link" netns /proc/self/fd/3
nsenter --net=/proc/self/fd/3 ip address add "$host_address/$prefix" dev "$link"
nsenter --net=/proc/self/fd/3 ip link set "$link" up
# Engines reach each other through the machine; nothing but what comes in by such a link is handed on.
nsenter --net=/proc/self/fd/3 sh -c "echo 1 >/proc/sys/net/ipv4/conf/$link/forwarding"
ip address add "$engine_address/$prefix" dev eth0
ip link set eth0 up
# Other sandboxes' ends on this machine, so that an engine can pull from another sandbox's registry.
ip route add "$network" via "$host_address"
exec 3<&-

# An engine that is killed comes again on the same data, as under a service manager, and so does one that
# is to be replaced: the search path in ENGINE_FOLDER tells which one comes. Any other end is one.
# shellcheck disable=SC2016 # the inner shell expands it
engine_loop='while :; do
  PATH=$(cat "$ENGINE_FOLDER/path")
  status=0
  dockerd "$@" || status=$?
  if [ -e "$ENGINE_FOLDER/comes-again" ]; then rm "$ENGINE_FOLDER/comes-again"; continue; fi
  [ $status -eq 137 ] || exit $status
done'
# Process 1 of the namespace collects what containers' shims leave behind.
if command -v docker-init >/dev/null; then exec docker-init -- /bin/sh -c "$engine_loop" sh "$@"; fi
exec /bin/sh -c "$engine_loop" sh "$@"
