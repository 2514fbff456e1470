/**
 * A decoder of PNG files, still and animated, that knows only the standard and Node's zlib.
 * It throws where a chunk is damaged or out of order.
 * Source: PNG, third edition (W3C 2025), sections 5, 9, 11 and 12.
 */
import { crc32, inflateSync } from "node:zlib";
import { expect } from "vitest";

export interface DecodedPng {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly pixels: Uint8Array;
  readonly types: readonly string[];
}

interface Chunk {
  readonly type: string;
  readonly content: Uint8Array;
}

function paeth(left: number, up: number, upLeft: number): number {
  const estimate = left + up - upLeft;
  const [toLeft, toUp, toUpLeft] = [Math.abs(estimate - left), Math.abs(estimate - up), Math.abs(estimate - upLeft)];
  if (toLeft <= toUp && toLeft <= toUpLeft) return left;
  return toUp <= toUpLeft ? up : upLeft;
}

function unfilter(lines: Uint8Array, stride: number, height: number, channels: number): Uint8Array {
  expect(lines.length).toBe((stride + 1) * height);
  const pixels = new Uint8Array(stride * height);
  for (let row = 0; row < height; row++) {
    const filter = lines[row * (stride + 1)]!;
    for (let at = 0; at < stride; at++) {
      const left = at >= channels ? pixels[row * stride + at - channels]! : 0;
      const up = row > 0 ? pixels[(row - 1) * stride + at]! : 0;
      const upLeft = row > 0 && at >= channels ? pixels[(row - 1) * stride + at - channels]! : 0;
      const predicted = [0, left, up, (left + up) >> 1, paeth(left, up, upLeft)][filter]!;
      pixels[row * stride + at] = lines[row * (stride + 1) + 1 + at]! + predicted;
    }
  }
  return pixels;
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The chunks of a file, with right checksums. */
export function chunksOf(file: Uint8Array): readonly Chunk[] {
  expect([...file.subarray(0, 8)]).toEqual([137, 80, 78, 71, 13, 10, 26, 10]);
  const chunks: Chunk[] = [];
  let at = 8;
  while (at < file.length) {
    const length = viewOf(file).getUint32(at);
    const type = String.fromCharCode(...file.subarray(at + 4, at + 8));
    expect(viewOf(file).getUint32(at + 8 + length), `CRC of ${type}`).toBe(
      crc32(file.subarray(at + 4, at + 8 + length)),
    );
    chunks.push({ type, content: file.subarray(at + 8, at + 8 + length) });
    at += 12 + length;
  }
  expect(at).toBe(file.length);
  return chunks;
}

const headerOf = (chunks: readonly Chunk[]): Pick<DecodedPng, "width" | "height" | "channels"> => {
  const { type, content } = chunks[0]!;
  expect(type).toBe("IHDR");
  expect([...content.subarray(8)]).toEqual([8, content[9], 0, 0, 0]);
  return {
    width: viewOf(content).getUint32(0),
    height: viewOf(content).getUint32(4),
    channels: content[9] === 2 ? 3 : 1,
  };
};

const pixelsOf = (parts: readonly Uint8Array[], width: number, height: number, channels: number): Uint8Array =>
  unfilter(inflateSync(Buffer.concat(parts)), width * channels, height, channels);

export function decodePng(file: Uint8Array): DecodedPng {
  const chunks = chunksOf(file);
  const { width, height, channels } = headerOf(chunks);
  const compressed = chunks.filter(({ type }) => type === "IDAT").map(({ content }) => content);
  return {
    width,
    height,
    channels,
    types: chunks.map(({ type }) => type),
    pixels: pixelsOf(compressed, width, height, channels),
  };
}

/** A frame as it stands on the screen. */
export interface DecodedFrame {
  readonly pixels: Uint8Array;
  readonly milliseconds: number;
}

export interface DecodedAnimation extends Pick<DecodedPng, "width" | "height" | "channels"> {
  readonly loops: number;
  readonly frames: readonly DecodedFrame[];
}

/** Plays an animation: frames as a viewer shows them, for those that neither dispose nor blend. */
export function decodeAnimation(file: Uint8Array): DecodedAnimation {
  const chunks = chunksOf(file);
  const { width, height, channels } = headerOf(chunks);
  expect(chunks[1]!.type).toBe("acTL");
  expect(chunks.at(-1)!.type).toBe("IEND");
  const frames: DecodedFrame[] = [];
  const canvas = new Uint8Array(width * height * channels);
  let sequence = 0;
  for (let at = 2; at < chunks.length - 1; at += 2) {
    const [control, image] = [chunks[at]!, chunks[at + 1]!];
    expect([control.type, image.type]).toEqual(["fcTL", at === 2 ? "IDAT" : "fdAT"]);
    const view = viewOf(control.content);
    expect(view.getUint32(0)).toBe(sequence++);
    if (at > 2) expect(viewOf(image.content).getUint32(0)).toBe(sequence++);
    const [partWidth, partHeight, left, top] = [4, 8, 12, 16].map((offset) => view.getUint32(offset)) as [
      number,
      number,
      number,
      number,
    ];
    expect(partWidth > 0 && partHeight > 0 && left + partWidth <= width && top + partHeight <= height).toBe(true);
    if (at === 2) expect([partWidth, partHeight]).toEqual([width, height]);
    expect([...control.content.subarray(24)]).toEqual([0, 0]);
    const part = pixelsOf([at === 2 ? image.content : image.content.subarray(4)], partWidth, partHeight, channels);
    for (let row = 0; row < partHeight; row++)
      canvas.set(
        part.subarray(row * partWidth * channels, (row + 1) * partWidth * channels),
        ((top + row) * width + left) * channels,
      );
    frames.push({ pixels: canvas.slice(), milliseconds: (1000 * view.getUint16(20)) / view.getUint16(22) });
  }
  const animation = viewOf(chunks[1]!.content);
  expect(animation.getUint32(0)).toBe(frames.length);
  return { width, height, channels, loops: animation.getUint32(4), frames };
}
