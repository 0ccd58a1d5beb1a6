import { open } from 'node:fs/promises';

/**
 * Writes ONNX models: a small part of onnx.proto, enough for graphs of ordinary operators.
 * Field numbers are those of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
 * Tensors go to the file one by one, so that a model of hundreds of megabytes needs no buffer of that size.
 */
export const elementType = { float32: 1, int8: 3, int64: 7 } as const;
export type ElementType = (typeof elementType)[keyof typeof elementType];

/** A dimension is a number, or a name if its size is known only when the model runs. */
export type Shape = readonly (number | string)[];
export type Attribute = number | string | readonly number[] | { float: number };
export type Values = Float32Array | Int8Array | BigInt64Array;

interface Tensor {
  header: Buffer;
  length: number;
  values: () => Values;
}

const elementSize: Record<ElementType, number> = { 1: 4, 3: 1, 7: 8 };

export class OnnxGraph {
  readonly #nodes: Buffer[] = [];
  readonly #tensors: Tensor[] = [];
  readonly #inputs: Buffer[] = [];
  readonly #outputs: Buffer[] = [];
  #count = 0;

  /** Adds an operator and returns the name of its output. */
  node(
    operator: string,
    inputs: readonly string[],
    attributes: Record<string, Attribute> = {},
    domain = '',
  ): string {
    const output = `${operator}_${this.#count++}`;
    this.#nodes.push(nodeMessage(operator, inputs, output, attributes, domain));
    return output;
  }

  /**
   * Adds a constant tensor and returns its name. `values` is called when the file is written, once, so that a large
   * model is never in memory as a whole.
   */
  tensor(shape: readonly number[], type: ElementType, values: () => Values): string {
    const name = `constant_${this.#count++}`;
    const length = shape.reduce((product, size) => product * size, elementSize[type]);
    const head = Buffer.concat([
      ...shape.map((size) => integer(1, size)),
      integer(2, type),
      message(8, name),
      key(9, wire.bytes),
      varint(length),
    ]);
    const header = Buffer.concat([key(5, wire.bytes), varint(head.length + length), head]);
    this.#tensors.push({ header, length, values });
    return name;
  }

  floats(shape: readonly number[], values: Iterable<number>): string {
    const array = Float32Array.from(values);
    return this.tensor(shape, elementType.float32, () => array);
  }

  integers(values: readonly number[]): string {
    return this.tensor([values.length], elementType.int64, () => BigInt64Array.from(values, BigInt));
  }

  /** A scalar integer. */
  integer(value: number): string {
    return this.tensor([], elementType.int64, () => BigInt64Array.of(BigInt(value)));
  }

  input(name: string, type: ElementType, shape: Shape): string {
    this.#inputs.push(message(11, valueInfo(name, type, shape)));
    return name;
  }

  output(source: string, name: string, type: ElementType, shape: Shape): void {
    this.#nodes.push(nodeMessage('Identity', [source], name, {}, ''));
    this.#outputs.push(message(12, valueInfo(name, type, shape)));
  }

  async write(path: string): Promise<void> {
    const before = Buffer.concat([...this.#nodes, message(2, 'graph')]);
    const after = Buffer.concat([...this.#inputs, ...this.#outputs]);
    const length = this.#tensors.reduce(
      (sum, tensor) => sum + tensor.header.length + tensor.length,
      before.length + after.length,
    );
    const file = await open(path, 'w');
    try {
      await file.writeFile(Buffer.concat([modelHead(), key(7, wire.bytes), varint(length), before]));
      for (const { header, length, values } of this.#tensors) {
        await file.writeFile(header);
        await file.writeFile(bytesOf(values(), length));
      }
      await file.writeFile(after);
    } finally {
      await file.close();
    }
  }
}

const wire = { varint: 0, bytes: 2, float: 5 } as const;

/** IR version 8 with operator set 17: what onnxruntime has read since 1.12. */
function modelHead(): Buffer {
  const operatorSet = (domain: string, version: number) =>
    message(8, Buffer.concat([message(1, domain), integer(2, version)]));
  return Buffer.concat([
    integer(1, 8),
    message(2, 'mycelium'),
    operatorSet('', 17),
    operatorSet('com.microsoft', 1),
  ]);
}

function nodeMessage(
  operator: string,
  inputs: readonly string[],
  output: string,
  attributes: Record<string, Attribute>,
  domain: string,
): Buffer {
  return message(
    1,
    Buffer.concat([
      ...inputs.map((input) => message(1, input)),
      message(2, output),
      message(3, output),
      message(4, operator),
      ...Object.entries(attributes).map(([name, value]) => message(5, attributeMessage(name, value))),
      ...(domain ? [message(7, domain)] : []),
    ]),
  );
}

function attributeMessage(name: string, value: Attribute): Buffer {
  const [kind, fields] = attributeValue(value);
  return Buffer.concat([message(1, name), ...fields, integer(20, kind)]);
}

function attributeValue(value: Attribute): [kind: number, fields: Buffer[]] {
  if (typeof value === 'number') return [2, [integer(3, value)]];
  if (typeof value === 'string') return [3, [message(4, value)]];
  if ('float' in value) return [1, [float(2, value.float)]];
  return [7, value.map((item) => integer(8, item))];
}

function valueInfo(name: string, type: ElementType, shape: Shape): Buffer {
  const dimensions = shape.map((size) =>
    message(1, typeof size === 'string' ? message(2, size) : integer(1, size)),
  );
  const tensorType = Buffer.concat([integer(1, type), message(2, Buffer.concat(dimensions))]);
  return Buffer.concat([message(1, name), message(2, message(1, tensorType))]);
}

function bytesOf(values: Values, length: number): Buffer {
  if (values.byteLength !== length) {
    throw new Error(`a tensor of ${length} bytes was declared, but it has ${values.byteLength} bytes`);
  }
  return Buffer.from(values.buffer, values.byteOffset, length);
}

function integer(field: number, value: number): Buffer {
  return Buffer.concat([key(field, wire.varint), varint(value)]);
}

function float(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return Buffer.concat([key(field, wire.float), bytes]);
}

function message(field: number, content: string | Buffer): Buffer {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  return Buffer.concat([key(field, wire.bytes), varint(bytes.length), bytes]);
}

function key(field: number, type: number): Buffer {
  return varint(field * 8 + type);
}

/** Protobuf's integer: seven bits a byte, the lowest first; a negative one is written as its 64-bit complement. */
function varint(value: number): Buffer {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}
