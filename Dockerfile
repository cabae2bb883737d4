# The helper as an image: `docker build .`, with BuildKit or without. It is also the validation that every CI
# runs, stage by stage: `docker build --target lint .` ends after that one. Each stage stands on the one before,
# so an image comes only from a checkout that passed them all.

# What the helper runs on: node, from 24.15, and the libraries that it needs. No shell is needed, nor does the image
# hold one: it takes these files alone.
ARG NODE_IMAGE=node:24-slim
# What checks and compiles: with npm and bash as well. One that has this lock file's dependencies in
# /app/node_modules, as ./dev left them there, builds without a network.
ARG BUILD_IMAGE=${NODE_IMAGE}

FROM ${BUILD_IMAGE} AS source
WORKDIR /app
COPY dev package.json package-lock.json .npmrc ./
# Installs what the lock file names; `env` is a script that every npm knows and that does nothing.
RUN ./dev env >/dev/null
COPY . .

# Subjects of the commits to check, one per line; the build context has no history of its own.
FROM source AS commit-messages
ARG COMMIT_MESSAGES=
RUN printf '%s\n' "$COMMIT_MESSAGES" | node scripts/check-commit-messages.ts

# VERIFY=no skips the checks, for a checkout that passed them a moment ago.
FROM commit-messages AS format
ARG VERIFY=yes
RUN [ "$VERIFY" = no ] || ./dev check:format

FROM format AS shell-scripts
ARG VERIFY=yes
RUN [ "$VERIFY" = no ] || ./dev check:shell

FROM shell-scripts AS lint
ARG VERIFY=yes
RUN [ "$VERIFY" = no ] || ./dev check:lint

FROM lint AS types
ARG VERIFY=yes
RUN [ "$VERIFY" = no ] || ./dev check:types

FROM types AS unit-tests
ARG VERIFY=yes
RUN [ "$VERIFY" = no ] || ./dev test --project unit

FROM unit-tests AS build
RUN ./dev build
ARG REVISION=
ARG VERSION=
RUN node deploy/pack.ts /app/out "$REVISION" "$VERSION" && node /app/out/dist/main.js --version

# Of what the helper runs on only the files that it uses, so run by the Node that is to run it.
FROM ${NODE_IMAGE} AS runtime
COPY --from=build /app/out /image/app
COPY --from=build /app/package.json /app/deploy/gather-runtime.ts /app/deploy/strip-binary.ts /gather/
RUN ["node", "/gather/gather-runtime.ts", "/image"]

FROM scratch
COPY --from=runtime /image /
# The store's folder. A new volume that is mounted there takes over its owner.
COPY --from=build --chown=10001:10001 /app/out/data /data
ENV NODE_ENV=production
# The store's default, ./data/cd-helper.db, is /data/cd-helper.db from here.
WORKDIR /
USER 10001:10001
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "/app/healthcheck.mjs"]
# Node would keep three times 16 MB for what is new; with 4 an idle helper needs 20 MB less, and is no slower.
# And whoever can send it a signal could open its debugger.
ENTRYPOINT ["node", "--max-semi-space-size=4", "--disable-sigusr1", "/app/dist/main.js"]
CMD ["serve"]
ARG VERSION=
ARG REVISION=
ARG SOURCE=
LABEL org.opencontainers.image.title="doppler-cd-helper" \
  org.opencontainers.image.description="Push-driven continuous deployment for Docker Swarm" \
  org.opencontainers.image.licenses="MIT" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}" \
  org.opencontainers.image.source="${SOURCE}"
