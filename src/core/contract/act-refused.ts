/** Why a person's action was not carried out. */
export type ActProblem =
  | 'invalid-request'
  | 'not-found'
  | 'not-allowed'
  | 'conflict'
  | 'not-supported'
  | 'held'
  | 'unreachable';

/** Thrown by actions. `message` is one line for a person, without a secret. */
export class ActRefused extends Error {
  override readonly name = 'ActRefused';
  readonly code: ActProblem;

  constructor(code: ActProblem, message: string) {
    super(message);
    this.code = code;
  }
}
