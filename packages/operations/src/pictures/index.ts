export { type TimeSource, timeSources } from './capture-time.ts';
export {
  checkPictureNames,
  createPictureStore,
  largestPicture,
  listedSizes,
  type PictureRules,
  statedSizes,
} from './picture-store.ts';
