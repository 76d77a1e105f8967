namespace Mesh.Formats.Mdf4;

/// <summary>Times of a group whose master is in another one (specification 4.2, <c>cg_cg_master</c>): record n there is for record n here.</summary>
internal sealed class Mdf4RemoteMaster(Mdf4Clock clock, Mdf4RecordFeed feed, int stride) : IAsyncDisposable
{
    private const int ReadBytes = 1 << 20;
    private readonly Mdf4Buffer records = new();

    /// <summary>Times of records, by index; indexes never go back.</summary>
    public async ValueTask FillAsync(long index, Memory<ulong> times, CancellationToken cancellationToken)
    {
        int most = Math.Max(1, ReadBytes / stride);
        for (int done = 0; done < times.Length;)
        {
            int count = Math.Min(most, times.Length - done);
            records.Clear();
            records.Extend(count * stride);
            await feed.ReadAsync(index + done, records.Writable, cancellationToken).ConfigureAwait(false);
            clock.Fill(records.Span, 0, stride, index + done, times.Span.Slice(done, count));
            done += count;
        }
    }

    public ValueTask DisposeAsync() => feed.DisposeAsync();
}
