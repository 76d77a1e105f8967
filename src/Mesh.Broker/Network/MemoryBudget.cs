namespace Mesh.Broker.Network;

/// <summary>Counts the bytes that all connections hold. It refuses instead of waiting: a waiter could hold what another waits for.</summary>
internal sealed class MemoryBudget(long maxBytes)
{
    private long used;

    public long UsedBytes => Volatile.Read(ref used);

    public bool TryTake(long bytes)
    {
        if (Interlocked.Add(ref used, bytes) <= maxBytes) return true;
        Interlocked.Add(ref used, -bytes);
        return false;
    }

    public void Return(long bytes) => Interlocked.Add(ref used, -bytes);
}
