import type { PushView } from '../../../src/core/contract/delivery-views.ts';
import { Age } from '../parts/age.tsx';
import { Badge } from '../parts/badge.tsx';
import { Digest } from '../images/digest.tsx';
import { ImageName } from '../images/image-name.tsx';
import { outcomeOf } from '../words/deployment-words.ts';
import { visibleText } from '../words/visible-text.ts';

/** The pushes of a delivery, and what became of each on each cluster. */
export const PushList = ({ pushes }: { readonly pushes: readonly PushView[] }) => (
  <ul class="pushes">
    {pushes.map(({ image, digest, results }) => (
      <li key={image}>
        <p>
          <ImageName image={image} /> {digest !== undefined && <Digest value={digest} />}
        </p>
        <ul>
          {results.map((result) => {
            const { words, look } = outcomeOf(result);
            return (
              <li key={result.cluster} class="verdict">
                <span>{visibleText(result.cluster)}</span>
                <Badge look={look} word={visibleText(words)} />
                {result.endedAt !== null && <Age at={result.endedAt} />}
                {result.detail !== null && <span class="reason">{visibleText(result.detail)}</span>}
              </li>
            );
          })}
          {results.length === 0 && <li class="faint">not looked at on any cluster yet</li>}
        </ul>
      </li>
    ))}
  </ul>
);
