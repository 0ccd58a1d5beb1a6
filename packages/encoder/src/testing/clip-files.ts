import { join } from 'node:path';
import { writeJson } from './tokenizer-files.ts';

export interface ClipShape {
  visionWidth: number;
  textWidth: number;
  /** Number of tokens in the vocabulary; the last one is the end of the text. */
  vocabulary: number;
  patch: number;
}

/** Writes the two files from which transformers.js recognises a CLIP model and how to prepare its images. */
export async function writeClipConfig(
  dir: string,
  shape: ClipShape,
  extra: Record<string, unknown> = {},
): Promise<void> {
  await writeJson(join(dir, 'config.json'), {
    model_type: 'clip',
    architectures: ['CLIPModel'],
    projection_dim: 512,
    text_config: {
      model_type: 'clip_text_model',
      hidden_size: shape.textWidth,
      vocab_size: shape.vocabulary,
      max_position_embeddings: 77,
      eos_token_id: shape.vocabulary - 1,
    },
    vision_config: {
      model_type: 'clip_vision_model',
      hidden_size: shape.visionWidth,
      image_size: 224,
      patch_size: shape.patch,
    },
    ...extra,
  });
  await writeJson(join(dir, 'preprocessor_config.json'), {
    image_processor_type: 'CLIPImageProcessor',
    feature_extractor_type: 'CLIPFeatureExtractor',
    do_convert_rgb: true,
    do_resize: true,
    size: { shortest_edge: 224 },
    resample: 3,
    do_center_crop: true,
    crop_size: { height: 224, width: 224 },
    do_rescale: true,
    rescale_factor: 1 / 255,
    do_normalize: true,
    image_mean: clipMean,
    image_std: clipDeviation,
  });
}

/** Mean and deviation of red, green and blue in the training images of OpenAI's CLIP, 1 = full. */
export const clipMean = [0.48145466, 0.4578275, 0.40821073] as const;
export const clipDeviation = [0.26862954, 0.26130258, 0.27577711] as const;
