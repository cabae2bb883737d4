/** A repository at a forge: the host as an address names it, and the path below it, such as `acme/web`. */
export type SourceAddress = { readonly host: string; readonly path: string };

const PART = /^[A-Za-z0-9_.-]+$/;
const isPart = (part: string): boolean => PART.test(part) && part !== '.' && part !== '..';

/**
 * The repository that the label `org.opencontainers.image.source` names: `https://HOST/OWNER/REPO(.git)?(/…)?`, or with
 * `nested`, for GitLab, `https://HOST/GROUP/SUBGROUP/REPO(.git)?(/-/…)?`. Null for anything else. Anyone who builds an
 * image can write the label, so compare the host with one from the configuration.
 */
export const readSourceAddress = (source: string, nested: boolean): SourceAddress | null => {
  if (!URL.canParse(source)) return null;
  const url = new URL(source);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return null;
  if (`${url.username}${url.password}` !== '') return null;
  const whole = url.pathname.split('/').slice(1);
  const end = whole.indexOf('-');
  const shown = (nested && end !== -1 ? whole.slice(0, end) : whole).filter((part) => part !== '');
  const kept = nested ? shown : shown.slice(0, 2);
  const last = kept.at(-1)?.replace(/\.git$/, '') ?? '';
  const parts = [...kept.slice(0, -1), last];
  if (parts.length < 2 || !parts.every(isPart)) return null;
  return { host: url.host.toLowerCase(), path: parts.join('/') };
};

/** Whether a label's revision is a full commit id: forges reliably accept nothing shorter. */
export const isWholeCommit = (revision: string): boolean =>
  /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(revision);
