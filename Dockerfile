# One target an app: docker build --target scheduler .
# Server code is TypeScript that Node runs as it is: there is nothing to build but the console's pages.
FROM node:24.11.0-bookworm-slim AS base
ENV NODE_ENV=production
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY apps/ apps/
COPY packages/ packages/
# A new volume takes its owner from here: `models fetch` writes into it.
RUN mkdir /models && chown node:node /models

# Only what the app itself needs: the scheduler's image holds no onnxruntime.
FROM base AS scheduler-modules
RUN npm install --omit=dev --ignore-scripts --workspace @mycelium/scheduler
FROM base AS worker-env-stats-modules
RUN npm install --omit=dev --ignore-scripts --workspace @mycelium/worker-env-stats
FROM base AS worker-setpoint-modules
RUN npm install --omit=dev --ignore-scripts --workspace @mycelium/worker-setpoint
FROM base AS worker-clip-modules
RUN npm install --omit=dev --ignore-scripts --workspace @mycelium/worker-clip
FROM base AS cli-modules
RUN npm install --omit=dev --ignore-scripts --workspace @mycelium/cli
FROM base AS dashboard-modules
RUN npm install --include=dev --ignore-scripts --workspace @mycelium/dashboard \
  && npm run build --workspace @mycelium/dashboard \
  && npm prune --omit=dev --ignore-scripts --workspace @mycelium/dashboard

# CUDA 12 and cuDNN 9 for onnxruntime: its install script fetches the provider that matches its version.
FROM nvidia/cuda:12.8.1-cudnn-runtime-ubuntu24.04 AS worker-clip-gpu
COPY --from=base /usr/local/ /usr/local/
ENV NODE_ENV=production
WORKDIR /app
COPY --from=base /app ./
RUN npm install --omit=dev --ignore-scripts --workspace @mycelium/worker-clip \
  && cd node_modules/onnxruntime-node && ONNXRUNTIME_NODE_INSTALL=cuda12 node ./script/install
RUN useradd --create-home --uid 10001 node && mkdir /models && chown 1000:1000 /models
USER node
CMD ["node", "apps/worker-clip/src/main.ts"]

FROM base AS scheduler
COPY --from=scheduler-modules /app/node_modules node_modules
USER node
CMD ["node", "apps/scheduler/src/main.ts"]

FROM base AS worker-env-stats
COPY --from=worker-env-stats-modules /app/node_modules node_modules
USER node
CMD ["node", "apps/worker-env-stats/src/main.ts"]

FROM base AS worker-setpoint
COPY --from=worker-setpoint-modules /app/node_modules node_modules
USER node
CMD ["node", "apps/worker-setpoint/src/main.ts"]

FROM base AS worker-clip
COPY --from=worker-clip-modules /app/node_modules node_modules
USER node
CMD ["node", "apps/worker-clip/src/main.ts"]

FROM base AS dashboard
COPY --from=dashboard-modules /app/node_modules node_modules
COPY --from=dashboard-modules /app/apps/dashboard/dist apps/dashboard/dist
USER node
CMD ["node", "apps/dashboard/src/main.ts"]

FROM base AS cli
COPY --from=cli-modules /app/node_modules node_modules
USER node
ENTRYPOINT ["node", "apps/cli/src/main.ts"]
