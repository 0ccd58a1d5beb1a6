import { setFlagsFromString } from 'node:v8';
import { startProcess } from '@mycelium/process';
import { createContext } from './create-context.ts';
import { dailyClipInference, describeBatch, embedBatch, embedImages } from './handlers.ts';

// Planning a day of a million images produces a lot of garbage, and V8 would let the heap grow to 400 MB.
setFlagsFromString('--optimize-for-size');

const clip = await startProcess('worker-clip', { tag: '[CLIP_TASK]', requires: ['CLIP_MODEL'] });
const { context, needs } = await createContext(clip);
const { captioner } = context;

// Runs sleep while their batches are processed, so a few may be open. Three batches at once keep reading, inference
// and writing busy.
const runs = { daily_clip_inference: dailyClipInference, embed_images: embedImages };
clip.takeJobs('clip', runs, context, { needs, concurrency: 2 });
clip.takeJobs('clip-batch', { embed_batch: embedBatch }, context, { needs, concurrency: 3 });
if (captioner) {
  const captions = {
    name: 'captioner',
    probe: (signal: AbortSignal) => captioner.probe(signal),
  };
  clip.takeJobs(
    'captions',
    { describe_batch: describeBatch },
    { ...context, captioner },
    { needs: [...needs, captions] },
  );
}
await clip.announce();
