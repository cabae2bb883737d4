/** The details of an action on one line: `from: …, to: …`. Digests are shortened and blanks left out. */
export const detailWords = (detail: Readonly<Record<string, unknown>>): string =>
  Object.entries(detail)
    .filter(([, value]) => value !== null && !(Array.isArray(value) && value.length === 0))
    .map(([name, value]) => {
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      return `${name} ${text.replaceAll(/sha256:([0-9a-f]{12})[0-9a-f]{52}/g, '$1')}`;
    })
    .join(', ');
