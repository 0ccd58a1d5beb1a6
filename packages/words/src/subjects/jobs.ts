/** Titles of the jobs. A job of the catalogue without both does not compile. */
export const english = {
  'job.create_tables': 'Create and verify the tables',
  'job.daily_env_stats': 'Daily climate statistics',
  'job.hourly_setpoint_monitoring': 'Hourly setpoint changes',
  'job.daily_clip_inference': 'Daily image embedding',
  'job.prune': 'Delete data past its retention period',
  'job.embed_images': 'Image embedding on request',
  'job.embed_batch': 'Embed a batch of images',
  'job.describe_batch': 'Describe a batch of images',
};

export const chinese: Record<keyof typeof english, string> = {
  'job.create_tables': '创建并校验数据表',
  'job.daily_env_stats': '每日环境统计',
  'job.hourly_setpoint_monitoring': '每小时设定值变更监测',
  'job.daily_clip_inference': '每日图像向量计算',
  'job.prune': '清理超过保留期的数据',
  'job.embed_images': '按需计算图像向量',
  'job.embed_batch': '计算一批图像的向量',
  'job.describe_batch': '生成一批图像的描述',
};
