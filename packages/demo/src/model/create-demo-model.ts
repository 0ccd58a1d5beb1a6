import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNormaliser } from '@mycelium/encoder';
import {
  clipDeviation,
  clipMean,
  elementType,
  OnnxGraph,
  writeClipConfig,
  writeTokenizer,
} from '@mycelium/encoder/testing';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { sceneCaption } from '../scene/scene.ts';
import { conceptDimensions, meaningDimensions } from './concepts.ts';
import { type AffineMap, type Fit, fit, type Sample } from './fit.ts';
import { captionConcept, DIMENSIONS, textTower } from './text-tower.ts';
import { trainingScenes } from './training-scenes.ts';
import { addFeatures, featureCount } from './vision-features.ts';
import { pairs, vocabulary, wordPattern } from './vocabulary.ts';

/** The share of a picture's vector (of its squared length) that is its meaning; the rest identifies the picture. */
const MEANING_SHARE = 0.12;

export interface DemoModelOptions {
  seed?: number;
  /** How many scenes are rendered to fit the model. */
  scenes?: number;
  onProgress?: (progress: { done: number; total: number }) => void;
}

/**
 * Creates the demo CLIP in `dir`: a text tower that adds up the meanings of known words, and an image tower whose
 * fixed colour and texture features are fitted, in closed form, to the captions of rendered scenes. It works only for
 * pictures of the demo farm.
 */
export async function createDemoModel(dir: string, options: DemoModelOptions = {}): Promise<void> {
  const { seed = 1, scenes = 800, onProgress } = options;
  await mkdir(join(dir, 'onnx'), { recursive: true });
  const tokenizer = await writeTokenizer(dir, {
    words: vocabulary.map(({ text }) => text),
    pairs,
    pattern: wordPattern,
  });
  await writeClipConfig(
    dir,
    { visionWidth: featureCount, textWidth: conceptDimensions, vocabulary: tokenizer.size, patch: 16 },
    { mycelium_demo: true },
  );
  await textTower(tokenizer).write(join(dir, 'onnx/text_model.onnx'));

  const measure = await featureMeter(seed);
  const samples: Sample[] = [];
  for await (const { scene, copies } of trainingScenes(scenes, seed)) {
    samples.push({ copies: await measure(copies), meaning: captionConcept(sceneCaption(scene)) });
    onProgress?.({ done: samples.length, total: scenes });
  }
  await imageTower(fit(samples, meaningDimensions), seed).write(join(dir, 'onnx/vision_model.onnx'));
}

/** Computes the features of decoded images with the graph that becomes the first half of the model. */
async function featureMeter(seed: number) {
  const graph = new OnnxGraph();
  const pixels = graph.input('pixel_values', elementType.float32, ['batch', 3, 224, 224]);
  graph.output(addFeatures(graph, pixels, seed), 'features', elementType.float32, ['batch', featureCount]);
  const dir = await mkdtemp(join(tmpdir(), 'demo-model-'));
  await graph.write(join(dir, 'features.onnx'));
  // One thread gives sums a fixed order, so that the same seed gives the same bytes.
  const session = await InferenceSession.create(join(dir, 'features.onnx'), { intraOpNumThreads: 1 });
  await rm(dir, { recursive: true });
  const normalise = createNormaliser({ mean: [...clipMean], std: [...clipDeviation], rescale: 1 / 255 });

  return async (images: { data: Uint8Array }[]): Promise<Float32Array[]> => {
    const rgb = Buffer.concat(images.map(({ data }) => data));
    const input = new Tensor('float32', normalise(rgb), [images.length, 3, 224, 224]);
    const { features } = await session.run({ pixel_values: input });
    const values = features?.data as Float32Array;
    return images.map((_, i) => values.slice(i * featureCount, (i + 1) * featureCount));
  };
}

/** pixel_values [n, 3, 224, 224] → image_embeds [n, 512]: meaning, zeros where only texts have values, identity. */
function imageTower({ meaning, identity }: Fit, seed: number): OnnxGraph {
  const graph = new OnnxGraph();
  const pixels = graph.input('pixel_values', elementType.float32, ['batch', 3, 224, 224]);
  const features = addFeatures(graph, pixels, seed);
  const padded = (map: AffineMap, share: number, before: number, after: number) => {
    const values = graph.node('Gemm', [
      features,
      graph.floats([featureCount, map.weights.columns], map.weights.values),
      graph.floats([map.weights.columns], map.bias),
    ]);
    const unit = graph.node('LpNormalization', [values], { axis: 1, p: 2 });
    const scaled = graph.node('Mul', [unit, graph.floats([1], [Math.sqrt(share)])]);
    return graph.node('Pad', [scaled, graph.integers([0, before, 0, after])]);
  };
  const embeddings = graph.node('Add', [
    padded(meaning, MEANING_SHARE, 0, DIMENSIONS - meaning.weights.columns),
    padded(
      identity,
      1 - MEANING_SHARE,
      conceptDimensions,
      DIMENSIONS - conceptDimensions - identity.weights.columns,
    ),
  ]);
  graph.output(embeddings, 'image_embeds', elementType.float32, ['batch', DIMENSIONS]);
  return graph;
}
