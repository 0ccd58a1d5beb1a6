import { fileURLToPath } from 'node:url';

/** Where the demo model lies that comes with the repository; docs/decisions/0010-demo-model.md says why it does. */
export const demoModelDir = fileURLToPath(new URL('../../demo-model', import.meta.url));
