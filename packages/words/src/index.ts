export { type Code, chinese, english } from './dictionary.ts';
export { fill, type Params, paramsOf } from './fill.ts';
export { isCode, type Language, type Message, message, say, sayStored } from './message.ts';
export { Refusal, type RefusalKind } from './refusal.ts';
export type { Cell, ReportTable, ReportView } from './report-view.ts';
