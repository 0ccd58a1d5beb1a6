import type { english } from '../english/runs.ts';

export const chinese: Record<keyof typeof english, string> = {
  'status.running': '运行中',
  'status.waiting': '等待批次完成',
  'status.retrying': '等待重试',
  'status.succeeded': '成功',
  'status.failed': '失败',
  'status.missed': '错过',
  'status.coalesced': '已合并',
  'status.paused': '已暂停',
  'cause.schedule': '定时',
  'cause.catch-up': '自动补跑',
  'cause.manual': '人工',
  'cause.backfill': '补跑',
};
