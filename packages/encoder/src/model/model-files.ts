/** The supported precisions. Each is a separate pair of files of the same model and produces different vectors. */
export type Dtype = 'fp32' | 'fp16' | 'q8';

const suffixes: Record<Dtype, string> = { fp32: '', fp16: '_fp16', q8: '_quantized' };
export const dtypes = Object.keys(suffixes) as Dtype[];

/** What a model folder contains besides its weights. */
export const configFiles = [
  'config.json',
  'preprocessor_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
] as const;

/** The two towers in a precision, at the paths where transformers.js looks for them. */
export const weightFiles = (dtype: Dtype) => [
  `onnx/vision_model${suffixes[dtype]}.onnx`,
  `onnx/text_model${suffixes[dtype]}.onnx`,
];
