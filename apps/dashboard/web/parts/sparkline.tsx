interface SparklineProps {
  values: (number | null)[];
  band: { low: number; high: number } | null;
  tone: string;
  label: string;
}

const width = 120;
const height = 30;

/** A day as a line that shows its shape, not its numbers, with the band behind it. */
export function Sparkline({ values, band, tone, label }: SparklineProps) {
  const known = values.filter((value) => value !== null);
  if (known.length < 2) return <span class="sparkline" />;
  const all = band ? [...known, band.low, band.high] : known;
  const low = Math.min(...all);
  const span = Math.max(...all) - low || 1;
  const x = (n: number) => (n / (values.length - 1)) * width;
  const y = (value: number) => 2 + (1 - (value - low) / span) * (height - 4);

  let path = '';
  let open = false;
  for (const [n, value] of values.entries()) {
    if (value === null) {
      open = false;
      continue;
    }
    path += `${open ? 'L' : 'M'}${x(n).toFixed(1)} ${y(value).toFixed(1)}`;
    open = true;
  }
  return (
    <svg
      class={`sparkline ${tone}`}
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      {band && <rect x="0" width={width} y={y(band.high)} height={y(band.low) - y(band.high)} class="band" />}
      <path d={path} vector-effect="non-scaling-stroke" />
    </svg>
  );
}
