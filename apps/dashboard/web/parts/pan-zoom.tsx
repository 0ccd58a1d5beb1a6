import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

interface PanZoomProps {
  /** Moves by a share of the visible time; positive is later. */
  move(share: number): void;
  /** `share` is the fixed point on the axis, from 0 at the left end to 1 at the right. */
  zoom(factor: number, share: number): void;
  children: ComponentChildren;
}

/**
 * Horizontal scrolling, dragging with Shift or one finger moves. Ctrl with the wheel, two fingers or a double click
 * zooms. Plain dragging is left to the chart, which selects a time span to zoom into.
 */
export function PanZoom({ move, zoom, children }: PanZoomProps) {
  const place = useRef<HTMLDivElement>(null);
  const latest = useRef({ move, zoom });
  latest.current = { move, zoom };

  useEffect(() => {
    const element = place.current as HTMLDivElement;
    const controller = new AbortController();
    const { signal } = controller;
    const fingers = new Map<number, number>();
    const plot = () => element.querySelector('.u-over')?.getBoundingClientRect() ?? new DOMRect(0, 0, 1, 1);
    const shareOf = (x: number) => Math.max(0, Math.min(1, (x - plot().left) / plot().width));
    const spread = () => Math.max(...fingers.values()) - Math.min(...fingers.values());

    element.addEventListener(
      'wheel',
      (event) => {
        const sideways = event.shiftKey ? event.deltaX || event.deltaY : event.deltaX;
        if (event.ctrlKey || event.metaKey) {
          latest.current.zoom(Math.exp(event.deltaY / 300), shareOf(event.clientX));
        } else if (Math.abs(sideways) > Math.abs(event.deltaY) || event.shiftKey) {
          latest.current.move(sideways / plot().width);
        } else return;
        event.preventDefault();
      },
      { passive: false, signal },
    );
    element.addEventListener('dblclick', ({ clientX }) => latest.current.zoom(3, shareOf(clientX)), {
      signal,
    });

    // Otherwise the chart would start a selection.
    element.addEventListener('mousedown', (event) => event.shiftKey && event.stopPropagation(), {
      capture: true,
      signal,
    });
    element.addEventListener(
      'pointerdown',
      ({ pointerId, pointerType, shiftKey, clientX, target }) => {
        const onPlot = (target as HTMLElement).closest('.u-over') !== null;
        if (onPlot && (shiftKey || pointerType === 'touch')) fingers.set(pointerId, clientX);
      },
      { signal },
    );
    addEventListener(
      'pointermove',
      ({ pointerId, clientX }) => {
        const before = fingers.get(pointerId);
        if (before === undefined) return;
        const apart = spread();
        fingers.set(pointerId, clientX);
        if (fingers.size === 1) latest.current.move((before - clientX) / plot().width);
        else if (apart > 10 && spread() > 10) latest.current.zoom(apart / spread(), shareOf(clientX));
      },
      { signal },
    );
    for (const end of ['pointerup', 'pointercancel'] as const) {
      addEventListener(end, ({ pointerId }) => fingers.delete(pointerId), { signal });
    }
    return () => controller.abort();
  }, []);
  return <div ref={place}>{children}</div>;
}
