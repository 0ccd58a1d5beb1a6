/** The thread of `decodeHeic`: decodes the first picture of a file and posts it, or posts why it cannot. */
import { parentPort, workerData } from 'node:worker_threads';
import decode from 'heic-decode';

const maxPixels = 50_000_000;

try {
  const pictures = await decode.all({ buffer: workerData as Uint8Array });
  // The types of heic-decode leave out the size.
  const first = pictures[0] as ((typeof pictures)[number] & { width: number; height: number }) | undefined;
  if (!first) {
    parentPort?.postMessage({ reason: 'corrupt', detail: 'The HEIC has no picture' });
  } else if (first.width * first.height > maxPixels) {
    const detail = `${first.width} × ${first.height} pixels are more than 50 million`;
    parentPort?.postMessage({ reason: 'too_large', detail });
  } else {
    const { width, height, data } = await first.decode();
    parentPort?.postMessage({ width, height, data });
  }
} catch (error) {
  parentPort?.postMessage({
    reason: 'corrupt',
    detail: `The HEIC does not decode: ${(error as Error).message}`,
  });
}
