import { Command } from 'commander';
import { count } from '../options.ts';
import { createOutput } from '../output.ts';

export function quarantineCommand(): Command {
  const quarantine = new Command('quarantine')
    .summary('images that were set aside: list, retry')
    .description(
      'Images that could not be read, each with the reason; they are left alone until released or replaced.',
    );
  quarantine
    .command('list', { isDefault: true })
    .description('The images set aside, newest first.')
    .option('--limit <n>', 'at most so many', count, 50)
    .action(async (_, command: Command) => {
      const { limit, json } = command.optsWithGlobals<{ limit: number; json?: boolean }>();
      const output = createOutput(json);
      const { listQuarantine } = await import('@mycelium/database');
      const { withDatabase } = await import('../house.ts');
      await withDatabase(async ({ pool }) => {
        const rows = await listQuarantine(pool, { limit });
        output.table(
          ['key', 'reason', 'detail', 'times'],
          rows.map(({ key, reason, detail, times }) => [key, reason, detail, times]),
        );
        output.result(rows);
      });
    });
  quarantine
    .command('retry')
    .description('Releases images and puts them into the queue: these, or all with --all.')
    .argument('[key...]')
    .option('--all', 'every image set aside')
    .action(async (keys: string[], _, command: Command) => {
      const { all, json } = command.optsWithGlobals<{ all?: boolean; json?: boolean }>();
      if (keys.length === 0 && !all) command.error('error: name the keys, or --all');
      await retry(keys, createOutput(json));
    });
  return quarantine;
}

async function retry(keys: string[], output: import('../output.ts').Output) {
  const { imageIds, listQuarantine, releaseFromQuarantine } = await import('@mycelium/database');
  const { withHouse } = await import('../house.ts');
  await withHouse(async ({ pool, queues }) => {
    const held = await listQuarantine(pool, { limit: 1_000_000, ...(keys.length > 0 && { keys }) });
    const released = await releaseFromQuarantine(
      pool,
      held.map(({ key }) => key),
    );
    // What has no row is no image by its key: only a run over its folder can judge that again.
    const images = [...(await imageIds(pool, released)).keys()];
    for (let at = 0; at < images.length; at += 20) {
      await queues.enqueue('embed_batch', { keys: images.slice(at, at + 20) });
    }
    const unknown = keys.filter((key) => !released.includes(key));
    for (const key of unknown) output.warn(`${key} was not set aside`);
    output.line(`${released.length} released, ${images.length} in the queue.`);
    output.result({ released, unknown });
    if (unknown.length > 0) process.exitCode = 1;
  });
}
