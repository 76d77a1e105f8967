namespace Mesh.Columnar;

/// <summary>
/// Memory that columns are built in again and again: arrays lent with columns that were built come back with <see cref="Reclaim"/>. Fresh memory
/// costs the kernel more time than filling it with values does.
/// </summary>
/// <param name="maxIdleBytes">Bytes kept while no column uses them; when there is more, sizes no longer asked for are let go of.</param>
public sealed class ColumnMemory(long maxIdleBytes)
{
    // Smaller arrays are cheap to allocate.
    private const int SmallestBytes = 4 << 10;

    private readonly Lock gate = new();
    private readonly Dictionary<int, Stack<byte[]>> idle = [];
    private readonly List<byte[]> lent = [];
    private long idleBytes;

    /// <summary>Bytes that builders and columns have at present, used or not; small arrays are not counted.</summary>
    public long HeldBytes { get; private set; }

    /// <summary>Takes back the memory of all columns built so far; they must not be read any more.</summary>
    public void Reclaim()
    {
        lock (gate)
        {
            foreach (byte[] array in lent) Keep(array);
            lent.Clear();
        }
    }

    /// <summary>An array of at least so many bytes, holding anything.</summary>
    internal byte[] Rent(int bytes)
    {
        if (bytes <= SmallestBytes) return GC.AllocateUninitializedArray<byte>(bytes);
        bytes = RoundUp(bytes);
        lock (gate)
        {
            HeldBytes += bytes;
            if (idle.TryGetValue(bytes, out var stack) && stack.TryPop(out byte[]? array))
            {
                idleBytes -= array.Length;
                return array;
            }
        }

        return GC.AllocateUninitializedArray<byte>(bytes);
    }

    /// <summary>Takes back an array that no column has.</summary>
    internal void Return(byte[] array)
    {
        lock (gate) Keep(array);
    }

    /// <summary>Notes that a column has the array.</summary>
    internal void Lend(byte[] array)
    {
        if (array.Length <= SmallestBytes) return;
        lock (gate) lent.Add(array);
    }

    private void Keep(byte[] array)
    {
        if (array.Length <= SmallestBytes) return;
        HeldBytes -= array.Length;
        if (array.Length > maxIdleBytes) return;
        if (idleBytes + array.Length > maxIdleBytes)
        {
            idle.Clear();
            idleBytes = 0;
        }

        if (!idle.TryGetValue(array.Length, out var stack)) idle.Add(array.Length, stack = new Stack<byte[]>());
        stack.Push(array);
        idleBytes += array.Length;
    }

    /// <summary>Four sizes to each doubling, so that arrays fit columns of nearly equal length.</summary>
    private static int RoundUp(int bytes)
    {
        int step = 1 << Math.Max(0, 29 - System.Numerics.BitOperations.LeadingZeroCount((uint)bytes - 1));
        return (int)Math.Min(Array.MaxLength, ((long)bytes + step - 1) / step * step);
    }
}
