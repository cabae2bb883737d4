import { z } from 'zod';
import { findImage } from './find-image.ts';
import { ignore } from './find-push.ts';
import type { Finding } from './sender.ts';

const Claim = z.object({
  image: z.string(),
  tag: z.string().nullish(),
  tags: z.array(z.string()).nullish(),
  digest: z.string().nullish(),
});
type Claim = z.output<typeof Claim>;

const FORM = 'expected {"image": "repository:tag", "tag"?, "tags"?: [], "digest"?}, all text';

/**
 * Converts an image as a CI job writes it to what registries accept: `${{ github.repository }}` keeps the upper case of
 * its owner, and files end with a newline. A tag keeps its case, because case matters there.
 */
const tidyImage = (written: string): string => {
  const text = written.trim();
  const [named = '', ...digest] = text.split('@');
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1);
  const name = colon === -1 ? named : named.slice(0, colon);
  return [`${name.toLowerCase()}${named.slice(name.length)}`, ...digest].join('@');
};

/** Explains the most common mistakes of scripts, and what to change. */
const explain = (finding: Finding, text: string): Finding => {
  if ('image' in finding || finding.reason !== 'malformed-image') return finding;
  const detail = text.includes('://')
    ? 'an image has no scheme: leave out "https://"'
    : /[,;\s]/.test(text)
      ? 'one text names one image: send a list of {"image"}, or one "image" with "tags"'
      : finding.detail;
  return { ...finding, ...(detail === undefined ? {} : { detail }) };
};

const judgeClaim = (
  { image, tag, tags, digest }: Claim,
  registry: string | null,
): readonly Finding[] => {
  const claimed = { image: tidyImage(image), digest: digest?.trim().toLowerCase() };
  const find = (one: string | null): Finding =>
    explain(findImage({ ...claimed, tag: one?.trim() }, registry), claimed.image);
  const named = [...(tag === undefined || tag === null ? [] : [tag]), ...(tags ?? [])];
  return named.length === 0 ? [find(null)] : named.map(find);
};

/**
 * Parses our own format: `{ "image", "tag"? or "tags"?, "digest"? }`, or a list of them. Each is judged separately. An
 * empty list is malformed, because it names nothing. `about` identifies a malformed one.
 */
export const judgeClaims = (
  body: unknown,
  registry: string | null,
  about?: string,
): readonly Finding[] => {
  const claims: readonly unknown[] = Array.isArray(body) && body.length > 0 ? body : [body];
  return claims.flatMap((claim) => {
    const image = Claim.safeParse(claim);
    return image.success
      ? judgeClaim(image.data, registry)
      : [ignore('malformed-payload', about, FORM)];
  });
};
