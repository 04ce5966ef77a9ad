# A drone: a Gentoo whose own Portage builds for its own ROOT. All drones of one profile must be of one image, or be
# configured alike.
FROM node:22-slim AS build
WORKDIR /src
ENV CI=true NX_DAEMON=false
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-progress
COPY . .
RUN npx nx run drone:build && npm prune --omit=dev --omit=optional --no-progress

# A dated tag makes drones that are built on different days alike: gentoo/stage3:amd64-openrc-<date>.
ARG STAGE3=gentoo/stage3:amd64-openrc
FROM ${STAGE3}
# A container may not make namespaces of its own; without this every build begins with warnings about it.
RUN echo 'FEATURES="${FEATURES} -ipc-sandbox -mount-sandbox -network-sandbox -pid-sandbox"' >> /etc/portage/make.conf
# Node.js comes from Gentoo, as a binary where Gentoo has one.
RUN emerge-webrsync --quiet \
 && emerge --quiet --getbinpkg --usepkg --oneshot net-libs/nodejs \
 && rm -rf /var/cache/distfiles/* /var/cache/binpkgs/*
# From here on dependencies come from the swarm's staging binhost, and from nowhere else.
RUN rm -rf /etc/portage/binrepos.conf
WORKDIR /opt/build-swarm
COPY --from=build /src/package.json ./
COPY --from=build /src/node_modules ./node_modules
COPY --from=build /src/libs/adapters/portage/shim ./shim
COPY --from=build /src/dist/apps/drone ./dist/apps/drone
ENV NODE_ENV=production NODE_OPTIONS=--enable-source-maps SWARM_STATE_DIR=/var/lib/build-drone
VOLUME /var/lib/build-drone
# Portage changes the owner of what it builds, so the agent runs as root.
STOPSIGNAL SIGTERM
CMD ["node", "dist/apps/drone/main.js"]
