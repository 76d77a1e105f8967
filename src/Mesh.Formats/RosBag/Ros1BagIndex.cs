using System.Buffers.Binary;
using Mesh.Formats.Blocks;
using Mesh.Model;

namespace Mesh.Formats.RosBag;

/// <summary>The index at the end of a bag: connections, and what each chunk holds.</summary>
internal sealed class Ros1BagIndex
{
    private const int ReadBytes = 256 << 10;

    /// <summary>What is known of a chunk without reading it.</summary>
    /// <param name="Position">Position of its record.</param>
    /// <param name="StartTimeNs">Earliest time.</param>
    /// <param name="EndTimeNs">Latest time.</param>
    /// <param name="Counts">Messages per connection.</param>
    public readonly record struct ChunkInfo(long Position, ulong StartTimeNs, ulong EndTimeNs, (uint Connection, uint Messages)[] Counts)
    {
        public long Messages => Counts.Sum(count => (long)count.Messages);
    }

    /// <summary>Chunks by their position.</summary>
    public List<ChunkInfo> Chunks { get; } = [];

    /// <summary>Ids of the connections, in the order of the index.</summary>
    public List<uint> Connections { get; } = [];

    /// <summary>Whether it is whole, agrees with the bag header, and its chunks lie before it.</summary>
    public bool IsSound { get; private set; }

    /// <summary>Reads the index records from a place on.</summary>
    /// <param name="source">The bag.</param>
    /// <param name="start">Where to begin: the index, or any record before it, whose records are then passed over.</param>
    /// <param name="header">What it must agree with.</param>
    /// <param name="maxBytes">Most bytes of it that are kept.</param>
    /// <param name="connection">Takes the connection records: bytes, header, position.</param>
    /// <param name="cancellationToken">Stops.</param>
    public static async ValueTask<Ros1BagIndex> ReadAsync(
        IByteSource source, long start, Ros1BagFileHeader header, long maxBytes, Action<ReadOnlyMemory<byte>, Ros1BagRecord, long> connection, CancellationToken cancellationToken)
    {
        var index = new Ros1BagIndex();
        using var window = new SourceWindow(source, start, source.Length, ReadBytes);
        long kept = 0;
        bool isWhole = true;
        while (window.Remaining > 0)
        {
            await window.EnsureAsync((int)Math.Min(window.Remaining, Ros1BagResync.MaxProbeBytes), cancellationToken).ConfigureAwait(false);
            isWhole = Ros1BagRecord.TryParse(window.Span, out var record) == Ros1BagParse.Record && record.TotalBytes <= window.Remaining;
            if (!isWhole) break;
            long position = window.Position;
            if (record.Op is Ros1BagOp.Connection or Ros1BagOp.ChunkInfo)
            {
                kept += record.TotalBytes;
                isWhole = kept <= maxBytes && await window.EnsureAsync((int)record.TotalBytes, cancellationToken).ConfigureAwait(false)
                    && (record.Op == Ros1BagOp.Connection || index.TryAdd(window.Span[record.DataOffset..(int)record.TotalBytes], record));
                if (!isWhole) break;
                if (record.Op == Ros1BagOp.Connection)
                {
                    index.Connections.Add(record.Connection);
                    connection(window.Buffer.Slice(window.Start, (int)record.TotalBytes), record, position);
                }
            }

            window.Seek(position + record.TotalBytes);
        }

        index.Chunks.Sort((one, other) => one.Position.CompareTo(other.Position));
        index.IsSound = isWhole && start == header.IndexPosition
            && index.Chunks.Count == header.ChunkCount && index.Connections.Count == header.ConnectionCount
            && index.Chunks.TrueForAll(chunk => chunk.Position > header.Position && chunk.Position < start);
        for (int i = 1; i < index.Chunks.Count; i++) index.IsSound &= index.Chunks[i].Position > index.Chunks[i - 1].Position;
        return index;
    }

    /// <summary>Whether the index can be where the bag header says.</summary>
    public static bool HasPlace(IByteSource source, Ros1BagFileHeader header) =>
        header.IsKnown && header.IndexPosition > header.Position
        && (header.IndexPosition < source.Length || (header.IndexPosition == source.Length && header.ChunkCount == 0 && header.ConnectionCount == 0));

    private bool TryAdd(ReadOnlySpan<byte> data, in Ros1BagRecord record)
    {
        if (record.Version != 1 || data.Length != record.Count * 8L || record.ChunkPosition > long.MaxValue) return false;
        var counts = new (uint, uint)[data.Length / 8];
        for (int i = 0; i < counts.Length; i++)
        {
            counts[i] = (BinaryPrimitives.ReadUInt32LittleEndian(data[(i * 8)..]), BinaryPrimitives.ReadUInt32LittleEndian(data[(i * 8 + 4)..]));
        }

        Chunks.Add(new ChunkInfo((long)record.ChunkPosition, record.StartTimeNs, record.EndTimeNs, counts));
        return true;
    }
}
