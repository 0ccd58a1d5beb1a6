import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Dtype, dtypes, weightFiles } from './model-files.ts';
import { isFile, openModel } from './model-folder.ts';

export interface ListedModel {
  /** In the form that CLIP_MODEL expects. */
  model: string;
  dir: string;
  /** The precisions whose weights are present. */
  dtypes: Dtype[];
  demo: boolean;
  /** Why it cannot be used. */
  problem?: string;
}

/** The models in `modelDir`, by name. */
export async function listModels(modelDir: string): Promise<ListedModel[]> {
  const models: ListedModel[] = [];
  for (const org of await folders(modelDir)) {
    for (const name of await folders(join(modelDir, org))) {
      const dir = join(modelDir, org, name);
      const there: Dtype[] = [];
      for (const dtype of dtypes) {
        const files = await Promise.all(weightFiles(dtype).map((file) => isFile(join(dir, file))));
        if (files.every(Boolean)) there.push(dtype);
      }
      const listed: ListedModel = { model: `${org}/${name}`, dir, dtypes: there, demo: false };
      try {
        const { id } = await openModel({ model: dir, modelDir, dtype: there[0] ?? 'fp32' });
        listed.demo = id.demo;
      } catch (error) {
        listed.problem = (error as Error).message;
      }
      models.push(listed);
    }
  }
  return models;
}

async function folders(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map((entry) => entry.name)
    .sort();
}
