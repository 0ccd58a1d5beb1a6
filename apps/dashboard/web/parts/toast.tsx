import { signal } from '@preact/signals';

interface Toast {
  id: number;
  text: string;
  bad: boolean;
}

const toasts = signal<Toast[]>([]);
let next = 0;

/** Says in passing how something went. */
export function toast(text: string, bad = false): void {
  const id = next++;
  toasts.value = [...toasts.value, { id, text, bad }];
  setTimeout(
    () => {
      toasts.value = toasts.value.filter((one) => one.id !== id);
    },
    bad ? 8_000 : 4_000,
  );
}

/** Does something the user asked for, and says how it went. */
export async function attempt(work: () => Promise<string | undefined>): Promise<boolean> {
  try {
    const said = await work();
    if (said) toast(said);
    return true;
  } catch (error) {
    toast((error as Error).message, true);
    return false;
  }
}

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map(({ id, text, bad }) => (
        <div key={id} class={`toast ${bad ? 'bad' : ''}`}>
          {text}
        </div>
      ))}
    </div>
  );
}
