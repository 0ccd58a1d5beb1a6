export { continueDemoFarm, demoRooms, growDemoFarm } from './farm/demo-farm.ts';
