using System.Runtime.ExceptionServices;

namespace Mesh.Columnar.Parquet;

/// <summary>Spreads work over as many threads as there are scratch spaces, the caller's among them. What is computed must not depend on the spread.</summary>
internal static class WorkerPool
{
    public static void ForEach<T>(T[] items, PageScratch[] scratches, Action<T, PageScratch> work) => For(items.Length, scratches, (i, scratch) => work(items[i], scratch));

    /// <summary>Does the work for every index below <paramref name="count"/>; an exception ends it, and the first is rethrown as it is.</summary>
    public static void For(int count, PageScratch[] scratches, Action<int, PageScratch> work)
    {
        int next = -1;
        ExceptionDispatchInfo? failure = null;
        if (scratches.Length == 1 || count == 1) Work(0);
        else Parallel.For(0, scratches.Length, new ParallelOptions { MaxDegreeOfParallelism = scratches.Length }, Work);
        failure?.Throw();

        void Work(int worker)
        {
            try
            {
                for (int i = Interlocked.Increment(ref next); i < count && failure is null; i = Interlocked.Increment(ref next)) work(i, scratches[worker]);
            }
            catch (Exception exception)
            {
                Interlocked.CompareExchange(ref failure, ExceptionDispatchInfo.Capture(exception), null);
            }
        }
    }
}
