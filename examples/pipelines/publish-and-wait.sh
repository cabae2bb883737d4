#!/bin/sh
# Builds an image once, pushes it under the tags of the scheme, and waits until the services that use it run it.
# Copy it into your repository's folder ci/, next to publish-image.sh (scripts/) and wait.sh (examples/ci/).
#
#   IMAGE                  repository, such as docker.io/acme/web
#   COMMIT                 commit that is built
#   VERSION                version of a release, such as v1.3.0; if it is empty, NAME counts
#   NAME                   branch or pull request, such as main, INT or pr-177
#   WAIT_FOR               tag that your services use; default: v1 for v1.3.0, main for main, INT for INT.
#                          By default the pipeline does not wait for prereleases and pull requests. "none": never.
#   ANNOUNCE               "yes" if your registry sends no webhook: this script sends one after the push
#   CD_HELPER_URL, CD_HELPER_HOOK_SECRET, CLUSTER, TIMEOUT    see wait.sh
#
# Exit status: that of docker if the build or the push fails, otherwise that of wait.sh.
set -eu
: "${IMAGE:?is missing: the repository of the image}"
: "${COMMIT:?is missing: the commit that is built}"
here=$(dirname "$0")

if [ -n "${VERSION:-}" ]; then
  set -- "--version=$VERSION"
  case $VERSION in
    *-*) default=none ;;
    *) default=${VERSION%%.*} ;;
  esac
else
  : "${NAME:?is missing: the branch or pull request, unless VERSION is given}"
  name=$(printf '%s' "$NAME" | tr / -)
  set -- "--name=$name"
  case $name in
    pr-*) default=none ;;
    *) default=$name ;;
  esac
fi
tag=${WAIT_FOR:-$default}

digest_file=$(mktemp)
body=$(mktemp)
trap 'rm -f "$digest_file" "$body"' EXIT
sh "$here/publish-image.sh" "--image=$IMAGE" "--commit=$COMMIT" "$@" "--digest-file=$digest_file"
DIGEST=$(cat "$digest_file")
echo "digest $DIGEST"

if [ "${ANNOUNCE:-}" = yes ]; then
  sh "$here/publish-image.sh" "--image=$IMAGE" "--commit=$COMMIT" "$@" --dry-run |
    sed "s|.*|{\"image\":\"&\",\"digest\":\"$DIGEST\"}|" | paste -sd, - | sed 's/.*/[&]/' >"$body"
  # The secret is in a header that is read from standard input: other users of the machine can see arguments.
  printf 'header = "Authorization: Bearer %s"\n' "$CD_HELPER_HOOK_SECRET" |
    curl -fsS --config - --retry 5 --retry-connrefused --header 'content-type: application/json' \
      --data "@$body" --output /dev/null "${CD_HELPER_URL%/}/hooks"
fi

if [ "$tag" = none ]; then
  echo 'not waiting: no service is expected to use this tag'
  exit 0
fi
export DIGEST IMAGE="$IMAGE:$tag"
sh "$here/wait.sh"
