using Mesh.Broker.Protocol;

namespace Mesh.Broker.Storage;

/// <summary>Reads a segment's batches whole and checks them, one after the other.</summary>
internal sealed class SegmentBatches(LogSegment segment, long from) : IDisposable
{
    private const int ReadBytes = 1 << 20;

    private readonly PooledBytes buffer = new(ReadBytes);
    private long position = from;
    private int at;

    public RecordBatchHeader Header { get; private set; }

    /// <summary>The batch; valid until the next call.</summary>
    public ReadOnlyMemory<byte> Batch { get; private set; }

    /// <summary>Goes to the next batch; false at the end.</summary>
    /// <exception cref="InvalidDataException">The segment is damaged here.</exception>
    public bool Next()
    {
        at += Batch.Length;
        Batch = default;
        if (!Has(RecordBatchHeader.Size))
        {
            return buffer.Length == at ? false : throw Damaged();
        }

        Header = RecordBatchHeader.Read(buffer.Span[at..]);
        if (Header.Magic != 2 || Header.TotalBytes < RecordBatchHeader.Size || Header.TotalBytes > segment.Size) throw Damaged();
        int length = (int)Header.TotalBytes;
        if (!Has(length)) throw Damaged();
        Batch = buffer.Memory.Slice(at, length);
        if (Crc32C.Compute(Batch.Span[RecordBatchHeader.ChecksummedFrom..]) != Header.Crc) throw Damaged();
        return true;
    }

    public void Dispose() => buffer.Dispose();

    /// <summary>Has so many bytes in the buffer, if the segment does.</summary>
    private bool Has(int bytes)
    {
        if (buffer.Length - at >= bytes) return true;
        int rest = buffer.Length - at;
        buffer.Span[at..].CopyTo(buffer.Whole);
        buffer.Length = rest;
        at = 0;
        buffer.Reserve(Math.Max(bytes - rest, ReadBytes - rest));
        int wanted = (int)Math.Min(buffer.Room.Length - rest, segment.Size - position);
        int read = BatchScanner.ReadFully(segment.File, buffer.Room.Span.Slice(rest, wanted), position);
        position += read;
        buffer.Length = rest + read;
        return buffer.Length >= bytes;
    }

    private InvalidDataException Damaged() => new($"The segment with base offset {segment.BaseOffset} is damaged near byte {position - buffer.Length + at}.");
}
