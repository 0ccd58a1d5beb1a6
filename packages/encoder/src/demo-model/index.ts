export { demoModelDir } from './demo-model-dir.ts';
export { type Random, seededRandom, seedOf } from './random.ts';
export { createRandomClip, type RandomClipOptions } from './random-clip.ts';
export { type RenderOptions, renderScene } from './render-scene.ts';
export { batchSeed, type Scene, type Stage, sceneCaption, sceneOf, stageOfDay } from './scene.ts';
