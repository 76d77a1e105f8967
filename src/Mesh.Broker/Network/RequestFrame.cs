using System.Buffers;

namespace Mesh.Broker.Network;

/// <summary>One request as it came, in a pooled buffer that grew as its bytes arrived.</summary>
/// <param name="budget">What all requests together may hold.</param>
/// <param name="startBytes">Room it starts with, when the budget allows; never more than the frame has.</param>
internal sealed class RequestFrame(MemoryBudget budget, int startBytes) : IDisposable
{
    /// <summary>Taken without asking the budget, so that small requests always pass.</summary>
    private const int FreeBytes = 64 << 10;

    private byte[] buffer = [];
    private int counted;

    public int Length { get; private set; }

    public Memory<byte> Bytes => buffer.AsMemory(0, Length);

    /// <summary>Room for the next bytes, never more than the frame may have, and at most double what already arrived or what it starts with.</summary>
    /// <returns>Empty when the memory for it is not to be had.</returns>
    public Memory<byte> Room(int frameLength)
    {
        if (Length == buffer.Length && !((Length == 0 && startBytes > FreeBytes && Extend(startBytes)) || Grow(frameLength))) return Memory<byte>.Empty;
        return buffer.AsMemory(Length, Math.Min(buffer.Length, frameLength) - Length);
    }

    public void Advance(int bytes) => Length += bytes;

    public void Dispose()
    {
        if (buffer.Length > 0) ArrayPool<byte>.Shared.Return(buffer);
        budget.Return(counted);
        (buffer, counted, Length) = ([], 0, 0);
    }

    private bool Grow(int frameLength) => Extend((int)Math.Min(frameLength, Math.Max(FreeBytes, 2L * Length)));

    private bool Extend(int size)
    {
        int more = size - FreeBytes - counted;
        if (more > 0)
        {
            if (!budget.TryTake(more)) return false;
            counted += more;
        }

        byte[] larger = ArrayPool<byte>.Shared.Rent(size);
        Bytes.CopyTo(larger);
        if (buffer.Length > 0) ArrayPool<byte>.Shared.Return(buffer);
        buffer = larger;
        return true;
    }
}
