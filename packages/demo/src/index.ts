export { demoDay } from './farm/demo-climate.ts';
export { continueDemoFarm, demoRooms, growDemoFarm } from './farm/demo-farm.ts';
