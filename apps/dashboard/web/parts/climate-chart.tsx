import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import type { BandSpan } from '../../src/rooms/bands.ts';
import type { Curve, RoomSeries } from '../../src/rooms/room-series.ts';
import type { SetpointLine } from '../../src/rooms/setpoints.ts';
import type { Wire } from '../api.ts';
import { dayAt } from '../farm-day.ts';
import { digits, type Metric, unitOf } from '../metrics.ts';
import { timeZone } from '../session.ts';
import { colour, colours } from '../theme.ts';
import { clock, dateTime, formatNumber, language, maybe, shortDay, t } from '../words.ts';

export interface Window {
  from: number;
  to: number;
}

export interface Series extends Wire<RoomSeries> {
  bands: Wire<BandSpan>[];
  setpoints: SetpointLine[];
  images: { id: number; version: string; capturedAt: string }[];
}

interface ClimateChartProps {
  metric: Metric;
  series: Series;
  window: Window;
  onZoom: (window: Window) => void;
  /** Only the last chart of the stack has a time axis. */
  last: boolean;
}

/** The charts of a page share this axis, so that times line up. */
export const axisWidth = 52;

/** One metric: its mean and range, with its band behind and its setpoints on top. */
export function ClimateChart({ metric, series, window, onZoom, last }: ClimateChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot>(undefined);
  const [hovered, setHovered] = useState<number>();
  const latest = useRef({ series, window, onZoom });
  latest.current = { series, window, onZoom };

  const paint = colours.value;
  const words = language.value;
  useEffect(() => {
    const element = place.current as HTMLDivElement;
    const drawn = new uPlot(
      options(metric, last, element.clientWidth, latest, setHovered),
      dataOf(series, metric),
      element,
    );
    chart.current = drawn;
    const resize = new ResizeObserver(() =>
      drawn.setSize({ width: element.clientWidth, height: heightOf(last) }),
    );
    resize.observe(element);
    return () => {
      resize.disconnect();
      drawn.destroy();
    };
  }, [metric, last, paint, words]);

  useEffect(() => {
    chart.current?.setData(dataOf(series, metric));
  }, [series, window]);

  const curve = series.metrics[metric];
  const lines = series.setpoints.filter((line) => line.metric === metric && line.steps.length > 0);
  return (
    <figure class="chart" aria-label={describe(metric, curve)}>
      <figcaption>
        <span class={`dot ${metric}`} />
        <strong>{t(`metric.${metric}`)}</strong>
        <span class="quiet">{unitOf[metric]}</span>
        {lines.length > 0 && (
          <span class="chart-key">
            <i class={`line ${metric}`} />
            {[...new Set(lines.map(({ point }) => maybe(`setpoint.${point}`, point)))].join(', ')}
          </span>
        )}
        <span class="chart-reading number">{readingAt(series, metric, hovered)}</span>
      </figcaption>
      <div ref={place} class="chart-place" />
      {isEmpty(curve) && <p class="chart-empty quiet small">{t('room.noReadings')}</p>}
    </figure>
  );
}

const isEmpty = ({ mean }: Curve) => mean.every((value) => value === null);

const heightOf = (last: boolean) => (last ? 186 : 160);

function dataOf(series: Series, metric: Metric): uPlot.AlignedData {
  const start = Date.parse(series.from) / 1_000;
  const times = Array.from({ length: series.buckets }, (_, n) => start + (n + 0.5) * series.step);
  const { mean, min, max } = series.metrics[metric];
  return [times, max, min, mean];
}

function readingAt(series: Series, metric: Metric, n: number | undefined): string {
  if (n === undefined) return '';
  const { mean, min, max } = series.metrics[metric];
  const [value, low, high] = [mean[n], min[n], max[n]];
  if (value == null || low == null || high == null) return '';
  const at = dateTime(Date.parse(series.from) + (n + 0.5) * series.step * 1_000);
  const say = (number: number) => formatNumber(number, digits[metric]);
  const range = low === high ? '' : ` (${say(low)} – ${say(high)})`;
  return `${at} · ${say(value)}${range} ${unitOf[metric]}`;
}

function describe(metric: Metric, curve: Curve): string {
  if (isEmpty(curve)) return `${t(`metric.${metric}`)}: ${t('room.noReadings')}`;
  const { min, max } = curve;
  const low = Math.min(...min.filter((value) => value !== null));
  const high = Math.max(...max.filter((value) => value !== null));
  return t('room.chart', { metric: t(`metric.${metric}`), low, high, unit: unitOf[metric] });
}

interface Latest {
  current: { series: Series; window: Window; onZoom: (window: Window) => void };
}

function options(
  metric: Metric,
  last: boolean,
  width: number,
  latest: Latest,
  onHover: (n: number | undefined) => void,
): uPlot.Options {
  const tone = colour(metric);
  const ink = colour('ink-3');
  const grid = { stroke: colour('line'), width: 1 };
  const font = `11px ${getComputedStyle(document.body).fontFamily}`;
  return {
    width,
    height: heightOf(last),
    padding: [8, 12, last ? 0 : 8, 0],
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1_000), timeZone()),
    legend: { show: false },
    cursor: {
      sync: { key: 'room' },
      drag: { x: true, y: false, setScale: false },
      points: { size: 7, fill: tone, stroke: colour('surface') },
      y: false,
    },
    scales: {
      x: {
        time: true,
        range: () => [latest.current.window.from / 1_000, latest.current.window.to / 1_000],
      },
      y: { range: () => rangeOf(latest.current.series, metric) },
    },
    axes: [
      {
        show: last,
        stroke: ink,
        font,
        grid,
        ticks: { show: false },
        space: 74,
        size: 34,
        values: (_, splits, __, ___, step) => splits.map((split) => timeLabel(split * 1_000, step)),
      },
      {
        stroke: ink,
        font,
        grid,
        ticks: { show: false },
        size: axisWidth,
        space: 34,
        values: (_, splits, __, ___, step) => {
          const hasValues = valuesOf(latest.current.series, metric).length > 0;
          return splits.map((split) => (hasValues ? formatNumber(split, decimalsOf(step)) : ''));
        },
      },
    ],
    series: [
      {},
      { stroke: 'transparent', points: { show: false } },
      { stroke: 'transparent', points: { show: false } },
      { stroke: tone, width: 1.6, points: { show: false } },
    ],
    bands: [{ series: [1, 2], fill: `color-mix(in srgb, ${tone} 24%, transparent)` }],
    hooks: {
      drawClear: [(chart) => drawBands(chart, latest.current.series, metric)],
      draw: [(chart) => drawSetpoints(chart, latest.current.series, metric, tone)],
      setCursor: [(chart) => onHover(chart.cursor.idx ?? undefined)],
      setSelect: [
        (chart) => {
          const { left, width: chosen } = chart.select;
          if (chosen < 8) return;
          const from = chart.posToVal(left, 'x') * 1_000;
          const to = chart.posToVal(left + chosen, 'x') * 1_000;
          chart.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
          // Synchronised charts get the same selection; only the one under the pointer reacts to it.
          if (chart.root.matches(':hover')) latest.current.onZoom({ from, to });
        },
      ],
    },
  };
}

function timeLabel(at: number, step: number): string {
  if (step >= 86_400) return shortDay(dayAt(at));
  const time = clock(at);
  return time === '00:00' ? shortDay(dayAt(at)) : time;
}

/** The measured values and the setpoints. */
function valuesOf(series: Series, metric: Metric): number[] {
  const { min, max } = series.metrics[metric];
  const set = series.setpoints.filter((line) => line.metric === metric).flatMap(({ steps }) => steps);
  return [...min, ...max, ...set.map(([, value]) => value)].filter((value) => value !== null);
}

/** The number of decimals that axis labels need. */
const decimalsOf = (step: number) => String(step).split('.')[1]?.length ?? 0;

/** Covers the measured values and the setpoints. A distant band does not flatten the curve. */
function rangeOf(series: Series, metric: Metric): [number, number] {
  const values = valuesOf(series, metric);
  if (values.length === 0) return [0, 1];
  const low = Math.min(...values);
  const high = Math.max(...values);
  const air = (high - low || 1) * 0.08;
  return [low - air, high + air];
}

function drawBands(chart: uPlot, series: Series, metric: Metric): void {
  const { ctx, bbox } = chart;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.fillStyle = colour('good-soft');
  for (const band of series.bands) {
    if (band.metric !== metric) continue;
    const left = chart.valToPos(Date.parse(band.from) / 1_000, 'x', true);
    const right = chart.valToPos(Date.parse(band.to) / 1_000, 'x', true);
    const top = chart.valToPos(band.high, 'y', true);
    ctx.fillRect(left, top, right - left, chart.valToPos(band.low, 'y', true) - top);
  }
  ctx.restore();
}

function drawSetpoints(chart: uPlot, series: Series, metric: Metric, tone: string): void {
  const { ctx, bbox } = chart;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.strokeStyle = tone;
  ctx.lineWidth = 1.5 * devicePixelRatio;
  ctx.setLineDash([5 * devicePixelRatio, 4 * devicePixelRatio]);
  for (const { metric: of, steps } of series.setpoints) {
    if (of !== metric || steps.length === 0) continue;
    ctx.beginPath();
    for (const [n, [at, value]] of steps.entries()) {
      const x = chart.valToPos(at / 1_000, 'x', true);
      const y = chart.valToPos(value, 'y', true);
      const before = steps[n - 1];
      if (before) ctx.lineTo(x, chart.valToPos(before[1], 'y', true));
      ctx.lineTo(x, y);
    }
    const held = steps.at(-1) as [number, number];
    ctx.lineTo(bbox.left + bbox.width, chart.valToPos(held[1], 'y', true));
    ctx.stroke();
  }
  ctx.restore();
}
