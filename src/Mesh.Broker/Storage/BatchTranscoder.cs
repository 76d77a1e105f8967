using System.Buffers.Binary;
using Mesh.Broker.Protocol;

namespace Mesh.Broker.Storage;

/// <summary>
/// Compresses a client's batch anew, for a topic that has a compression of its own. Offsets, times, sequence numbers and everything else
/// that the batch says stay; only the records' compression, the length and the checksum change.
/// </summary>
internal static class BatchTranscoder
{
    private const int CodecBits = 0x07;

    /// <summary>Decompressed records may be large, so no more of them are in the memory at a time than processors can work on.</summary>
    private static readonly SemaphoreSlim Working = new(Environment.ProcessorCount);

    /// <param name="batch">Valid batch.</param>
    /// <param name="header">Its header.</param>
    /// <param name="codec">Compression it is to have.</param>
    /// <param name="settings">Limits.</param>
    /// <param name="target">Takes the new batch.</param>
    /// <returns><c>InvalidRecord</c> when it is not made of whole records within <see cref="LogSettings.MaxExpandedBytes"/>; <c>MessageTooLarge</c> when it is too large as it has to be.</returns>
    public static async ValueTask<ErrorCode> TranscodeAsync(ReadOnlyMemory<byte> batch, RecordBatchHeader header, int codec, LogSettings settings, PooledBytes target)
    {
        await Working.WaitAsync().ConfigureAwait(false);
        try
        {
            return Transcode(batch.Span, header, codec, settings, target);
        }
        finally
        {
            Working.Release();
        }
    }

    private static ErrorCode Transcode(ReadOnlySpan<byte> batch, in RecordBatchHeader header, int codec, LogSettings settings, PooledBytes target)
    {
        using var content = RecordCompression.Decompress(header, batch, settings.MaxExpandedBytes);
        if (content is null || LatestTime(content.Span, header) is not { } latest) return ErrorCode.InvalidRecord;

        target.Append(batch[..RecordBatchHeader.Size]);
        if (!RecordCompression.TryCompress(codec, content.Span, target)) return ErrorCode.UnsupportedCompressionType;
        if (target.Length > settings.MaxMessageBytes) return ErrorCode.MessageTooLarge;

        var whole = target.Whole[..target.Length];
        BinaryPrimitives.WriteInt32BigEndian(whole[8..], whole.Length - RecordBatchHeader.LengthPrefix);
        BinaryPrimitives.WriteInt16BigEndian(whole[21..], (short)((header.Attributes & ~CodecBits) | codec));
        BinaryPrimitives.WriteInt64BigEndian(whole[35..], latest);
        RecordBatchHeader.Seal(whole);
        return ErrorCode.None;
    }

    /// <summary>The records' largest time; null when they are not as many as the header says, one offset after the other.</summary>
    private static long? LatestTime(ReadOnlySpan<byte> records, in RecordBatchHeader header)
    {
        long latest = long.MinValue;
        for (int i = 0; i < header.RecordCount; i++)
        {
            if (!RawRecord.TryRead(ref records, out var record) || record.OffsetDelta != i) return null;
            latest = Math.Max(latest, header.BaseTimestamp + record.TimestampDelta);
        }

        return records.IsEmpty ? latest : null;
    }
}
