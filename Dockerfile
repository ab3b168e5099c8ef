# All images: `docker build --target proxy|prober|controller|cli|simulator .`, and those of others with our
# settings in them: `--target prometheus|grafana|balancer`.
#
# Node 24 runs the TypeScript sources directly, so an image is Node, the production dependencies of
# one workspace, and the sources that it imports. Root owns all files; each service runs under its
# own user id and cannot write to them. A health check starts Node, which takes more than three
# seconds on a busy machine; with a shorter timeout, Swarm would replace a healthy proxy.
ARG NODE_IMAGE=node:24.21.0-bookworm-slim
ARG PROMETHEUS_IMAGE=prom/prometheus:v3.13.1
ARG GRAFANA_IMAGE=grafana/grafana:13.1.2
ARG HAPROXY_IMAGE=haproxy:3.2.18

# Readable by the services' users, which a clone made with a umask of 077 or 027 is not.
FROM ${NODE_IMAGE} AS sources
WORKDIR /source
COPY . .
RUN chmod -R u=rwX,go=rX .

# Only the manifests, so that changing a source file does not reinstall the dependencies.
FROM sources AS manifests
RUN mkdir /manifests && find . -name package.json -exec cp --parents {} /manifests ';' \
 && cp package-lock.json .npmrc /manifests

FROM ${NODE_IMAGE} AS install
WORKDIR /app
COPY --from=manifests /manifests ./

FROM install AS proxy-modules
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev --workspace=services/proxy

# Includes the Claude CLI. Its binary is an optional dependency, so never `--omit=optional` here.
FROM install AS prober-modules
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev --workspace=services/prober

FROM install AS controller-modules
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev --workspace=services/controller

# Also includes the Claude CLI: `zephyr probe` and `zephyr doctor` run it.
FROM install AS cli-modules
RUN --mount=type=cache,target=/root/.npm \
    npm ci --omit=dev --ignore-scripts --workspace=packages/cli

# The web dashboard is static files; its build tools stay out of the images.
FROM install AS dashboard
RUN --mount=type=cache,target=/root/.npm npm ci --workspace=packages/dashboard
COPY --from=sources /source/tsconfig.json ./
COPY --from=sources /source/packages packages
RUN npm run build --workspace=packages/dashboard

FROM ${NODE_IMAGE} AS runtime
ENV NODE_ENV=production \
    ZEPHYR_CONFIG=/config/config.toml \
    ZEPHYR_ENV_FILE=/config/.env
WORKDIR /app

FROM runtime AS proxy
COPY --from=proxy-modules /app ./
COPY --from=sources /source/packages/contract packages/contract
COPY --from=sources /source/packages/core packages/core
COPY --from=sources /source/packages/runtime packages/runtime
COPY --from=sources /source/packages/texts packages/texts
COPY --from=sources /source/services/proxy services/proxy
COPY --from=sources /source/deploy/container-check.ts deploy/container-check.ts
COPY --from=dashboard /app/packages/dashboard/dist packages/dashboard/dist
# The last good snapshot, for a start without Redis. A new volume here gets this folder's owner.
RUN install -d -o 10001 -g 10001 /state
USER 10001:10001
ENV ZEPHYR_LISTEN=0.0.0.0:8080 \
    XDG_STATE_HOME=/state
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=10s --start-period=60s --start-interval=1s \
  CMD ["node", "deploy/container-check.ts", "8080"]
CMD ["node", "--max-semi-space-size=8", "--no-allocation-site-pretenuring", "--heap-growing-percent=100", "services/proxy/src/main.ts"]

FROM runtime AS prober
COPY --from=prober-modules /app ./
COPY --from=sources /source/packages/contract packages/contract
COPY --from=sources /source/packages/core packages/core
COPY --from=sources /source/packages/runtime packages/runtime
COPY --from=sources /source/packages/probes packages/probes
COPY --from=sources /source/packages/texts packages/texts
COPY --from=sources /source/services/prober services/prober
COPY --from=sources /source/deploy/container-check.ts deploy/container-check.ts
USER 10002:10002
ENV ZEPHYR_LISTEN=0.0.0.0:8082
EXPOSE 8082
HEALTHCHECK --interval=10s --timeout=10s --start-period=60s --start-interval=1s \
  CMD ["node", "deploy/container-check.ts", "8082"]
CMD ["node", "--max-semi-space-size=8", "--no-allocation-site-pretenuring", "--heap-growing-percent=100", "services/prober/src/main.ts"]

FROM runtime AS controller
COPY --from=controller-modules /app ./
COPY --from=sources /source/packages/contract packages/contract
COPY --from=sources /source/packages/core packages/core
COPY --from=sources /source/packages/runtime packages/runtime
COPY --from=sources /source/packages/texts packages/texts
COPY --from=sources /source/services/controller services/controller
COPY --from=sources /source/deploy/container-check.ts deploy/container-check.ts
COPY --from=dashboard /app/packages/dashboard/dist packages/dashboard/dist
USER 10003:10003
ENV ZEPHYR_LISTEN=0.0.0.0:8081
EXPOSE 8081
HEALTHCHECK --interval=10s --timeout=10s --start-period=60s --start-interval=1s \
  CMD ["node", "deploy/container-check.ts", "8081"]
CMD ["node", "--max-semi-space-size=8", "--no-allocation-site-pretenuring", "--heap-growing-percent=100", "services/controller/src/main.ts"]

# The `zephyr` command: passwords, client keys, status.
FROM runtime AS cli
COPY --from=cli-modules /app ./
COPY --from=sources /source/packages packages
USER 10004:10004
ENTRYPOINT ["node", "packages/cli/src/main.ts"]

# An endpoint with no model behind it, for the demo and for tests of the whole system.
FROM runtime AS simulator
COPY --from=sources /source/packages/testkit packages/testkit
USER 10005:10005
EXPOSE 9000
HEALTHCHECK --interval=10s --timeout=10s --start-period=30s --start-interval=1s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9000/').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "packages/testkit/src/simulated-endpoint-main.ts", "--host", "0.0.0.0"]

# Settings are copied, not mounted: a mounted file has the owner and mode of the clone, so the users of
# these images could not read it. Compose cannot change that: `mode` has no effect on a `file` of its
# `configs`, and `content` needs a writable root.
FROM ${PROMETHEUS_IMAGE} AS prometheus
COPY --from=sources /source/grafana/prometheus /etc/prometheus

FROM ${GRAFANA_IMAGE} AS grafana
COPY --from=sources /source/grafana/provisioning /etc/grafana/provisioning
COPY --from=sources /source/grafana/dashboards /etc/grafana/dashboards

FROM ${HAPROXY_IMAGE} AS balancer
COPY --from=sources /source/deploy/compose/haproxy.cfg /usr/local/etc/haproxy/haproxy.cfg
