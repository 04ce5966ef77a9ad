# The five services and the swarm command; docker-compose.yml says which one a container runs.
FROM node:22-slim AS build
WORKDIR /src
ENV CI=true NX_DAEMON=false
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-progress
COPY . .
# Postgres is a container of its own, so the embedded one, an optional package, goes too.
RUN npm run build && npm prune --omit=dev --omit=optional --no-progress

FROM node:22-slim
ENV NODE_ENV=production NODE_OPTIONS=--enable-source-maps
WORKDIR /opt/build-swarm
# The binhost's volume takes its owner from here.
RUN mkdir -p /var/lib/build-swarm/binhost && chown -R node:node /var/lib/build-swarm
COPY --from=build /src/package.json ./
COPY --from=build /src/node_modules ./node_modules
COPY --from=build /src/prisma ./prisma
COPY --from=build /src/bin ./bin
COPY --from=build /src/dist/apps ./dist/apps
RUN ln -s /opt/build-swarm/bin/swarm /usr/local/bin/swarm
USER node
STOPSIGNAL SIGTERM
CMD ["swarm", "--help"]
