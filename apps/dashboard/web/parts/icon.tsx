/** Drawn on a 24 × 24 grid with one stroke width. */
const paths = {
  today: 'M4 6h16M4 12h10M4 18h7M18.500 15.500v4M16.500 17.500h4',
  room: 'M4 20V9l8-5 8 5v11M4 20h16M9 20v-6h6v6',
  image: 'M4 5h16v14H4zM4 16l4.500-4.500 4 4 3-3L20 17M9 9.500a1 1 0 1 0-2 0 1 1 0 0 0 2 0',
  coverage: 'M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h6v6h-6z',
  jobs: 'M12 7v5l3.500 2M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Z',
  alert: 'M12 4 2.800 19.500h18.400ZM12 10v4.500M12 17.200v.1',
  audit: 'M7 3h10v18l-2.500-1.800L12 21l-2.500-1.800L7 21zM10 8h4M10 12h4',
  key: 'M14.500 9.500a4 4 0 1 1-8 0 4 4 0 0 1 8 0ZM13 12l7 7M17 16l2-2',
  failed: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM9 9l6 6M15 9l-6 6',
  quarantine: 'M12 3l8 3v6c0 4.500-3.200 7.600-8 9-4.800-1.400-8-4.500-8-9V6zM12 8.500v4M12 15.700v.1',
  list: 'M8 6h12M8 12h12M8 18h12M4 6h.1M4 12h.1M4 18h.1',
  search: 'M10.500 17a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13ZM15.500 15.500 20 20',
  close: 'M6 6l12 12M18 6 6 18',
  menu: 'M4 7h16M4 12h16M4 17h16',
  left: 'M14 6l-6 6 6 6',
  right: 'M10 6l6 6-6 6',
  plus: 'M12 5v14M5 12h14',
  minus: 'M5 12h14',
  play: 'M8 5.500v13l10.500-6.500z',
  pause: 'M8.500 6v12M15.500 6v12',
  retry: 'M20 11a8 8 0 1 0-2.300 6.300M20 5v6h-6',
  check: 'M5 12.500l4.500 4.500L19 7.500',
  sun: 'M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM12 3v2M12 19v2M3 12h2M19 12h2M5.600 5.600 7 7M17 17l1.400 1.400M5.600 18.400 7 17M17 7l1.400-1.400',
  moon: 'M20 14.500A8.500 8.500 0 0 1 9.500 4a8.500 8.500 0 1 0 10.500 10.500Z',
  auto: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 3v18M12 7.500l6.500-.5M12 12h9M12 16.500l6.500.5',
  upload: 'M12 16V5M7.500 9.500 12 5l4.500 4.500M4 19h16',
  similar: 'M4 8h11v11H4zM9 8V4h11v11h-5',
  out: 'M14 4h5v16h-5M10 8l-4 4 4 4M6 12h9',
  external: 'M13 5h6v6M19 5l-8 8M17 14v5H5V7h5',
  info: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 11v5M12 8v.1',
  sliders:
    'M4 7h10M18 7h2M4 17h2M10 17h10M16 9a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM8 19a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z',
  trash: 'M5 7h14M10 7V4.500h4V7M7 7l.8 13h8.400L17 7',
  calendar: 'M4 6h16v14H4zM4 10.500h16M8 3.500V7M16 3.500V7',
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}
