import { Command } from 'commander';
import { interruption, unlessInterrupted } from '../interruption.ts';
import { createOutput, type Output, type OutputOptions } from '../output.ts';

export function modelsCommand(): Command {
  const models = new Command('models')
    .summary('list, download and choose CLIP models')
    .description(
      'Lists the models in MODEL_DIR and those with vectors in the database, downloads one, or chooses the one that searches use.',
    );
  models
    .command('list', { isDefault: true })
    .description('Lists the models in MODEL_DIR, and those with vectors in the database.')
    .action((_, command: Command) => list(createOutput(command.optsWithGlobals())));
  models
    .command('fetch')
    .description(
      'Downloads a model from the hub (HF_ENDPOINT) into MODEL_DIR. An interrupted download resumes.',
    )
    .argument('<id>', 'hub id, such as Xenova/clip-vit-base-patch32')
    .option('--revision <name>', 'branch, tag or commit to download', 'main')
    .action((id: string, _, command: Command) => {
      const { revision, ...shared } = command.optsWithGlobals<{ revision: string } & OutputOptions>();
      return fetch(id, revision, createOutput(shared));
    });
  models
    .command('use')
    .description(
      'Makes searches use the vectors of this model. The same command with another key changes back.',
    )
    .argument('<key>', 'key of the model, from `models list`')
    .action((key: string, _, command: Command) => use(key, createOutput(command.optsWithGlobals())));
  return models;
}

async function list(output: Output) {
  const { readConfig } = await import('@mycelium/config');
  const database = await import('@mycelium/database');
  const encoder = await import('@mycelium/encoder');
  const { withDatabase } = await import('../connections.ts');
  const config = readConfig();
  const folders = await encoder.listModels(config.MODEL_DIR);
  const stored = config.DATABASE_URL
    ? await withDatabase(({ pool }) => database.listModels(pool), config)
    : [];
  output.line(`In ${config.MODEL_DIR}:`);
  output.table(
    ['model', 'precisions', 'demo', 'problem'],
    folders.map(({ model, dtypes, demo, problem }) => [
      model,
      dtypes.join(', '),
      demo ? 'demo' : '',
      problem ?? '',
    ]),
  );
  output.line('\nWith vectors in the database:');
  output.table(
    ['key', 'vectors', 'used by searches'],
    stored.map(({ key, embeddings, active, demo }) => [
      `${key}${demo ? ' (demo)' : ''}`,
      embeddings,
      active ? 'yes' : '',
    ]),
  );
  output.result({ folders, stored });
}

async function fetch(id: string, revision: string, output: Output) {
  const { readConfig } = await import('@mycelium/config');
  const { fetchModel, modelKey } = await import('@mycelium/encoder');
  const config = readConfig();
  let bar: import('../progress-bar.ts').Bar | undefined;
  let current = '';
  const signal = interruption(
    'Interrupted. What was downloaded stays in MODEL_DIR; the same command continues there.',
  );
  const downloading = fetchModel({
    id,
    revision,
    dtype: config.CLIP_DTYPE,
    modelDir: config.MODEL_DIR,
    endpoint: config.HF_ENDPOINT,
    signal,
    onProgress({ file, done, total }) {
      if (file !== current) {
        bar?.end();
        bar = output.bar(file);
        current = file;
      }
      bar?.update(done, total);
    },
  });
  const identity = await unlessInterrupted(signal, downloading);
  bar?.end();
  output.done('fetched', modelKey(identity));
  output.line(`Set CLIP_MODEL=${id} and restart the clip workers to use it.`);
  output.result({ model: id, key: modelKey(identity) });
}

async function use(key: string, output: Output) {
  const { useModel } = await import('@mycelium/database');
  const { withDatabase } = await import('../connections.ts');
  const { CommandFailed } = await import('../command-errors.ts');
  await withDatabase(async ({ pool }) => {
    if (!(await useModel(pool, key))) {
      throw new CommandFailed(
        `The database has no vectors of ${key}. \`mycelium models list\` shows the models it has vectors of.`,
      );
    }
    output.line(`Searches now use ${key}.`);
    output.result({ active: key });
  });
}
