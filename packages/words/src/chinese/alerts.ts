import type { english } from '../english/alerts.ts';

export const chinese: Record<keyof typeof english, string> = {
  'alert.failure-rate': '大量图像处理失败',
  'alert.no-data': '没有数据',
  'alert.failed-run': '运行失败',
  'alert.consecutive-failures': '连续失败',
  'alert.overdue': '到点未运行',
  'alert.missed': '错过计划时间',
  'alert.dead-worker': '没有心跳',
  'alert.dead-letters': '任务重试用尽',
  'alert.breaker-open': '依赖服务不可用，已暂停',
  'alert.descriptions': '没有描述',
  'alert.takeover': '数据库已切换',
  'alert.takeover.gap':
    'PostgreSQL 已由副本或备份接替。{from} 至 {to} 之间发送的内容可能缺失：请重新发送这段时间的读数，并检查人工修改；任务运行会自动补上。',
  'alert.unserved': '队列无人处理',
  'alert.disk': '磁盘空间不足',
  'alert.stuck-run': '运行卡住',
  'alert.requeued': '反复退回队列',
  'alert.reading-times': '时钟错误',
  'alert.failure-rate.images':
    '{slot} 的运行共处理 {n} 张图像，其中 {failed} 张失败，请查看隔离区和失败任务。',
  'alert.no-data.run': '{slot} 的运行没有找到可处理的数据，请检查数据是否正常上传。',
  'alert.no-data.room': '{room} 库房在 {slot} 的运行中没有有效读数，请检查传感器和网关。',
  'alert.no-data.rooms': '{slot} 的运行中有 {n} 间库房没有有效读数：{rooms} 等，请检查网关和网络。',
  'alert.failed-run.error': '{slot} 的运行失败：{error} 请重试，或补跑当天。',
  'alert.consecutive-failures.streak': '已连续 {n} 次以上运行失败，最近一次为 {slot}：{error}',
  'alert.consecutive-failures.unexplained':
    '已连续 {n} 次以上运行失败，最近一次为 {slot}，没有记录错误信息。',
  'alert.overdue.one': '{slot} 的运行已到时间但还没有开始，请检查负责该任务的工作进程。',
  'alert.overdue.many': '有 {n} 次运行已到时间但还没有开始，最早为 {slot}，请检查负责该任务的工作进程。',
  'alert.missed.slots': '有 {n:次|次}运行因延误过久没有执行，最近一次为 {slot}，如有需要请补跑相应日期。',
  'alert.dead-worker.silent':
    '自 {since} 起没有收到任何 {service} 进程的心跳，请查看日志并重新启动；在此之前，相关任务会一直等待。',
  'alert.breaker-open.paused':
    '{host} 上的 {service} 自 {since} 起暂停处理：{trouble}。依赖服务恢复后会自动继续。',
  'alert.dead-letters.count': '有 {n:个|个}任务用完了所有重试次数，最早的在 {oldest}，请重试或丢弃。',
  'alert.descriptions.all-failed':
    '最近 {n} 张图像都没有生成描述，最近一次为 {newest}，请检查描述服务的日志、CAPTION_MODEL 和 CAPTION_ANSWER_LIMIT。',
  'alert.unserved.canary':
    '自 {since} 起该队列中有任务等待，虽有工作进程在线，却没有进程领取，请重启该队列的工作进程。',
  'alert.disk.low':
    '{host}：{path} 仅剩 {free} GiB（{share} %），请清理空间；低于 DISK_FLOOR_MIB 时，任务和上传会等待。',
  'alert.stuck-run.no-batch':
    '{slot} 的运行在等待批次，但自 {since} 起已没有任何批次，请检查该队列的工作进程；若告警不消失，请在队列中删除该运行的任务，系统会重新排队。',
  'alert.requeued.same-reason': '有 {n} 个任务自 {since} 起因同一原因反复退回队列：{reason}。',
  'alert.reading-times.ahead':
    '{room} 号房的 {device} 发来将来的时间，最近一次为 {last}，收到于 {received}。请校准其时钟。已隔离 {n} 条读数。',
  'alert.reading-times.before-farm':
    '{room} 号房的 {device} 发来早于农场第一天的时间，最近一次为 {last}，收到于 {received}。请校准其时钟。已隔离 {n} 条读数。',
  'severity.warning': '警告',
  'severity.critical': '严重',
};
