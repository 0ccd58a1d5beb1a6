import { ask } from './api.ts';
import { at } from './base-path.ts';
import { type Session, session } from './session.ts';

interface Answer {
  visitor: Pick<Extract<Session, { state: 'in' }>, 'name' | 'role' | 'by'> | null;
  company: boolean;
  local: boolean;
  passPort: number | null;
  timeZone: string;
}

/** Loads the session. Without a login, a browser on the dashboard's machine first gets its pass. */
export async function loadSession(): Promise<void> {
  try {
    const { visitor, local, company, passPort, timeZone } = await ask<Answer>('/api/session');
    if (visitor) session.value = { state: 'in', ...visitor, local, company, timeZone };
    else if (!local) session.value = { state: 'out', company, timeZone };
    else if (!passPort || !mayAskForPass()) session.value = { state: 'elsewhere' };
    else
      location.replace(`http://${location.hostname}:${passPort}/?next=${encodeURIComponent(destination())}`);
  } catch (error) {
    session.value = { state: 'failed', error: error as Error };
  }
}

/** Where to go after logging in: only a page of this server. */
export function destination(): string {
  const here = `${location.pathname}${location.search}`;
  if (location.pathname !== at('/login')) return here;
  const next = new URLSearchParams(location.search).get('next') ?? at('/');
  const url = URL.canParse(next, location.origin) ? new URL(next, location.origin) : undefined;
  return url?.origin === location.origin ? `${url.pathname}${url.search}` : at('/');
}

const lastAsked = 'mycelium.pass-asked';

/** Not from another machine, and not twice in a row: a browser without cookies would be redirected forever. */
function mayAskForPass(): boolean {
  const isHere = /^(127(\.\d+){3}|localhost|\[::1\])$/.test(location.hostname);
  const recently = Date.now() - Number(sessionStorage.getItem(lastAsked)) < 5_000;
  if (!isHere || recently) return false;
  sessionStorage.setItem(lastAsked, String(Date.now()));
  return true;
}
