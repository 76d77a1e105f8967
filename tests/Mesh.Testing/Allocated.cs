namespace Mesh.Testing;

/// <summary>What a piece of work allocates on the managed heap.</summary>
public static class Allocated
{
    /// <summary>
    /// The least that the calling thread allocates over a few rounds, in bytes. Other tests' collections trim the shared buffer pool, after
    /// which a round has to fill it again; what the work itself needs shows in the round that was left in peace. The work must complete
    /// synchronously.
    /// </summary>
    public static async Task<long> LeastAsync(Func<Task> work)
    {
        const int Rounds = 5;
        long least = long.MaxValue;
        for (int round = 0; round < Rounds; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            await work();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
