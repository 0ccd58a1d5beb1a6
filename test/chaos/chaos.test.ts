import { testScenarios } from './harness/test-scenarios.ts';
import { scenarios } from './scenarios/index.ts';

// Those that replace whole servers are in a file of their own, which runs at the same time.
testScenarios(scenarios.slice(0, 15));
