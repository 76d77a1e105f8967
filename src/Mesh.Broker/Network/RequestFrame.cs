using System.Buffers;

namespace Mesh.Broker.Network;

/// <summary>One request as it came, in a pooled buffer that grew as its bytes arrived.</summary>
internal sealed class RequestFrame(MemoryBudget budget) : IDisposable
{
    /// <summary>Taken without asking the budget, so that small requests always pass.</summary>
    private const int FreeBytes = 64 << 10;

    private byte[] buffer = [];
    private int counted;

    public int Length { get; private set; }

    public Memory<byte> Bytes => buffer.AsMemory(0, Length);

    /// <summary>Room for the next bytes, never more than the frame may have and at most double what already arrived.</summary>
    /// <returns>Empty when the memory for it is not to be had.</returns>
    public Memory<byte> Room(int frameLength)
    {
        if (Length == buffer.Length && !Grow(frameLength)) return Memory<byte>.Empty;
        return buffer.AsMemory(Length, Math.Min(buffer.Length, frameLength) - Length);
    }

    public void Advance(int bytes) => Length += bytes;

    public void Dispose()
    {
        if (buffer.Length > 0) ArrayPool<byte>.Shared.Return(buffer);
        budget.Return(counted);
        (buffer, counted, Length) = ([], 0, 0);
    }

    private bool Grow(int frameLength)
    {
        int size = (int)Math.Min(frameLength, Math.Max(FreeBytes, 2L * Length));
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
