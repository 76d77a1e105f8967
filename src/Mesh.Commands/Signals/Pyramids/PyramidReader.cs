using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Mesh.Model;

namespace Mesh.Commands.Signals.Pyramids;

/// <summary>Reads from a pyramid file what a question needs, by byte ranges.</summary>
/// <param name="file">The file.</param>
/// <param name="footer">Its footer.</param>
internal sealed partial class PyramidReader(IByteSource file, PyramidFooter footer) : IAsyncDisposable
{
    /// <summary>Bytes of a bucket in the file.</summary>
    public static readonly int BucketBytes = Unsafe.SizeOf<PyramidBucket>();

    private static readonly int EntryBytes = Unsafe.SizeOf<ChunkEntry>();
    private readonly Dictionary<PyramidChannel, long[]> directories = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<(PyramidChannel Channel, int Chunk), long[]> heldTimes = [];

    /// <summary>What is in the file.</summary>
    public PyramidFooter Footer => footer;

    /// <summary>Bytes read, for whoever wants to know what a question costs.</summary>
    public long BytesRead { get; private set; }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => file.DisposeAsync();

    /// <summary>Reads and decodes a chunk of numbers.</summary>
    public static async ValueTask ReadAsync(IByteSource file, ChunkEntry entry, Memory<double> values, CancellationToken cancellationToken)
    {
        byte[] bytes = await ReadBytesAsync(file, entry, cancellationToken).ConfigureAwait(false);
        ChunkCodec.Decode(entry, bytes.AsSpan(0, entry.Bytes), values.Span, file);
        ArrayPool<byte>.Shared.Return(bytes);
    }

    /// <summary>Reads and decodes a chunk of times.</summary>
    public static async ValueTask ReadAsync(IByteSource file, ChunkEntry entry, Memory<long> timesNs, CancellationToken cancellationToken)
    {
        byte[] bytes = await ReadBytesAsync(file, entry, cancellationToken).ConfigureAwait(false);
        ChunkCodec.Decode(entry, bytes.AsSpan(0, entry.Bytes), timesNs.Span, file);
        ArrayPool<byte>.Shared.Return(bytes);
    }

    /// <summary>First row, then first time of each chunk; behind the last those of the end.</summary>
    private async ValueTask<long[]> DirectoryAsync(PyramidChannel channel, CancellationToken cancellationToken)
    {
        if (directories.TryGetValue(channel, out long[]? known)) return known;
        long[] read = await ReadArrayAsync<long>(channel.DirectoryOffset, 2L * (channel.Chunks + 1), cancellationToken).ConfigureAwait(false);
        directories.Add(channel, read);
        return read;
    }

    /// <summary>The times of a chunk; those of signals of one channel are read once.</summary>
    private async ValueTask<long[]> TimesAsync(PyramidChannel channel, long[] directory, int chunk, CancellationToken cancellationToken)
    {
        if (heldTimes.TryGetValue((channel, chunk), out long[]? known)) return known;
        var entry = await EntryAsync(channel.TimesOffset, chunk, cancellationToken).ConfigureAwait(false);
        long[] times = new long[RowsOf(directory, chunk)];
        await ReadAsync(file, entry, times.AsMemory(), cancellationToken).ConfigureAwait(false);
        BytesRead += entry.Bytes;

        // Enough for windows without a level over some signals of a channel; more is decoded again.
        if (heldTimes.Count >= 64) heldTimes.Clear();
        heldTimes[(channel, chunk)] = times;
        return times;
    }

    private async ValueTask<ChunkEntry> EntryAsync(long offset, int chunk, CancellationToken cancellationToken) =>
        (await ReadArrayAsync<ChunkEntry>(offset + ((long)chunk * EntryBytes), 1, cancellationToken).ConfigureAwait(false))[0];

    private async ValueTask<double[]> NumbersAsync(PyramidSignal signal, long[] directory, int chunk, CancellationToken cancellationToken)
    {
        var entry = await EntryAsync(signal.ChunksOffset, chunk, cancellationToken).ConfigureAwait(false);
        double[] values = new double[RowsOf(directory, chunk)];
        await ReadAsync(file, entry, values.AsMemory(), cancellationToken).ConfigureAwait(false);
        BytesRead += entry.Bytes;
        return values;
    }

    private async ValueTask<T[]> ReadArrayAsync<T>(long offset, long count, CancellationToken cancellationToken)
        where T : unmanaged
    {
        long bytes = count * Unsafe.SizeOf<T>();
        if (offset < 0 || count < 0 || bytes > file.Length || offset > file.Length - bytes || bytes > int.MaxValue) throw PyramidFooter.Damaged(file, "an array lies outside of it");
        byte[] buffer = ArrayPool<byte>.Shared.Rent((int)bytes);
        int read = await file.ReadAtAsync(offset, buffer.AsMemory(0, (int)bytes), cancellationToken).ConfigureAwait(false);
        if (read < bytes) throw PyramidFooter.Damaged(file, "it is cut off");
        BytesRead += bytes;
        var items = MemoryMarshal.Cast<byte, T>(buffer.AsSpan(0, (int)bytes)).ToArray();
        ArrayPool<byte>.Shared.Return(buffer);
        return items;
    }

    private static int RowsOf(long[] directory, int chunk) => (int)(directory[(chunk * 2) + 2] - directory[chunk * 2]);

    private static async ValueTask<byte[]> ReadBytesAsync(IByteSource file, ChunkEntry entry, CancellationToken cancellationToken)
    {
        if (entry.Bytes < 0 || entry.Bytes > ChunkCodec.MaxBytes || (entry.Bytes > 0 && entry.Offset + entry.Bytes > file.Length)) throw PyramidFooter.Damaged(file, "a chunk lies outside of it");
        byte[] bytes = ArrayPool<byte>.Shared.Rent(Math.Max(1, entry.Bytes));
        if (entry.Bytes > 0 && await file.ReadAtAsync(entry.Offset, bytes.AsMemory(0, entry.Bytes), cancellationToken).ConfigureAwait(false) < entry.Bytes) throw PyramidFooter.Damaged(file, "a chunk is cut off");
        return bytes;
    }
}
