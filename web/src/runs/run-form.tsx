import { useState } from 'preact/hooks';
import { goTo } from '../address/current-address.ts';
import { startRun } from '../api/acts.ts';
import { ApiProblem } from '../api/api-problem.ts';
import { newRequestKey } from '../api/request-key.ts';
import { CLUSTERS } from '../live/clusters-shown.ts';
import { isOperator } from '../live/session-state.ts';
import { useShown } from '../live/use-shown.ts';
import { CheckField, SelectField, TextField } from '../parts/fields.tsx';
import { ProblemNotice } from '../parts/notice.tsx';
import { BLANK_RUN, toRunRequest } from './run-request.ts';

/** Chooses what a dry run checks. It changes nothing, so there is no confirmation. */
export const RunForm = () => {
  const [form, setForm] = useState(BLANK_RUN);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const [isAsking, setAsking] = useState(false);
  const clusters = useShown(CLUSTERS).value ?? [];
  const change = (changed: Partial<typeof form>): void => setForm({ ...form, ...changed });
  if (!isOperator()) {
    return (
      <p class="faint">
        You need an operator token to start a run. With your token, you can read earlier runs.
      </p>
    );
  }
  const look = async (): Promise<void> => {
    setAsking(true);
    setProblem(null);
    try {
      const run = await startRun(toRunRequest(form, true), newRequestKey());
      goTo(['smart-redeploy', run.id]);
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      setProblem(error);
      setAsking(false);
    }
  };
  return (
    <form
      class="run-form"
      aria-label="Dry run"
      onSubmit={(event) => {
        event.preventDefault();
        if (!isAsking) void look();
      }}
    >
      {clusters.length > 1 && (
        <SelectField
          label="Cluster"
          value={form.cluster}
          onChange={(cluster) => change({ cluster })}
          choices={[
            { value: '', label: 'All clusters' },
            ...clusters.map(({ name }) => ({ value: name, label: name })),
          ]}
        />
      )}
      <TextField
        label="Services"
        value={form.services}
        placeholder="all, or shop_* worker"
        onChange={(services) => change({ services })}
      />
      <TextField
        label="Stacks"
        value={form.stacks}
        placeholder="all, or shop*"
        onChange={(stacks) => change({ stacks })}
      />
      <TextField
        label="Images"
        value={form.images}
        placeholder="all, or docker.io/acme/*"
        onChange={(images) => change({ images })}
      />
      <CheckField isChecked={form.pin} onChange={(pin) => change({ pin })}>
        Also deploy services without a digest, to pin them
      </CheckField>
      <button type="submit" class="primary" aria-disabled={isAsking}>
        {isAsking && <span class="spinner" aria-hidden="true" />}
        {isAsking ? 'Asking the registries…' : 'Dry run'}
      </button>
      {problem !== null && <ProblemNotice problem={problem} what="No dry run:" />}
    </form>
  );
};
