import type { Digest } from '../../core/image/digest.ts';
import { imageName } from '../../core/image/image-reference.ts';
import type { UnknownReason } from '../../core/verdict/verdict.ts';
import type { Log } from '../../core/log.ts';
import { markGone } from '../../store/published/seen-digests.ts';
import type { Db } from '../../store/sqlite/open-store.ts';
import type { Registries, TaggedImage } from '../../core/contract/registries.ts';

/** Whether a registry still has a digest that no tag may show any more. */
export type HasImage =
  | { readonly kind: 'has' | 'gone' }
  | { readonly kind: 'untold'; readonly reason: UnknownReason; readonly detail: string };

type Deps = {
  readonly registries: Pick<Registries, 'findDigest'>;
  readonly db: Db;
  readonly now: () => number;
  readonly log?: Log;
};

/** Asks for a digest with one HEAD request, and records the digest as gone if the registry no longer has it. */
export const createHasImage =
  ({ registries, db, now, log }: Deps) =>
  async (image: TaggedImage, digest: Digest, signal: AbortSignal): Promise<HasImage> => {
    // A registry accepts a digest in place of a tag.
    const found = await registries.findDigest({ ...image, tag: digest }, signal);
    if (found.kind === 'published') return { kind: 'has' };
    const { reason, detail } = found;
    if (reason !== 'tag-gone') return { kind: 'untold', reason, detail };
    const name = imageName(image);
    log?.warn('an image that should be deployed is gone', { image: name, tag: image.tag, digest });
    await markGone(db, { name, tag: image.tag, digest }, now());
    return { kind: 'gone' };
  };
