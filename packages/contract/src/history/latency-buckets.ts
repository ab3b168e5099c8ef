/** The scale of the latencies in rollups. Imports nothing, so that the texts may load it. */

export const BUCKETS_PER_DOUBLING = 4;
/** The middle of a bucket is off by at most this share. */
export const BUCKET_ERROR = 2 ** (0.5 / BUCKETS_PER_DOUBLING) - 1;
