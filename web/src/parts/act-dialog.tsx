import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiProblem } from '../api/api-problem.ts';
import { newRequestKey } from '../api/request-key.ts';
import { announce } from './announcer.tsx';
import { Dialog } from './dialog.tsx';
import { ProblemNotice } from './notice.tsx';

type ActDialogProps<T> = {
  readonly title: string;
  /** What will happen, and any choices. */
  readonly children: ComponentChildren;
  /** The label of the button that starts it. */
  readonly confirm: string;
  readonly isDangerous?: boolean;
  /** Why it is not possible with the present input. */
  readonly blocked?: string | null;
  /** Does it. The key stays the same until it is known whether it was done. */
  readonly act: (key: string) => Promise<T>;
  /** The result to show. */
  readonly result: (value: T) => ComponentChildren;
  readonly onDone?: (value: T) => void;
  readonly onClose: () => void;
};

type Stage<T> =
  | { readonly kind: 'asking'; readonly problem: ApiProblem | null }
  | { readonly kind: 'acting' }
  | { readonly kind: 'done'; readonly value: T };

const asProblem = (error: unknown): ApiProblem =>
  error instanceof ApiProblem ? error : new ApiProblem(0, String(error));

/** Takes the focus once, because the element that had it is gone. */
const CloseButton = ({ onClose }: { readonly onClose: () => void }) => {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => button.current?.focus(), []);
  return (
    <button type="button" ref={button} onClick={onClose}>
      Close
    </button>
  );
};

/** Explains what will happen, asks for confirmation, and shows the result. */
export const ActDialog = <T,>({
  title,
  children,
  confirm,
  isDangerous = false,
  blocked = null,
  act,
  result,
  onDone,
  onClose,
}: ActDialogProps<T>) => {
  const [stage, setStage] = useState<Stage<T>>({ kind: 'asking', problem: null });
  const key = useRef<string | null>(null);
  const isThere = useRef(true);
  useEffect(
    () => () => {
      isThere.current = false;
    },
    [],
  );
  const confirmed = async (): Promise<void> => {
    setStage({ kind: 'acting' });
    key.current ??= newRequestKey();
    try {
      const value = await act(key.current);
      // If the dialog was closed meanwhile, announce the result anyway.
      if (!isThere.current) announce(`${title}: done`);
      setStage({ kind: 'done', value });
      onDone?.(value);
    } catch (error) {
      const problem = asProblem(error);
      if (!isThere.current) announce(`${title}: ${problem.message}`);
      // After a refusal the next try is a new request. After a broken connection it may have been done, so keep the
      // key.
      if (problem.status >= 400 && problem.status < 500) key.current = null;
      setStage({ kind: 'asking', problem });
    }
  };
  if (stage.kind === 'done') {
    return (
      <Dialog title={title} onClose={onClose}>
        <div class="dialog-body" role="status">
          {result(stage.value)}
        </div>
        <div class="dialog-foot">
          <CloseButton onClose={onClose} />
        </div>
      </Dialog>
    );
  }
  const isActing = stage.kind === 'acting';
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!isActing && blocked === null) void confirmed();
        }}
      >
        <div class="dialog-body">
          {children}
          {stage.kind === 'asking' && stage.problem !== null && (
            <ProblemNotice problem={stage.problem} what="That was not done:" />
          )}
        </div>
        <div class="dialog-foot">
          {blocked !== null && <p class="blocked">{blocked}</p>}
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button
            type="submit"
            class={isDangerous ? 'danger' : 'primary'}
            disabled={blocked !== null}
            aria-disabled={isActing}
          >
            {isActing && <span class="spinner" aria-hidden="true" />}
            {confirm}
          </button>
        </div>
      </form>
    </Dialog>
  );
};
