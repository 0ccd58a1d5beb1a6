import { useEffect } from 'preact/hooks';

/**
 * Keys of a page, by `KeyboardEvent.key`. They do nothing inside elements that use the keyboard themselves: fields,
 * dialogs, and what `except` selects.
 */
export function useKeys(actions: Record<string, () => void>, except: string): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if ((event.target as HTMLElement).closest(`input, select, textarea, dialog, ${except}`)) return;
      const action = actions[event.key];
      if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      action();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  });
}
