# The helper as an image: `docker build .`, with BuildKit or without. It is also the validation that
# every CI runs: an image comes only out of a checkout whose format, lint, types and unit tests are right.

# What the helper runs on: node, from 24.15, and the libraries that it needs. No shell is needed.
ARG NODE_IMAGE=node:24-slim
# What checks and compiles: with npm and bash as well. One that has this lock file's dependencies in
# /app/node_modules, as ./dev left them there, builds without a network.
ARG BUILD_IMAGE=${NODE_IMAGE}

FROM ${BUILD_IMAGE} AS build
WORKDIR /app
COPY dev package.json package-lock.json .npmrc ./
# Installs what the lock file names; `env` is a script that every npm knows and that does nothing.
RUN ./dev env >/dev/null
COPY . .
# `no` is for a checkout that has passed all this a moment ago.
ARG VERIFY=yes
RUN [ "$VERIFY" = no ] || { ./dev check && ./dev test --project unit; }
RUN ./dev build
ARG REVISION=
RUN node deploy/pack.ts /app/out "$REVISION" && node /app/out/dist/main.js --version

FROM ${NODE_IMAGE}
COPY --from=build /app/out /app
# The store's folder. A new volume that is mounted there takes over its owner.
COPY --from=build --chown=10001:10001 /app/out/data /data
ENV NODE_ENV=production
# The store's default, ./data/cd-helper.db, is /data/cd-helper.db from here.
WORKDIR /
USER 10001:10001
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "/app/healthcheck.mjs"]
# Node would keep twice 64 MB for what is new, for no more speed.
ENTRYPOINT ["node", "--max-semi-space-size=16", "/app/dist/main.js"]
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
