import type { english } from '../english/quarantine.ts';

export const chinese: Record<keyof typeof english, string> = {
  'reason.empty': '空文件',
  'reason.not_an_image': '不是图像文件',
  'reason.unsupported_format': '不支持的格式',
  'reason.truncated': '文件不完整',
  'reason.animated': '动态图像',
  'reason.too_large': '尺寸过大',
  'reason.bad_shape': '长宽比异常',
  'reason.corrupt': '文件损坏',
  'reason.too_slow': '解码超时',
  'reason.invalid_key': '对象键格式错误',
  'reason.bad_key': '对象键格式错误',
  'reason.missing': '存储中已不存在',
  'reason.not_recorded': '数据库中无记录',
  'reason.replaced': '处理期间被替换',
};
