using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Mesh.Commands.Recordings;

/// <summary>A run of sorted messages in a temporary file of this process: raw headers, each followed by its payload.</summary>
internal sealed class SortedRun : IAsyncDisposable
{
    private static readonly int HeaderBytes = Unsafe.SizeOf<SortedMessage>();

    private readonly FileStream file;
    private byte[] buffer = new byte[1 << 20];
    private int start;
    private int filled;

    private SortedRun(FileStream file) => this.file = file;

    /// <summary>The message last moved to.</summary>
    public SortedMessage Message { get; private set; }

    /// <summary>Its payload; valid until the next move.</summary>
    public ReadOnlyMemory<byte> Payload { get; private set; }

    public static SortedRun Create(string folder) => new(new FileStream(
        Path.Combine(folder, $"mesh-sort-{Guid.NewGuid():N}.tmp"), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 0,
        FileOptions.DeleteOnClose | FileOptions.Asynchronous));

    public async ValueTask WriteAsync(SortedMessage message, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        if (buffer.Length - filled < HeaderBytes + payload.Length) await FlushAsync(cancellationToken).ConfigureAwait(false);
        MemoryMarshal.Write(buffer.AsSpan(filled), message);
        filled += HeaderBytes;
        if (payload.Length > buffer.Length - filled)
        {
            await FlushAsync(cancellationToken).ConfigureAwait(false);
            await file.WriteAsync(payload, cancellationToken).ConfigureAwait(false);
            return;
        }

        payload.Span.CopyTo(buffer.AsSpan(filled));
        filled += payload.Length;
    }

    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        await file.WriteAsync(buffer.AsMemory(0, filled), cancellationToken).ConfigureAwait(false);
        filled = 0;
    }

    /// <summary>Goes back to the first message, to read from now on through a buffer of that size.</summary>
    public void Rewind(int bufferBytes)
    {
        file.Position = 0;
        buffer = new byte[bufferBytes];
        start = filled = 0;
    }

    public async ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken)
    {
        if (!await EnsureAsync(HeaderBytes, cancellationToken).ConfigureAwait(false)) return false;
        Message = MemoryMarshal.Read<SortedMessage>(buffer.AsSpan(start));
        start += HeaderBytes;
        if (!await EnsureAsync(Message.Length, cancellationToken).ConfigureAwait(false)) throw new EndOfStreamException("A temporary file of the sort is shorter than it was written.");
        Payload = buffer.AsMemory(start, Message.Length);
        start += Message.Length;
        return true;
    }

    public ValueTask DisposeAsync() => file.DisposeAsync();

    private async ValueTask<bool> EnsureAsync(int count, CancellationToken cancellationToken)
    {
        int held = filled - start;
        if (held >= count) return true;
        byte[] target = count > buffer.Length ? new byte[count] : buffer;
        buffer.AsSpan(start, held).CopyTo(target);
        buffer = target;
        start = 0;
        filled = held + await file.ReadAtLeastAsync(buffer.AsMemory(held), count - held, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        return filled >= count;
    }
}
