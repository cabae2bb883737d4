#!/bin/sh
# Validates this checkout as any CI does, with nothing but Docker, stage by stage in the order of the Dockerfile, and builds
# the image. Arguments go to `docker build`, for example
#   sh ./verify-w-docker.sh --build-arg NODE_IMAGE=registry.example/node:24-slim
# STAGE=lint runs the stages up to that one and builds no image. IMAGE names the result (cd-helper:VERSION); VERSION and
# REVISION are what it says about itself. SINCE is the commit after which commit messages are checked (the last one's parent).
set -eu
cd "$(dirname "$0")"

stages='commit-messages format shell-scripts lint types unit-tests'

command -v docker >/dev/null 2>&1 || {
  echo "verify: there is no docker command here: install Docker, or run ./dev check and ./dev test" >&2
  exit 2
}

: "${VERSION:=$(sed -n 's/^  "version": "\(.*\)",$/\1/p' package.json)}"
: "${REVISION:=$(git rev-parse HEAD 2>/dev/null || true)}"
: "${IMAGE:=cd-helper:$VERSION}"
: "${STAGE:=}"
: "${SINCE:=HEAD~1}"
messages=$(git log --format=%s "$SINCE..HEAD" 2>/dev/null || git log -1 --format=%s 2>/dev/null || true)

case " $stages " in
  *" $STAGE "*) ;;
  *)
    [ -z "$STAGE" ] || {
      echo "verify: STAGE=$STAGE: expected one of: $stages" >&2
      exit 2
    }
    ;;
esac

# At most the first line of what fails here says which stage it was.
build() {
  name=$1
  shift
  echo "verify: $name"
  docker build --build-arg COMMIT_MESSAGES="$messages" --build-arg VERSION="$VERSION" \
    --build-arg REVISION="$REVISION" "$@" . || {
    status=$?
    echo "verify: FAILED at $name: the last step above says why" >&2
    exit "$status"
  }
}

for stage in $stages; do
  build "$stage" --target "$stage" "$@"
  [ "$stage" != "$STAGE" ] || exit 0
done
build "image $IMAGE of revision ${REVISION:-unknown}" --tag "$IMAGE" "$@"
size=$(docker image inspect --format '{{.Size}}' "$IMAGE")
echo "verify: passed: $IMAGE, $((size / 1000000)) MB"
