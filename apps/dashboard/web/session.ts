import { signal } from '@preact/signals';

export type Role = 'viewer' | 'operator';

export type Session =
  | { state: 'loading' }
  | { state: 'failed'; error: Error }
  | { state: 'out'; timeZone: string }
  | { state: 'in'; name: string; role: Role; local: boolean; timeZone: string };

export const session = signal<Session>({ state: 'loading' });

/** The farm's zone: every time on every page is told in it. */
export const timeZone = () =>
  session.value.state === 'in' || session.value.state === 'out' ? session.value.timeZone : 'UTC';

export const isOperator = () => session.value.state === 'in' && session.value.role === 'operator';
