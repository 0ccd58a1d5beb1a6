/** `npm run docs`: writes the pages of docs/ that are generated from the code. */
import { writeFileSync } from 'node:fs';
import { pages } from './pages.ts';

for (const [file, page] of Object.entries(pages)) writeFileSync(file, page());
