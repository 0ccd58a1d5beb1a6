import type { Config } from '@mycelium/config';

/** `bad` means that data can be lost or the system cannot work. */
export interface Finding {
  about: string;
  verdict: 'good' | 'warning' | 'bad';
  says: string;
  /** What `doctor --fix` does about it: only what loses nothing and can be done while everything runs. */
  fix?: Fix;
}

export interface Fix {
  does: string;
  run(config: Config): Promise<void>;
}

/** Creates findings about one subject. */
export type Finder = (verdict: Finding['verdict'], says: string, fix?: Fix) => Finding;

export function about(what: string): Finder {
  return (verdict, says, fix) => ({ about: what, verdict, says, ...(fix && { fix }) });
}
