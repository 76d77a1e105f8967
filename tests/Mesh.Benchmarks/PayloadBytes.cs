using System.Collections.Concurrent;

namespace Mesh.Benchmarks;

/// <summary>Bytes that one operation of a benchmark moves, told by its setup; benchmarks run in this process, as emitted subclasses of their classes.</summary>
internal static class PayloadBytes
{
    private static readonly ConcurrentDictionary<Type, long> Known = new();

    public static void Set(Type benchmark, long bytes) => Known[benchmark] = bytes;

    public static double Of(Type benchmark) => Known.TryGetValue(benchmark, out long bytes) ? bytes : double.NaN;
}
