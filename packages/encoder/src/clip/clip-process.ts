import {
  AutoTokenizer,
  CLIPTextModelWithProjection,
  CLIPVisionModelWithProjection,
  env,
  type PreTrainedModel,
  type PreTrainedTokenizer,
  Tensor,
} from '@huggingface/transformers';
import { createNormaliser, imageLength, side } from '../decode/preprocess.ts';
import { dimensions } from '../fusion/fuse.ts';
import type { Device, LoadMessage, Reply, Request } from './clip-messages.ts';

// The model process, started by `model-process.ts`: it answers one request after another until its parent exits. A
// run of the model blocks only this process.

env.allowRemoteModels = false;
env.useFSCache = false;

interface Model {
  vision: PreTrainedModel;
  text: PreTrainedModel;
  tokenizer: PreTrainedTokenizer;
  normalise: (rgb: Uint8Array) => Float32Array;
}

let model: Model | undefined;

async function load(message: LoadMessage): Promise<Reply> {
  const refusals: string[] = [];
  for (const device of message.devices) {
    try {
      model = await loadOn(device, message);
      // CUDA may load but fail on the first run. The run also shows the length of the vectors.
      const image = await embedImages(model, new Uint8Array(imageLength));
      const text = await embedTexts(model, ['mushroom']);
      if (image.length !== dimensions || text.length !== dimensions) {
        return {
          kind: 'failed',
          message: `The model produces ${image.length} and ${text.length} dimensions, not ${dimensions}`,
        };
      }
      return { kind: 'loaded', device, reason: refusals.join('; ') };
    } catch (error) {
      refusals.push(`${device}: ${(error as Error).message.split('\n')[0]}`);
    }
  }
  return { kind: 'failed', message: `The model in ${message.dir} does not load on ${refusals.join('; ')}` };
}

async function loadOn(device: Device, { dir, dtype, threads, normalisation }: LoadMessage): Promise<Model> {
  const options = {
    device,
    dtype: dtype as 'fp32',
    local_files_only: true,
    session_options: {
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      // Spinning threads would use up the cores that decode the next images.
      extra: { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } },
    },
  };
  return {
    vision: await CLIPVisionModelWithProjection.from_pretrained(dir, options),
    text: await CLIPTextModelWithProjection.from_pretrained(dir, options),
    tokenizer: await AutoTokenizer.from_pretrained(dir, { local_files_only: true }),
    normalise: createNormaliser(normalisation),
  };
}

async function embedImages({ vision, normalise }: Model, pixels: Uint8Array): Promise<Float32Array> {
  const values = new Tensor('float32', normalise(pixels), [pixels.length / imageLength, 3, side, side]);
  const { image_embeds } = await vision({ pixel_values: values });
  return image_embeds.data;
}

async function embedTexts({ text, tokenizer }: Model, texts: string[]): Promise<Float32Array> {
  // Padding after the end token has no effect: CLIP's attention only looks back. No truncation: a text that is too
  // long must fail instead of losing its end.
  const { text_embeds } = await text(tokenizer(texts, { padding: true, truncation: false }));
  return text_embeds.data;
}

async function answer(request: Request): Promise<Reply> {
  if (request.kind === 'load') return load(request);
  if (!model) return { kind: 'failed', message: 'The model is not loaded' };
  const vectors =
    request.kind === 'images'
      ? await embedImages(model, request.pixels)
      : await embedTexts(model, request.texts);
  return { kind: 'vectors', vectors, rss: process.memoryUsage.rss() };
}

process.on('message', async (request: Request) => {
  const reply = await answer(request).catch(
    (error: Error): Reply => ({ kind: 'failed', message: error.message }),
  );
  process.send?.(reply);
});
process.on('disconnect', () => process.exit());
// Ctrl-C reaches every process of a terminal, but the parent still needs this one to finish its work.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});
