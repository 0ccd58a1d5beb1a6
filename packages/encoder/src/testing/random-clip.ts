import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeClipConfig } from './clip-files.ts';
import { elementType, OnnxGraph } from './onnx-writer.ts';
import { type Dtype, type RandomWeights, randomWeights } from './random-weights.ts';
import { type Tokenizer, writeTokenizer } from './tokenizer-files.ts';

export interface RandomClipOptions {
  size: 'tiny' | 'b32';
  dtype: Dtype;
  seed: number;
}

interface TowerSize {
  width: number;
  layers: number;
  heads: number;
  hidden: number;
}

/** `b32` is as slow as CLIP ViT-B/32; only its vocabulary is smaller. */
const sizes: Record<'tiny' | 'b32', { vision: TowerSize; text: TowerSize }> = {
  tiny: {
    vision: { width: 64, layers: 2, heads: 4, hidden: 256 },
    text: { width: 64, layers: 2, heads: 4, hidden: 256 },
  },
  b32: {
    vision: { width: 768, layers: 12, heads: 12, hidden: 3072 },
    text: { width: 512, layers: 12, heads: 8, hidden: 2048 },
  },
};

const CONTEXT = 77;
const DIMENSIONS = 512;
const PATCH = 32;
const PATCHES = (224 / PATCH) ** 2;

/**
 * Writes a CLIP with random weights into `dir`, in the form that transformers.js loads: for tests and benchmarks. Its
 * vectors mean nothing. fp32 and q8 may be written into the same folder one after the other.
 */
export async function createRandomClip(dir: string, options: RandomClipOptions): Promise<void> {
  const { vision, text } = sizes[options.size];
  await mkdir(join(dir, 'onnx'), { recursive: true });
  const tokenizer = await writeTokenizer(dir, {
    words: [],
    pairs: [],
    pattern: '[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+',
  });
  await writeClipConfig(dir, {
    visionWidth: vision.width,
    textWidth: text.width,
    vocabulary: tokenizer.size,
    patch: PATCH,
  });
  const suffix = options.dtype === 'q8' ? '_quantized' : '';
  await visionGraph(vision, options).write(join(dir, `onnx/vision_model${suffix}.onnx`));
  await textGraph(text, tokenizer, options).write(join(dir, `onnx/text_model${suffix}.onnx`));
}

function visionGraph(size: TowerSize, { dtype, seed }: RandomClipOptions): OnnxGraph {
  const graph = new OnnxGraph();
  const weights = randomWeights(graph, dtype, seed);
  const { width } = size;
  const pixels = graph.input('pixel_values', elementType.float32, ['batch', 3, 224, 224]);
  const filters = weights.tensor([width, 3, PATCH, PATCH], (3 * PATCH * PATCH) ** -0.5);
  const patches = graph.node('Conv', [pixels, filters], {
    strides: [PATCH, PATCH],
    kernel_shape: [PATCH, PATCH],
  });
  const flat = graph.node('Reshape', [patches, graph.integers([0, width, -1])]);
  const tokens = graph.node('Transpose', [flat], { perm: [0, 2, 1] });
  const batch = graph.node('Slice', [
    graph.node('Shape', [pixels]),
    graph.integers([0]),
    graph.integers([1]),
  ]);
  const classShape = graph.node('Concat', [batch, graph.integers([1, width])], { axis: 0 });
  const classToken = graph.node('Expand', [weights.tensor([1, 1, width], 0.02), classShape]);
  const sequence = graph.node('Concat', [classToken, tokens], { axis: 1 });
  const placed = graph.node('Add', [sequence, weights.tensor([1, PATCHES + 1, width], 0.02)]);
  const hidden = transformer(graph, weights, weights.layerNorm(placed, width), size);
  const first = graph.node('Gather', [hidden, graph.integer(0)], { axis: 1 });
  const projection = weights.tensor([width, DIMENSIONS], width ** -0.5);
  const embeddings = graph.node('MatMul', [weights.layerNorm(first, width), projection]);
  graph.output(embeddings, 'image_embeds', elementType.float32, ['batch', DIMENSIONS]);
  return graph;
}

function textGraph(size: TowerSize, tokenizer: Tokenizer, { dtype, seed }: RandomClipOptions): OnnxGraph {
  const graph = new OnnxGraph();
  const weights = randomWeights(graph, dtype, seed + 1);
  const { width } = size;
  const ids = graph.input('input_ids', elementType.int64, ['batch', 'sequence']);
  const shape = graph.node('Shape', [ids]);
  const length = graph.node('Slice', [shape, graph.integers([1]), graph.integers([2])]);
  const words = graph.node('Gather', [weights.tensor([tokenizer.size, width], 0.02), ids]);
  const positions = graph.node('Slice', [
    weights.tensor([CONTEXT, width], 0.01),
    graph.integers([0]),
    length,
    graph.integers([0]),
  ]);
  const placed = graph.node('Add', [words, positions]);
  const mask = graph.node('Slice', [
    graph.floats([1, 1, CONTEXT, CONTEXT], causalMask()),
    graph.integers([0, 0]),
    graph.node('Concat', [length, length], { axis: 0 }),
    graph.integers([2, 3]),
  ]);
  const hidden = weights.layerNorm(transformer(graph, weights, placed, size, mask), width);
  // The text vector is read at the end token, which has the highest id.
  const end = graph.node('ArgMax', [ids], { axis: 1, keepdims: 0 });
  const count = graph.node('Squeeze', [
    graph.node('Slice', [shape, graph.integers([0]), graph.integers([1])]),
  ]);
  const rows = graph.node('Range', [graph.integer(0), count, graph.integer(1)]);
  const column = graph.integers([1]);
  const at = graph.node(
    'Concat',
    [graph.node('Unsqueeze', [rows, column]), graph.node('Unsqueeze', [end, column])],
    {
      axis: 1,
    },
  );
  const projection = weights.tensor([width, DIMENSIONS], width ** -0.5);
  const embeddings = graph.node('MatMul', [graph.node('GatherND', [hidden, at]), projection]);
  graph.output(embeddings, 'text_embeds', elementType.float32, ['batch', DIMENSIONS]);
  return graph;
}

/** Each token sees itself and those before it. */
function causalMask(): Float32Array {
  return Float32Array.from({ length: CONTEXT * CONTEXT }, (_, at) =>
    at % CONTEXT > Math.floor(at / CONTEXT) ? -1e9 : 0,
  );
}

/** Pre-norm transformer blocks with CLIP's quick GELU, x · sigmoid(1.702 x). */
function transformer(
  graph: OnnxGraph,
  weights: RandomWeights,
  input: string,
  size: TowerSize,
  mask?: string,
): string {
  const { width, heads, hidden } = size;
  const deviation = width ** -0.5;
  const scale = graph.floats([1], [(width / heads) ** -0.5]);
  const steepness = graph.floats([1], [1.702]);
  const split = graph.integers([0, -1, heads, width / heads]);
  const joined = graph.integers([0, -1, width]);
  const byHead = (values: string, perm: number[]) =>
    graph.node('Transpose', [graph.node('Reshape', [values, split])], { perm });

  let residual = input;
  for (let layer = 0; layer < size.layers; layer++) {
    const normal = weights.layerNorm(residual, width);
    const query = graph.node('Mul', [weights.linear(normal, width, width, deviation), scale]);
    const keys = weights.linear(normal, width, width, deviation);
    const values = weights.linear(normal, width, width, deviation);
    const scores = graph.node('MatMul', [byHead(query, [0, 2, 1, 3]), byHead(keys, [0, 2, 3, 1])]);
    const masked = mask ? graph.node('Add', [scores, mask]) : scores;
    const attention = graph.node('Softmax', [masked], { axis: -1 });
    const seen = graph.node('MatMul', [attention, byHead(values, [0, 2, 1, 3])]);
    const merged = graph.node('Reshape', [graph.node('Transpose', [seen], { perm: [0, 2, 1, 3] }), joined]);
    residual = graph.node('Add', [residual, weights.linear(merged, width, width, deviation * 0.5)]);

    const wide = weights.linear(weights.layerNorm(residual, width), width, hidden, deviation);
    const gate = graph.node('Sigmoid', [graph.node('Mul', [wide, steepness])]);
    const narrow = weights.linear(graph.node('Mul', [wide, gate]), hidden, width, hidden ** -0.5 * 0.5);
    residual = graph.node('Add', [residual, narrow]);
  }
  return residual;
}
