/**
 * The cost of one image and one reading. The figures are rough, since measure.ts shared its two cores of an AMD EPYC
 * with other work. Photographs are 1920×1080, batches have 20 images.
 */
export const figures = {
  bytesPerWaitingBatch: 2_240,
  redisCommandsPerImage: 2.47,
  redisSecondsPerImage: 0.000146,
  postgresSecondsPerImage: 0.00147,
  walBytesPerImage: 6_760,
  rowBytesPerImage: 3_360,
  indexBytesPerImage: 1_350,
  postgresSecondsPerReading: 0.0000085,
  bytesPerReading: 118,
  /** The demo farm’s, from P10. */
  bytesPerSettledReading: 1.44,
  /** From P11, on both cores. */
  postgresSecondsPerSettledReading: 0.0000033,
  decodeSecondsPerImage: 0.0103,
  inferSecondsPerImage: 0.0484,
  /**
   * Not measured here. clip-retrieval's README: image and text of ViT-B/32, preprocessing included, 1,500 samples/s on
   * an RTX 3080. The vision tower alone, in large batches of half precision: 4,600/s on an RTX 3090 and 9,800/s on a
   * 4090 (timm's benchmark tables, vit_base_patch32_clip_quickgelu_224).
   */
  imagesPerGpuSecond: 1_500,
  /** A camera's JPEG of 1920×1080. */
  bytesPerPhotograph: 400_000,
};

/** Dollars, about the on-demand prices of large clouds; insert your own. */
export const prices = {
  coreHour: 0.04,
  gpuHour: 0.8,
  ssdGigabyteMonth: 0.1,
  memoryGigabyteMonth: 3,
  objectGigabyteMonth: 0.023,
};
