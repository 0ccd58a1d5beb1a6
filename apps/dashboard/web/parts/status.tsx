import { maybe } from '../words.ts';
import { Icon, type IconName } from './icon.tsx';

const looks: Record<string, { tone: string; icon?: IconName }> = {
  succeeded: { tone: 'good', icon: 'check' },
  failed: { tone: 'bad', icon: 'close' },
  missed: { tone: 'warn', icon: 'alert' },
  running: { tone: 'info', icon: 'play' },
  waiting: { tone: 'info', icon: 'jobs' },
  retrying: { tone: 'warn', icon: 'retry' },
  paused: { tone: '', icon: 'pause' },
  coalesced: { tone: '' },
  parked: { tone: 'warn', icon: 'pause' },
};

/** How a run ended or stands. */
export function Status({ status }: { status: string }) {
  const { tone, icon } = looks[status] ?? { tone: '' };
  return (
    <span class={`badge ${tone}`}>
      {icon && <Icon name={icon} />}
      {maybe(`status.${status}`, status)}
    </span>
  );
}
