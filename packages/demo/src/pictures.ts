export { renderScene } from './scene/render-scene.ts';
export { type Scene, sceneOf } from './scene/scene.ts';
