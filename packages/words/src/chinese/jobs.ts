import type { english } from '../english/jobs.ts';

export const chinese: Record<keyof typeof english, string> = {
  'job.create_tables': '创建并校验数据表',
  'job.daily_env_stats': '每日环境统计',
  'job.hourly_setpoint_monitoring': '每小时设定值变更监测',
  'job.daily_clip_inference': '每日图像向量计算',
  'job.settle_readings': '归档往日读数',
  'job.prune': '清理超过保留期的数据',
  'job.embed_images': '按需计算图像向量',
  'job.embed_batch': '计算一批图像的向量',
  'job.describe_batch': '生成一批图像的描述',
};
