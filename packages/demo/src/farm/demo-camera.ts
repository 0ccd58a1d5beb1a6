/** A worker thread that renders the pictures of the demo's cameras. */
import { parentPort } from 'node:worker_threads';
import { renderScene } from '../scene/render-scene.ts';
import type { Scene } from '../scene/scene.ts';

parentPort?.on('message', async (scene: Scene) => {
  const jpeg = await renderScene(scene, { width: 800, height: 450 });
  parentPort?.postMessage(jpeg);
});
