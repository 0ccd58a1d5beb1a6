interface SegmentsProps<Value extends string> {
  label: string;
  value: Value | undefined;
  options: { value: Value; text: string }[];
  onChange: (value: Value) => void;
}

/** A few choices side by side, one of which is selected. */
export function Segments<Value extends string>({ label, value, options, onChange }: SegmentsProps<Value>) {
  return (
    <fieldset class="segments" aria-label={label}>
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === value}
          onClick={() => onChange(option.value)}
        >
          {option.text}
        </button>
      ))}
    </fieldset>
  );
}
