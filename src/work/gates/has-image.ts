import type { Digest } from '../../core/image/digest.ts';
import { imageName } from '../../core/image/image-reference.ts';
import type { UnknownReason } from '../../core/verdict/verdict.ts';
import type { Log } from '../../core/log.ts';
import { markGone } from '../../store/published/seen-digests.ts';
import type { Db } from '../../store/sqlite/open-store.ts';
import type { Registries, TaggedImage } from '../../core/contract/registries.ts';

/** Whether a registry still has a digest that no tag may name any more. */
export type HasImage =
  | { readonly kind: 'has' | 'gone' }
  | { readonly kind: 'untold'; readonly reason: UnknownReason; readonly detail: string };

type Deps = {
  readonly registries: Pick<Registries, 'findDigest'>;
  readonly db: Db;
  readonly now: () => number;
  readonly log?: Log;
};

/** Asks for a digest by one HEAD, and remembers where it is gone. */
export const createHasImage =
  ({ registries, db, now, log }: Deps) =>
  async (image: TaggedImage, digest: Digest, signal: AbortSignal): Promise<HasImage> => {
    // A registry takes a digest in the place of a tag.
    const found = await registries.findDigest({ ...image, tag: digest }, signal);
    if (found.kind === 'published') return { kind: 'has' };
    const { reason, detail } = found;
    if (reason !== 'tag-gone') return { kind: 'untold', reason, detail };
    const name = imageName(image);
    log?.warn('an image that was to be deployed is gone', { image: name, tag: image.tag, digest });
    await markGone(db, { name, tag: image.tag, digest }, now());
    return { kind: 'gone' };
  };
