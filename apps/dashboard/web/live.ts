import { signal } from '@preact/signals';
import type { ActiveJob, QueueCounts } from '../src/jobs/timetable.ts';
import type { Wire } from './api.ts';
import { at } from './base-path.ts';

export interface Live {
  active: Wire<ActiveJob>[];
  queues: QueueCounts[];
  openAlerts: number;
}

/** The live state; undefined until the server has sent it. */
export const live = signal<Live | undefined>(undefined);

let source: EventSource | undefined;

/** Listens while someone is logged in; browsers reconnect by themselves. */
export function listen(): () => void {
  source ??= new EventSource(at('/api/events'));
  source.onmessage = ({ data }) => {
    live.value = JSON.parse(data) as Live;
  };
  return () => {
    source?.close();
    source = undefined;
  };
}
