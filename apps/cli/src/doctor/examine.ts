import { type Config, sayMisspelt } from '@mycelium/config';
import { describeError } from '../describe-error.ts';
import { examineClocks } from './clocks.ts';
import { about, type Finding } from './finding.ts';
import { examineCaptioner, examineDisk, examineImages, examineModel, examineNode } from './machine.ts';
import { examinePostgres } from './postgres.ts';
import { examineRedis } from './redis.ts';

const examinations: [string, (config: Config) => Promise<Finding[]>][] = [
  ['Node', examineNode],
  ['settings', examineSettings],
  ['Redis', examineRedis],
  ['PostgreSQL', examinePostgres],
  ['images', examineImages],
  ['model', examineModel],
  ['captioner', examineCaptioner],
  ['clocks', examineClocks],
  ['disk', examineDisk],
];

async function examineSettings(): Promise<Finding[]> {
  const say = about('settings');
  return sayMisspelt().map((sentence) => say('warning', sentence));
}

/** Runs every check. A check that fails becomes a finding itself. */
export async function examine(config: Config): Promise<Finding[]> {
  const found = await Promise.all(
    examinations.map(([what, look]) =>
      look(config).catch(async (error) => [about(what)('bad', await describeError(error))]),
    ),
  );
  return found.flat();
}
