import { seededRandom, seedOf } from '../random.ts';
import { elementType, type OnnxGraph } from './onnx-writer.ts';

export type Dtype = 'fp32' | 'q8';

/**
 * Adds layers with random weights to a graph; every tensor has its own random stream, so their order does not matter.
 */
export interface RandomWeights {
  /** Uniformly distributed numbers of the given standard deviation. */
  tensor(shape: readonly number[], deviation: number): string;
  /** [n, t, from] → [n, t, to]: a product with random weights, and a bias of zeros. */
  linear(input: string, from: number, to: number, deviation: number): string;
  layerNorm(input: string, width: number): string;
}

export function randomWeights(graph: OnnxGraph, dtype: Dtype, seed: number): RandomWeights {
  let drawn = 0;
  const nextRandom = () => seededRandom(seedOf(seed, drawn++));
  const zeros = (length: number) => graph.floats([length], new Float32Array(length));

  function tensor(shape: readonly number[], deviation: number): string {
    const random = nextRandom();
    const reach = deviation * Math.sqrt(3);
    const length = shape.reduce((product, size) => product * size, 1);
    return graph.tensor(shape, elementType.float32, () => {
      const values = new Float32Array(length);
      for (let i = 0; i < length; i++) values[i] = (random() * 2 - 1) * reach;
      return values;
    });
  }

  function linear(input: string, from: number, to: number, deviation: number): string {
    if (dtype === 'fp32') {
      return graph.node('Add', [graph.node('MatMul', [input, tensor([from, to], deviation)]), zeros(to)]);
    }
    // Like models quantized for transformers.js: int8 weights, one scale per output, activations quantized at run time.
    const random = nextRandom();
    const weights = graph.tensor([from, to], elementType.int8, () => {
      const values = new Int8Array(from * to);
      for (let i = 0; i < values.length; i++) values[i] = Math.floor(random() * 255) - 127;
      return values;
    });
    const scales = graph.floats([to], new Float32Array(to).fill((deviation * Math.sqrt(3)) / 127));
    const zeroPoints = graph.tensor([to], elementType.int8, () => new Int8Array(to));
    return graph.node(
      'DynamicQuantizeMatMul',
      [input, weights, scales, zeroPoints, zeros(to)],
      {},
      'com.microsoft',
    );
  }

  function layerNorm(input: string, width: number): string {
    const ones = graph.floats([width], new Float32Array(width).fill(1));
    return graph.node('LayerNormalization', [input, ones, zeros(width)], {
      axis: -1,
      epsilon: { float: 1e-5 },
    });
  }

  return { tensor, linear, layerNorm };
}
