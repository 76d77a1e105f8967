namespace Mesh.Columnar.Parquet;

/// <summary>Counts of one or several reads. The counts grow while batches are read.</summary>
public sealed class ParquetReadStatistics
{
    private long rowGroupsRead, rowGroupsSkipped, pagesRead, pagesSkipped, bytesRead, requests, rowsRead, rowsMatched;

    /// <summary>Row groups of which pages were read.</summary>
    public long RowGroupsRead => Interlocked.Read(ref rowGroupsRead);

    /// <summary>Row groups without a row that could match, by their statistics, bloom filters or page bounds.</summary>
    public long RowGroupsSkipped => Interlocked.Read(ref rowGroupsSkipped);

    /// <summary>Pages decompressed, dictionaries included.</summary>
    public long PagesRead => Interlocked.Read(ref pagesRead);

    /// <summary>Data pages, of row groups that were read, that were not decompressed because no row of theirs was wanted.</summary>
    public long PagesSkipped => Interlocked.Read(ref pagesSkipped);

    /// <summary>Bytes read from the source for pages, indexes and bloom filters.</summary>
    public long BytesRead => Interlocked.Read(ref bytesRead);

    /// <summary>Reads of the source for pages, indexes and bloom filters.</summary>
    public long Requests => Interlocked.Read(ref requests);

    /// <summary>Rows decoded and, if there is a filter, compared with it.</summary>
    public long RowsRead => Interlocked.Read(ref rowsRead);

    /// <summary>Rows given.</summary>
    public long RowsMatched => Interlocked.Read(ref rowsMatched);

    internal void CountRowGroup(bool isRead) => Interlocked.Increment(ref isRead ? ref rowGroupsRead : ref rowGroupsSkipped);

    internal void CountPages(long read, long skipped)
    {
        Interlocked.Add(ref pagesRead, read);
        Interlocked.Add(ref pagesSkipped, skipped);
    }

    internal void CountRequest(long bytes)
    {
        Interlocked.Increment(ref requests);
        Interlocked.Add(ref bytesRead, bytes);
    }

    internal void CountRows(long read, long matched)
    {
        Interlocked.Add(ref rowsRead, read);
        Interlocked.Add(ref rowsMatched, matched);
    }
}
