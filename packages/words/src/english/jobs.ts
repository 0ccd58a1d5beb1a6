/** Titles of the jobs. A job of the catalogue without both does not compile. */
export const english = {
  'job.create_tables': 'Create and verify the tables',
  'job.daily_env_stats': 'Daily climate statistics',
  'job.hourly_setpoint_monitoring': 'Hourly setpoint changes',
  'job.daily_clip_inference': 'Daily image embedding',
  'job.settle_readings': 'Settle the readings of past days',
  'job.prune': 'Delete data past its retention period',
  'job.embed_images': 'Image embedding on request',
  'job.embed_batch': 'Embed a batch of images',
  'job.describe_batch': 'Describe a batch of images',
};
