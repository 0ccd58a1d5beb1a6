import { signal } from '@preact/signals';
import { errorText } from '../error-text.ts';

interface Toast {
  id: number;
  text: string;
  bad: boolean;
}

const toasts = signal<Toast[]>([]);
let next = 0;

/** Shows the result of an action for a few seconds. */
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

/** Runs an action and shows its result. */
export async function attempt(work: () => Promise<string | undefined>): Promise<boolean> {
  try {
    const outcome = await work();
    if (outcome) toast(outcome);
    return true;
  } catch (error) {
    toast(errorText(error), true);
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
