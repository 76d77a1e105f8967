using System.Buffers;
using System.Runtime.CompilerServices;
using Mesh.Broker.Protocol;
using Microsoft.Win32.SafeHandles;

namespace Mesh.Broker.Storage;

/// <summary>Walks the batches of a segment file, with or without checking their checksums.</summary>
internal static class BatchScanner
{
    private const int BufferBytes = 256 << 10;

    /// <summary>Gives the header of each intact batch with its position, until the first one that is not.</summary>
    /// <param name="file">Segment.</param>
    /// <param name="from">Position of a batch.</param>
    /// <param name="length">Bytes of the file to look at.</param>
    /// <param name="minOffset">Smallest offset the first batch may have.</param>
    /// <param name="checkCrc">Whether the batches' bytes are read too.</param>
    /// <param name="visit">Called per batch; false stops the walk before it.</param>
    /// <returns>Position after the last batch visited.</returns>
    public static long Scan(
        SafeFileHandle file, long from, long length, long minOffset, bool checkCrc, Func<RecordBatchHeader, long, bool> visit)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            long bufferStart = 0;
            int buffered = 0;
            long position = from;
            while (position + RecordBatchHeader.Size <= length)
            {
                if (position < bufferStart || position + RecordBatchHeader.Size > bufferStart + buffered)
                {
                    // Headers alone are far apart in large batches: then only a little is read around each.
                    int want = checkCrc || buffered > 0 && position - bufferStart < 2L * buffered ? buffer.Length : 4096;
                    buffered = ReadFully(file, buffer.AsSpan(0, (int)Math.Min(want, length - position)), position);
                    bufferStart = position;
                    if (buffered < RecordBatchHeader.Size) return position;
                }

                var header = RecordBatchHeader.Read(buffer.AsSpan((int)(position - bufferStart)));
                if (!IsPlausible(header, minOffset, length - position)) return position;
                if (checkCrc)
                {
                    uint state = Crc32C.Start;
                    long at = position + RecordBatchHeader.ChecksummedFrom;
                    long end = position + header.TotalBytes;
                    while (at < end)
                    {
                        if (at >= bufferStart + buffered)
                        {
                            buffered = ReadFully(file, buffer.AsSpan(0, (int)Math.Min(buffer.Length, length - at)), at);
                            bufferStart = at;
                            if (buffered == 0) return position;
                        }

                        int take = (int)Math.Min(end - at, bufferStart + buffered - at);
                        state = Crc32C.Update(state, buffer.AsSpan((int)(at - bufferStart), take));
                        at += take;
                    }

                    if (Crc32C.Finish(state) != header.Crc) return position;
                }

                if (!visit(header, position)) return position;
                minOffset = header.NextOffset;
                position += header.TotalBytes;
            }

            return position;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Reads until the buffer is full or the file ends.</summary>
    public static int ReadFully(SafeFileHandle file, Span<byte> buffer, long position)
    {
        // What is read is nearly always in memory; an asynchronous read would only make the same call on another thread.
        int total = 0;
        while (total < buffer.Length)
        {
            int read = RandomAccess.Read(file, buffer[total..], position + total);
            if (read == 0) break;
            total += read;
        }

        return total;
    }

    private static bool IsPlausible(in RecordBatchHeader header, long minOffset, long available) =>
        header.Magic == 2
        && header.BatchLength >= RecordBatchHeader.Size - RecordBatchHeader.LengthPrefix
        && header.TotalBytes <= available
        && header.BaseOffset >= minOffset
        && header.LastOffsetDelta >= 0;
}
