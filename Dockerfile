# One target per app: docker build --target scheduler .
# Node runs the server's TypeScript directly, so only the console's pages are built. The lock file has the versions of
# all packages.
FROM node:24.21.0-bookworm-slim AS node
ENV NODE_ENV=production
WORKDIR /app
# A new volume takes its owner from here; `models fetch` writes into it.
RUN mkdir /models && chown node:node /models

# Only what npm needs, so that packages are installed again when one of these files changes, not with every line of code.
FROM node AS manifests
COPY package.json package-lock.json .npmrc ./
COPY apps/ apps/
COPY packages/ packages/
RUN find apps packages -type f -not -name package.json -delete

# Only the packages of the app: the scheduler's image contains no onnxruntime.
FROM node AS installing
COPY --from=manifests /app ./
# Two thirds of the encoder's packages are for browsers and other operating systems.
ENV UNUSED="node_modules/onnxruntime-web node_modules/onnxruntime-node/bin/napi-v6/darwin node_modules/onnxruntime-node/bin/napi-v6/win32"
FROM installing AS scheduler-modules
RUN npm install --omit=dev --ignore-scripts --workspace @mycelium/scheduler
FROM installing AS worker-env-stats-modules
RUN npm install --omit=dev --ignore-scripts --workspace @mycelium/worker-env-stats
FROM installing AS worker-setpoint-modules
RUN npm install --omit=dev --ignore-scripts --workspace @mycelium/worker-setpoint
FROM installing AS worker-clip-modules
RUN npm install --omit=dev --ignore-scripts --workspace @mycelium/worker-clip && rm -r $UNUSED
FROM installing AS cli-modules
RUN npm install --omit=dev --ignore-scripts --workspace @mycelium/cli && rm -r $UNUSED
FROM installing AS dashboard-modules
RUN npm install --omit=dev --ignore-scripts --workspace @mycelium/dashboard && rm -r $UNUSED

# The dashboard's image does not contain the tools that build the console's pages.
FROM installing AS console
RUN npm install --include=dev --ignore-scripts --workspace @mycelium/dashboard
COPY apps/dashboard/ apps/dashboard/
COPY packages/ packages/
RUN npm run build --workspace @mycelium/dashboard

# The CUDA 12 provider that matches onnxruntime's version; npm's package leaves it out.
FROM worker-clip-modules AS worker-clip-gpu-modules
RUN cd node_modules/onnxruntime-node && ONNXRUNTIME_NODE_INSTALL=cuda12 node ./script/install

FROM node AS scheduler
COPY --from=scheduler-modules /app ./
COPY packages/ packages/
COPY apps/scheduler/ apps/scheduler/
USER node
CMD ["node", "apps/scheduler/src/main.ts"]

FROM node AS worker-env-stats
COPY --from=worker-env-stats-modules /app ./
COPY packages/ packages/
COPY apps/worker-env-stats/ apps/worker-env-stats/
USER node
CMD ["node", "apps/worker-env-stats/src/main.ts"]

FROM node AS worker-setpoint
COPY --from=worker-setpoint-modules /app ./
COPY packages/ packages/
COPY apps/worker-setpoint/ apps/worker-setpoint/
USER node
CMD ["node", "apps/worker-setpoint/src/main.ts"]

FROM node AS worker-clip
COPY --from=worker-clip-modules /app ./
COPY packages/ packages/
COPY apps/worker-clip/ apps/worker-clip/
USER node
CMD ["node", "apps/worker-clip/src/main.ts"]

# CUDA 12 and cuDNN 9 for onnxruntime. The image's user 1000 is named ubuntu; elsewhere it is node.
FROM nvidia/cuda:12.8.1-cudnn-runtime-ubuntu24.04 AS worker-clip-gpu
ENV NODE_ENV=production
WORKDIR /app
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=worker-clip-gpu-modules /app ./
COPY packages/ packages/
COPY apps/worker-clip/ apps/worker-clip/
RUN usermod --login node ubuntu && mkdir /models && chown node:ubuntu /models
USER node
CMD ["node", "apps/worker-clip/src/main.ts"]

FROM node AS dashboard
COPY --from=dashboard-modules /app ./
COPY packages/ packages/
COPY apps/dashboard/ apps/dashboard/
COPY --from=console /app/apps/dashboard/dist apps/dashboard/dist
USER node
CMD ["node", "apps/dashboard/src/main.ts"]

FROM node AS cli
COPY --from=cli-modules /app ./
COPY packages/ packages/
COPY apps/cli/ apps/cli/
USER node
ENTRYPOINT ["node", "apps/cli/src/main.ts"]
