import zlib from 'node:zlib';

import { KIB } from '@zephyr/contract/units';

/** A small answer that decodes to more is not Claude's. */
const MAX_DECODED_BYTES = 256 * KIB;

/**
 * The text of a body as far as it arrived; empty if it is not in the declared encoding. The CLI accepts
 * gzip, deflate, br and zstd.
 */
export function decodeBody(bytes: Buffer, encoding: string | undefined): string {
  const maxOutputLength = MAX_DECODED_BYTES;
  const partial = { maxOutputLength, finishFlush: zlib.constants.Z_SYNC_FLUSH };
  try {
    switch (encoding?.trim().toLowerCase()) {
      case 'gzip':
      case 'x-gzip':
        return zlib.gunzipSync(bytes, partial).toString('utf8');
      case 'deflate':
        return zlib.inflateSync(bytes, partial).toString('utf8');
      case 'br':
        return zlib
          .brotliDecompressSync(bytes, {
            maxOutputLength,
            finishFlush: zlib.constants.BROTLI_OPERATION_FLUSH,
          })
          .toString('utf8');
      case 'zstd':
        return zlib
          .zstdDecompressSync(bytes, {
            maxOutputLength,
            finishFlush: zlib.constants.ZSTD_e_flush,
          })
          .toString('utf8');
      default:
        return bytes.toString('utf8');
    }
  } catch {
    return '';
  }
}
