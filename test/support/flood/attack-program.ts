import { attack, type AttackName } from './attacks.ts';

/** A separate process, so that the measuring process does not wait for an attacker. */
const [, , name = '', port = ''] = process.argv;
attack(name as AttackName, Number(port), () => process.send?.('tried'));
// Ends with its parent process, however that ended.
process.once('disconnect', () => process.exit());
