import { demoModelDir } from '@mycelium/encoder/demo-model';
import { createDemoModel } from './create-demo-model.ts';

// Run by hand after changing the scenes, features or words: node packages/demo/src/model/make-demo-model.ts
await createDemoModel(demoModelDir, {
  onProgress: ({ done, total }) => {
    if (done % 50 === 0) console.log(`${done} of ${total} scenes`);
  },
});
console.log(`The demo model is in ${demoModelDir}`);
