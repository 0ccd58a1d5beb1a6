export { continueDemoFarm, type DemoFarm, demoRooms, growDemoFarm } from './farm/demo-farm.ts';
