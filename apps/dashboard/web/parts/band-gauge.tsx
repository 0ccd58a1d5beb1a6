import { digits, type Metric, unitOf } from '../metrics.ts';
import { formatNumber, t } from '../words.ts';

interface BandGaugeProps {
  low: number;
  high: number;
  value: number;
  metric: Metric;
}

/** Shows a value relative to its band, which takes up the middle half. */
export function BandGauge({ low, high, value, metric }: BandGaugeProps) {
  const span = high - low;
  const share = Math.max(0, Math.min(1, (value - (low - span / 2)) / (span * 2)));
  const inside = value >= low && value <= high;
  const text = t('band', {
    low: formatNumber(low, digits[metric]),
    high: formatNumber(high, digits[metric]),
    unit: unitOf[metric],
  });
  return (
    <span class={`gauge ${inside ? 'inside' : 'outside'}`} role="img" aria-label={text} title={text}>
      <span class="gauge-band" />
      <span class="gauge-mark" style={{ left: `${share * 100}%` }} />
    </span>
  );
}
