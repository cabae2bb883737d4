#!/bin/sh
# Waits until every deployment that a push caused has ended. It needs curl and nothing else.
#
#   CD_HELPER_URL          address of the helper, base path included
#   CD_HELPER_HOOK_SECRET  a hook secret that can announce the image
#   IMAGE                  repository and tag that were pushed, such as docker.io/acme/app:v1
#   DIGEST                 digest that was pushed; without it, the newest push or the next one
#   CLUSTER                only this cluster; without it, all that the push is for
#   TIMEOUT                how long at most, such as 10m, 90s or 600 (seconds); default 10m
#   OUTCOME_FILE           a file for the helper's last answer, as JSON
#
# Exit status: 0 everything that uses the image runs it; 1 something failed, or no service uses the image;
# 2 the question was refused; 3 the time was over, or it could not be determined; 4 a freeze or a gate is closed.
set -eu
: "${CD_HELPER_URL:?is missing: the address of the helper}"
: "${CD_HELPER_HOOK_SECRET:?is missing: a hook secret of the helper}"
: "${IMAGE:?is missing: repository and tag that were pushed}"

timeout=${TIMEOUT:-10m}
case $timeout in
  *h) seconds=$((${timeout%h} * 3600)) ;;
  *m) seconds=$((${timeout%m} * 60)) ;;
  *) seconds=${timeout%s} ;;
esac
deadline=$(($(date +%s) + seconds))

# On standard input, because others on this machine can see the arguments of a program.
secret_header() {
  printf 'header = "Authorization: Bearer %s"\n' "$(printf '%s' "$CD_HELPER_HOOK_SECRET" | sed 's/[\\"]/\\&/g')"
}

state=pending
since=
body=
while [ "$state" = pending ]; do
  left=$((deadline - $(date +%s)))
  if [ "$left" -le 0 ]; then
    echo "cd-helper: not ended within $timeout" >&2
    break
  fi
  if [ "$left" -gt 55 ]; then left=55; fi
  answer=$(secret_header | curl -sS -G --config - --max-time 90 --write-out '\n%{http_code}' \
    --data-urlencode "image=$IMAGE" ${DIGEST:+--data-urlencode "digest=$DIGEST"} \
    ${CLUSTER:+--data-urlencode "cluster=$CLUSTER"} ${since:+--data-urlencode "since=$since"} \
    --data "wait=${left}s" "${CD_HELPER_URL%/}/hooks/outcome") || answer='
000'
  status=$(printf '%s\n' "$answer" | tail -n 1)
  case $status in
    200) ;;
    000 | 429 | 5??)
      # The helper is being restarted, or is busy: it knows the same afterwards.
      sleep 2
      continue
      ;;
    *)
      echo "cd-helper: the question was refused ($status): $answer" >&2
      exit 2
      ;;
  esac
  body=$(printf '%s\n' "$answer" | sed '$d')
  state=$(printf '%s' "$body" | sed 's/^{"state":"\([a-z-]*\)".*/\1/')
  since=$(printf '%s' "$body" | sed 's/.*"since":"\([^"]*\)".*/\1/')
done

# One line for each service: its name, its cluster, its state, and why.
printf '%s\n' "$body" | sed -n 's/.*"services":\[{\(.*\)}\],"deployments".*/\1/p' | sed 's/},{/\
/g' | sed -e 's/,"deployment":"[^"]*"//' -e 's/,"nextTryAt":"\([^"]*\)"/, next attempt at \1/' \
  -e 's/"cluster":"\([^"]*\)","service":"\([^"]*\)","state":"\([^"]*\)","reason":/\2 on \1: \3, /' \
  -e 's/, null//' -e 's/,"detail":/: /' -e 's/"//g'
echo "cd-helper: $IMAGE: $state"
if [ -n "${OUTCOME_FILE:-}" ]; then printf '%s\n' "$body" >"$OUTCOME_FILE"; fi

case $state in
  succeeded) exit 0 ;;
  failed | no-service) exit 1 ;;
  waiting) exit 4 ;;
  *) exit 3 ;;
esac
