using System.Buffers.Binary;

namespace Mesh.Broker.Network;

/// <summary>
/// Splits a connection's bytes into frames (32-bit length, then the request). Large requests are received into their own buffer
/// without passing through another one, which a pipe would do; small ones share one read.
/// </summary>
internal sealed class FrameReceiver(Stream stream, MemoryBudget budget, TransferPace pace)
{
    private readonly byte[] chunk = new byte[16 << 10];
    private int start;
    private int end;

    // Length of the last request: a client that has sent as much before is given as much room at once, which spares copying as it grows.
    private int proven;

    /// <summary>Whether part of a frame has arrived.</summary>
    public bool InFrame { get; private set; }

    /// <summary>Called whenever bytes arrive.</summary>
    public Action? Received { get; init; }

    /// <summary>The next frame; null when the client has closed.</summary>
    /// <param name="maxBytes">Longest frame accepted.</param>
    /// <param name="cancellationToken">The connection's end.</param>
    /// <exception cref="Protocol.ProtocolException">The length is no length, or the frame ends early.</exception>
    public async ValueTask<RequestFrame?> ReceiveAsync(int maxBytes, CancellationToken cancellationToken)
    {
        InFrame = end > start;
        if (InFrame) pace.Begin();
        while (end - start < sizeof(int))
        {
            if (!await FillAsync(cancellationToken).ConfigureAwait(false)) return null;
            if (!InFrame) pace.Begin();
            InFrame = true;
        }

        // The length is checked before anything is allocated for it: it is the sender's claim, not a fact.
        int length = BinaryPrimitives.ReadInt32BigEndian(chunk.AsSpan(start));
        start += sizeof(int);
        if (length < 0 || length > maxBytes) throw new Protocol.ProtocolException($"a request of {length:N0} bytes was announced, at most {maxBytes:N0} are accepted");

        var frame = new RequestFrame(budget, Math.Min(proven, length));
        try
        {
            while (frame.Length < length)
            {
                var room = frame.Room(length);
                if (room.IsEmpty) throw new Protocol.ProtocolException("the memory for requests is used up (MaxBufferedBytes)");
                if (end > start)
                {
                    int take = Math.Min(room.Length, end - start);
                    chunk.AsSpan(start, take).CopyTo(room.Span);
                    start += take;
                    frame.Advance(take);
                }
                else
                {
                    int read = await stream.ReadAsync(room, cancellationToken).ConfigureAwait(false);
                    if (read == 0) throw new Protocol.ProtocolException("it ended in the middle of a request");
                    Received?.Invoke();
                    pace.Advance(read);
                    frame.Advance(read);
                }
            }

            InFrame = false;
            pace.End();
            proven = length;
            return frame;
        }
        catch
        {
            frame.Dispose();
            throw;
        }
    }

    private async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        chunk.AsSpan(start, end - start).CopyTo(chunk);
        (start, end) = (0, end - start);
        int read = await stream.ReadAsync(chunk.AsMemory(end), cancellationToken).ConfigureAwait(false);
        if (read == 0) return false;
        Received?.Invoke();
        end += read;
        return true;
    }
}
