import type { ComponentChildren } from 'preact';
import type { Alert } from '../../src/records/alerts.ts';
import type { Wire } from '../api.ts';
import { jobTitle } from '../job-title.ts';
import { troubleText } from '../trouble-text.ts';
import { dateTime, fromNow, maybe, storedText, t } from '../words.ts';

export function AlertRow({ alert, children }: { alert: Wire<Alert>; children?: ComponentChildren }) {
  return (
    <li class="row">
      <span class={`dot ${alert.severity === 'critical' ? 'bad' : 'warn'}`} />
      <div class="row-main">
        <strong>
          {t('alerts.about', {
            kind: maybe(`alert.${alert.kind}`, alert.kind),
            subject: subjectText(alert.subject),
          })}
        </strong>
        <span class="wrap">{textOf(alert)}</span>
        <span class="quiet small" title={dateTime(alert.openedAt)}>
          {maybe(`severity.${alert.severity}`, alert.severity)} · {fromNow(alert.openedAt)}
          {alert.closedAt && ` · ${t('alerts.closed', { when: dateTime(alert.closedAt) })}`}
        </span>
      </div>
      {children}
    </li>
  );
}

function textOf({ code, params, message }: Wire<Alert>): string {
  const { trouble } = params ?? {};
  const worded = typeof trouble === 'string' ? { ...params, trouble: troubleText(trouble) } : params;
  return storedText({ code, params: worded }, message);
}

/** The subject: a room or a job in the reader's language, a queue or a service by its name. */
function subjectText(subject: string): string {
  if (subject === 'many rooms') return t('room.many');
  const [, room] = /^room (.+)$/.exec(subject) ?? [];
  return room ? t('room.title', { room }) : jobTitle(subject, subject);
}
