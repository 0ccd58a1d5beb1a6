import type { Params } from '@mycelium/words';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { at } from './base-path.ts';
import { session } from './session.ts';

/** The type of a value after JSON: instants become strings. */
export type Wire<T> = T extends Date
  ? string
  : T extends (infer Item)[]
    ? Wire<Item>[]
    : T extends object
      ? { [Key in keyof T]: Wire<T[Key]> }
      : T;

/** A refusal or failure from the server, as a code with parameters and an English sentence. */
export class ApiError extends Error {
  readonly code: string | undefined;
  readonly params: Params | undefined;

  constructor(message: string, code?: string, params?: Params) {
    super(message);
    this.code = code;
    this.params = params;
  }
}

const csrf = () => /(?:^|; )XSRF-TOKEN=([^;]+)/.exec(document.cookie)?.[1] ?? '';

/** @throws ApiError, or TypeError when the server does not answer */
export async function ask<T>(url: string, init: RequestInit = {}): Promise<T> {
  const write = init.method !== undefined && init.method !== 'GET';
  const response = await fetch(at(url), {
    ...init,
    headers: { accept: 'application/json', ...(write && { 'x-xsrf-token': csrf() }), ...init.headers },
  });
  const body = await response.json().catch(() => ({}));
  if (response.ok) return body as T;
  if (response.status === 401 && session.value.state === 'in') {
    const { local, company, timeZone } = session.value;
    session.value = local ? { state: 'loading' } : { state: 'out', company, timeZone };
  }
  throw new ApiError(body.error ?? response.statusText, body.code, body.params);
}

export function send<T>(url: string, body: unknown = {}, method = 'POST'): Promise<T> {
  const bare = method === 'DELETE';
  return ask<T>(url, {
    method,
    ...(!bare && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
}

/** `query({ room: '611', from: undefined })` → `?room=611` */
export function query(values: Record<string, string | number | boolean | undefined>): string {
  const set = Object.entries(values).filter(([, value]) => value !== undefined && value !== '');
  const text = new URLSearchParams(set.map(([name, value]) => [name, String(value)])).toString();
  return text && `?${text}`;
}

export interface Loaded<T> {
  data: T | undefined;
  error: Error | undefined;
  loading: boolean;
  reload: () => void;
}

/**
 * Loads data from an address, and again at an interval in milliseconds while the page is visible. The last answer stays
 * until the next one arrives, so that the layout does not jump.
 */
export function useData<T>(url: string | undefined, every?: number): Loaded<T> {
  const [state, setState] = useState<{ url?: string; data?: T; error?: Error; loading: boolean }>({
    loading: true,
  });
  const [turn, setTurn] = useState(0);
  const latestUrl = useRef(url);
  latestUrl.current = url;

  useEffect(() => {
    if (url === undefined) return;
    const controller = new AbortController();
    setState((last) => ({ ...last, loading: true }));
    ask<T>(url, { signal: controller.signal }).then(
      (data) => latestUrl.current === url && setState({ url, data, loading: false }),
      (error: Error) => {
        if (!controller.signal.aborted) setState((last) => ({ ...last, url, error, loading: false }));
      },
    );
    return () => controller.abort();
  }, [url, turn]);

  useEffect(() => {
    if (!every) return;
    const timer = setInterval(() => {
      if (!document.hidden) setTurn((n) => n + 1);
    }, every);
    return () => clearInterval(timer);
  }, [every]);

  const reload = useCallback(() => setTurn((n) => n + 1), []);
  return { data: state.data, error: state.error, loading: state.loading, reload };
}
