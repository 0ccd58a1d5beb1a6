import { guardLookup } from '@mycelium/outgoing';
import type { Attributes } from '@opentelemetry/api';

/** Loaded only if traces are sent. */
let api: typeof import('@opentelemetry/api') | undefined;

/** Runs `work` as a span of the current trace. Free if no traces are sent. */
export function inSpan<T>(name: string, attributes: Attributes, work: () => Promise<T>): Promise<T> {
  if (!api) return work();
  const { SpanStatusCode, trace } = api;
  return trace.getTracer('mycelium').startActiveSpan(name, { attributes }, async (span) => {
    try {
      return await work();
    } catch (error) {
      span.recordException(error as Error);
      span.setStatus({ code: SpanStatusCode.ERROR, message: (error as Error).message });
      throw error;
    } finally {
      span.end();
    }
  });
}

/** Notes the run in the current span, so that its traces are found by its id. */
export function nameSpan(run: string): void {
  api?.trace.getActiveSpan()?.setAttribute('mycelium.run', run);
}

/**
 * Sends a trace of every job to a collector (OTLP over HTTP). Its libraries are loaded only here.
 * @param endpoint as in OTEL_EXPORTER_OTLP_ENDPOINT; undefined sends no traces
 * @returns `telemetry` for queues and workers, and `stop`, which sends the remaining spans
 */
export async function startTracing(endpoint: string | undefined, service: string) {
  if (!endpoint) return { telemetry: undefined, stop: async () => {} };
  const [
    otel,
    { BatchSpanProcessor, TracerProvider },
    exporters,
    asyncHooks,
    core,
    resources,
    { BullMQOtel },
  ] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/context-async-hooks'),
    import('@opentelemetry/core'),
    import('@opentelemetry/resources'),
    import('bullmq-otel'),
  ]);
  const exporter = new exporters.OTLPTraceExporter({
    url: `${endpoint.replace(/\/$/, '')}/v1/traces`,
    httpAgentOptions: { keepAlive: true, lookup: guardLookup() },
  });
  const provider = new TracerProvider({
    resource: resources.resourceFromAttributes({ 'service.name': `mycelium-${service}` }),
    spanProcessors: [new BatchSpanProcessor({ exporter })],
  });
  otel.trace.setGlobalTracerProvider(provider);
  otel.context.setGlobalContextManager(new asyncHooks.AsyncLocalStorageContextManager().enable());
  otel.propagation.setGlobalPropagator(new core.W3CTraceContextPropagator());
  api = otel;
  return { telemetry: new BullMQOtel({ tracerName: 'mycelium' }), stop: () => provider.shutdown() };
}
