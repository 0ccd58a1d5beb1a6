import { testScenarios } from './harness/test-scenarios.ts';
import { scenarios } from './scenarios/index.ts';

testScenarios(scenarios.slice(15));
