using System.Runtime.InteropServices;

namespace Mesh.Synchronise;

/// <summary>Sets of message numbers in the order they were found, in memory and then on disk. First all are added, then read once.</summary>
internal sealed class SetSpool(int channels, string folder, long maxBytes) : IDisposable
{
    private readonly int capacity = (int)Math.Clamp(maxBytes / (sizeof(long) * channels), 256, 1 << 17) * channels;
    private long[] numbers = [];
    private int count;
    private int at;
    private SpillFile? file;
    private long spilled;
    private long read;
    private bool isReading;

    /// <summary>Whether <see cref="SpillAsync"/> is to be called.</summary>
    public bool IsFull => count >= capacity;

    /// <summary>The set moved to last.</summary>
    public ReadOnlySpan<long> Current => numbers.AsSpan(at - channels, channels);

    public void Add(ReadOnlySpan<long> set)
    {
        if (numbers.Length - count < channels) Array.Resize(ref numbers, Math.Max(64 * channels, numbers.Length * 2));
        set.CopyTo(numbers.AsSpan(count));
        count += channels;
    }

    public async ValueTask SpillAsync(CancellationToken cancellationToken)
    {
        file ??= SpillFile.Create(folder);
        await file.AppendAsync(MemoryMarshal.AsBytes(numbers.AsSpan(0, count)).ToArray(), cancellationToken).ConfigureAwait(false);
        spilled += count;
        count = 0;
    }

    /// <summary>Moves to the next set; false at the end.</summary>
    public async ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken)
    {
        if (file is not null && !isReading)
        {
            isReading = true;
            if (count > 0) await SpillAsync(cancellationToken).ConfigureAwait(false);
        }

        if (at == count && !await FillAsync(cancellationToken).ConfigureAwait(false)) return false;
        at += channels;
        return true;
    }

    public void Dispose() => file?.Dispose();

    private async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (file is null || read == spilled) return false;
        count = (int)Math.Min(capacity, spilled - read);
        if (numbers.Length < count) numbers = new long[count];
        byte[] bytes = new byte[count * sizeof(long)];
        await file.ReadAsync(read * sizeof(long), bytes, cancellationToken).ConfigureAwait(false);
        MemoryMarshal.Cast<byte, long>(bytes).CopyTo(numbers);
        read += count;
        at = 0;
        return true;
    }
}
