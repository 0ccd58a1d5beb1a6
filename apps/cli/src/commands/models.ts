import { Command } from 'commander';
import { createOutput, type Output } from '../output.ts';

export function modelsCommand(): Command {
  const models = new Command('models')
    .summary('CLIP models: list, fetch, use')
    .description('The models in MODEL_DIR and those the database has vectors of.');
  models
    .command('list', { isDefault: true })
    .description('The models in MODEL_DIR, and those with vectors in the database.')
    .action((_, command: Command) => list(createOutput(command.optsWithGlobals().json)));
  models
    .command('fetch')
    .description('Brings a model from the hub (HF_ENDPOINT) into MODEL_DIR; an interrupted fetch goes on.')
    .argument('<id>', 'such as Xenova/clip-vit-base-patch32')
    .option('--revision <name>', 'branch, tag or commit', 'main')
    .action((id: string, _, command: Command) => {
      const { revision, json } = command.optsWithGlobals<{ revision: string; json?: boolean }>();
      return fetch(id, revision, createOutput(json));
    });
  models
    .command('use')
    .description('Searches read the vectors of this model from now on; changing back is as easy.')
    .argument('<key>', 'as `models list` shows it')
    .action((key: string, _, command: Command) => use(key, createOutput(command.optsWithGlobals().json)));
  return models;
}

async function list(output: Output) {
  const { readConfig } = await import('@mycelium/config');
  const database = await import('@mycelium/database');
  const encoder = await import('@mycelium/encoder');
  const { withDatabase } = await import('../house.ts');
  const config = readConfig();
  const folders = await encoder.listModels(config.MODEL_DIR);
  const stored = config.DATABASE_URL
    ? await withDatabase(({ pool }) => database.listModels(pool), config)
    : [];
  output.line(`In ${config.MODEL_DIR}:`);
  output.table(
    ['CLIP_MODEL', 'precisions', 'demo', 'trouble'],
    folders.map(({ model, dtypes, demo, problem }) => [
      model,
      dtypes.join(', '),
      demo ? 'demo' : '',
      problem ?? '',
    ]),
  );
  output.line('With vectors in the database:');
  output.table(
    ['key', 'vectors', 'searched'],
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
  const identity = await fetchModel({
    id,
    revision,
    dtype: config.CLIP_DTYPE,
    modelDir: config.MODEL_DIR,
    endpoint: config.HF_ENDPOINT,
    onProgress({ file, done, total }) {
      if (file !== current) {
        bar?.end();
        bar = output.bar(file);
        current = file;
      }
      bar?.update(done, total);
    },
  });
  bar?.end();
  output.done('fetched', modelKey(identity));
  output.line(`Set CLIP_MODEL=${id} to use it.`);
  output.result({ model: id, key: modelKey(identity) });
}

async function use(key: string, output: Output) {
  const { useModel } = await import('@mycelium/database');
  const { withDatabase } = await import('../house.ts');
  const { CommandFailed } = await import('../command-errors.ts');
  await withDatabase(async ({ pool }) => {
    if (!(await useModel(pool, key))) {
      throw new CommandFailed(
        `the database knows no model ${key}; \`mycelium models list\` shows those it knows`,
      );
    }
    output.line(`Searches read ${key} from now on.`);
    output.result({ active: key });
  });
}
