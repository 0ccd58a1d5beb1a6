import { fileURLToPath } from 'node:url';

/** The folder of the demo model in the repository; docs/decisions/0010-demo-model.md explains why it is there. */
export const demoModelDir = fileURLToPath(new URL('../../demo-model', import.meta.url));
