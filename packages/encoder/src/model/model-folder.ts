import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, isAbsolute, join, resolve } from 'node:path';
import { PermanentError } from '@mycelium/farm';
import { z } from 'zod';
import { type Normalisation, readNormalisation } from '../decode/preprocess.ts';
import { dimensions } from '../fusion/fuse.ts';
import { configFiles, type Dtype, weightFiles } from './model-files.ts';
import { damagedFiles, hashFiles } from './model-hash.ts';
import type { ModelId } from './model-id.ts';

export interface ModelFolder {
  dir: string;
  id: ModelId;
  normalisation: Normalisation;
}

/** The model cannot be used as it is; the message says what to do. */
const unsuitable = (message: string, options?: ErrorOptions) => new PermanentError('model', message, options);

export interface ModelChoice {
  /** A folder, or a hub id below `modelDir`: `org/name` or `org/name@revision`. */
  model: string;
  modelDir: string;
  dtype: Dtype;
}

/** The file that `fetchModel` writes into a model's folder. */
export const manifestFile = 'mycelium-model.json';
const manifestSchema = z.object({ id: z.string(), revision: z.string(), commit: z.string() });
const readManifest = async (dir: string) =>
  (await isFile(join(dir, manifestFile))) ? readJson(dir, manifestFile, manifestSchema.parse) : undefined;

const configSchema = z.object({
  model_type: z.string(),
  projection_dim: z.number().optional(),
  mycelium_demo: z.boolean().default(false),
});

/** The folder of a model: its own, or the one in `modelDir` that `fetchModel` fills. */
export function modelPath({ model, modelDir }: Pick<ModelChoice, 'model' | 'modelDir'>): string {
  const isFolder =
    isAbsolute(model) || model.startsWith('.') || !/^[\w.-]+\/[\w.-]+(@[\w./-]+)?$/.test(model);
  if (isFolder) return resolve(model);
  const [name = '', revision = 'main'] = model.split('@');
  return join(modelDir, revision === 'main' ? name : `${name}@${revision.replaceAll('/', '--')}`);
}

/**
 * Finds a model and returns its id without loading it: fast after the first time.
 * @throws PermanentError when it is missing, or not a CLIP of 512 dimensions with our preprocessing
 */
export async function openModel(choice: ModelChoice): Promise<ModelFolder> {
  const dir = modelPath(choice);
  const required = [...configFiles, ...weightFiles(choice.dtype)];
  const missing = (
    await Promise.all(required.map(async (file) => ((await isFile(join(dir, file))) ? [] : [file])))
  ).flat();
  if (missing.length > 0) {
    throw unsuitable(
      `The model ${choice.model} (${choice.dtype}) is incomplete in ${dir}: ${missing.join(', ')} missing. ` +
        'Fetch it with `mycelium models fetch`, or set CLIP_MODEL to a folder that has it',
    );
  }
  const config = await readJson(dir, 'config.json', configSchema.parse);
  if (config.model_type !== 'clip') {
    throw unsuitable(`The model in ${dir} is of type ${config.model_type}; expected clip`);
  }
  if (config.projection_dim !== dimensions) {
    throw unsuitable(
      `The model in ${dir} produces vectors of ${config.projection_dim ?? 'unknown'} dimensions; ` +
        `expected ${dimensions}, as in CLIP ViT-B/32 and ViT-B/16`,
    );
  }
  const normalisation = await readJson(dir, 'preprocessor_config.json', readNormalisation);
  const manifest = (await readManifest(dir)) ?? { id: basename(dir), revision: 'local' };
  const id: ModelId = {
    name: manifest.id,
    revision: manifest.revision,
    dtype: choice.dtype,
    hash: (await hashFiles(dir, await weightsOf(dir, choice.dtype))).slice(0, 8),
    demo: config.mycelium_demo,
    dimensions,
  };
  return { dir, id, normalisation };
}

/** Checks that a model can be loaded, without loading it. @throws PermanentError */
export async function probeModel(choice: ModelChoice): Promise<ModelId> {
  return (await openModel(choice)).id;
}

/**
 * Checks that a model can be loaded and that its weights have not changed by a single byte since they were first seen.
 * @throws PermanentError
 */
export async function verifyModel(choice: ModelChoice): Promise<ModelId> {
  const { dir, id } = await openModel(choice);
  const damaged = await damagedFiles(dir);
  if (damaged.length > 0) {
    throw unsuitable(
      `${damaged.join(', ')} in ${dir} cannot be trusted: the bytes have changed, but size and time have not. ` +
        'Remove the folder and fetch the model again with `mycelium models fetch`, or copy it again',
    );
  }
  return id;
}

/** The two towers and their external weights, if any: the files `….onnx_data`, `….onnx_data_1` … */
async function weightsOf(dir: string, dtype: Dtype): Promise<string[]> {
  const graphs = weightFiles(dtype);
  const all = (await readdir(join(dir, 'onnx'))).map((file) => `onnx/${file}`);
  return all
    .filter((file) => graphs.some((graph) => file === graph || file.startsWith(`${graph}_data`)))
    .sort();
}

async function readJson<Result>(
  dir: string,
  file: string,
  parse: (json: unknown) => Result,
): Promise<Result> {
  try {
    return parse(JSON.parse(await readFile(join(dir, file), 'utf8')));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
    throw unsuitable(`${join(dir, file)} is not valid: ${why}`, { cause: error });
  }
}

export const isFile = async (path: string) => (await stat(path).catch(() => undefined))?.isFile() ?? false;
