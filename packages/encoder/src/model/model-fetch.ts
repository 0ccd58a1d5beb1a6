import { link, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolders } from '@mycelium/config/folders';
import { downloadFile, isSame, type RemoteFile } from './download.ts';
import { listHubFiles } from './hub.ts';
import { configFiles, type Dtype, weightFiles } from './model-files.ts';
import { manifestFile, modelPath, openModel } from './model-folder.ts';
import type { ModelId } from './model-id.ts';

interface FetchProgress {
  file: string;
  /** Progress of this file, in bytes. */
  done: number;
  total: number;
}

export interface FetchModel {
  /** The model's name on the hub, `org/name`. */
  id: string;
  /** A branch, tag or commit. */
  revision?: string;
  dtype: Dtype;
  modelDir: string;
  /** The hub, or a mirror of it: HF_ENDPOINT. */
  endpoint: string;
  signal?: AbortSignal;
  onProgress?: (progress: FetchProgress) => void;
  /** How long to wait before the n-th attempt; tests do not wait. */
  pause?: (attempt: number, signal?: AbortSignal) => Promise<void>;
}

/**
 * Downloads a model from a hub into `modelDir` and returns its id. An interrupted download resumes; every file is
 * checked against the hub's size and checksum; the model's folder appears, or is replaced, only when it is complete.
 * @throws Unavailable when the hub does not have it or is unreachable; PermanentError when we cannot use it.
 */
export async function fetchModel(options: FetchModel): Promise<ModelId> {
  const { id, revision = 'main', dtype, modelDir, endpoint, signal, onProgress, pause } = options;
  const model = revision === 'main' ? id : `${id}@${revision}`;
  const { commit, files } = await listHubFiles({ endpoint, id, revision, signal });
  const chosen = chooseFiles(files, dtype, id);

  const place = modelPath({ model, modelDir });
  const staging = join(modelDir, '.fetching', `${id.replace('/', '--')}@${commit}`);
  await makeFolders(join(staging, 'onnx'));
  await keep(place, staging, files);

  for (const file of chosen) {
    const path = join(staging, file.path);
    if (await isSame(file, path, signal)) continue;
    await downloadFile(file, path, {
      url: `${endpoint.replace(/\/$/, '')}/${id}/resolve/${commit}/${file.path}`,
      ...(signal && { signal }),
      ...(pause && { pause }),
      onProgress: (done) => onProgress?.({ file: file.path, done, total: file.size }),
    });
  }
  await writeFile(join(staging, manifestFile), `${JSON.stringify({ id, revision, commit }, undefined, 2)}\n`);
  // Check the model before the folder goes live: one of other dimensions must not replace a working one.
  const identity = (await openModel({ model: staging, modelDir, dtype })).id;
  await swap(staging, place);
  return identity;
}

/** The files of one precision, with the external weights of its graphs if there are any. */
function chooseFiles(files: RemoteFile[], dtype: Dtype, id: string): RemoteFile[] {
  const graphs = weightFiles(dtype);
  const needed = [...configFiles, ...graphs];
  const missing = needed.filter((name) => !files.some(({ path }) => path === name));
  if (missing.length > 0) {
    throw new Error(`${id} has no ${missing.join(', ')}: choose a model with ONNX weights in ${dtype}`);
  }
  const outside = new RegExp(
    `^(${graphs.map((name) => name.replaceAll('.', '\\.')).join('|')})_data(_\\d+)?$`,
  );
  return files.filter(({ path }) => needed.includes(path) || outside.test(path));
}

/** Links files of the old folder that still match the hub into the new one, so that other precisions stay. */
async function keep(place: string, staging: string, files: RemoteFile[]): Promise<void> {
  const ours = (path: string) => path.startsWith('onnx/') || configFiles.some((name) => name === path);
  for (const file of files.filter(({ path }) => ours(path) && !path.includes('..'))) {
    if (await isSame(file, join(place, file.path))) {
      await link(join(place, file.path), join(staging, file.path)).catch(() => {});
    }
  }
}

async function swap(staging: string, place: string): Promise<void> {
  const old = `${staging}.old`;
  await makeFolders(dirname(place));
  await rm(old, { recursive: true, force: true });
  await rename(place, old).catch(() => {});
  await rename(staging, place);
  await rm(old, { recursive: true, force: true });
}
