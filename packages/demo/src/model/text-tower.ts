import { elementType, OnnxGraph, spell, type Tokenizer } from '@mycelium/encoder/testing';
import { type Concept, conceptDimensions, nothing, textConcept, unknownConcept } from './concepts.ts';
import { vocabulary, wordPattern } from './vocabulary.ts';

export const DIMENSIONS = 512;

/** input_ids [n, tokens] → text_embeds [n, 512]: the sum of the words' meanings; padding adds nothing. */
export function textTower(tokenizer: Tokenizer): OnnxGraph {
  const graph = new OnnxGraph();
  const ids = graph.input('input_ids', elementType.int64, ['batch', 'sequence']);
  const meanings = graph.floats([tokenizer.size, conceptDimensions], wordTable(tokenizer));
  const words = graph.node('Gather', [meanings, ids]);
  const sum = graph.node('ReduceSum', [words, graph.integers([1])], { keepdims: 0 });
  const padding = graph.integers([0, 0, 0, DIMENSIONS - conceptDimensions]);
  graph.output(graph.node('Pad', [sum, padding]), 'text_embeds', elementType.float32, ['batch', DIMENSIONS]);
  return graph;
}

function wordTable(tokenizer: Tokenizer): Float32Array {
  const known = new Map(vocabulary.map(({ text, concept }) => [spell(text), concept]));
  const table = new Float32Array(tokenizer.size * conceptDimensions);
  for (const [token, id] of tokenizer.ids) {
    const concept =
      known.get(token) ??
      (id === tokenizer.start ? textConcept() : id === tokenizer.end ? nothing() : unknownConcept(id));
    table.set(concept, id * conceptDimensions);
  }
  return table;
}

const matcher = new RegExp(wordPattern, 'gu');
const concepts = new Map(vocabulary.map(({ text, concept }) => [text, concept]));

/** The unit vector of a text of known words, which is the target for fitting a picture of it. */
export function captionConcept(text: string): Concept {
  const sum = nothing();
  for (const [word] of text.toLowerCase().matchAll(matcher)) {
    concepts.get(word)?.forEach((value, i) => {
      sum[i] = (sum[i] as number) + value;
    });
  }
  const length = Math.hypot(...sum);
  return sum.map((value) => value / length);
}
