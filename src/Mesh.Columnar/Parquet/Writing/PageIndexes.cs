namespace Mesh.Columnar.Parquet;

/// <summary>The encoded page indexes of all chunks until the end of the file, where bounds and places lie apart (PageIndex.md).</summary>
internal sealed class PageIndexes
{
    private readonly PooledList<byte> bounds = new();
    private readonly PooledList<byte> places = new();

    /// <summary>Bytes of the two structures of each chunk, row group by row group.</summary>
    private readonly List<(int Bounds, int Places)> lengths = [];

    /// <summary>Takes the index of a closed chunk that starts at <paramref name="fileOffset"/>.</summary>
    public void Add(LeafWriter leaf, long fileOffset)
    {
        int boundsFrom = bounds.Length, placesFrom = places.Length;
        leaf.WritePageIndex(fileOffset, bounds, places);
        lengths.Add((bounds.Length - boundsFrom, places.Length - placesFrom));
    }

    /// <summary>Writes all of them and tells the row groups where they are.</summary>
    /// <returns>The position afterwards.</returns>
    public async ValueTask<long> WriteAsync(Stream output, long position, List<RowGroupMetadata> groups, CancellationToken cancellationToken)
    {
        if (lengths.Count == 0) return position;
        long boundsAt = position, placesAt = position + bounds.Length;
        int next = 0;
        for (int group = 0; group < groups.Count; group++)
        {
            var chunks = groups[group].Columns.ToArray();
            for (int i = 0; i < chunks.Length; i++)
            {
                var (boundsBytes, placesBytes) = lengths[next++];
                chunks[i] = chunks[i] with
                {
                    ColumnIndexOffset = boundsAt, ColumnIndexBytes = boundsBytes, OffsetIndexOffset = placesAt, OffsetIndexBytes = placesBytes,
                };
                boundsAt += boundsBytes;
                placesAt += placesBytes;
            }

            groups[group] = groups[group] with { Columns = chunks };
        }

        await output.WriteAsync(bounds.Memory, cancellationToken).ConfigureAwait(false);
        await output.WriteAsync(places.Memory, cancellationToken).ConfigureAwait(false);
        Free();
        return placesAt;
    }

    public void Free()
    {
        bounds.Free();
        places.Free();
        lengths.Clear();
    }
}
