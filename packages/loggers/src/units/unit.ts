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

/** The unit in a column's name: `Temperature(°F)`, `Temp [°C]`, `RH, %`, `Temp, °C (LGR S/N: 1)`, `AirTemp_C`. */
export function unitInName(name: string): string | undefined {
  const places = [
    ...name.matchAll(/[([]([^)\]]+)[)\]]/g),
    ...name.matchAll(/,\s*([^,(]+?)\s*(?=\(|,|$)/g),
    ...name.matchAll(/[_ ](fahrenheit|celsius|kelvin|percent|ppm|[CFK]|°[CF]|%)(?=$|[_ ])/gi),
  ].map(([, text = '']) => text);
  for (const place of places) {
    const unit = parseUnit(place);
    if (unit && place.trim() !== '1') return unit;
  }
  return undefined;
}
