import { signal } from '@preact/signals';

export type Role = 'viewer' | 'operator';

export type Session =
  | { state: 'loading' }
  | { state: 'failed'; error: Error }
  /** There is no login, and no proof that this browser runs on the dashboard's machine. */
  | { state: 'elsewhere' }
  | { state: 'out'; company: boolean; timeZone: string }
  | {
      state: 'in';
      name: string;
      role: Role;
      /** How the visitor was recognised. Only an account of this console (`session`) has a second factor. */
      by: 'session' | 'company' | 'proxy' | 'token' | 'local';
      local: boolean;
      company: boolean;
      timeZone: string;
    };

export const session = signal<Session>({ state: 'loading' });

/** The farm's time zone, which all pages use. */
export const timeZone = () =>
  session.value.state === 'in' || session.value.state === 'out' ? session.value.timeZone : 'UTC';

export const isOperator = () => session.value.state === 'in' && session.value.role === 'operator';
