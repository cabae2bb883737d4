import { now } from '../live/now.ts';
import { printAge } from '../words/age.ts';
import { printWhole } from '../words/clock-time.ts';

/** How long ago something was. The title has the exact time. */
export const Age = ({ at }: { readonly at: string | number | null }) => {
  if (at === null) return <span class="faint">never</span>;
  const ms = typeof at === 'number' ? at : Date.parse(at);
  if (Number.isNaN(ms)) return <span class="faint">unknown</span>;
  return (
    <time dateTime={new Date(ms).toISOString()} title={printWhole(ms)}>
      {printAge(ms, now.value)}
    </time>
  );
};
