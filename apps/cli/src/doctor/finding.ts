/** `bad`: data can be lost, or the system cannot work. */
export interface Finding {
  about: string;
  verdict: 'good' | 'warning' | 'bad';
  says: string;
}

/** A finding of one thing; many make one examination. */
export type Finder = (verdict: Finding['verdict'], says: string) => Finding;

export function about(what: string): Finder {
  return (verdict, says) => ({ about: what, verdict, says });
}
