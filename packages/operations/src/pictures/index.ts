export { captureTime, type TimeSource, timeSources } from './capture-time.ts';
export { readPhoto } from './photo.ts';
export {
  checkPictureNames,
  createPictureStore,
  largestPicture,
  listedSizes,
  type PictureRules,
  statedSizes,
} from './picture-store.ts';
