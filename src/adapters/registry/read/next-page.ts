/** A link of {@link https://www.rfc-editor.org/rfc/rfc8288 RFC 8288} with its parameters. */
const LINK = /<([^<>]*)>([^<]*)/g;
const IS_NEXT = /;\s*rel\s*=\s*(?:"(?:[^"]*\s)?next(?:\s[^"]*)?"|next)(?=\s*[;,]|\s*$)/i;
const LONGEST = 4_096;

/** The query of the next page in a `Link` header; null if there is none. */
export const nextPage = (header: string | null): string | null => {
  if (header === null || header.length > LONGEST) return null;
  for (const [, target = '', parameters = ''] of header.matchAll(LINK)) {
    if (!IS_NEXT.test(parameters)) continue;
    const { search } = URL.parse(target, 'https://registry.invalid/') ?? { search: '' };
    return search === '' ? null : search;
  }
  return null;
};
