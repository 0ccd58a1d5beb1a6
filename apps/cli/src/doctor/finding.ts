/** `bad` means that data can be lost or the system cannot work. */
export interface Finding {
  about: string;
  verdict: 'good' | 'warning' | 'bad';
  says: string;
}

/** Creates findings about one subject. */
export type Finder = (verdict: Finding['verdict'], says: string) => Finding;

export function about(what: string): Finder {
  return (verdict, says) => ({ about: what, verdict, says });
}
