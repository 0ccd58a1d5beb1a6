import { followOne } from './follow-one.ts';
import { withHouse } from './house.ts';
import type { Output } from './output.ts';

/** Which images, as commands ask for them. */
interface Selection {
  day?: string;
  since?: string;
  rooms?: string[] | undefined;
  maxPerRoom?: number | undefined;
  batchSize?: number;
  save: boolean;
}

/** Asks a clip worker for images, and watches it. */
export async function embedImages({ rooms, maxPerRoom, ...selection }: Selection, output: Output) {
  await withHouse((house) =>
    followOne(
      house,
      {
        job: 'embed_images',
        slot: new Date(),
        payload: { ...selection, ...(rooms && { rooms }), ...(maxPerRoom && { maxPerRoom }) },
      },
      output,
    ),
  );
}
