import { tagOfImage } from '../../../src/core/policy/follower-of.ts';
import type { TrackingView } from '../../../src/core/policy/tracking.ts';
import type { ServiceView } from '../../../src/core/contract/views.ts';
import { Age } from '../parts/age.tsx';
import { Facts } from '../parts/facts.tsx';
import { Icon } from '../parts/icon.tsx';
import { Section } from '../parts/section.tsx';
import { visibleText } from '../words/visible-text.ts';

/** Somebody put the service back to an older tag. The helper does not undo that. */
const PutBack = ({ present, tracking }: { present: string; tracking: TrackingView }) =>
  tracking.ran === null ? null : (
    <div class="notice hold">
      <Icon name="pause" />
      <p>
        <strong>Stack file says {visibleText(present)}</strong>, ran {visibleText(tracking.ran.tag)}{' '}
        since <Age at={tracking.ran.since} />, put back <Age at={tracking.ran.until} />. That is not
        undone: the next tag that is pushed moves it on.
      </p>
    </div>
  );

/** The tags that a service follows: the newest, the next, and why it is not deployed now. */
export const TrackingSection = ({ service }: { readonly service: ServiceView }) => {
  const { tracking, image } = service;
  if (tracking === undefined) return null;
  const { policy, newest, next, whyNot, held = [] } = tracking;
  return (
    <Section title="Follows tags">
      <PutBack present={tagOfImage(image) ?? ''} tracking={tracking} />
      <Facts
        facts={[
          ['Policy', <code key="policy">{visibleText(policy)}</code>],
          ['Newest seen', newest === null ? <span class="faint">none</span> : visibleText(newest)],
          ['Next', next === null ? <span class="faint">none</span> : visibleText(next)],
          ...(whyNot === null ? [] : [['Why not now', visibleText(whyNot)] as const]),
          ...held
            .filter(({ tag }) => tag !== next)
            .map(({ tag, why }) => [`Held: ${visibleText(tag)}`, visibleText(why)] as const),
        ]}
      />
    </Section>
  );
};
