import type { Config, Setting } from '@mycelium/config';
import type { Output } from '../output.ts';

/** The configured model, or else the demo model in the repository. */
export async function chooseModel(config: Config, output: Output) {
  const { CLIP_MODEL, MODEL_DIR, CLIP_DTYPE } = config;
  if (CLIP_MODEL) {
    output.done('model', CLIP_MODEL);
    return { CLIP_MODEL, MODEL_DIR, CLIP_DTYPE } satisfies Partial<Record<Setting, string>>;
  }
  const { demoModelDir } = await import('@mycelium/encoder/demo-model');
  output.done('model', `DEMO MODEL in ${demoModelDir}`);
  output.warn(
    '  It was fitted to the pictures of the demo farm only: its vectors of real photographs mean little.\n' +
      '  For real work set CLIP_MODEL, for instance after `mycelium models fetch Xenova/clip-vit-base-patch32`.',
  );
  return { CLIP_MODEL: demoModelDir, MODEL_DIR, CLIP_DTYPE: 'fp32' } satisfies Partial<
    Record<Setting, string>
  >;
}
