/** Why an image is quarantined, or got no vector. */
export const english = {
  'reason.empty': 'Empty file',
  'reason.not_an_image': 'Not an image',
  'reason.unsupported_format': 'Unsupported format',
  'reason.truncated': 'Truncated file',
  'reason.animated': 'Animated image',
  'reason.too_large': 'Too large',
  'reason.bad_shape': 'Unusable shape',
  'reason.corrupt': 'Corrupt file',
  'reason.too_slow': 'Decoding timed out',
  'reason.bad_key': 'Malformed object key',
  'reason.missing': 'Missing from the store',
  'reason.not_recorded': 'No longer recorded',
  'reason.replaced': 'Replaced during the run',
};

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
  'reason.bad_key': '对象键格式错误',
  'reason.missing': '存储中已不存在',
  'reason.not_recorded': '数据库中无记录',
  'reason.replaced': '处理期间被替换',
};
