/** The place in the dashboard: the part of the address after `#`. */
export type Address = {
  /** Decoded; empty for the start page. */
  readonly path: readonly string[];
  readonly filters: Readonly<Record<string, string>>;
};

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    // Mistyped or truncated: show it unchanged.
    return text;
  }
};

/** Never throws, because an address may come from anywhere. */
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

/** The inverse of `parseAddress`. Blank filters are left out. */
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
