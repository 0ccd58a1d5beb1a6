import { ask } from './api.ts';
import { type Role, session } from './session.ts';

interface Answer {
  visitor: { name: string; role: Role } | null;
  local: boolean;
  timeZone: string;
}

/** Asks the server who is sitting here. */
export async function loadSession(): Promise<void> {
  try {
    const { visitor, local, timeZone } = await ask<Answer>('/api/session');
    session.value = visitor ? { state: 'in', ...visitor, local, timeZone } : { state: 'out', timeZone };
  } catch (error) {
    session.value = { state: 'failed', error: error as Error };
  }
}
