import type { Scenario } from '../harness/scenario.ts';
import { r1 } from './r1-killed-workers.ts';
import { r2 } from './r2-killed-at-commit.ts';
import { r3 } from './r3-paused-workers.ts';
import { r4 } from './r4-busy-model.ts';
import { r5 } from './r5-contenders.ts';
import { r6 } from './r6-downtime.ts';
import { r7 } from './r7-servers-die.ts';
import { r8 } from './r8-bad-images.ts';
import { r9 } from './r9-sigterm.ts';
import { r10 } from './r10-clocks.ts';
import { r11 } from './r11-backfill.ts';
import { r12 } from './r12-soak.ts';
import { r13 } from './r13-versions.ts';
import { r14 } from './r14-cut-off-host.ts';
import { r15 } from './r15-arrivals.ts';
import { r16 } from './r16-frozen-redis.ts';
import { r17 } from './r17-sentinel.ts';
import { r18 } from './r18-promoted-replica.ts';
import { r19 } from './r19-full-disk.ts';
import { r20 } from './r20-supervised.ts';
import { r21 } from './r21-point-in-time.ts';
import { r22 } from './r22-proxy.ts';
import { r23 } from './r23-cluster.ts';
import { r24 } from './r24-settling.ts';
import { r25 } from './r25-full-database-disk.ts';

export const scenarios: Scenario[] = [
  r1,
  r2,
  r3,
  r4,
  r5,
  r6,
  r7,
  r8,
  r9,
  r10,
  r11,
  r12,
  r13,
  r14,
  r15,
  r16,
  r17,
  r18,
  r19,
  r20,
  r21,
  r22,
  r23,
  r24,
  r25,
];
