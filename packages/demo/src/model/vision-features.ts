import { gaussians, type Random, seededRandom, seedOf } from '@mycelium/encoder/random';
import type { OnnxGraph } from '@mycelium/encoder/testing';
import { clipDeviation, clipMean } from '@mycelium/encoder/testing';

const FILTERS = 28;
const FILTER = 5;
const COLOURS = 40;
/** Texture is measured after reducing the picture by these factors: coarse outlines and grain. */
const reductions = [2, 4, 8, 16] as const;
/** The upper, middle and lower third of the picture. */
const REGIONS = 3;

export const featureCount = (reductions.length * FILTERS + COLOURS) * REGIONS;

/**
 * Adds to the graph: `pixels` [n, 3, 224, 224] as CLIP prepares them → [n, featureCount], the amount of each colour
 * and texture in each third of the picture. Filters are random and fixed. Mirroring does not change the features, nor
 * does brightness, except for clipped highlights.
 */
export function addFeatures(graph: OnnxGraph, pixels: string, seed: number): string {
  const scale = graph.floats([1, 3, 1, 1], clipDeviation);
  const shift = graph.floats([1, 3, 1, 1], clipMean);
  const rgb = graph.node('Add', [graph.node('Mul', [pixels, scale]), shift]);
  const mean = graph.node('ReduceMean', [rgb], { axes: [1, 2, 3], keepdims: 1 });
  const even = graph.node('Div', [rgb, graph.node('Add', [mean, graph.floats([1], [0.01])])]);

  const textures = reductions.map((reduction) => {
    const small = average(graph, even, reduction);
    const filters = mirroredPairs(seededRandom(seedOf(seed, 'texture', reduction)));
    const stride = reduction < 4 ? 2 : 1;
    const answers = graph.node('Conv', [small, graph.floats([2 * FILTERS, 3, FILTER, FILTER], filters)], {
      kernel_shape: [FILTER, FILTER],
      strides: [stride, stride],
    });
    const strengths = pooled(graph, graph.node('Abs', [answers]));
    // Adds the strengths of a filter and its mirror image: [n, pair, filter, region] → [n, filter, region].
    const pairs = graph.node('Reshape', [strengths, graph.integers([0, 2, FILTERS, REGIONS])]);
    return graph.node('ReduceMean', [pairs], { axes: [1], keepdims: 0 });
  });
  const colours = colourShares(graph, average(graph, even, 4), seededRandom(seedOf(seed, 'colour')));
  const all = graph.node('Concat', [...textures, colours], { axis: 1 });
  return graph.node('Flatten', [graph.node('Log', [graph.node('Add', [all, graph.floats([1], [0.003])])])], {
    axis: 1,
  });
}

function average(graph: OnnxGraph, input: string, size: number): string {
  return graph.node('AveragePool', [input], { kernel_shape: [size, size], strides: [size, size] });
}

/** The share of the picture beyond each of COLOURS random planes through colour space. */
function colourShares(graph: OnnxGraph, input: string, random: Random): string {
  const directions = gaussians(random, COLOURS * 3, 1);
  const offsets = Float32Array.from({ length: COLOURS }, (_, at) => {
    const along = (channel: number) => directions[at * 3 + channel] as number;
    const grey = 0.2 + 2 * random();
    return -(along(0) + along(1) + along(2)) * grey + (random() - 0.5) * 0.3;
  });
  const beyond = graph.node('Conv', [
    input,
    graph.floats([COLOURS, 3, 1, 1], directions),
    graph.floats([COLOURS], offsets),
  ]);
  return pooled(graph, graph.node('Relu', [beyond]));
}

/** [n, channel, height, width] → [n, channel, region]: the mean of each third. */
function pooled(graph: OnnxGraph, input: string): string {
  const rows = graph.node('ReduceMean', [input], { axes: [3], keepdims: 1 });
  const shape = graph.node('Shape', [rows]);
  const height = graph.node('Slice', [shape, graph.integers([2]), graph.integers([3])]);
  const edge = (third: number) =>
    graph.node('Div', [graph.node('Mul', [height, graph.integers([third])]), graph.integers([3])]);
  const axis = graph.integers([2]);
  const thirds = [0, 1, 2].map((third) => {
    const part = graph.node('Slice', [rows, edge(third), edge(third + 1), axis]);
    return graph.node('ReduceMean', [part], { axes: [2, 3], keepdims: 1 });
  });
  return graph.node('Squeeze', [graph.node('Concat', thirds, { axis: 2 }), graph.integers([3])]);
}

/** FILTERS random filters that sum to zero in each channel, then the same ones mirrored. */
function mirroredPairs(random: Random): Float32Array {
  const area = FILTER * FILTER;
  const filters = gaussians(random, FILTERS * 3 * area, (3 * area) ** -0.5);
  for (let plane = 0; plane < filters.length; plane += area) {
    const mean = filters.subarray(plane, plane + area).reduce((sum, value) => sum + value, 0) / area;
    for (let at = plane; at < plane + area; at++) filters[at] = (filters[at] as number) - mean;
  }
  const both = new Float32Array(filters.length * 2);
  both.set(filters);
  for (let at = 0; at < filters.length; at++) {
    const column = at % FILTER;
    both[filters.length + at] = filters[at - column + FILTER - 1 - column] as number;
  }
  return both;
}
