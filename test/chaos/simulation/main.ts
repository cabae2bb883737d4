import { runScenario } from './run-scenario.ts';
import { tellScenarios } from './tell-scenarios.ts';

process.exit(await tellScenarios('test/chaos/simulation/main.ts', (seed) => runScenario(seed)));
