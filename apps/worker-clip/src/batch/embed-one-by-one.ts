import type { Payload, Result, RunContext } from '@mycelium/queue';
import { mergeReports } from './batch-report.ts';

/** Splits a batch that keeps killing workers into batches of one image. */
export async function embedOneByOne(
  { keys, ...options }: Payload<'embed_batch'>,
  { fanOut }: RunContext,
): Promise<Result<'embed_batch'>> {
  const { results } = await fanOut('embed_batch', async (add) => {
    const plan = { images: keys.length };
    await add(
      keys.map((key) => ({ keys: [key], ...options })),
      plan,
    );
    return plan;
  });
  return mergeReports(results);
}
