/** A unit in the spelling that points have: `°C`, `%`, `ppm`. */
const spellings: [string, RegExp][] = [
  ['°C', /^(°|º|\*|deg\.?|degrees?|grad)? ?c(elsius)?$|^℃$/i],
  ['°F', /^(°|º|\*|deg\.?|degrees?)? ?f(ahrenheit)?$|^℉$/i],
  ['K', /^k(elvin)?$/i],
  ['%', /^(%|percent|pct|prozent|proz\.?|%? ?r\.?h\.?|% ?r\.? ?f\.?)$/i],
  ['fraction', /^(fraction|0-1|0\.\.1|1|ratio)$/i],
  ['ppm', /^(ppm|ppmv|µmol\/mol|umol\/mol)$/i],
  ['ppb', /^ppb$/i],
  ['g/m³', /^g ?\/ ?m(³|3|\^3)$/i],
  ['min', /^(min|mins|minutes?)$/i],
  ['s', /^(s|sec|secs|seconds?)$/i],
  ['h', /^(h|hr|hrs|hours?)$/i],
  ['hPa', /^(hpa|mbar|millibars?)$/i],
  ['kPa', /^kpa$/i],
  ['Pa', /^pa$/i],
  ['mmHg', /^mm ?hg$/i],
  ['inHg', /^in ?hg$/i],
  ['psi', /^psi$/i],
  ['lx', /^(lx|lux)$/i],
  ['lm/ft²', /^(lum|lumens?|lm) ?\/ ?ft(²|2|\^2)$/i],
  ['W/m²', /^w ?\/ ?m(²|2|\^2)$/i],
  ['µmol/m²/s', /^[µu]mol.*$/i],
  ['V', /^(v|volts?)$/i],
  ['mV', /^mv$/i],
  ['mA', /^ma$/i],
  ['dBm', /^dbm?$/i],
  ['m/s', /^m\/s$/i],
  ['mm', /^mm$/i],
  ['mg/m³', /^mg ?\/ ?m(³|3|\^3)$/i],
  ['µg/m³', /^[µu]g ?\/ ?m(³|3|\^3)$/i],
];

/** @returns the unit that a text names, or undefined if it names none */
export function parseUnit(text: string): string | undefined {
  const plain = text
    .trim()
    .replace(/^[[(]|[\])]$/g, '')
    .trim();
  return spellings.find(([, spelling]) => spelling.test(plain))?.[0];
}

/** What stands where a unit would: a unit that is known, or other text that may be one. */
export interface NamedUnit {
  unit?: string | undefined;
  unknown?: string | undefined;
}

/** In brackets, in unit lines and after commas, loggers also write what was averaged, and which sensor it was. No unit begins with a digit. */
const noUnit =
  /^(\d\w*|[0-9a-f-]{8,}|avg|average|mean|min|max|minimum|maximum|smp|sample|std|tot|total|sum|median|ts|rn|inside|indoor|outside|outdoor|(room|sensor|probe|channel|ch|port|zone|lgr|sen|s\/n|id|no|nr)\b.*)$/i;

/** Reads a cell of a line of units, or of a column of units. */
export function readUnit(text: string): NamedUnit {
  const unit = parseUnit(text);
  if (unit) return { unit };
  const plain = text.trim();
  return plain === '' || noUnit.test(plain) ? {} : { unknown: plain };
}

/** The unit in a column's name: `Temperature(°F)`, `Temp [°C]`, `RH, %`, `Temp, °C (LGR S/N: 1)`, `AirTemp_C`, `Temp/°C`. */
export function unitInName(name: string): NamedUnit {
  // `Probe (1)` is a number, although a line of units may have 1 for a fraction.
  const cells = (pattern: RegExp) =>
    [...name.matchAll(pattern)].map(([all, text = all]) => (text.trim() === '1' ? {} : readUnit(text)));
  const bracketed = cells(/[([]([^)\]]+)[)\]]/g);
  // `RH, mean, upper`: after a comma, only what looks like a unit is one.
  const listed = cells(/,\s*([^,(]+?)\s*(?=\(|,|$)/g).filter(
    ({ unknown }) => !unknown || /[°%/²³^·µ]/.test(unknown),
  );
  const named = [...bracketed, ...listed];
  const words = cells(
    /(?<=[_ /:])(fahrenheit|celsius|kelvin|percent|ppm|deg ?[CF]|[CFK]|%)(?=$|[_ ])|[°º] ?[CF]\b|[℃℉]/gi,
  );
  return [...named, ...words].find(({ unit }) => unit) ?? named.find(({ unknown }) => unknown) ?? {};
}
