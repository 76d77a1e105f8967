using System.Runtime.InteropServices;
using System.Text;
using Mesh.Columnar;

namespace Mesh.Commands.Signals.Pyramids;

/// <summary>
/// Writes the signals of one recording in one table to a local file. Rows are taken once, in time order per channel; what is held is bounded
/// however many there are: full chunks go to the file, and levels are made afterwards, each from the finer one in the file.
/// </summary>
internal sealed partial class PyramidWriter : IAsyncDisposable
{
    /// <summary>Most channels of a table; rows of further ones are left aside.</summary>
    public const int MaxChannels = 4096;

    /// <summary>Bytes of rows held for chunks that are not full.</summary>
    private const long MaxHeldBytes = 64L << 20;

    private const int MaxNameBytes = 1024;

    private readonly FileStream file;
    private readonly IReadOnlyList<SignalLeaf> leaves;
    private readonly string timeColumn;
    private readonly Dictionary<string, ChannelBuilder> channels = new(StringComparer.Ordinal);
    private readonly List<ChannelBuilder> assigned = [];
    private readonly byte[] encoded = new byte[ChunkCodec.MaxBytes];

    /// <param name="path">The file; made anew, and deleted by whoever made the writer.</param>
    /// <param name="schema">Schema of the rows: with <c>channel</c> and a time.</param>
    public PyramidWriter(string path, Schema schema)
    {
        leaves = SignalLeaf.Find(schema);
        timeColumn = SignalLeaf.TimeColumn(schema) ?? throw new ArgumentException("Rows without a time make no signals.", nameof(schema));
        file = new FileStream(path, FileMode.Create, FileAccess.ReadWrite, FileShare.Read, 1 << 16, FileOptions.Asynchronous);
        file.Write(PyramidFooter.Magic);
    }

    /// <summary>Rows taken.</summary>
    public long Rows { get; private set; }

    /// <summary>Takes rows.</summary>
    /// <returns>False when one is earlier than the one before it of its channel: begin anew with sorted rows.</returns>
    public async ValueTask<bool> TryAddAsync(RecordBatch batch, CancellationToken cancellationToken)
    {
        if (batch.Length == 0) return true;
        Assign(batch["channel"], batch.Length);
        foreach (var channel in assigned)
        {
            if (!await TryAddAsync(channel, batch, cancellationToken).ConfigureAwait(false)) return false;
        }

        Rows += batch.Length;
        if (channels.Values.Sum(channel => channel.HeldBytes) <= MaxHeldBytes) return true;
        foreach (var channel in channels.Values)
        {
            if (channel.Pending > 0) await FlushAsync(channel, release: true, cancellationToken).ConfigureAwait(false);
        }

        return true;
    }

    /// <summary>Completes the file.</summary>
    public async ValueTask<PyramidFooter> CompleteAsync(string table, string recording, string source, CancellationToken cancellationToken)
    {
        var described = new List<PyramidChannel>();
        foreach (var channel in channels.Values)
        {
            if (channel.Pending > 0) await FlushAsync(channel, release: true, cancellationToken).ConfigureAwait(false);
        }

        await file.FlushAsync(cancellationToken).ConfigureAwait(false);
        foreach (var channel in channels.Values.OrderBy(channel => channel.Channel, StringComparer.Ordinal)) described.Add(await CompleteAsync(channel, cancellationToken).ConfigureAwait(false));
        var footer = new PyramidFooter { Version = PyramidFooter.CurrentVersion, Table = table, Recording = recording, Source = source, Channels = described };
        await file.WriteAsync(footer.ToBytes(), cancellationToken).ConfigureAwait(false);
        await file.FlushAsync(cancellationToken).ConfigureAwait(false);
        return footer;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => file.DisposeAsync();

    /// <summary>Gives each row of a batch to its channel.</summary>
    private void Assign(ColumnVector names, int length)
    {
        foreach (var channel in assigned) channel.Batch.Clear();
        assigned.Clear();
        ChannelBuilder? last = null;
        int named = -1;
        for (int row = 0; row < length; row++)
        {
            if (named < 0 || !names.GetBytes(row).SequenceEqual(names.GetBytes(named)))
            {
                named = row;
                last = Find(names.GetBytes(row));
            }

            if (last is null) continue;
            if (last.Batch.Count == 0) assigned.Add(last);
            last.Batch.Add(row);
        }
    }

    private ChannelBuilder? Find(ReadOnlySpan<byte> utf8)
    {
        Span<char> name = stackalloc char[Math.Min(utf8.Length, MaxNameBytes)];
        if (utf8.Length > MaxNameBytes || !Encoding.UTF8.TryGetChars(utf8, name, out int length)) return null;
        if (channels.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name[..length], out var channel)) return channel;
        if (channels.Count == MaxChannels) return null;
        channel = new ChannelBuilder(name[..length].ToString(), leaves);
        channels.Add(channel.Channel, channel);
        return channel;
    }

    private async ValueTask<bool> TryAddAsync(ChannelBuilder channel, RecordBatch batch, CancellationToken cancellationToken)
    {
        for (int done = 0; done < channel.Batch.Count;)
        {
            int taken = channel.Take(batch, CollectionsMarshal.AsSpan(channel.Batch)[done..], batch[timeColumn].Values<long>());
            if (taken < 0) return false;
            done += taken;
            if (channel.Pending == ChunkCodec.MaxRows) await FlushAsync(channel, release: false, cancellationToken).ConfigureAwait(false);
        }

        return true;
    }

    private async ValueTask FlushAsync(ChannelBuilder channel, bool release, CancellationToken cancellationToken)
    {
        channel.Directory.Add((channel.Rows - channel.Pending, channel.PendingTimes[0]));
        var (encoding, bytes) = ChunkCodec.Encode(channel.PendingTimes, encoded);
        channel.TimeEntries.Add(await WriteChunkAsync(encoding, bytes, 0, cancellationToken).ConfigureAwait(false));
        for (int n = 0; n < channel.Entries.Length; n++)
        {
            // What was too long is known only once it was seen; the chunks before it are dead weight.
            if (channel.PendingNumbers(n).IsEmpty || channel.TooLong[n])
            {
                channel.Entries[n].Add(default);
                continue;
            }

            (encoding, bytes) = ChunkCodec.Encode(channel.PendingNumbers(n), encoded);
            channel.Entries[n].Add(await WriteChunkAsync(encoding, bytes, BitConverter.DoubleToInt64Bits(channel.PendingNumbers(n)[0]), cancellationToken).ConfigureAwait(false));
        }

        channel.Clear(release);
    }

    private async ValueTask<ChunkEntry> WriteChunkAsync(ChunkEncoding encoding, int bytes, long constant, CancellationToken cancellationToken)
    {
        var entry = new ChunkEntry { Offset = encoding == ChunkEncoding.Constant ? constant : file.Position, Bytes = bytes, Encoding = encoding };
        await file.WriteAsync(encoded.AsMemory(0, bytes), cancellationToken).ConfigureAwait(false);
        return entry;
    }

    private async ValueTask<long> WriteArrayAsync<T>(ReadOnlyMemory<T> items, CancellationToken cancellationToken)
        where T : unmanaged
    {
        await AlignAsync(cancellationToken).ConfigureAwait(false);
        long offset = file.Position;
        byte[] bytes = MemoryMarshal.AsBytes(items.Span).ToArray();
        await file.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
        return offset;
    }

    private async ValueTask AlignAsync(CancellationToken cancellationToken)
    {
        int odd = (int)(file.Position & 7);
        if (odd > 0) await file.WriteAsync(new byte[8 - odd], cancellationToken).ConfigureAwait(false);
    }
}
