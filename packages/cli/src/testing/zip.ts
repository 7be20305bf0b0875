import { crc32, deflateRawSync } from "node:zlib";

/** A member of a zip archive, and what its directory says of it instead of the truth. */
export interface ZipParts {
  readonly name: string;
  readonly data: Uint8Array;
  readonly deflate?: boolean;
  readonly zip64?: boolean;
  readonly says?: {
    readonly bytes?: number;
    readonly crc32?: number;
    readonly method?: number;
    readonly flags?: number;
  };
}

/** A zip archive as its specification has it, except where told otherwise. */
export function zipBytes(members: readonly ZipParts[], comment: string = ""): Buffer {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const member of members) {
    const { local, central } = headersOf(member, at);
    bodies.push(local);
    directory.push(central);
    at += local.length;
  }
  const size = directory.reduce((sum, each) => sum + each.length, 0);
  const zip64 = members.some((each) => each.zip64 === true);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(zip64 ? 0xffff : members.length, 8);
  end.writeUInt16LE(zip64 ? 0xffff : members.length, 10);
  end.writeUInt32LE(zip64 ? 0xffffffff : size, 12);
  end.writeUInt32LE(zip64 ? 0xffffffff : at, 16);
  end.writeUInt16LE(comment.length, 20);
  const long = zip64 ? [record64(members.length, { at, size })] : [];
  return Buffer.concat([...bodies, ...directory, ...long, end, Buffer.from(comment)]);
}

function headersOf(
  { name, data, deflate = false, zip64 = false, says = {} }: ZipParts,
  at: number,
): { local: Buffer; central: Buffer } {
  const packed = deflate ? deflateRawSync(data) : Buffer.from(data);
  const bytes = says.bytes ?? data.length;
  const extra = Buffer.alloc(zip64 ? 28 : 0);
  if (zip64) {
    extra.writeUInt16LE(1, 0);
    extra.writeUInt16LE(24, 2);
    for (const [i, value] of [bytes, packed.length, at].entries()) extra.writeBigUInt64LE(BigInt(value), 4 + 8 * i);
  }
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0);
  common.writeUInt16LE(says.flags ?? 0, 2);
  common.writeUInt16LE(says.method ?? (deflate ? 8 : 0), 4);
  common.writeUInt32LE(says.crc32 ?? crc32(data), 10);
  common.writeUInt32LE(zip64 ? 0xffffffff : packed.length, 14);
  common.writeUInt32LE(zip64 ? 0xffffffff : bytes, 18);
  common.writeUInt16LE(name.length, 22);
  const localCommon = Buffer.from(common); // its sizes are not looked at
  const central = Buffer.alloc(46);
  central.writeUInt32LE(0x02014b50, 0);
  central.writeUInt16LE(20, 4);
  common.copy(central, 6);
  central.writeUInt16LE(extra.length, 30);
  central.writeUInt32LE(zip64 ? 0xffffffff : at, 42);
  const local = Buffer.concat([Buffer.from("PK\u0003\u0004"), localCommon, Buffer.from(name), packed]);
  return { local, central: Buffer.concat([central, Buffer.from(name), extra]) };
}

function record64(count: number, { at, size }: { readonly at: number; readonly size: number }): Buffer {
  const record = Buffer.alloc(56 + 20);
  record.writeUInt32LE(0x06064b50, 0);
  record.writeBigUInt64LE(44n, 4);
  record.writeBigUInt64LE(BigInt(count), 24);
  record.writeBigUInt64LE(BigInt(count), 32);
  record.writeBigUInt64LE(BigInt(size), 40);
  record.writeBigUInt64LE(BigInt(at), 48);
  record.writeUInt32LE(0x07064b50, 56);
  record.writeBigUInt64LE(BigInt(at + size), 64);
  record.writeUInt32LE(1, 72);
  return record;
}
