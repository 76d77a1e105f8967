using System.Buffers.Binary;

namespace Mesh.Formats.Mdf4;

/// <summary>
/// Values of a variable-length channel by their offsets (specification 4.2, "SDBLOCK"). Offsets mostly rise, then one window passes over
/// the stream once; any other order is read at random through a small window. At no time is more than the window and a few decompressed
/// blocks in memory.
/// </summary>
internal sealed class Mdf4SignalData(
    Mdf4BlockReader blocks, Func<CancellationToken, ValueTask<Mdf4Fragment?>> walk, RecordingReaderOptions options, Mdf4Losses losses) : IAsyncDisposable
{
    private const int SequentialBytes = 1 << 20;
    private const int RandomBytes = 64 << 10;
    private const int MaxFragments = 2_000_000;
    private const int PrefixBytes = sizeof(uint);

    private readonly List<Mdf4Fragment> fragments = [];
    private readonly Dictionary<int, (Mdf4Piece Piece, Task Work, long Used)> unzipped = [];
    private byte[] window = [];
    private long windowStart;
    private int windowLength;
    private long heldBytes;
    private long clock;
    private bool walked;

    /// <summary>The length and the value at an offset, when the window holds them.</summary>
    public bool TryGet(long offset, out ReadOnlySpan<byte> entry)
    {
        long at = offset - windowStart;
        if (at >= 0 && at <= windowLength - PrefixBytes)
        {
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(window.AsSpan((int)at));
            if (length <= windowLength - PrefixBytes - at)
            {
                entry = window.AsSpan((int)at, PrefixBytes + (int)length);
                return true;
            }
        }

        entry = default;
        return false;
    }

    /// <summary>Brings the value at an offset into the window; what is returned is why it cannot be had, null when it can.</summary>
    public async ValueTask<string?> LoadAsync(long offset, CancellationToken cancellationToken)
    {
        if (offset < 0) return "an offset beyond all data";
        bool sequential = offset >= windowStart && offset <= windowStart + windowLength + RandomBytes;
        int wanted = sequential ? SequentialBytes : RandomBytes;
        int filled = await FillAsync(offset, wanted, sequential, cancellationToken).ConfigureAwait(false);
        if (filled < PrefixBytes) return $"no data at offset {offset:N0}";
        long length = BinaryPrimitives.ReadUInt32LittleEndian(window);
        if (length + PrefixBytes <= filled) return null;
        if (length > options.MaxMessageBytes) return $"a length of {length:N0} bytes at offset {offset:N0}, above MaxMessageBytes";

        // Whether the bytes are there is asked before room is made for them.
        await WalkToAsync(offset + PrefixBytes + length, cancellationToken).ConfigureAwait(false);
        if (fragments.Count == 0 || fragments[^1].LogicalEnd < offset + PrefixBytes + length) return $"a length of {length:N0} bytes at offset {offset:N0}, beyond the end of the data";
        filled = await FillAsync(offset, (int)length + PrefixBytes, sequential, cancellationToken).ConfigureAwait(false);
        return filled >= length + PrefixBytes ? null : $"{length:N0} bytes at offset {offset:N0}, which damage interrupts";
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (_, work, _) in unzipped.Values) await work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        unzipped.Clear();
    }

    private async ValueTask<int> FillAsync(long offset, int wanted, bool sequential, CancellationToken cancellationToken)
    {
        await WalkToAsync(offset + wanted, cancellationToken).ConfigureAwait(false);
        if (window.Length < wanted) window = GC.AllocateUninitializedArray<byte>(wanted);
        (windowStart, windowLength) = (offset, 0);
        int index = Find(offset);
        int filled = 0;
        while (index < fragments.Count && filled < wanted)
        {
            var fragment = fragments[index];
            long at = offset + filled - fragment.Logical;
            if (fragment.IsLost || at < 0) break;
            int count = (int)Math.Min(fragment.Bytes - at, wanted - filled);
            if (count > 0)
            {
                int got;
                if (fragment.Zip == Mdf4Fragment.Plain)
                {
                    got = await blocks.ReadAsync(fragment.DataAt + at, window.AsMemory(filled, count), cancellationToken).ConfigureAwait(false);
                }
                else
                {
                    var piece = await UnzipAsync(index, sequential, cancellationToken).ConfigureAwait(false);
                    got = piece is null ? 0 : (int)Math.Clamp(piece.Length - at, 0, count);
                    if (got > 0) piece!.Buffer.AsSpan((int)at, got).CopyTo(window.AsSpan(filled));
                }

                filled += got;
                if (got < count) break;
            }

            index++;
        }

        windowLength = filled;
        return filled;
    }

    /// <summary>The last fragment that begins at or before an offset and is not empty.</summary>
    private int Find(long offset)
    {
        int low = 0, high = fragments.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (fragments[middle].LogicalEnd <= offset) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    private async ValueTask WalkToAsync(long end, CancellationToken cancellationToken)
    {
        while (!walked && (fragments.Count == 0 || fragments[^1].LogicalEnd < end))
        {
            var next = await walk(cancellationToken).ConfigureAwait(false);
            if (next is not { } fragment || fragments.Count >= MaxFragments)
            {
                walked = true;
                break;
            }

            if (fragment.Problem is { } problem) losses.Report(problem);
            fragments.Add(fragment with { Problem = null });
        }
    }

    /// <summary>A compressed block, decompressed; those that follow are begun on other threads when reading goes forward.</summary>
    private async ValueTask<Mdf4Piece?> UnzipAsync(int index, bool sequential, CancellationToken cancellationToken)
    {
        int ahead = sequential ? Math.Max(1, options.Parallelism) : 1;
        for (int i = index; i < Math.Min(index + ahead, fragments.Count); i++)
        {
            if (i > index && fragments[i].Zip == Mdf4Fragment.Plain) break;
            if (!unzipped.ContainsKey(i) && !await BeginAsync(i, i == index, cancellationToken).ConfigureAwait(false)) break;
        }

        if (!unzipped.TryGetValue(index, out var entry)) return null;
        unzipped[index] = entry with { Used = ++clock };
        await entry.Work.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (entry.Piece.SecondProblem is { } problem) losses.Report(problem);
        return entry.Piece;
    }

    private async ValueTask<bool> BeginAsync(int index, bool isNeeded, CancellationToken cancellationToken)
    {
        var fragment = fragments[index];
        string? refused = fragment.Bytes > options.MaxBlockBytes || fragment.StoredBytes > options.MaxBlockBytes ? "more than MaxBlockBytes"
            : !Mdf4Unzip.IsKnown(fragment.Zip) ? $"an unknown compression, type {fragment.Zip}"
            : !Mdf4Unzip.IsPossible(fragment) ? "a claim that its compressed bytes cannot hold" : null;
        if (refused is not null)
        {
            losses.Report(Mdf4Codes.BadCompression, fragment.Block, fragment.Bytes, $"a block of signal data of {fragment.Bytes:N0} bytes", refused);
            return false;
        }

        long cost = fragment.Bytes + fragment.StoredBytes;
        if (!isNeeded && heldBytes + cost > options.MaxBufferedBytes / 2) return false;
        while (unzipped.Count > 0 && heldBytes + cost > options.MaxBufferedBytes / 2) await DropOldestAsync().ConfigureAwait(false);
        var piece = new Mdf4Piece { Buffer = GC.AllocateUninitializedArray<byte>((int)fragment.Bytes), Stored = GC.AllocateUninitializedArray<byte>((int)fragment.StoredBytes), Fragment = fragment };
        piece.StoredLength = await blocks.ReadAsync(fragment.DataAt, piece.Stored, cancellationToken).ConfigureAwait(false);
        Task work = Task.CompletedTask;
        if (isNeeded) Mdf4Unzip.Work(piece, options);
        else work = Task.Run(() => Mdf4Unzip.Work(piece, options), CancellationToken.None);
        heldBytes += cost;
        unzipped[index] = (piece, work, ++clock);
        return true;
    }

    private async ValueTask DropOldestAsync()
    {
        int oldest = -1;
        long used = long.MaxValue;
        foreach (var (index, entry) in unzipped)
        {
            if (entry.Used < used) (oldest, used) = (index, entry.Used);
        }

        await unzipped[oldest].Work.ConfigureAwait(false);
        var piece = unzipped[oldest].Piece;
        heldBytes -= piece.Fragment.Bytes + piece.Fragment.StoredBytes;
        unzipped.Remove(oldest);
    }
}
