import { attack, type AttackName } from './attacks.ts';

/** A program of its own, so that the one who measures waits for no attacker. */
const [, , name = '', port = ''] = process.argv;
attack(name as AttackName, Number(port), () => process.send?.('tried'));
// It ends with the one who started it, however that ended.
process.once('disconnect', () => process.exit());
