#!/bin/sh
# Builds an image and pushes it with the tags that users of the helper rely on:
#   --version=v1.3.0   v1, v1.3, v1.3.0, v1.3.0_COMMIT; a prerelease only its own tag and the one with the commit
#   --name=main        main, main-COMMIT            (also INT, pr-177, …)
# COMMIT is the first seven digits of the commit. A dry run prints one full reference per line and does nothing.
set -eu

usage() {
  cat >&2 <<'TEXT'
usage: scripts/publish-image.sh --image=IMAGE --commit=SHA (--version=vX.Y.Z | --name=NAME) [options]

  --image=acme/web         repository, with its registry's host unless that is Docker Hub
  --commit=982c388…        commit that is built: 7 to 40 hexadecimal digits
  --version=v1.3.0         tags v1, v1.3, v1.3.0 and v1.3.0_982c388; v1.4.0-rc.1 gets no floating tags
  --name=main              tags main and main-982c388
  --context=.              folder that is built
  --file=Dockerfile        Dockerfile, if it is not the context's own
  --source=URL             address of the source repository, for the image's label (default: origin's, if it is https)
  --platforms=LIST         such as linux/amd64,linux/arm64; needs buildx (default: the builder's own)
  --digest-file=FILE       write the digest that was pushed (sha256:…) to this file, for a later step of the pipeline
  --dry-run                print the references and stop
  -- ARGUMENTS             everything after it goes to docker build
TEXT
}

fail() {
  echo "publish-image: $1" >&2
  exit "${2:-2}"
}

image='' commit='' version='' name='' context=. file='' source='' platforms='' digest_file='' dry_run=no
while [ $# -gt 0 ]; do
  case $1 in
    --image=*) image=${1#*=} ;;
    --commit=*) commit=${1#*=} ;;
    --version=*) version=${1#*=} ;;
    --name=*) name=${1#*=} ;;
    --context=*) context=${1#*=} ;;
    --file=*) file=${1#*=} ;;
    --source=*) source=${1#*=} ;;
    --platforms=*) platforms=${1#*=} ;;
    --digest-file=*) digest_file=${1#*=} ;;
    --dry-run) dry_run=yes ;;
    -h | --help)
      usage
      exit 0
      ;;
    --)
      shift
      break
      ;;
    *)
      usage
      fail "unknown argument: $1"
      ;;
  esac
  shift
done

matches() {
  printf '%s\n' "$1" | grep -Eqx "$2"
}

one_line() {
  [ "$(printf '%s\n' "$1" | wc -l)" -eq 1 ]
}

for value in "$image" "$commit" "$version" "$name"; do
  one_line "$value" || fail 'a value must be one line of text'
done

[ -n "$image" ] || { usage; fail 'missing --image'; }
part='[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*'
host='(([A-Za-z0-9-]+\.)+[A-Za-z0-9-]+|localhost|[A-Za-z0-9-]+:[0-9]+)(:[0-9]+)?'
matches "$image" "($host/)?$part(/$part)*" ||
  fail "--image=$image: expected a repository without tag or digest, in lower case, such as acme/web or ghcr.io/acme/web"

[ -n "$commit" ] || { usage; fail 'missing --commit'; }
matches "$commit" '[0-9a-f]{7,40}' || fail "--commit=$commit: expected 7 to 40 hexadecimal digits in lower case"
short=$(printf %.7s "$commit")

[ -z "$version" ] || [ -z "$name" ] || fail 'give --version or --name, not both'
if [ -n "$version" ]; then
  number='(0|[1-9][0-9]*)'
  identifier='[0-9A-Za-z-]+'
  matches "$version" "v?$number\.$number\.$number(-$identifier(\.$identifier)*)?" ||
    fail "--version=$version: expected a version such as v1.3.0 or v1.4.0-rc.1, without build metadata"
  case $version in
    *-*) tags="$version ${version}_$short" ;;
    *)
      minor=${version%.*}
      tags="${minor%.*} $minor $version ${version}_$short"
      ;;
  esac
elif [ -n "$name" ]; then
  matches "$name" '[A-Za-z0-9_][A-Za-z0-9_.-]*' ||
    fail "--name=$name: expected letters, digits, \"_\", \".\" or \"-\"; write a branch such as feature/x as feature-x"
  matches "$name" 'v?[0-9]+(\.[0-9]+)*' && fail "--name=$name looks like a version: use --version"
  [ "${#name}" -le 120 ] || fail '--name is longer than 120 characters'
  tags="$name $name-$short"
else
  usage
  fail 'missing --version or --name'
fi

for tag in $tags; do
  [ "${#tag}" -le 128 ] || fail "the tag $tag is longer than 128 characters"
  [ "$dry_run" = no ] || echo "$image:$tag"
done
[ "$dry_run" = no ] || exit 0

command -v docker >/dev/null 2>&1 || fail 'there is no docker command here' 1
[ -d "$context" ] || fail "--context=$context: no such folder"
if [ -z "$source" ]; then
  source=$(git -C "$context" config --get remote.origin.url 2>/dev/null || true)
  case $source in
    # An address with a user in it might contain a password.
    https://*@*) source='' ;;
    https://*) source=${source%.git} ;;
    *) source='' ;;
  esac
fi

set -- "$@" \
  --label "org.opencontainers.image.version=${version:-$name}" \
  --label "org.opencontainers.image.revision=$commit" \
  --label "org.opencontainers.image.created=$(date -u +%Y-%m-%dT%H:%M:%SZ)"
[ -z "$source" ] || set -- "$@" --label "org.opencontainers.image.source=$source"
[ -z "$file" ] || set -- "$@" --file "$file"
for tag in $tags; do
  set -- "$@" --tag "$image:$tag"
done

# The digest of what this run pushed. Docker Hub's repositories have no host in an image's digests.
write_digest() {
  [ -n "$digest_file" ] || return 0
  printf '%s\n' "$1" | grep -Eqx 'sha256:[0-9a-f]{64}' || fail "the digest that was pushed could not be determined" 1
  printf '%s\n' "$1" >"$digest_file"
}

case $platforms in
  *,*)
    docker buildx version >/dev/null 2>&1 ||
      fail "--platforms=$platforms: several platforms need docker buildx; install it, or build one platform" 1
    metadata=$(mktemp)
    docker buildx build --platform "$platforms" --push --metadata-file "$metadata" "$@" "$context"
    digest=$(sed -n 's/.*"containerimage\.digest": *"\(sha256:[0-9a-f]*\)".*/\1/p' "$metadata")
    rm -f "$metadata"
    write_digest "$digest"
    ;;
  *)
    [ -z "$platforms" ] || set -- "$@" --platform "$platforms"
    docker build "$@" "$context"
    # Push the tag with the commit first: when a floating tag moves, its content is already there.
    set --
    for tag in $tags; do
      set -- "$tag" "$@"
    done
    for tag in "$@"; do
      docker push "$image:$tag"
    done
    repository=${image#docker.io/}
    write_digest "$(docker image inspect --format '{{range .RepoDigests}}{{println .}}{{end}}' "$image:$1" |
      sed -n "s|^${repository#library/}@||p" | tail -n 1)"
    ;;
esac
for tag in $tags; do
  echo "published $image:$tag"
done
