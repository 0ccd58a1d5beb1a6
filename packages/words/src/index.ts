export { chinese } from './chinese.ts';
export { type Code, english } from './english.ts';
export { fill, type Params, paramsOf, sayFrom } from './fill.ts';
export { isCode, type Language, type Message, message, say, sayStored } from './message.ts';
export { Refusal, type RefusalKind } from './refusal.ts';
export type { Cell, ReportTable, ReportView } from './report-view.ts';
