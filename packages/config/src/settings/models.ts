import { join } from 'node:path';
import { z } from 'zod';
import { type Environment, url, wholeNumber } from './checks.ts';
import { defaultHome } from './farm.ts';

export const models = (env: Environment) => ({
  CLIP_MODEL: z
    .string()
    .optional()
    .describe('CLIP model of the image workers: a folder, or a hub id in MODEL_DIR. See [Models](models.md)'),
  MODEL_DIR: z
    .string()
    .default(join(env.MYCELIUM_HOME || defaultHome(env), 'models'))
    .describe('Folder for downloaded models'),
  HF_ENDPOINT: url(/^https?$/, 'https://huggingface.co')
    .default('https://huggingface.co')
    .describe('Hub that `mycelium models fetch` downloads from'),
  CLIP_DEVICE: z
    .enum(['auto', 'cpu', 'cuda'])
    .default('auto')
    .describe('Device for inference: `cpu`, `cuda`, or `auto` (CUDA where it works, else the CPU)'),
  CLIP_DTYPE: z
    .enum(['fp32', 'fp16', 'q8'])
    .default('fp32')
    .describe('Precision of the model: `fp32`, `fp16` or `q8`'),
  CLIP_THREADS: wholeNumber(1).optional().describe('Threads for inference on the CPU'),
  CAPTION_URL: url(/^https?$/, 'http://host:11434')
    .optional()
    .describe(
      'Server that describes images: any OpenAI-compatible one, or with `/api/chat` at the end Ollama’s own way. Without it there are no descriptions',
    ),
  CAPTION_MODEL: z.string().default('llama3.2-vision').describe('Model that describes images'),
  CAPTION_ANSWER_LIMIT: wholeNumber(1)
    .default(600)
    .describe('Longest answer of that model in tokens, with whatever it thinks before it answers'),
  CAPTION_API_KEY: z.string().optional().describe('API key of the server that describes images'),
});
