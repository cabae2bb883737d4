/** SVG paths on a grid of 16 by 16. */
const PATHS = {
  back: 'M6 4 2.500 7.500 6 11M3 7.500h6.500a3.500 3.500 0 0 1 0 7H7',
  check: 'm3 8.500 3.200 3.200L13 5',
  clock: 'M8 14.500a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13ZM8 4.500V8l2.500 1.500',
  close: 'm4 4 8 8m0-8-8 8',
  copy: 'M6 6h7.500v7.500H6ZM3.500 10H2.500V2.500H10v1',
  cross: 'm4 4 8 8m0-8-8 8',
  cycle:
    'M13.500 8a5.500 5.500 0 0 1-9.800 3.400M2.500 8a5.500 5.500 0 0 1 9.800-3.400M12.500 1.500v3.200H9.300M3.500 14.500v-3.200h3.200',
  differs: 'M3 6h10M3 10h10M10.500 3l-5 10',
  dots: 'M3 8h.1M8 8h.1M13 8h.1',
  down: 'M8 3v10m4-4-4 4-4-4',
  health: 'M1.500 8h3l2-4.500 3 9 2-4.500h3',
  hook: 'M8 10.500v-9m3.500 5.500L8 10.500 4.500 7M2 10.500v3h12v-3',
  key: 'M10 9a3 3 0 1 0-2.800-1.900L2 12.300V14h2.300v-1.700H6v-1.700l1.500-1.500',
  lanes: 'M2 4h7M6 8h8M2 12h4m3.500 0H14',
  link: 'M6.500 3H3v10h10V9.500M9 2.500h4.500V7M13 3 7.500 8.500',
  list: 'M5.500 4H14M5.500 8H14M5.500 12H14M2 4h.5M2 8h.5M2 12h.5',
  minus: 'M4 8h8',
  moon: 'M13.500 9.500A6 6 0 1 1 6.500 2.500a4.800 4.800 0 0 0 7 7Z',
  pause: 'M5.500 3.500v9m5-9v9',
  pin: 'M8 9.500V14M4.500 9.500h7L10 7V2.500H6V7Z',
  question: 'M5.500 5.800a2.500 2.500 0 1 1 3.700 2.100C8.400 8.400 8 8.800 8 9.800m0 2.600v.1',
  rocket:
    'M8.500 11 5 7.500C6 4.500 9 2 13.500 2.500 14 7 11.500 10 8.500 11ZM5 7.500 2.500 8l2-3h2M8.500 11l-.5 2.500 3-2v-2M3 13l2-2',
  rows: 'M2 3.500h12v3H2Zm0 6h12v3H2Z',
  skip: 'm3.500 4 4 4-4 4m5-8 4 4-4 4',
  sun: 'M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM8 1v1.500M8 13.500V15M1 8h1.500M13.500 8H15M3 3l1 1m8 8 1 1M3 13l1-1m8-8 1-1',
  system: 'M2 3h12v8H2Zm4 11h4M8 11v3',
  up: 'M8 13V3M4 7l4-4 4 4',
  user: 'M8 8a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM2.500 14a5.500 5.500 0 0 1 11 0',
} as const;

export type IconName = keyof typeof PATHS;

/** Decorative: it always stands next to a word, or inside something with a name. */
export const Icon = ({ name }: { readonly name: IconName }) => (
  <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
    <path d={PATHS[name]} />
  </svg>
);
