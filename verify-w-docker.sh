#!/bin/sh
# Validates this checkout as any CI does, with nothing but Docker: builds the image, whose build stage
# checks format, lint and types and runs the unit tests. Arguments go to `docker build`, for example
#   sh ./verify-w-docker.sh --build-arg NODE_IMAGE=registry.example/node:24-slim
# IMAGE names the result (cd-helper:VERSION), VERSION and REVISION what it says of itself.
set -eu
cd "$(dirname "$0")"

command -v docker >/dev/null 2>&1 || {
  echo "verify: there is no docker command here: install Docker, or run ./dev check and ./dev test" >&2
  exit 2
}

: "${VERSION:=$(sed -n 's/^  "version": "\(.*\)",$/\1/p' package.json)}"
: "${REVISION:=$(git rev-parse HEAD 2>/dev/null || true)}"
: "${IMAGE:=cd-helper:$VERSION}"

echo "verify: building $IMAGE from revision ${REVISION:-unknown}"
if docker build --build-arg VERSION="$VERSION" --build-arg REVISION="$REVISION" \
  --tag "$IMAGE" "$@" .; then
  size=$(docker image inspect --format '{{.Size}}' "$IMAGE")
  echo "verify: all is well: $IMAGE, $((size / 1000000)) MB"
else
  status=$?
  echo "verify: FAILED: the step above that returned a non-zero code says why" >&2
  exit "$status"
fi
