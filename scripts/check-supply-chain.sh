#!/bin/sh
# Looks for known vulnerabilities in the dependencies of the lock file and in the image. Both checks need a network.
# Without one, each reports that it is skipped; with REQUIRE=yes it fails instead.
#   IMAGE=cd-helper:1.2.3 sh scripts/check-supply-chain.sh
# Any high or critical vulnerability that has a fix fails the check. IMAGE is what verify-w-docker.sh built. Without it,
# no image is scanned.
set -u
cd "$(dirname "$0")/.." || exit

: "${IMAGE:=}"
: "${REQUIRE:=no}"
: "${NODE_IMAGE:=node:24-slim}"
: "${SCANNER_IMAGE:=aquasec/trivy:0.67.2}"
failed=0

skip() {
  echo "supply chain: SKIPPED $1: $2"
  [ "$REQUIRE" != yes ] || failed=1
}

has() { command -v "$1" >/dev/null 2>&1; }

# npm of this machine, or of the helper's base image.
npm_here() {
  if has npm; then
    npm "$@"
  else
    docker run --rm -v "$PWD:/app:ro" -w /app "$NODE_IMAGE" npm "$@"
  fi
}

audit() {
  has npm || has docker || {
    skip 'the audit of dependencies' 'there is neither npm nor docker here'
    return
  }
  npm_here ping >/dev/null 2>&1 || {
    skip 'the audit of dependencies' 'the package registry is unreachable'
    return
  }
  echo 'supply chain: audit of dependencies'
  npm_here audit --omit=dev --audit-level=high || failed=1
}

scan() {
  [ -n "$IMAGE" ] || {
    skip 'the scan of the image' 'IMAGE is not set'
    return
  }
  if has trivy; then
    trivy image --download-db-only >/dev/null 2>&1 || {
      skip 'the scan of the image' 'the list of vulnerabilities is unreachable'
      return
    }
    echo "supply chain: scan of $IMAGE"
    trivy image --skip-db-update --exit-code 1 --severity HIGH,CRITICAL --ignore-unfixed "$IMAGE" || failed=1
    return
  fi
  if ! has docker || ! docker pull --quiet "$SCANNER_IMAGE" >/dev/null 2>&1; then
    skip 'the scan of the image' "neither trivy nor $SCANNER_IMAGE is available here"
    return
  fi
  echo "supply chain: scan of $IMAGE"
  docker run --rm -v /var/run/docker.sock:/var/run/docker.sock "$SCANNER_IMAGE" image \
    --exit-code 1 --severity HIGH,CRITICAL --ignore-unfixed "$IMAGE" || failed=1
}

audit
scan
exit "$failed"
