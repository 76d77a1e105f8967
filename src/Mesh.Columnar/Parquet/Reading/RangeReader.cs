using Mesh.Model;

namespace Mesh.Columnar.Parquet;

/// <summary>Reads many small pieces of a file in few reads.</summary>
internal static class RangeReader
{
    /// <summary>Bytes read for nothing where that saves a read.</summary>
    public const int MaxGapBytes = 64 << 10;
    private const int MaxJoinedBytes = 8 << 20;

    /// <summary>Groups of pieces that are read together, each in the order of their offsets.</summary>
    /// <param name="pieces">Offsets and lengths in any order.</param>
    public static IEnumerable<List<int>> Join(IReadOnlyList<(long Offset, int Bytes)> pieces)
    {
        List<int> group = [];
        long start = 0, end = 0;
        foreach (int i in Enumerable.Range(0, pieces.Count).OrderBy(i => pieces[i].Offset))
        {
            long pieceEnd = pieces[i].Offset + pieces[i].Bytes;
            if (group.Count > 0 && (pieces[i].Offset - end > MaxGapBytes || pieceEnd - start > MaxJoinedBytes))
            {
                yield return group;
                group = [];
            }

            if (group.Count == 0) (start, end) = (pieces[i].Offset, pieceEnd);
            group.Add(i);
            end = Math.Max(end, pieceEnd);
        }

        if (group.Count > 0) yield return group;
    }

    /// <summary>The bytes of each piece, which lie within the file.</summary>
    public static async ValueTask<ReadOnlyMemory<byte>[]> ReadAsync(
        IByteSource source, IReadOnlyList<(long Offset, int Bytes)> pieces, ParquetReadStatistics? statistics, CancellationToken cancellationToken)
    {
        var found = new ReadOnlyMemory<byte>[pieces.Count];
        foreach (var group in Join(pieces))
        {
            long start = pieces[group[0]].Offset;
            var bytes = new byte[(int)(group.Max(i => pieces[i].Offset + pieces[i].Bytes) - start)];
            int length = await source.ReadAtAsync(start, bytes, cancellationToken).ConfigureAwait(false);
            statistics?.CountRequest(length);
            if (length < bytes.Length) throw new ParquetDataException("the file ends within its indexes");
            foreach (int i in group) found[i] = bytes.AsMemory((int)(pieces[i].Offset - start), pieces[i].Bytes);
        }

        return found;
    }
}
