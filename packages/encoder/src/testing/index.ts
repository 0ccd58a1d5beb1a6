export { readAnswer } from '../caption/caption-answer.ts';
export { clipDeviation, clipMean, writeClipConfig } from './clip-files.ts';
export { elementType, OnnxGraph } from './onnx-writer.ts';
export {
  blackPng,
  loopingExif,
  photograph,
  photographAs,
  withSegment,
} from './pictures.ts';
export { createRandomClip } from './random-clip.ts';
export { spell, type Tokenizer, writeTokenizer } from './tokenizer-files.ts';
