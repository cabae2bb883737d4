/** Where one is in the dashboard: what follows `#` in the address. */
export type Address = {
  /** Decoded; empty at the start. */
  readonly path: readonly string[];
  readonly filters: Readonly<Record<string, string>>;
};

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    // Typed by hand or cut off on its way: shown as it is.
    return text;
  }
};

/** Never throws: an address may come from anywhere. */
export const parseAddress = (hash: string): Address => {
  const [path = '', ...rest] = hash.replace(/^#/, '').split('?');
  return {
    path: path
      .split('/')
      .filter((part) => part !== '')
      .map(decode),
    filters: Object.fromEntries(new URLSearchParams(rest.join('?'))),
  };
};

/** What `parseAddress` reads the same from; blank filters are left out. */
export const printAddress = (
  path: readonly string[],
  filters: Readonly<Record<string, string | null>> = {},
): string => {
  const given = Object.entries(filters).filter(
    (pair): pair is [string, string] => pair[1] !== null && pair[1] !== '',
  );
  const query = given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
  return `#/${path.map(encodeURIComponent).join('/')}${query}`;
};
